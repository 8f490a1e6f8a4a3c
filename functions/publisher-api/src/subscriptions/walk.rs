//! Everybody's subscriptions, account by account.
//!
//! One request reads so many pages of accounts and takes so long, and no more: a filter that hardly
//! anything passes must neither run into the caller's patience nor take the table's capacity from
//! those who ask whether they may watch.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;
use usher::domain::publisher::Publisher;
use usher::domain::subscription::subscriptions;
use usher::respond::Failure;
use usher::store::listing::Listed;

use super::filter::Filter;
use super::place::Place;
use super::resource::resource;
use crate::PublisherApi;

/// A page has at most 100 accounts: enough for the greatest offset, and some that are not asked
/// for.
pub(crate) const MAX_PAGES: usize = 150;
/// No page is begun after that. Callers are told to wait for 8 seconds (`cleeng-api.md` §7).
const TIME: Duration = Duration::from_secs(5);

/// What a walk found.
#[derive(Debug)]
pub(crate) struct Walked {
    /// The subscriptions.
    pub(crate) found: Vec<Value>,
    /// Where the next one goes on; none at the end. There may be nothing more to find.
    pub(crate) next: Option<Place>,
    /// Whether it ended before as many were found as were asked for, and before the end.
    pub(crate) is_cut_short: bool,
}

impl PublisherApi {
    /// Collects `limit` subscriptions that are asked for, from a place on.
    pub(super) async fn walk(
        &self,
        publisher: &Publisher,
        filter: &Filter,
        from: Place,
        limit: u32,
    ) -> Result<Walked, Failure> {
        if filter.is_of_no_offer(publisher) {
            return Ok(Walked { found: Vec::new(), next: None, is_cut_short: false });
        }
        let until = Instant::now() + TIME;
        let limit = limit as usize;
        let mut walk = Walk { publisher, filter, limit, place: from, found: Vec::new() };
        for _ in 0..self.pages_at_most {
            let page = self.listing.accounts(&publisher.id, Some(&walk.place.account)).await;
            let (accounts, following) = page?;
            for listed in &accounts {
                if !walk.take(listed, self.clock.now()) {
                    return Ok(walk.end_at_limit());
                }
            }
            let Some(following) = following else { return Ok(walk.end()) };
            walk.place.account = following;
            if walk.is_full() {
                return Ok(walk.end_at_limit());
            }
            if Instant::now() >= until {
                break;
            }
        }
        Ok(walk.cut_short())
    }
}

struct Walk<'a> {
    publisher: &'a Publisher,
    filter: &'a Filter,
    limit: usize,
    place: Place,
    found: Vec<Value>,
}

impl Walk<'_> {
    fn is_full(&self) -> bool {
        self.found.len() == self.limit
    }

    /// Takes what is asked for of an account, oldest first, so that what is bought between two
    /// pages moves nothing. Says whether there was room for all of it.
    fn take(&mut self, listed: &Listed, now: Timestamp) -> bool {
        if let Some(holder) = &listed.holder {
            let accounts = std::slice::from_ref(&listed.account);
            let all = subscriptions(accounts, self.publisher, now);
            for one in all.iter().rev().skip(self.place.within as usize) {
                if self.filter.admits(one) && self.place.leave_out > 0 {
                    self.place.leave_out -= 1;
                } else if self.filter.admits(one) {
                    if self.is_full() {
                        return false;
                    }
                    self.found.push(resource(one, &self.publisher.id, holder));
                }
                self.place.within += 1;
            }
        }
        self.place.account = listed.after.clone();
        self.place.within = 0;
        true
    }

    fn end(self) -> Walked {
        Walked { found: self.found, next: None, is_cut_short: false }
    }

    fn end_at_limit(self) -> Walked {
        Walked { found: self.found, next: Some(self.place), is_cut_short: false }
    }

    fn cut_short(self) -> Walked {
        Walked { found: self.found, next: Some(self.place), is_cut_short: true }
    }
}

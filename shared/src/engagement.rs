//! How often customers are let in: a figure of engagement (`cleeng-api.md` §8).
//!
//! A function that answers counts in its memory and writes now and then, so that it costs a check
//! nothing. AWS stops a function between two requests, and puts it away when there is less to do. So
//! what is due is written beside the next request, which does not wait for it, and what a function
//! holds when it is put away is lost: what it counted in its last five minutes at work. The figure
//! is a lower bound, and no money hangs on it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::id::{CustomerId, PublisherId};
use crate::store::engagement::{DayOfChecks, Engagement};

/// Counts are written when the oldest of them is of this age.
pub const WRITTEN_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// Or when so many customers of a publisher are counted on a day: an item of about 40 KB.
pub const MOST_CUSTOMERS: usize = 2_000;
/// So many writes that failed are kept to be tried again; what else fails meanwhile is lost.
const MOST_FAILED: usize = 4;

/// Counts the access checks that were granted. Its clones count together.
#[derive(Debug, Clone)]
pub struct AccessChecks(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    engagement: Engagement,
    clock: Clock,
    counted: Mutex<Counted>,
}

/// What is counted and not written.
#[derive(Debug, Default)]
struct Counted {
    days: HashMap<(PublisherId, Date), Counting>,
    /// What could not be written the first time. It may be in the table all the same.
    failed: Vec<DayOfChecks>,
}

#[derive(Debug)]
struct Counting {
    begun_at: Timestamp,
    day: DayOfChecks,
}

/// What is to be written now.
#[derive(Debug)]
struct Due {
    first: Vec<DayOfChecks>,
    again: Vec<DayOfChecks>,
}

impl AccessChecks {
    /// None yet.
    pub fn new(config: &Config) -> Self {
        Self(Arc::new(Shared {
            engagement: Engagement::new(&config.table),
            clock: config.clock.clone(),
            counted: Mutex::default(),
        }))
    }

    /// Counts a check that was granted.
    pub fn count(&self, publisher: &PublisherId, customer: &CustomerId) {
        let now = self.0.clock.now();
        self.counted().count(publisher, customer, now);
    }

    /// Begins to write what is due, and waits for nothing: to be called when a request begins, which
    /// has a read of its own to wait for.
    pub fn write_due(&self) {
        let due = self.counted().take_due(self.0.clock.now());
        if !due.is_empty() {
            let checks = self.clone();
            tokio::spawn(async move { checks.write(due).await });
        }
    }

    /// Writes everything, for who is about to stop.
    pub async fn flush(&self) {
        let all = self.counted().take_all();
        self.write(all).await;
    }

    /// Writes counts. What fails is written again when the next request begins, and then given up.
    async fn write(&self, due: Due) {
        for day in due.again {
            if let Err(error) = self.0.engagement.put(&day, self.0.clock.now()).await {
                let customers = day.checks.len();
                tracing::warn!(error = error.with_causes(), customers, "access checks lost");
            }
        }
        for day in due.first {
            if let Err(error) = self.0.engagement.put(&day, self.0.clock.now()).await {
                tracing::warn!(error = error.with_causes(), "access checks not written yet");
                self.counted().put_back(day);
            }
        }
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    fn count(&mut self, publisher: &PublisherId, customer: &CustomerId, now: Timestamp) {
        let day = now.to_zoned(TimeZone::UTC).date();
        let key = (publisher.clone(), day);
        if !self.days.contains_key(&key) {
            // Without a random number there is no item to count for; the next check tries again.
            let Ok(day) = DayOfChecks::new(publisher, day) else { return };
            self.days.insert(key.clone(), Counting { begun_at: now, day });
        }
        if let Some(counting) = self.days.get_mut(&key) {
            *counting.day.checks.entry(customer.clone()).or_default() += 1;
        }
    }

    fn take_due(&mut self, now: Timestamp) -> Due {
        let first = self.days.extract_if(|_, counting| counting.is_due(now));
        let first = first.map(|(_, counting)| counting.day).collect();
        Due { first, again: std::mem::take(&mut self.failed) }
    }

    fn take_all(&mut self) -> Due {
        let first = self.days.drain().map(|(_, counting)| counting.day).collect();
        Due { first, again: std::mem::take(&mut self.failed) }
    }

    fn put_back(&mut self, day: DayOfChecks) {
        if self.failed.len() < MOST_FAILED {
            self.failed.push(day);
        } else {
            tracing::warn!(customers = day.checks.len(), "access checks lost");
        }
    }
}

impl Counting {
    fn is_due(&self, now: Timestamp) -> bool {
        let is_old = now.duration_since(self.begun_at) >= WRITTEN_AFTER;
        is_old || self.day.checks.len() >= MOST_CUSTOMERS
    }
}

impl Due {
    fn is_empty(&self) -> bool {
        self.first.is_empty() && self.again.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publisher(id: &str) -> PublisherId {
        PublisherId::parse(id).unwrap()
    }

    fn customer(number: usize) -> CustomerId {
        CustomerId::parse(&number.to_string()).unwrap()
    }

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    /// What is due, as day and how often each customer was let in.
    fn due(counted: &mut Counted, time: &str) -> Vec<(String, Vec<(String, u64)>)> {
        let shown = |day: DayOfChecks| {
            let checks = day.checks.iter().map(|(who, checks)| (who.to_string(), *checks));
            (format!("{} {}", day.publisher, day.day), checks.collect())
        };
        let mut due: Vec<_> = counted.take_due(at(time)).first.into_iter().map(shown).collect();
        due.sort();
        due
    }

    fn counts(counts: &[(&str, u64)]) -> Vec<(String, u64)> {
        counts.iter().map(|(who, checks)| ((*who).to_owned(), *checks)).collect()
    }

    #[test]
    fn counts_are_due_five_minutes_after_the_first_and_once() {
        let mut counted = Counted::default();
        for (who, time) in [(1, "12:00:00"), (2, "12:01:00"), (1, "12:04:59")] {
            counted.count(&publisher("7"), &customer(who), at(&format!("2026-03-01T{time}Z")));
        }
        assert_eq!(due(&mut counted, "2026-03-01T12:04:59Z"), []);
        let expected = [("7 2026-03-01".to_owned(), counts(&[("1", 2), ("2", 1)]))];
        assert_eq!(due(&mut counted, "2026-03-01T12:05:00Z"), expected);
        assert_eq!(due(&mut counted, "2026-03-02T12:05:00Z"), []);
    }

    #[test]
    fn a_day_ends_at_midnight_in_utc_and_publishers_are_counted_apart() {
        let mut counted = Counted::default();
        counted.count(&publisher("7"), &customer(1), at("2026-03-01T23:59:59.999Z"));
        counted.count(&publisher("7"), &customer(1), at("2026-03-02T00:00:00Z"));
        counted.count(&publisher("8"), &customer(1), at("2026-03-02T00:00:00Z"));
        let one = |day: &str| (day.to_owned(), counts(&[("1", 1)]));
        let expected = [one("7 2026-03-01"), one("7 2026-03-02"), one("8 2026-03-02")];
        assert_eq!(due(&mut counted, "2026-03-02T00:05:00Z"), expected);
    }

    #[test]
    fn many_customers_are_due_at_once() {
        let mut counted = Counted::default();
        let noon = "2026-03-01T12:00:00Z";
        for who in 1..MOST_CUSTOMERS {
            counted.count(&publisher("7"), &customer(who), at(noon));
        }
        assert_eq!(due(&mut counted, noon), []);
        counted.count(&publisher("7"), &customer(MOST_CUSTOMERS), at(noon));
        assert_eq!(due(&mut counted, noon)[0].1.len(), MOST_CUSTOMERS);
    }

    #[test]
    fn what_failed_is_kept_up_to_a_bound() {
        let mut counted = Counted::default();
        let day = at("2026-03-01T12:00:00Z").to_zoned(TimeZone::UTC).date();
        for _ in 0..=MOST_FAILED {
            counted.put_back(DayOfChecks::new(&publisher("7"), day).unwrap());
        }
        assert_eq!(counted.take_due(at("2026-03-01T12:00:00Z")).again.len(), MOST_FAILED);
    }
}

//! Turns at asking Roku, which allows 20 questions a second for each API key (`roku-pay.md` §3).
//!
//! The rate is shared out between receipts, for whose answer a viewer waits, and all else, so that
//! neither keeps the other from its turn. All running functions take
//! their turns from the same item, one at a time: however many run, the rate holds.

use std::num::NonZeroU16;
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;

use super::{Item, StoreError, Table, key, number};
use crate::clock::Clock;
use crate::domain::id::PublisherId;

/// A turn that is missed by so much is taken anew: those that were held up together would otherwise
/// ask together.
const MISSED_BY: Duration = Duration::from_millis(250);
/// How often a turn is taken anew. Who misses so many is slow, and does not ask too often.
const MOST_MISSED: u8 = 3;
/// Nobody takes a turn so far ahead. Such a date was written by a clock that is wrong.
const ABSURD: Duration = Duration::from_secs(120);

/// How often Roku is asked for one API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Questions in a second, by all functions together.
    pub per_second: NonZeroU16,
    /// How many in a hundred of them are about accounts; the others are for receipts.
    pub accounts_percent: Percent,
}

/// 1 to 99 of a hundred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percent(u8);

impl Percent {
    /// None for what leaves nothing to one side.
    pub fn new(percent: u8) -> Option<Self> {
        (1..=99).contains(&percent).then_some(Self(percent))
    }
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// Receipts: a viewer waits for the answer.
    Receipts,
    /// Accounts, and what unsigned pushes tell.
    Accounts,
}

impl Rate {
    /// Twenty a second less what networks bunch up, three quarters of it for accounts.
    pub const DEFAULT: Self =
        Self { per_second: NonZeroU16::new(16).unwrap(), accounts_percent: Percent(75) };

    /// How long after one question the next may be asked.
    pub fn interval(self, share: Share) -> Duration {
        let percent = match share {
            Share::Accounts => u32::from(self.accounts_percent.0),
            Share::Receipts => 100 - u32::from(self.accounts_percent.0),
        };
        let per_100_seconds = u32::from(self.per_second.get()) * percent;
        Duration::from_millis(u64::from(100_000_u32.div_ceil(per_100_seconds)))
    }
}

/// Takes turns.
#[derive(Debug)]
pub struct Turns {
    table: Table,
    share: Share,
    interval: Duration,
    /// The real time, also where the rest lives by a simulator's: Roku counts real seconds.
    clock: Clock,
}

impl Turns {
    /// The turns of one share.
    pub fn new(table: &Table, rate: Rate, share: Share) -> Self {
        Self { table: table.clone(), share, interval: rate.interval(share), clock: Clock::system() }
    }

    /// Takes a turn and waits for it; takes another where it was missed. None where it would not come
    /// within `patience`.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written.
    pub async fn wait(
        &self,
        publisher: &PublisherId,
        patience: Duration,
    ) -> Result<Option<()>, StoreError> {
        for _ in 0..MOST_MISSED {
            let Some(turn) = self.take(publisher, patience).await? else { return Ok(None) };
            let ahead = turn.duration_since(self.clock.now());
            tokio::time::sleep(Duration::try_from(ahead).unwrap_or_default()).await;
            let late = self.clock.now().duration_since(turn);
            if Duration::try_from(late).unwrap_or_default() <= MISSED_BY {
                break;
            }
        }
        Ok(Some(()))
    }

    /// The moment of the next turn.
    async fn take(
        &self,
        publisher: &PublisherId,
        patience: Duration,
    ) -> Result<Option<Timestamp>, StoreError> {
        let now = self.clock.now();
        if self.take_now(publisher, now).await? {
            return Ok(Some(now));
        }
        self.stand_in_line(publisher, now, patience).await
    }

    /// Takes the turn that is now, if nobody has one.
    async fn take_now(&self, publisher: &PublisherId, now: Timestamp) -> Result<bool, StoreError> {
        let request = self.table.client.update_item();
        let request = request
            .set_key(Some(self.key(publisher)))
            .update_expression("SET next_ms = :next")
            .condition_expression(
                "attribute_not_exists(next_ms) OR next_ms <= :now OR next_ms > :absurd",
            )
            .expression_attribute_values(":next", ms(now, self.interval))
            .expression_attribute_values(":now", ms(now, Duration::ZERO))
            .expression_attribute_values(":absurd", ms(now, ABSURD));
        Ok(self.table.update(request).await?.is_some())
    }

    async fn stand_in_line(
        &self,
        publisher: &PublisherId,
        now: Timestamp,
        patience: Duration,
    ) -> Result<Option<Timestamp>, StoreError> {
        let request = self.table.client.update_item();
        let request = request
            .set_key(Some(self.key(publisher)))
            .update_expression("ADD next_ms :interval")
            .condition_expression("next_ms <= :patience")
            .expression_attribute_values(":interval", number(self.interval.as_millis()))
            .expression_attribute_values(":patience", ms(now, patience))
            .return_values(ReturnValue::UpdatedOld);
        let Some(old) = self.table.update(request).await? else { return Ok(None) };
        let at = old.get("next_ms").and_then(|ms| ms.as_n().ok()?.parse().ok());
        let at = at.and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let at = at.ok_or_else(|| StoreError::corrupt("no next_ms"))?;
        // Between the two calls the line may have emptied.
        Ok(Some(at.max(now)))
    }

    fn key(&self, publisher: &PublisherId) -> Item {
        let sk = match self.share {
            Share::Receipts => "RECEIPTS",
            Share::Accounts => "ACCOUNTS",
        };
        key(&format!("TURNS#{publisher}"), sk)
    }
}

fn ms(moment: Timestamp, further: Duration) -> AttributeValue {
    let further = i64::try_from(further.as_millis()).unwrap_or_default();
    number(moment.as_millisecond().saturating_add(further))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_together_stay_below_what_roku_allows_whatever_is_set() {
        let in_a_second = |rate: Rate, share| 1000_u128.div_ceil(rate.interval(share).as_millis());
        for (per_second, percent) in (1..=17).flat_map(|rate| (1..=99).map(move |of| (rate, of))) {
            let per_second = NonZeroU16::new(per_second).unwrap();
            let rate = Rate { per_second, accounts_percent: Percent(percent) };
            let both = [Share::Receipts, Share::Accounts].map(|share| in_a_second(rate, share));
            assert!(both.iter().sum::<u128>() <= 20, "{rate:?}: {both:?}");
        }
        assert_eq!(in_a_second(Rate::DEFAULT, Share::Accounts), 12);
        assert_eq!(in_a_second(Rate::DEFAULT, Share::Receipts), 4);
    }
}

//! When a webhook that did not arrive is sent again: over three days, with growing gaps, after the
//! example of the Standard Webhooks specification.

use jiff::{SignedDuration, Timestamp};

use crate::domain::derived;
use crate::domain::fact::later;

/// For how long it is tried, from the first attempt to the last.
pub const LASTS: SignedDuration = SignedDuration::from_hours(72);

/// The gap after all others. SQS hides a message for twelve hours at most, counted from its receipt.
pub const LONGEST_GAP: SignedDuration = SignedDuration::from_mins(11 * 60 + 40);

/// The gaps after the first attempts.
const GAPS: [SignedDuration; 6] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(5),
    SignedDuration::from_hours(10),
];

/// By how much a gap may be shorter, in thousandths, so that what failed together does not come
/// again together.
const MOST_JITTER: u64 = 101;

/// When it is tried again after the n-th attempt, which began at `now`; none after the last one. In
/// whole seconds, as queues count. `salt` tells deliveries apart; `wait` is what the receiver asked
/// for. The last attempt is when [`LASTS`] is over since `began_at`.
pub fn next_attempt_at(
    began_at: Timestamp,
    nth: u32,
    now: Timestamp,
    salt: &str,
    wait: Option<SignedDuration>,
) -> Option<Timestamp> {
    let last = later(began_at, LASTS);
    if now >= last {
        return None;
    }
    let gap = gap_after(nth, salt).max(wait.unwrap_or_default()).min(LONGEST_GAP);
    Some(whole_seconds(later(now, gap).min(last)))
}

fn gap_after(nth: u32, salt: &str) -> SignedDuration {
    let index = usize::try_from(nth.max(1) - 1).unwrap_or(usize::MAX);
    let gap = GAPS.get(index).copied().unwrap_or(LONGEST_GAP);
    let jitter = derived::number("webhook retry", &[salt, &nth.to_string()], MOST_JITTER);
    let kept = 1_000 - i64::try_from(jitter).unwrap_or_default();
    SignedDuration::from_millis(i64::try_from(gap.as_millis()).unwrap_or_default() * kept / 1_000)
}

/// The moment itself, or the next whole second.
fn whole_seconds(moment: Timestamp) -> Timestamp {
    let begun = i64::from(moment.subsec_nanosecond() > 0);
    Timestamp::from_second(moment.as_second() + begun).unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::at;

    /// All attempts, each failing at once.
    fn attempts(salt: &str, wait: Option<SignedDuration>) -> Vec<Timestamp> {
        let began_at = at("2026-03-01T12:00:00.25Z");
        let mut made = vec![began_at];
        let next = |made: &[Timestamp]| {
            let (nth, now) = (u32::try_from(made.len()).unwrap(), *made.last().unwrap());
            next_attempt_at(began_at, nth, now, salt, wait)
        };
        while let Some(next) = next(&made) {
            made.push(next);
        }
        made
    }

    #[test]
    fn the_last_attempt_is_after_three_days() {
        for salt in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            let made = attempts(salt, None);
            let lasted = made.last().unwrap().duration_since(made[0]);
            assert!(lasted >= LASTS && lasted < LASTS + SignedDuration::from_secs(1), "{lasted}");
            assert!((12..=13).contains(&made.len()), "{made:?}");
        }
    }

    #[test]
    fn the_gaps_grow_and_are_a_little_shorter_than_they_say() {
        let made = attempts("a", None);
        let gaps: Vec<_> = made.windows(2).map(|two| two[1].duration_since(two[0])).collect();
        for (nth, gap) in gaps.iter().take(10).enumerate() {
            let longest = GAPS.get(nth).copied().unwrap_or(LONGEST_GAP);
            let is_a_little_shorter = *gap * 10 >= longest * 9;
            let is_longer = *gap > longest + SignedDuration::from_secs(1);
            assert!(is_a_little_shorter && !is_longer, "{nth}: {gap} of {longest}");
        }
        assert_ne!(attempts("b", None), made, "what failed together comes apart");
        assert_eq!(attempts("a", None), made);
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_and_not_for_too_much() {
        let hour = SignedDuration::from_hours(1);
        let began_at = at("2026-03-01T12:00:00Z");
        for (nth, wait, expected) in
            [(1, hour, hour), (1, hour * 99, LONGEST_GAP), (1, -hour, gap_after(1, "a"))]
        {
            let next = next_attempt_at(began_at, nth, began_at, "a", Some(wait));
            assert_eq!(next, Some(whole_seconds(later(began_at, expected))), "{wait}");
        }
        let made = attempts("a", Some(hour * 99));
        assert_eq!(made.len(), 8, "seven gaps of the longest: {made:?}");
    }
}

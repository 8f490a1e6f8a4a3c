//! How long a question waits before it is asked again.

use std::time::Duration;

/// How often a question is asked before it becomes a dead letter: the template's `maxReceiveCount`.
/// With the pauses of [`backoff`] that is 5 h 35 min after it was first asked, and what the asking
/// itself takes.
pub const MAX_RECEIVES: u32 = 120;

/// Receives after which the pause doubles: 1, 2, 4, 8, 16 and 32 seconds.
const DOUBLING: u32 = 6;
/// Receives after which the pause is a minute or less. The pauses before the last of them are one
/// minute short of an hour in all.
const FIRST_HOUR: u32 = 65;

/// The pause after a question was received for the n-th time and could not be answered: 1 s,
/// doubled each time up to a minute; then a minute until an hour has passed; then five minutes. A
/// question that was never received is taken as received once.
pub fn backoff(times_received: u32) -> Duration {
    let seconds = match times_received {
        0 => 1,
        1..=DOUBLING => 1 << (times_received - 1),
        _ if times_received <= FIRST_HOUR => 60,
        _ => 300,
    };
    Duration::from_secs(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pauses after these receives, in seconds.
    fn pauses(receives: impl IntoIterator<Item = u32>) -> Vec<u64> {
        receives.into_iter().map(|received| backoff(received).as_secs()).collect()
    }

    #[test]
    fn the_pause_doubles_up_to_a_minute() {
        assert_eq!(pauses(0..=9), [1, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn after_an_hour_it_is_five_minutes() {
        // Given every receive whose pause begins within the first hour
        let mut waited = 0;
        let within = (1..).take_while(|received| {
            let begins_at = waited;
            waited += backoff(*received).as_secs();
            begins_at < 3_600
        });

        // When the last of them is passed
        let last = within.last().expect("the first is within");

        // Then the pauses are longer, for ever
        assert_eq!(last, FIRST_HOUR);
        assert_eq!(pauses([last, last + 1, MAX_RECEIVES, u32::MAX]), [60, 300, 300, 300]);
    }

    #[test]
    fn a_question_is_given_up_after_five_and_a_half_hours() {
        let waited: u64 = pauses(1..=MAX_RECEIVES).iter().sum();
        assert_eq!(waited, 5 * 3_600 + 35 * 60 + 3);
    }
}

//! What a history comes to, in the words of events.

mod properties;
mod stories;

use jiff::Timestamp;

use super::history::of_history;
use super::{Event, What};
use crate::domain::fact::Fact;
use crate::domain::publisher::Publisher;
use crate::domain::samples::{at, publisher};

fn shop() -> Publisher {
    publisher(Vec::new())
}

/// What happened up to a moment: `type reason` of each event.
fn told(facts: &[Fact], until: &str) -> Vec<String> {
    of_history(facts, &shop(), at(until)).iter().map(in_words).collect()
}

fn in_words(event: &Event) -> String {
    let kind = event.what.kind();
    match &event.what {
        What::Ended { reason } => format!("{kind} {reason:?}"),
        What::Recovered { from } => format!("{kind} {from:?}"),
        What::Charged(payment)
        | What::Refunded(payment)
        | What::Credited(payment)
        | What::ChargedBack(payment)
        | What::ChargebackReversed(payment) => {
            format!("{kind} {}", payment.amounts.total.unwrap_or_default())
        }
        _ => kind.to_string(),
    }
}

fn long_after(facts: &[Fact]) -> Timestamp {
    let last = facts.iter().map(|fact| fact.id().time).max().unwrap_or_default();
    last.checked_add(jiff::SignedDuration::from_hours(24 * 100)).unwrap_or(Timestamp::MAX)
}

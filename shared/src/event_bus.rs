//! EventBridge: the bus that events leave on. Rules of the bus send them on, to webhooks and to the
//! archive that reports are made of.

use std::error::Error;
use std::ops::Range;

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::error::DisplayErrorContext;
use aws_sdk_eventbridge::operation::put_events::PutEventsOutput;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;

use crate::domain::event::Detail;

/// What the entries have in `source`.
pub const SOURCE: &str = "usher";
/// EventBridge takes no more entries in one call.
pub const MOST_ENTRIES: usize = 10;
/// Nor more bytes: 1 MiB now, and what it was before in every region.
pub const MOST_BYTES: usize = 256 * 1024;
/// What an entry has besides its detail and the two texts that are counted as well: room for more.
const AROUND_A_DETAIL: usize = 256;

/// Puts events on the bus (`events:PutEvents`).
#[derive(Debug, Clone)]
pub struct EventBus {
    client: Client,
    name: String,
}

/// Entries that the bus did not take, as far as we know: where the answer was lost they may be on it
/// all the same.
#[derive(Debug, thiserror::Error)]
#[error("the bus did not take {} entries", .indexes.len())]
pub struct NotTaken {
    /// Which of the details that were to go, from 0, ascending.
    pub indexes: Vec<usize>,
    /// Why the first of them was not taken.
    #[source]
    pub cause: BusError,
}

/// Why the bus did not take an entry. Trying again may help.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// EventBridge did not answer, refused, or throttled.
    #[error("the event bus cannot be used")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// It took the call and not this entry in it; its code says why.
    #[error("the event bus does not take the entry: {0}")]
    Refused(String),
    /// The detail is no JSON.
    #[error("the entry cannot be written")]
    Unwritable(#[source] serde_json::Error),
}

impl NotTaken {
    /// The error with its causes, for the log. Nothing of an event is in it.
    pub fn with_causes(&self) -> String {
        DisplayErrorContext(self).to_string()
    }
}

impl EventBus {
    /// A bus by its name.
    pub fn new(client: &Client, name: &str) -> Self {
        Self { client: client.clone(), name: name.to_owned() }
    }

    /// Puts details on the bus in their order. After a call that failed, or that took less than all,
    /// no other is made: what comes later must not overtake.
    ///
    /// # Errors
    /// [`NotTaken`] tells which were not taken; all others were.
    pub async fn put(&self, details: &[Detail]) -> Result<(), NotTaken> {
        let texts = details.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>();
        let texts = texts.map_err(|error| NotTaken {
            indexes: (0..details.len()).collect(),
            cause: BusError::Unwritable(error),
        })?;
        for batch in batches(&texts) {
            let sent = self.put_batch(&details[batch.clone()], &texts[batch.clone()]).await;
            let (first, cause) = match sent {
                Ok(refused) if refused.is_empty() => continue,
                Ok(refused) => {
                    let cause = BusError::Refused(refused[0].1.clone());
                    (refused.iter().map(|(place, _)| batch.start + place).collect(), cause)
                }
                Err(cause) => (batch.clone().collect::<Vec<_>>(), cause),
            };
            let indexes = first.into_iter().chain(batch.end..details.len()).collect();
            return Err(NotTaken { indexes, cause });
        }
        Ok(())
    }

    /// Gives the places of the entries that were refused, and why.
    async fn put_batch(
        &self,
        details: &[Detail],
        texts: &[String],
    ) -> Result<Vec<(usize, String)>, BusError> {
        let entries = details.iter().zip(texts).map(|(detail, text)| {
            PutEventsRequestEntry::builder()
                .event_bus_name(&self.name)
                .source(SOURCE)
                .detail_type(detail.detail_type())
                .detail(text)
                .build()
        });
        let request = self.client.put_events().set_entries(Some(entries.collect()));
        let answer = request.send().await;
        let answer = answer.map_err(|error| BusError::Unavailable(Box::new(error)))?;
        Ok(refused(&answer, texts.len()))
    }
}

/// Which entries EventBridge does not say that it took, and the code that it gives for each. It answers
/// in the order of the entries.
fn refused(answer: &PutEventsOutput, sent: usize) -> Vec<(usize, String)> {
    let code = |place: usize| match answer.entries().get(place) {
        None => Some("no answer"),
        Some(entry) if entry.event_id().is_some() => None,
        Some(entry) => Some(entry.error_code().unwrap_or("no code")),
    };
    (0..sent).filter_map(|place| Some((place, code(place)?.to_owned()))).collect()
}

/// The texts in parts that fit into a call each. One that is too long by itself stands alone, for
/// EventBridge to refuse.
fn batches(texts: &[String]) -> Vec<Range<usize>> {
    let mut batches: Vec<Range<usize>> = Vec::new();
    let mut bytes = 0;
    for (index, text) in texts.iter().enumerate() {
        let own = text.len() + AROUND_A_DETAIL;
        match batches.last_mut() {
            Some(batch) if batch.len() < MOST_ENTRIES && bytes + own <= MOST_BYTES => {
                batch.end = index + 1;
                bytes += own;
            }
            _ => {
                batches.push(index..index + 1);
                bytes = own;
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use aws_sdk_eventbridge::types::PutEventsResultEntry;

    use super::*;

    #[test]
    fn a_call_has_ten_entries_and_no_more_than_fit() {
        let long = "x".repeat(100 * 1024);
        for (texts, expected) in [
            (vec![], vec![]),
            (vec!["{}"; 10], vec![0..10]),
            (vec!["{}"; 21], vec![0..10, 10..20, 20..21]),
            (vec![long.as_str(); 5], vec![0..2, 2..4, 4..5]),
        ] {
            let texts: Vec<String> = texts.into_iter().map(str::to_owned).collect();
            assert_eq!(batches(&texts), expected, "{}", texts.len());
        }
        let alone = ["{}".to_owned(), "x".repeat(MOST_BYTES), "{}".to_owned()];
        assert_eq!(batches(&alone), [0..1, 1..2, 2..3]);
    }

    #[test]
    fn an_entry_without_an_id_was_not_taken() {
        let entry = PutEventsResultEntry::builder;
        let answer = PutEventsOutput::builder()
            .entries(entry().event_id("1").build())
            .entries(entry().error_code("ThrottlingException").build())
            .entries(entry().build());
        let told = refused(&answer.build(), 4);
        let told: Vec<_> = told.iter().map(|(place, code)| (*place, code.as_str())).collect();
        assert_eq!(told, [(1, "ThrottlingException"), (2, "no code"), (3, "no answer")]);
    }
}

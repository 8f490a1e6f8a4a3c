//! Metrics, as CloudWatch reads them from the log: no call to it is made.
//!
//! | metric | by | what |
//! |---|---|---|
//! | `Pushes` | `Type`, `Outcome` | pushes, by Roku's transaction type and what became of them |
//! | `FailuresAnswered` | – | pushes that may be Roku's and were not answered 200; Roku stops for good after 100 in ten days (`roku-pay.md` §1) |
//! | `UnmappedProducts` | – | facts about a Roku product that no offer of the catalog stands for |
//! | `RokuLatency` | – | seconds that Roku took for an answer |
//! | `RokuErrors` | `Kind` | questions without an answer, by cause |
//! | `QuestionsUnanswered` | – | questions that Roku did not answer in all; a transaction that it does not know is answered |
//! | `QuestionsSent`, `QuestionsLeft` | – | what was due: sent on its way, and left for the next run |
//! | `OldestDue` | – | seconds that the oldest question has been due that is not on its way |
//! | `EventsPublished` | – | entries that the event bus took |
//! | `EventAge` | – | seconds from a write of the table to its events on the bus |
//! | `EventsUnreadable` | – | records of the table's stream that were put aside as dead letters |
//! | `WebhooksDelivered`, `WebhooksFailed` | – | deliveries that arrived, and that were given up |
//! | `WebhooksPaused` | – | endpoints that were paused because nothing arrives there or they want nothing more |
//!
//! Each also carries the dimension `Stack`. Where no [`Emitter`] was started nothing is counted.

use std::io;

use metrics_cloudwatch_embedded::{Builder, Collector};

use crate::domain::id::RokuProductId;

/// Writes what was counted to the log.
#[derive(Clone, Copy)]
pub struct Emitter(&'static Collector);

impl Emitter {
    /// Counts from now on, for a stack. Once in a process.
    ///
    /// # Errors
    /// When something else counts already.
    pub fn start(stack: &str) -> Result<Self, metrics_cloudwatch_embedded::Error> {
        let builder = Builder::new().cloudwatch_namespace("Usher");
        builder.with_dimension("Stack", stack.to_owned()).emit_zeros(true).init().map(Self)
    }

    /// Writes what was counted since the last time, one line of JSON for each set of dimensions.
    pub fn flush(self) {
        if let Err(error) = self.0.flush(io::stdout().lock()) {
            tracing::warn!(%error, "metrics not written");
        }
    }
}

/// Counts a Roku product that no offer stands for, and says so.
pub(crate) fn count_unmapped(product: &RokuProductId) {
    metrics::counter!("UnmappedProducts").increment(1);
    tracing::error!(%product, "no offer of the catalog stands for this Roku product");
}

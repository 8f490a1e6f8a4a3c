//! SQS: the queues of questions to Roku, one for receipts and one for accounts, so that nothing
//! stands before the receipt that somebody waits for. What a message says is the callers' affair;
//! here it is text.
//!
//! Each type holds what one kind of function may do to a queue, so that its constructor shows it
//! and a role can be held to it: [`Sender`] sends, [`Retries`] puts off what was received,
//! [`Inspector`] is for the operator. Receiving and deleting is Lambda's own work.
//!
//! A message may come twice: SQS promises no less than once, and an answer that is lost makes a
//! sender send again.

use std::error::Error;

use aws_sdk_sqs::error::DisplayErrorContext;

use crate::sdk_error::root_cause;

mod backoff;
mod inspector;
mod retries;
mod sender;

pub use backoff::Backoff;
pub use inspector::{Inspector, QueueState};
pub use retries::Retries;
pub use sender::{NotAccepted, Sender};

/// Why the queue did not do what was asked. The text holds nothing of a message.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// SQS did not answer, refused, or throttled. Trying again may help.
    #[error("the queue cannot be used")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// SQS took the call and not this message in it; its code says why. Trying again may help.
    #[error("the queue does not take the message: {0}")]
    NotTaken(String),
    /// The message is not in the receiver's hands any more: its time was up, it was deleted, or it
    /// would be in flight for over twelve hours. What is still in the queue comes again by itself.
    #[error("the message is no longer in flight")]
    NotInFlight(#[source] Box<dyn Error + Send + Sync>),
    /// The queue has no dead-letter queue, or names it in a way that cannot be read.
    #[error("the queue names no dead-letter queue")]
    NoDeadLetterQueue,
    /// SQS answered without this in it.
    #[error("the queue does not tell its {0}")]
    Untold(&'static str),
}

impl QueueError {
    fn unavailable(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Box::new(cause))
    }

    /// The error with its causes, for the log. Nothing that we send to SQS is in it.
    pub fn with_causes(&self) -> String {
        DisplayErrorContext(self).to_string()
    }

    /// The error in a line, for the person at the terminal.
    pub fn in_short(&self) -> String {
        match self {
            Self::Unavailable(cause) | Self::NotInFlight(cause) => {
                format!("{self}: {}", root_cause(cause.as_ref()))
            }
            Self::NotTaken(_) | Self::NoDeadLetterQueue | Self::Untold(_) => self.to_string(),
        }
    }
}

//! Webhooks: signed by the Standard Webhooks specification, and sent to the public internet alone.

mod courier;
mod message;
mod resolver;
mod signature;

pub use courier::{Answered, Courier, TIMEOUT};
pub use message::QueueMessage;
pub use signature::{SignatureError, signatures};

//! How SQS says no.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::queue::BadReceipt;

/// A refusal, named as in the JSON protocol of SQS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    BatchEntryIdsNotDistinct,
    EmptyBatchRequest,
    InvalidMessageContents,
    InvalidParameterValue(&'static str),
    MessageNotInflight,
    QueueDoesNotExist,
    ReceiptHandleIsInvalid,
    ResourceNotFound,
    TooManyEntriesInBatchRequest,
    UnsupportedOperation,
}

impl Refusal {
    /// The status, which is the same for all.
    pub(super) const STATUS: StatusCode = StatusCode::BAD_REQUEST;

    /// What the header `x-amzn-query-error` says. The SDKs go by this code where they know another
    /// one from the time when SQS did not speak JSON.
    pub(super) fn query_error(self) -> String {
        format!("{};Sender", self.query_code())
    }

    /// The body of the answer.
    pub(super) fn body(self) -> Value {
        let kind = match self {
            Self::InvalidParameterValue(_) => "com.amazon.coral.service#InvalidParameterValue",
            Self::ResourceNotFound => "com.amazonaws.sqs#ResourceNotFoundException",
            Self::BatchEntryIdsNotDistinct => "com.amazonaws.sqs#BatchEntryIdsNotDistinct",
            Self::EmptyBatchRequest => "com.amazonaws.sqs#EmptyBatchRequest",
            Self::InvalidMessageContents => "com.amazonaws.sqs#InvalidMessageContents",
            Self::MessageNotInflight => "com.amazonaws.sqs#MessageNotInflight",
            Self::QueueDoesNotExist => "com.amazonaws.sqs#QueueDoesNotExist",
            Self::ReceiptHandleIsInvalid => "com.amazonaws.sqs#ReceiptHandleIsInvalid",
            Self::TooManyEntriesInBatchRequest => "com.amazonaws.sqs#TooManyEntriesInBatchRequest",
            Self::UnsupportedOperation => "com.amazonaws.sqs#UnsupportedOperation",
        };
        json!({ "__type": kind, "message": self.message() })
    }

    /// How it stands in the answer to a batch, for one message of it.
    pub(super) fn entry(self, id: &str) -> Value {
        json!({
            "Id": id,
            "SenderFault": true,
            "Code": self.query_code(),
            "Message": self.message(),
        })
    }

    fn query_code(self) -> &'static str {
        match self {
            Self::BatchEntryIdsNotDistinct => "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
            Self::EmptyBatchRequest => "AWS.SimpleQueueService.EmptyBatchRequest",
            Self::InvalidMessageContents => "InvalidMessageContents",
            Self::InvalidParameterValue(_) => "InvalidParameterValue",
            Self::MessageNotInflight => "AWS.SimpleQueueService.MessageNotInflight",
            Self::QueueDoesNotExist => "AWS.SimpleQueueService.NonExistentQueue",
            Self::ReceiptHandleIsInvalid => "ReceiptHandleIsInvalid",
            Self::ResourceNotFound => "ResourceNotFoundException",
            Self::TooManyEntriesInBatchRequest => {
                "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"
            }
            Self::UnsupportedOperation => "AWS.SimpleQueueService.UnsupportedOperation",
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::BatchEntryIdsNotDistinct => "two messages of the batch have the same id",
            Self::EmptyBatchRequest => "the batch is empty",
            Self::InvalidMessageContents => "the message has characters that are not allowed",
            Self::InvalidParameterValue(what) => what,
            Self::MessageNotInflight => "the message is not in flight",
            Self::QueueDoesNotExist => "there is no such queue",
            Self::ReceiptHandleIsInvalid => "there was no such receipt",
            Self::ResourceNotFound => "there is no dead-letter queue of that name",
            Self::TooManyEntriesInBatchRequest => "a batch has at most ten messages",
            Self::UnsupportedOperation => "this is not served here",
        }
    }
}

impl From<BadReceipt> for Refusal {
    fn from(receipt: BadReceipt) -> Self {
        match receipt {
            BadReceipt::Unknown => Self::ReceiptHandleIsInvalid,
            BadReceipt::NotInFlight => Self::MessageNotInflight,
            BadReceipt::TooLong => Self::InvalidParameterValue(
                "the message would be in flight for more than twelve hours",
            ),
        }
    }
}

//! A push that nobody signed, as Roku sent them before 2024 (`roku-pay.md` §1). It proves nothing: it
//! is a reason to ask Roku. Nothing else that it tells is read.

use std::fmt;

use super::id::{MAX_ID_BYTES, RokuCustomerId};
use super::notification::{impersonal, text_of};
use super::transaction_type::TransactionType;

/// A claim that something happened.
#[derive(Clone, PartialEq, Eq)]
pub struct UnsignedPush {
    /// Whose purchase it is said to be.
    pub roku_customer: RokuCustomerId,
    /// What to ask Roku about: the first transaction of the chain, which Roku knows whatever happened
    /// (`roku-pay.md` §2.2). A `Credit` names none.
    pub transaction: Option<String>,
    /// What the sender wants to find in the answer.
    pub response_key: String,
}

impl UnsignedPush {
    /// Reads a body. None where it has not the form of a push.
    pub fn read(body: &str) -> Option<Self> {
        let fields = impersonal(body)?;
        let text = |name: &str| text_of(fields.get(name)?);
        let kind = TransactionType::parse(&text("transactionType")?);
        let roku_customer = RokuCustomerId::parse(&text("customerId")?).ok()?;
        let first = text("transactionId").filter(|_| kind.is_sale());
        let transaction = text("originalTransactionId").or(first);
        Some(Self {
            roku_customer,
            transaction: transaction.filter(|id| id.len() <= MAX_ID_BYTES),
            response_key: text("responseKey").unwrap_or_default(),
        })
    }
}

impl fmt::Debug for UnsignedPush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsignedPush")
            .field("transaction", &self.transaction)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn transaction(kind: &str, more: &serde_json::Value) -> Option<Option<String>> {
        let mut push =
            json!({ "transactionType": kind, "customerId": "c", "transactionId": "own" });
        push.as_object_mut()?.extend(more.as_object()?.clone());
        UnsignedPush::read(&push.to_string()).map(|push| push.transaction)
    }

    #[test]
    fn it_says_what_to_ask_about() {
        let chain = json!({ "originalTransactionId": "FIRST-1" });
        assert_eq!(transaction("Cancellation", &chain), Some(Some("FIRST-1".to_owned())));
        assert_eq!(transaction("Sale", &json!({})), Some(Some("own".to_owned())));
        assert_eq!(transaction("Credit", &json!({})), Some(None));
        let long = json!({ "originalTransactionId": "x".repeat(1025) });
        assert_eq!(transaction("Refund", &long), Some(None));
        assert_eq!(transaction("Sale", &json!({ "customerId": null })), None);
        assert_eq!(UnsignedPush::read("a test"), None);
    }
}

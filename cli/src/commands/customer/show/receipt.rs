//! A receipt as it is shown: what was claimed, and what became of it.

use jiff::Timestamp;
use serde::Serialize;
use usher::domain::id::{RokuCustomerId, TransactionId};
use usher::domain::offer::OfferId;
use usher::domain::receipt::{Outcome, Rejection};
use usher::store::receipts::KnownReceipt;

/// A receipt and what became of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownReceipt<'a> {
    pub(super) transaction: &'a TransactionId,
    pub(super) offer: &'a OfferId,
    pub(super) received_at: Timestamp,
    pub(super) outcome: &'static str,
    /// Why it was rejected.
    pub(super) reason: Option<&'static str>,
    /// What it waits for, in words.
    pub(super) waits_for: Option<String>,
    pub(super) roku_customer: Option<&'a RokuCustomerId>,
}

impl<'a> ShownReceipt<'a> {
    pub(super) fn of(known: &'a KnownReceipt, now: Timestamp) -> Self {
        let KnownReceipt { receipt, outcome, roku_customer } = known;
        let (word, reason, waits_for) = match outcome {
            Outcome::Processing => {
                let answer = "Roku's answer: it is asked until it gives one".to_owned();
                ("processing", None, Some(answer))
            }
            Outcome::Granted => ("granted", None, None),
            Outcome::Rejected(rejection) => {
                let again = receipt.ask_again_at(now);
                let again = again.filter(|_| *rejection == Rejection::UnknownToRoku);
                let again = again.map(|at| format!("Roku to know it: asked again at {at:.0}"));
                ("rejected", Some(rejection.code()), again)
            }
        };
        Self {
            transaction: &receipt.transaction,
            offer: &receipt.offer,
            received_at: receipt.received_at,
            outcome: word,
            reason,
            waits_for,
            roku_customer: roku_customer.as_ref(),
        }
    }
}

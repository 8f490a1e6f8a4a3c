//! What becomes of receipts, and of whose an account is.

use jiff::Timestamp;

use super::{Event, EventId, ReceiptResult, ShownReceipt, What};
use crate::domain::id::{CustomerId, PublisherId, PurchaseId, RokuCustomerId};
use crate::domain::receipt::{Outcome, Receipt, Rejection};

/// A receipt on which Roku's answer has been heard.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answered<'a> {
    pub(crate) publisher: &'a PublisherId,
    pub(crate) receipt: &'a Receipt,
    pub(crate) outcome: Outcome,
    /// When Roku answered.
    pub(crate) at: Timestamp,
}

impl Answered<'_> {
    /// What the answer changed for the account that it is about, and that was `holder`'s.
    pub(crate) fn events(
        self,
        roku_customer: &RokuCustomerId,
        purchase: Option<&PurchaseId>,
        holder: Option<&CustomerId>,
    ) -> Vec<Event> {
        let customer = &self.receipt.customer;
        let whom = roku_customer.as_str();
        let event = |what| Event { purchase: purchase.cloned(), ..self.event(whom, what) };
        match (self.outcome, holder) {
            (Outcome::Processing, _) => Vec::new(),
            (Outcome::Rejected(reason), _) => vec![event(self.rejected(reason))],
            (Outcome::Granted, Some(holder)) if holder != customer => {
                let transferred = What::Transferred {
                    from_customer: holder.clone(),
                    to_customer: customer.clone(),
                };
                let validated = self.validated(ReceiptResult::Transferred);
                vec![event(validated), event(transferred)]
            }
            (Outcome::Granted, Some(_)) => vec![event(self.validated(ReceiptResult::Confirmed))],
            (Outcome::Granted, None) => vec![event(self.validated(ReceiptResult::Linked))],
        }
    }

    /// That Roku does not know the transaction, and so nobody knows whose account it is.
    pub(crate) fn unknown(self) -> Event {
        self.event(self.receipt.customer.as_str(), self.rejected(Rejection::UnknownToRoku))
    }

    fn validated(self, result: ReceiptResult) -> What {
        What::ReceiptValidated(ShownReceipt { result: Some(result), ..self.shown() })
    }

    fn rejected(self, reason: Rejection) -> What {
        What::ReceiptRejected { receipt: self.shown(), reason }
    }

    fn shown(self) -> ShownReceipt {
        ShownReceipt {
            customer: self.receipt.customer.clone(),
            transaction: self.receipt.transaction.clone(),
            offer: self.receipt.offer.clone(),
            result: None,
        }
    }

    fn event(self, whom: &str, what: What) -> Event {
        let Receipt { customer, transaction, received_at, .. } = self.receipt;
        let by = [customer.as_str(), transaction.as_str(), &received_at.to_string()];
        Event {
            id: EventId::of(self.publisher, whom, what.kind().as_str(), &by),
            what,
            at: self.at,
            purchase: None,
            product: None,
            term_ends_at: None,
            channel: None,
        }
    }
}

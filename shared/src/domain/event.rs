//! Events: what changed for a customer, in words that a CRM, a mailer or a ledger can act on.
//!
//! They are computed, never reported by hand: [`history`] walks through what Roku told and names
//! what each fact changed, and what the clock changed between two facts. So they are a pure function
//! of the facts, and can be computed again at any time. [`message`] is what leaves the stack, [`row`]
//! is what reports are made of.

mod changes;
mod clock;
pub mod history;
mod id;
mod kind;
pub mod message;
mod money;
pub(crate) mod receipts;
pub mod row;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::amounts::Amounts;
use super::id::{CustomerId, PurchaseId, RokuProductId, TransactionId};
use super::offer::OfferId;
use super::receipt::Rejection;

pub use id::EventId;
pub use kind::{EventType, UnknownEventType};

/// Something that happened. It is kept with what it happened to until it has left the stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Derived from the account, what happened and the fact that told it: the same change found twice
    /// is one event.
    pub id: EventId,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
    /// When, by Roku's clock; what the clock alone brings about, when it was due.
    pub at: Timestamp,
    /// To which purchase; none for what is about none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase: Option<PurchaseId>,
    /// What was bought, as far as Roku had told by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<RokuProductId>,
    /// When the term ends that it gave, or that was running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term_ends_at: Option<Timestamp>,
    /// The channel that the push named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum What {
    /// Something was bought and paid for: a subscription began, or a thing was bought once.
    #[serde(rename = "subscription.started")]
    Started,
    /// A free trial began.
    #[serde(rename = "subscription.trial_started")]
    TrialStarted,
    /// A free trial was paid on.
    #[serde(rename = "subscription.trial_converted")]
    TrialConverted,
    /// It was paid for another term.
    #[serde(rename = "subscription.renewed")]
    Renewed,
    /// A higher plan took the place of another, at once.
    #[serde(rename = "subscription.upgraded")]
    Upgraded(PlanMove),
    /// A lower plan was ordered, for when the running term ends.
    #[serde(rename = "subscription.downgrade_scheduled")]
    DowngradeScheduled(PlanMove),
    /// That order was taken back, or another one took its place.
    #[serde(rename = "subscription.downgrade_withdrawn")]
    DowngradeWithdrawn(PlanMove),
    /// The lower plan is in force.
    #[serde(rename = "subscription.downgraded")]
    Downgraded(PlanMove),
    /// Renewals are off; the term runs out.
    #[serde(rename = "subscription.cancelled")]
    Cancelled,
    /// A cancellation was taken back, or an upgrade on trial given up.
    #[serde(rename = "subscription.resubscribed")]
    Resubscribed,
    /// A renewal charge failed; the customer goes on watching.
    #[serde(rename = "subscription.grace_started")]
    GraceStarted,
    /// What was unpaid is paid.
    #[serde(rename = "subscription.recovered")]
    Recovered {
        /// What it was in.
        from: Unpaid,
    },
    /// Unpaid for longer than grace lasts: no access until it is paid.
    #[serde(rename = "subscription.on_hold")]
    OnHold,
    /// It is over.
    #[serde(rename = "subscription.ended")]
    Ended {
        /// Why.
        reason: EndReason,
    },
    /// The customer took an offer to stay.
    #[serde(rename = "subscription.offer_accepted")]
    OfferAccepted,
    /// The Roku account went from one customer to another.
    #[serde(rename = "subscription.transferred")]
    Transferred {
        /// Who held it.
        from_customer: CustomerId,
        /// Who holds it now.
        to_customer: CustomerId,
    },
    /// Roku charged, and has said how much. Once for each of its transactions.
    #[serde(rename = "transaction.charged")]
    Charged(Payment),
    /// Money went back to the customer.
    #[serde(rename = "transaction.refunded")]
    Refunded(Payment),
    /// The customer was given something to spend at Roku.
    #[serde(rename = "transaction.credited")]
    Credited(Payment),
    /// The customer's bank took the money back.
    #[serde(rename = "transaction.charged_back")]
    ChargedBack(Payment),
    /// That dispute was decided for Roku: the money came again.
    #[serde(rename = "transaction.chargeback_reversed")]
    ChargebackReversed(Payment),
    /// A receipt was borne out by Roku, and the account is the customer's.
    #[serde(rename = "receipt.validated")]
    ReceiptValidated(ShownReceipt),
    /// A receipt opens nothing.
    #[serde(rename = "receipt.rejected")]
    ReceiptRejected {
        /// The receipt.
        #[serde(flatten)]
        receipt: ShownReceipt,
        /// Why.
        reason: Rejection,
    },
    /// Something was told of a product that no offer of the catalog stands for.
    #[serde(rename = "product.unmapped")]
    ProductUnmapped,
}

/// Two plans of which one takes, took or was to take the place of the other.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanMove {
    /// The purchase that was left; none where Roku has not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_purchase: Option<PurchaseId>,
    /// What it was of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_product: Option<RokuProductId>,
    /// When the new plan is to begin, where that is ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
    /// What an upgrade cost, and what the rest of the old term paid of it (`credits_applied`), as
    /// Roku told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proration: Option<Amounts>,
}

/// Money that moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    /// Roku's id of the charge; for what is no charge, of the event. None where Roku names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<TransactionId>,
    /// What it was for, where it is a charge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<super::transaction::Kind>,
    /// As Roku told them: what goes back to the customer is negative.
    pub amounts: Amounts,
}

/// The receipt that an event is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShownReceipt {
    /// Who showed it.
    pub customer: CustomerId,
    /// The transaction that was to prove it.
    pub transaction: TransactionId,
    /// What was said to have been bought.
    pub offer: OfferId,
    /// What it did, where it was borne out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<ReceiptResult>,
}

/// What a receipt did that was borne out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptResult {
    /// The Roku account was nobody's, and is the customer's now.
    Linked,
    /// It was the customer's already.
    Confirmed,
    /// It was another customer's, and is this one's now.
    Transferred,
}

/// What a purchase was in while it was unpaid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unpaid {
    /// Grace: the customer went on watching.
    Grace,
    /// On hold: without access.
    OnHold,
}

/// Why a purchase is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The customer had cancelled, and the term ran out: an active cancellation.
    Cancelled,
    /// It was not paid, in grace or on hold: a passive cancellation.
    Unpaid,
    /// A higher plan took its place.
    Upgraded,
    /// A lower plan took its place.
    Downgraded,
    /// The term ended and Roku has not told of a renewal. If it does later, `renewed` follows.
    NotHeardOf,
    /// Roku took it away before its term was over, after an unauthorised purchase for one.
    TakenAway,
}

#[cfg(test)]
mod tests;

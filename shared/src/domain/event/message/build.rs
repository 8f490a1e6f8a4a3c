//! How a message is made: of an event as it was stored, of what the item knows that it was stored
//! with, and of the catalog.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{
    Customer, Data, EventMessage, Offer, PlanChange, Proration, Receipt, Subscription, Transaction,
    VERSION,
};
use crate::domain::account::{Account, Purchase};
use crate::domain::amounts::Amounts;
use crate::domain::event::{Event, Payment, PlanMove, ShownReceipt, What};
use crate::domain::id::{CustomerId, PurchaseId, RokuCustomerId, RokuProductId};
use crate::domain::plan_change::Direction;
use crate::domain::publisher::Publisher;
use crate::domain::standing::Standing;
use crate::domain::subscription::{self, Condition, Status, SubscriptionId};
use crate::domain::transaction::TransactionNumber;

/// Of so many events of one write none has the sequence number of another write's. An item of the
/// table has no room for more.
const MOST_IN_A_WRITE: u64 = 1_000;

/// The item that an event was stored with, as it was after that write.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Whose account at Roku it is, where that is known.
    pub roku_customer: Option<RokuCustomerId>,
    /// The customer who holds it, or who showed the receipt.
    pub holder: Option<CustomerId>,
    /// The account; none if the item is none.
    pub account: Option<Account>,
    /// Which write of the account it was, counted from 1.
    pub version: Option<u64>,
    /// The latest moment that the item tells of. How things stand is read at this moment, not when
    /// the message is made, so that a message that is made twice says the same.
    pub known_through: Timestamp,
}

impl EventMessage {
    /// The message about an event that stands at a place, from 0, in the list of its item.
    pub fn of(event: &Event, place: usize, source: &Source, publisher: &Publisher) -> Self {
        let sequence = source.version.map(|version| {
            let place = u64::try_from(place).unwrap_or(u64::MAX).min(MOST_IN_A_WRITE - 1);
            version.saturating_mul(MOST_IN_A_WRITE).saturating_add(place)
        });
        Self {
            id: event.id.clone(),
            kind: event.what.kind(),
            version: VERSION,
            timestamp: event.at,
            publisher_id: publisher.id.clone(),
            sequence,
            data: Building { event, source, publisher }.data(),
        }
    }
}

/// What a message is made of.
#[derive(Clone, Copy)]
struct Building<'a> {
    event: &'a Event,
    source: &'a Source,
    publisher: &'a Publisher,
}

impl Building<'_> {
    fn data(self) -> Data {
        let event = self.event;
        let data = Data {
            customer: self.customer().map(|id| Customer { id, email: None, external_id: None }),
            roku_customer_id: self.source.roku_customer.clone(),
            subscription: self.subscription(),
            ..Data::default()
        };
        match &event.what {
            What::Upgraded(change) => {
                Data { plan_change: Some(self.plan_change(Direction::Upgrade, change)), ..data }
            }
            What::DowngradeScheduled(change)
            | What::DowngradeWithdrawn(change)
            | What::Downgraded(change) => {
                Data { plan_change: Some(self.plan_change(Direction::Downgrade, change)), ..data }
            }
            What::Recovered { from } => Data { reason: Some(word(from)), ..data },
            What::Ended { reason } => Data { reason: Some(word(reason)), ..data },
            What::Transferred { from_customer, .. } => {
                Data { previous_customer_id: Some(from_customer.clone()), ..data }
            }
            What::Charged(payment)
            | What::Refunded(payment)
            | What::Credited(payment)
            | What::ChargedBack(payment)
            | What::ChargebackReversed(payment) => {
                Data { transaction: Some(transaction(payment)), ..data }
            }
            What::ReceiptValidated(shown) => Data { receipt: Some(receipt(shown)), ..data },
            What::ReceiptRejected { receipt: shown, reason } => Data {
                receipt: Some(receipt(shown)),
                reason: Some(reason.code().to_owned()),
                ..data
            },
            What::ProductUnmapped => Data { product_id: event.product.clone(), ..data },
            What::Started
            | What::TrialStarted
            | What::TrialConverted
            | What::Renewed
            | What::Cancelled
            | What::Resubscribed
            | What::GraceStarted
            | What::OnHold
            | What::OfferAccepted => data,
        }
    }

    fn customer(self) -> Option<CustomerId> {
        match &self.event.what {
            What::Transferred { to_customer, .. } => Some(to_customer.clone()),
            What::ReceiptValidated(shown) | What::ReceiptRejected { receipt: shown, .. } => {
                Some(shown.customer.clone())
            }
            _ => self.source.holder.clone(),
        }
    }

    fn subscription(self) -> Option<Subscription> {
        let account = self.source.account.as_ref()?;
        let (id, purchase) = account.purchases.get_key_value(self.event.purchase.as_ref()?)?;
        let now = self.source.known_through.max(self.event.at);
        let condition = subscription::condition(account, id, self.publisher, now)?;
        let product = self.event.product.as_ref().or(purchase.product.as_ref());
        Some(Subscription {
            id: SubscriptionId::of(&self.publisher.id, id).get(),
            external_id: purchase.transaction(id).to_owned(),
            offer: product.and_then(|product| self.offer(product)),
            product_id: product.cloned(),
            status: status(&condition).to_owned(),
            standing: condition.standing.to_string().replace(' ', "_"),
            in_trial: condition.in_trial,
            started_at: purchase.purchased_at,
            term_ends_at: condition.expires_at,
            channel_id: self.event.channel.clone(),
        })
    }

    fn offer(self, product: &RokuProductId) -> Option<Offer> {
        let offer = self.publisher.catalog.offer_of(product)?;
        Some(Offer {
            id: offer.id.to_string(),
            title: offer.title.clone(),
            group: offer.group.clone(),
            price: offer.price,
            currency: offer.currency.clone(),
            period: offer.period.map(|period| period.as_str().to_owned()),
        })
    }

    fn plan_change(self, direction: Direction, change: &PlanMove) -> PlanChange {
        let from = change.from_purchase.as_ref();
        let bought = |id: &PurchaseId| self.purchase(id)?.product.as_ref();
        let from_product = change.from_product.as_ref().or_else(|| bought(from?));
        let to_product =
            self.event.product.as_ref().or_else(|| bought(self.event.purchase.as_ref()?));
        PlanChange {
            direction: word(&direction),
            from_subscription_id: from.map(|id| SubscriptionId::of(&self.publisher.id, id).get()),
            from_offer_id: from_product.and_then(|product| self.offer_id(product)),
            to_offer_id: to_product.and_then(|product| self.offer_id(product)),
            starts_at: change.starts_at,
            proration: change.proration.as_ref().and_then(proration),
        }
    }

    fn purchase(&self, id: &PurchaseId) -> Option<&Purchase> {
        self.source.account.as_ref()?.purchases.get(id)
    }

    fn offer_id(self, product: &RokuProductId) -> Option<String> {
        self.publisher.catalog.offer_of(product).map(|offer| offer.id.to_string())
    }
}

/// Of what never began: a lower plan before its day, or one that was withdrawn.
fn status(condition: &Condition) -> &'static str {
    match condition.status {
        Some(status) => status.as_str(),
        None if condition.standing == Standing::Ended => Status::Terminated.as_str(),
        None => "pending",
    }
}

fn transaction(payment: &Payment) -> Transaction {
    let roku = payment.transaction.as_ref();
    Transaction {
        id: roku.map(|id| TransactionNumber::of(id).to_string()),
        external_id: roku.map(|id| id.as_str().to_owned()),
        kind: payment.kind.map(|kind| kind.to_string()),
        total: payment.amounts.total,
        tax: payment.amounts.tax,
        credits_applied: payment.amounts.credits_applied,
        currency: currency(&payment.amounts),
    }
}

fn proration(amounts: &Amounts) -> Option<Proration> {
    Some(Proration {
        charged: amounts.total?,
        credited: amounts.credits_applied,
        currency: currency(amounts),
    })
}

fn receipt(shown: &ShownReceipt) -> Receipt {
    Receipt {
        transaction_id: shown.transaction.to_string(),
        offer_id: shown.offer.to_string(),
        result: shown.result.map(|result| word(&result)),
    }
}

/// Roku's pushes have it in lower case.
fn currency(amounts: &Amounts) -> Option<String> {
    amounts.currency.as_ref().map(|code| code.to_uppercase())
}

/// The word by which one of a few is stored.
fn word(one: &impl Serialize) -> String {
    match serde_json::to_value(one) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests;

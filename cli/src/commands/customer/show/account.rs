//! A Roku account as it is shown: its purchases, and its history in words.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;
use usher::domain::account::{Account, Purchase};
use usher::domain::id::{CustomerId, PurchaseId, RokuCustomerId, RokuProductId, TransactionId};
use usher::domain::offer::OfferId;
use usher::domain::proration::difference;
use usher::domain::publisher::Publisher;
use usher::domain::standing::Standing;
use usher::domain::timeline::{Entry, timeline};
use usher::domain::transaction::{Transaction, transactions};
use usher::store::histories::History;

/// A Roku account.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownAccount<'a> {
    pub(super) roku_customer: Option<&'a RokuCustomerId>,
    /// The customer that it is linked to.
    pub(super) customer: Option<&'a CustomerId>,
    pub(super) ask_roku_at: Option<Timestamp>,
    pub(super) purchases: Vec<ShownPurchase<'a>>,
    pub(super) charges: Vec<ShownCharge>,
    pub(super) timeline: Vec<ShownEntry>,
}

/// A chain, or a thing bought once.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownPurchase<'a> {
    pub(super) purchase: &'a PurchaseId,
    pub(super) product: Option<&'a RokuProductId>,
    pub(super) offer: Option<&'a OfferId>,
    pub(super) state: String,
    pub(super) standing: String,
    /// Whether it opens something.
    pub(super) open: bool,
    pub(super) replaces: Option<&'a PurchaseId>,
    pub(super) disputed_since: Option<Timestamp>,
    pub(super) charged_other_than_computed: Option<Charged>,
}

/// What the customer was charged, and given back.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownCharge {
    pub(super) at: Timestamp,
    pub(super) transaction: TransactionId,
    pub(super) kind: String,
    pub(super) product: Option<RokuProductId>,
    /// Tax included.
    pub(super) total: Option<Decimal>,
    pub(super) tax: Option<Decimal>,
    pub(super) currency: Option<String>,
    pub(super) refunded_at: Option<Timestamp>,
    pub(super) refunded: Option<Decimal>,
}

/// What Roku charged for an upgrade, and what was expected.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Charged {
    pub(super) charge: Decimal,
    pub(super) expected_charge: Decimal,
    pub(super) credit: Decimal,
    pub(super) expected_credit: Decimal,
}

/// Something that happened.
#[derive(Debug, Serialize)]
pub(super) struct ShownEntry {
    pub(super) at: Timestamp,
    pub(super) kind: String,
    pub(super) what: String,
    pub(super) purchase: Option<PurchaseId>,
    pub(super) state: Option<String>,
    /// How often Roku told it.
    pub(super) told: u32,
}

impl<'a> ShownAccount<'a> {
    pub(super) fn of(history: &'a History, publisher: &'a Publisher, now: Timestamp) -> Self {
        let account = &history.account;
        let open = account.access(publisher, now);
        let bought = account.purchases.iter();
        let purchases = bought.map(|(id, purchase)| {
            let is_granted = open.iter().any(|grant| grant.purchase == id);
            let offer = offer_of(purchase, publisher);
            ShownPurchase {
                purchase: id,
                product: purchase.product.as_ref(),
                offer,
                state: purchase.state.to_string(),
                standing: Standing::of(purchase, &publisher.settings, now).to_string(),
                open: offer.is_some() && is_granted,
                replaces: purchase.replaces(),
                disputed_since: purchase.disputed_since,
                charged_other_than_computed: charged(account, id, publisher),
            }
        });
        Self {
            roku_customer: history.roku_customer(),
            customer: history.holder.as_ref(),
            ask_roku_at: account.ask_roku_at(),
            purchases: purchases.collect(),
            charges: transactions(&history.facts).into_iter().map(charge).collect(),
            timeline: timeline(history.facts.iter().cloned()).into_iter().map(shown).collect(),
        }
    }
}

fn offer_of<'a>(purchase: &Purchase, publisher: &'a Publisher) -> Option<&'a OfferId> {
    let offer = publisher.catalog.offer_of(purchase.product.as_ref()?)?;
    Some(&offer.id)
}

fn charged(account: &Account, id: &PurchaseId, publisher: &Publisher) -> Option<Charged> {
    let found = difference(account, id, &publisher.catalog)?;
    Some(Charged {
        charge: found.charge,
        expected_charge: found.expected_charge,
        credit: found.credit,
        expected_credit: found.expected_credit,
    })
}

fn charge(charged: Transaction) -> ShownCharge {
    ShownCharge {
        at: charged.at,
        transaction: charged.roku_transaction,
        kind: charged.kind.to_string(),
        product: charged.product,
        total: charged.total,
        tax: charged.tax,
        currency: charged.currency,
        refunded_at: charged.refund.as_ref().map(|refund| refund.at),
        refunded: charged.refund.and_then(|refund| refund.amount),
    }
}

fn shown(entry: Entry) -> ShownEntry {
    let Entry { at, purchase, kind, what, state, told } = entry;
    ShownEntry { at, kind, what, purchase, state: state.map(|state| state.to_string()), told }
}

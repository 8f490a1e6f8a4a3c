//! What Roku tells, in the shape of its own samples (`roku-pay.md` §2.3, §3), and a catalog to
//! sell it from: for tests.

use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::account::{Account, Purchase};
use super::catalog::Catalog;
use super::fact::Fact;
use super::id::{PublisherId, PurchaseId, RokuProductId};
use super::notification::Notification;
use super::observation::Observation;
use super::offer::{Offer, OfferId, Tag};
use super::publisher::{GraceDays, Publisher, Settings, TransferPolicy};
use super::transaction_type::TransactionType;

/// What is bought where a sample does not say otherwise.
pub(crate) const PRODUCT: &str = "S123456789-US";
pub(crate) const ROKU_CUSTOMER: &str = "2df58f54b4f7540ca3aa31ce8bec1fe7";
/// Two chains; the second one takes the place of the first in changes of plan.
pub(crate) const PURCHASE: &str = "e875704d015211edb4490a58a9feac0c";
pub(crate) const NEW_PURCHASE: &str = "187fb8f7b3a24883a245ab5d0171fadd";

pub(crate) fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

/// A push about `purchase`. `more` comes beside the usual fields or in place of them.
pub(crate) fn push(
    transaction_type: &str,
    purchase: &str,
    event_at: &str,
    expires_at: Option<&str>,
    more: Value,
) -> Fact {
    let mut message = json!({
        "customerId": ROKU_CUSTOMER,
        "transactionType": transaction_type,
        "transactionId": purchase,
        "channelId": "1143791",
        "productCode": PRODUCT,
        "productName": "Monthly",
        "originalTransactionId": purchase,
        "eventDate": event_at,
        "responseKey": purchase,
        "isFreeTrial": false,
    });
    if let Some(date) = expires_at {
        message["expirationDate"] = date.into();
    }
    overlay(&mut message, more);
    let message_key = format!("{transaction_type} {purchase} {event_at}");
    Fact::Notification(Notification::read(&message_key, &message.to_string()).unwrap())
}

/// Roku's answer about `purchase`: entitled, not cancelled, active, unless `more` says otherwise.
pub(crate) fn observation(
    purchase: &str,
    observed_at: &str,
    expires_at: Option<&str>,
    more: Value,
) -> Observation {
    let mut answer = json!({
        "OriginalTransactionId": purchase,
        "amount": 7.99,
        "cancelled": false,
        "cancelledTransactionIds": null,
        "channelId": 1_143_791,
        "errorMessage": "",
        "expirationDate": expires_at.map(|date| roku_date(at(date))),
        "isEntitled": true,
        "productId": PRODUCT,
        "purchaseStatus": "Active",
        "purchaseType": null,
        "rokuCustomerId": ROKU_CUSTOMER,
        "status": 0,
        "total": 7.99,
        "transactionId": purchase,
    });
    overlay(&mut answer, more);
    Observation::read(&answer.to_string(), at(observed_at)).unwrap()
}

/// The same, as a fact.
pub(crate) fn seen(
    purchase: &str,
    observed_at: &str,
    expires_at: Option<&str>,
    more: Value,
) -> Fact {
    Fact::Observation(observation(purchase, observed_at, expires_at, more))
}

fn roku_date(moment: Timestamp) -> String {
    format!("/Date({}+0000)/", moment.as_millisecond())
}

fn overlay(fields: &mut Value, more: Value) {
    if let (Value::Object(fields), Value::Object(more)) = (fields, more) {
        fields.extend(more);
    }
}

/// What the account knows of a purchase.
pub(crate) fn purchase_of<'a>(account: &'a Account, id: &str) -> &'a Purchase {
    &account.purchases[&PurchaseId::parse(id).unwrap()]
}

pub(crate) fn offer(id: &str, tags: &[&str]) -> Offer {
    Offer {
        id: OfferId::parse(id).unwrap(),
        title: id.to_owned(),
        price: Decimal::new(799, 2),
        currency: "USD".to_owned(),
        period: None,
        tags: tags.iter().map(|tag| Tag::try_from((*tag).to_owned()).unwrap()).collect(),
        group: None,
        rank: 0,
        roku_product: None,
        free_days: 0,
    }
}

/// An offer that Roku sells under a code of its own.
pub(crate) fn offer_sold_as(id: &str, product: &str) -> Offer {
    Offer { roku_product: Some(RokuProductId::parse(product).unwrap()), ..offer(id, &[]) }
}

pub(crate) fn publisher(offers: Vec<Offer>) -> Publisher {
    Publisher {
        id: PublisherId::parse("123456789").unwrap(),
        settings: Settings {
            channels: vec!["1143791".to_owned()],
            transfer: TransferPolicy::Transfer,
            renewal_leeway_hours: 6,
            grace_days: GraceDays::default(),
            revoke_on_chargeback: false,
            unsigned_pushes: false,
            ip_addresses_per_customer: 4,
            identity_provider: None,
        },
        catalog: Catalog::new(offers).unwrap(),
    }
}

/// Any history of one Roku customer: a few purchases, every type of push, every status. Its moments
/// lie so close together that many facts share one, and that dates fall on either side of them. No
/// two facts have one identity.
pub(crate) fn any_history() -> impl Strategy<Value = Vec<Fact>> {
    vec(prop_oneof![3 => any_push(), 2 => any_answer()], 1..20)
        .prop_map(|told| told.into_iter().enumerate().map(fact_told).collect())
}

fn any_push() -> impl Strategy<Value = Value> {
    let documented = TransactionType::documented().map(TransactionType::as_str);
    // Sales and changes of plan are what the others need to mean something.
    let types = documented.chain(["Sale", "Sale", "UpgradeSale", "DowngradeSale", "Paused"]);
    let transaction_type = select(types.collect::<Vec<_>>());
    let chain = option::weighted(0.95, any_purchase());
    let moments = (any_moment(), option::weighted(0.8, any_moment()));
    let purchased_at = option::weighted(0.3, any_moment());
    let product = option::weighted(0.8, any_product());
    let rest = (product, any::<bool>(), 0_i32..2000, any::<u8>());
    (transaction_type, chain, moments, purchased_at, rest).prop_map(
        |(
            transaction_type,
            chain,
            moments,
            purchased_at,
            (product, is_free_trial, cents, salt),
        )| {
            json!({
                "customerId": ROKU_CUSTOMER,
                "transactionType": transaction_type,
                "originalTransactionId": chain,
                "eventDate": moments.0.to_string(),
                "expirationDate": moments.1.map(|date| date.to_string()),
                "originalPurchaseDate": purchased_at.map(|date| date.to_string()),
                "productCode": product,
                "isFreeTrial": is_free_trial,
                "total": f64::from(cents) / 100.0,
                "tax": 0,
                "salt": salt,
            })
        },
    )
}

fn any_answer() -> impl Strategy<Value = Value> {
    let status = select(vec!["Active", "Inactive", "Pending_Active", "pendingInactive", "valid"]);
    let change = option::of(select(vec!["UPGRADE", "DOWNGRADE"]));
    let moments = (any_moment(), option::weighted(0.8, any_moment()));
    let flags = (any::<bool>(), any::<bool>());
    let replaced = option::of(vec(any_purchase(), 0..3));
    (any_purchase(), moments, any_product(), status, change, flags, replaced, any::<u8>()).prop_map(
        |(purchase, moments, product, status, change, flags, replaced, salt)| {
            json!({
                "OriginalTransactionId": purchase,
                "observedAt": moments.0.to_string(),
                "expirationDate": moments.1.map(roku_date),
                "productId": product,
                "purchaseStatus": status,
                "purchaseType": change,
                "isEntitled": flags.0,
                "cancelled": flags.1,
                "cancelledTransactionIds": replaced,
                "rokuCustomerId": ROKU_CUSTOMER,
                "status": 0,
                "total": f64::from(salt),
                "salt": salt,
            })
        },
    )
}

fn any_purchase() -> impl Strategy<Value = &'static str> {
    select(vec!["purchase-1", "purchase-2", "purchase-3"])
}

fn any_product() -> impl Strategy<Value = &'static str> {
    select(vec!["S1-US", "S2-US", "S3-US"])
}

/// Within a month, so that leeway and grace end within it as well.
fn any_moment() -> impl Strategy<Value = Timestamp> {
    (0_i64..60).prop_map(|half_days| {
        at("2024-01-01T00:00:00Z") + SignedDuration::from_hours(12 * half_days)
    })
}

/// The place in the history makes the key unique, and the salt keeps it from giving the order. A
/// hyphen between them would not: ids are compared without.
fn fact_told((place, mut told): (usize, Value)) -> Fact {
    let key = format!("{}x{place}", told["salt"]);
    told["transactionId"] = key.clone().into();
    if told.get("transactionType").is_some() {
        return Fact::Notification(Notification::read(&key, &told.to_string()).unwrap());
    }
    let observed_at = at(told["observedAt"].as_str().unwrap());
    Fact::Observation(Observation::read_kept(&told.to_string(), observed_at).unwrap())
}

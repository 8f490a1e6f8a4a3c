//! Events in Cleeng's envelope and topics (`cleeng-api.md` §6), for receivers that were written for
//! Cleeng.
//!
//! | event | topic | the name is |
//! |---|---|---|
//! | `subscription.started`, `.trial_started` | `subscriptionCreated` | documented |
//! | `subscription.ended` | `subscriptionTerminated` | documented |
//! | `subscription.downgrade_withdrawn` | `subscriptionSwitchCancelled` | documented |
//! | `transaction.charged` | `transactionCreated` | documented |
//! | `receipt.validated` | `inappPurchaseValidationSucceeded` | documented |
//! | `receipt.rejected` | `inappPurchaseValidationFailed` | documented |
//! | `subscription.renewed`, `.trial_converted`, `.recovered` | `subscriptionRenewed` | seen in a receiver |
//! | `subscription.upgraded`, `.downgraded` | `subscriptionSwitched` | seen in a receiver |
//! | `subscription.cancelled` | `subscriptionCanceled` | seen in a receiver |
//!
//! Nothing is sent of the others: no name of a topic is known for them, and a receiver would not know
//! ours. Of a transfer, `inappPurchaseValidationSucceeded` tells.
//!
//! The fields of `transactionCreated` and `inappPurchaseValidationSucceeded` are documented; those of
//! the other topics are ours, named after `subscriptionReadyFor…`. Cleeng's signature cannot be made:
//! the name of its header and the encoding are unknown. It is the one of Standard Webhooks here, too.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::domain::event::EventType;
use crate::domain::event::message::{Customer, EventMessage, Subscription, Transaction};

/// What Cleeng calls an event; none where no name is known.
pub fn topic(kind: EventType) -> Option<&'static str> {
    use EventType as Kind;
    Some(match kind {
        Kind::Started | Kind::TrialStarted => "subscriptionCreated",
        Kind::Renewed | Kind::TrialConverted | Kind::Recovered => "subscriptionRenewed",
        Kind::Upgraded | Kind::Downgraded => "subscriptionSwitched",
        Kind::DowngradeWithdrawn => "subscriptionSwitchCancelled",
        Kind::Cancelled => "subscriptionCanceled",
        Kind::Ended => "subscriptionTerminated",
        Kind::Charged => "transactionCreated",
        Kind::ReceiptValidated => "inappPurchaseValidationSucceeded",
        Kind::ReceiptRejected => "inappPurchaseValidationFailed",
        Kind::DowngradeScheduled
        | Kind::Resubscribed
        | Kind::GraceStarted
        | Kind::OnHold
        | Kind::OfferAccepted
        | Kind::Transferred
        | Kind::Refunded
        | Kind::Credited
        | Kind::ChargedBack
        | Kind::ChargebackReversed
        | Kind::ProductUnmapped => return None,
    })
}

/// `{broadcasterId, topic, data}`; none where no topic is known.
pub fn envelope(message: &EventMessage) -> Option<Value> {
    let topic = topic(message.kind)?;
    let data = match message.kind {
        EventType::Charged => transaction(message),
        EventType::ReceiptValidated | EventType::ReceiptRejected => validation(message),
        _ => subscription(message),
    };
    let broadcaster = number(message.publisher_id.as_str());
    Some(json!({ "broadcasterId": broadcaster, "topic": topic, "data": data }))
}

/// `transactionCreated`. Amounts are texts with four decimals.
fn transaction(message: &EventMessage) -> Value {
    let bought = message.data.subscription.as_ref();
    let offer = bought.and_then(|bought| bought.offer.as_ref());
    let moved = message.data.transaction.as_ref();
    let tax = moved.and_then(|moved| moved.tax);
    let total = moved.and_then(|moved| moved.total);
    let without_tax = total.map(|total| total - tax.unwrap_or_default());
    let currency = moved.and_then(|moved| moved.currency.as_deref());
    let mut data = customer(message.data.customer.as_ref());
    extend(
        &mut data,
        json!({
            "offerId": offer.map(|offer| &offer.id),
            "transactionId": moved.and_then(|moved| moved.id.as_ref()),
            "paymentId": moved.and_then(|moved| moved.external_id.as_ref()),
            "offerPrice": offer.map(|offer| four_decimals(offer.price)),
            "offerCurrency": offer.map(|offer| &offer.currency),
            "discountRate": "0.0000",
            "subscriptionPlanId": null,
            "externalData": null,
            "paymentGateway": "roku",
            "transactionCountry": offer.and_then(|offer| country(&offer.id)),
            "taxRate": tax_rate(moved),
            "transactionCurrency": currency.or(offer.map(|offer| offer.currency.as_str())),
            "transactionDate": message.timestamp.as_second(),
            "transactionPriceExclTax": without_tax.map(four_decimals),
            "transactionPriceInclTax": total.map(four_decimals),
            "applicableTax": tax.map(four_decimals),
            "appliedExchangeRate": "1.0000",
        }),
    );
    data
}

/// `inappPurchaseValidation…`.
fn validation(message: &EventMessage) -> Value {
    let shown = message.data.receipt.as_ref();
    let bought = message.data.subscription.as_ref();
    let holder = message.data.customer.as_ref();
    let result = shown.and_then(|shown| shown.result.as_deref());
    let mut data = json!({
        "paymentGateway": "roku",
        "offerId": shown.map(|shown| &shown.offer_id),
        "offerType": shown.and_then(|shown| shown.offer_id.get(..1)),
        "customerId": holder.and_then(|holder| number(holder.id.as_str())),
        "inAppSpecificData": { "transactionId": shown.map(|shown| &shown.transaction_id) },
        "correlationId": message.id,
    });
    if message.kind == EventType::ReceiptRejected {
        extend(&mut data, json!({ "reason": message.data.reason }));
        return data;
    }
    extend(
        &mut data,
        json!({
            "result": result.map(validation_result),
            "subscriptionId": bought.map(|bought| bought.id),
            "active": bought.is_some_and(is_active),
            "inTrial": bought.is_some_and(|bought| bought.in_trial),
            "expirationDate": bought.and_then(|bought| bought.term_ends_at).map(with_offset),
        }),
    );
    if let Some(before) = &message.data.previous_customer_id {
        // The account keeps its purchases, and these their numbers.
        extend(
            &mut data,
            json!({
                "prevCustomerId": number(before.as_str()),
                "prevSubscriptionId": bought.map(|bought| bought.id),
            }),
        );
    }
    data
}

/// The other topics.
fn subscription(message: &EventMessage) -> Value {
    let bought = message.data.subscription.as_ref();
    let offer = bought.and_then(|bought| bought.offer.as_ref());
    let mut data = customer(message.data.customer.as_ref());
    extend(
        &mut data,
        json!({
            "subscriptionId": bought.map(|bought| bought.id),
            "offerId": offer.map(|offer| &offer.id),
            "active": bought.is_some_and(is_active),
            "inTrial": bought.is_some_and(|bought| bought.in_trial),
            "expirationDate": bought.and_then(|bought| bought.term_ends_at).map(with_offset),
            "currency": offer.map(|offer| &offer.currency),
            "paymentCountry": offer.and_then(|offer| country(&offer.id)),
            "paymentGateway": "roku",
            "paymentMethodId": null,
        }),
    );
    if let Some(change) = &message.data.plan_change {
        extend(
            &mut data,
            json!({
                "switchDirection": change.direction,
                "fromSubscriptionId": change.from_subscription_id,
                "fromOfferId": change.from_offer_id,
                "toOfferId": change.to_offer_id,
            }),
        );
    }
    if message.kind == EventType::Ended {
        extend(&mut data, json!({ "reason": message.data.reason }));
    }
    data
}

fn customer(holder: Option<&Customer>) -> Value {
    json!({
        "customerId": holder.and_then(|holder| number(holder.id.as_str())),
        "customerEmail": holder.and_then(|holder| holder.email.as_deref()),
        "customerExternalId": holder.and_then(|holder| holder.external_id.as_deref()),
    })
}

fn validation_result(result: &str) -> &'static str {
    match result {
        "confirmed" => "SubscriptionSynchronized",
        "transferred" => "SubscriptionTransferred",
        _ => "SubscriptionCreated",
    }
}

/// Cleeng's `active`: there is access.
fn is_active(bought: &Subscription) -> bool {
    matches!(bought.status.as_str(), "active" | "cancelled")
}

/// Ids that are digits here are numbers there.
fn number(id: &str) -> Option<u64> {
    id.parse().ok()
}

fn four_decimals(amount: Decimal) -> String {
    format!("{amount:.4}")
}

fn tax_rate(moved: Option<&Transaction>) -> Option<String> {
    let (total, tax) = (moved?.total?, moved?.tax.unwrap_or_default());
    let rate = tax.checked_div(total - tax).unwrap_or_default();
    Some(four_decimals(rate))
}

/// The country in an offer's id, `US` in `S123456789_US`.
fn country(offer: &str) -> Option<&str> {
    offer.split_once('_').map(|(_, country)| country)
}

/// ISO 8601 with an offset in digits.
fn with_offset(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

fn extend(data: &mut Value, more: Value) {
    if let (Value::Object(data), Value::Object(more)) = (data, more) {
        data.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{CustomerId, PublisherId};
    use crate::domain::samples::at;
    use crate::domain::webhook::sample::sample;

    fn message(kind: EventType) -> EventMessage {
        let publisher = PublisherId::parse("123456789").unwrap();
        let mut message = sample(kind, &publisher, at("2026-03-01T12:00:00Z"));
        message.data.customer = Some(Customer {
            id: CustomerId::parse("555000111").unwrap(),
            email: Some("ann@example.com".to_owned()),
            external_id: Some("A7".to_owned()),
        });
        message
    }

    #[test]
    fn every_event_has_the_topic_of_the_table_above_or_none() {
        for kind in EventType::ALL {
            let envelope = envelope(&message(*kind));
            assert_eq!(envelope.is_some(), topic(*kind).is_some(), "{kind}");
            let Some(envelope) = envelope else { continue };
            assert_eq!(envelope["broadcasterId"], 123_456_789);
            assert_eq!(envelope["topic"], topic(*kind).unwrap());
            assert_eq!(envelope["data"]["customerId"], 555_000_111, "{kind}");
            assert_eq!(envelope["data"]["offerId"], "S123456789_US", "{kind}");
        }
    }

    #[test]
    fn a_charge_is_told_as_cleeng_documents_it() {
        let mut message = message(EventType::Charged);
        let moved = message.data.transaction.as_mut().unwrap();
        moved.total = Some(Decimal::new(1_000, 2));
        moved.tax = Some(Decimal::new(187, 2));
        let expected = json!({
            "offerId": "S123456789_US",
            "transactionId": "T100000001",
            "customerId": 555_000_111,
            "customerEmail": "ann@example.com",
            "customerExternalId": "A7",
            "paymentId": "00000000000000000000000000000000",
            "offerPrice": "7.9900",
            "offerCurrency": "USD",
            "discountRate": "0.0000",
            "subscriptionPlanId": null,
            "externalData": null,
            "paymentGateway": "roku",
            "transactionCountry": "US",
            "taxRate": "0.2300",
            "transactionCurrency": "USD",
            "transactionDate": 1_772_366_400,
            "transactionPriceExclTax": "8.1300",
            "transactionPriceInclTax": "10.0000",
            "applicableTax": "1.8700",
            "appliedExchangeRate": "1.0000",
        });
        assert_eq!(envelope(&message).unwrap()["data"], expected);
    }

    #[test]
    fn a_receipt_is_told_as_cleeng_documents_it() {
        for (result, expected) in [
            ("linked", "SubscriptionCreated"),
            ("confirmed", "SubscriptionSynchronized"),
            ("transferred", "SubscriptionTransferred"),
        ] {
            let mut message = message(EventType::ReceiptValidated);
            message.data.receipt.as_mut().unwrap().result = Some(result.to_owned());
            message.data.previous_customer_id =
                CustomerId::parse("555000999").ok().filter(|_| result == "transferred");
            let data = &envelope(&message).unwrap()["data"];
            assert_eq!(data["result"], expected);
            assert_eq!(data["expirationDate"], "2026-03-31T12:00:00+00:00");
            assert_eq!((&data["active"], &data["offerType"]), (&json!(true), &json!("S")));
            assert_eq!(data["prevCustomerId"].is_null(), result != "transferred");
        }
    }

    #[test]
    fn what_roku_did_not_tell_is_null_and_an_erased_customer_has_no_address() {
        let mut message = message(EventType::Charged);
        message.data.transaction = None;
        message.data.customer.as_mut().unwrap().email = None;
        let data = &envelope(&message).unwrap()["data"];
        for field in ["transactionPriceInclTax", "taxRate", "transactionId", "customerEmail"] {
            assert!(data[field].is_null(), "{field}: {data:#}");
        }
    }
}

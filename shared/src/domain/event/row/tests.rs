use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::event::message::samples::{message_of, payment, sale, store};
use crate::domain::event::{Payment, What};
use crate::domain::samples::{at, offer, publisher};

fn row_of(what: What) -> Row {
    let (event, message) = message_of(what, &sale());
    Row::of(&event, &message, &store())
}

#[test]
fn a_charge_is_a_row_with_its_money_its_offer_and_its_dates() {
    let row = row_of(What::Charged(payment("7.99", "usd")));
    let told = json!({
        "event_id": row.event_id,
        "event_type": "transaction.charged",
        "occurred_at": "2024-01-20T00:00:00.000Z",
        "day": "2024-01-20",
        "week": "2024-W03",
        "month": "2024-01",
        "sequence": 7002,
        "publisher_id": "123456789",
        "channel_id": "1143791",
        "customer_id": "42",
        "roku_customer_id": "2df58f54b4f7540ca3aa31ce8bec1fe7",
        "subscription_id": row.subscription_id,
        "external_id": "e875704d015211edb4490a58a9feac0c",
        "product_id": "S1-US",
        "offer_id": "S1_US",
        "offer_title": "S1_US",
        "offer_group": "plans",
        "offer_period": "month",
        "offer_price_micros": 7_990_000,
        "offer_currency": "USD",
        "country": "US",
        "mrr_micros": 7_990_000,
        "status": "active",
        "standing": "current",
        "in_trial": false,
        "started_at": "2024-01-01T00:00:00.000Z",
        "term_ends_at": "2024-03-01T00:00:00.000Z",
        "expires_at": "2024-02-01T00:00:00.000Z",
        "reason": null,
        "from_offer_id": null,
        "transaction_id": row.transaction_id,
        "external_transaction_id": "charge1",
        "transaction_kind": "renewal",
        "total_micros": 7_990_000,
        "tax_micros": 600_000,
        "credit_micros": null,
        "currency": "USD",
        "checks": null,
    });
    assert_eq!(serde_json::to_value(&row).unwrap(), told);
    assert!(row.transaction_id.unwrap().starts_with('T'));
}

#[test]
fn the_week_is_that_of_iso_and_the_day_that_of_utc() {
    for (moment, day, week, month) in [
        ("2027-01-01T00:30:00+01:00", "2026-12-31", "2026-W53", "2026-12"),
        ("2027-01-03T23:59:59.999Z", "2027-01-03", "2026-W53", "2027-01"),
        ("2024-12-30T00:00:00Z", "2024-12-30", "2025-W01", "2024-12"),
    ] {
        let row = Row::at("x", at(moment));
        let dates = (row.day.as_str(), row.week.as_str(), row.month.as_str());
        assert_eq!(dates, (day, week, month), "{moment}");
    }
}

#[test]
fn a_price_is_worth_a_twelfth_of_what_it_brings_in_a_year() {
    for (period, micros) in [
        (Period::Day, 30_416_667),
        (Period::Week, 4_333_333),
        (Period::TwoWeeks, 2_166_667),
        (Period::Month, 1_000_000),
        (Period::ThreeMonths, 333_333),
        (Period::SixMonths, 166_667),
        (Period::Year, 83_333),
    ] {
        assert_eq!(micros_in_a_month(Decimal::ONE, period), Some(micros), "{period:?}");
    }
}

#[test]
fn what_is_bought_once_has_no_monthly_worth_and_a_trial_is_worth_nothing() {
    let once = Offer { period: None, ..offer("S1_US", &[]) };
    assert_eq!(Row::default().with_offer(&once, false).mrr_micros, None);
    assert_eq!(Row::default().with_offer(&once, true).mrr_micros, None);
    let plan = Offer { period: Some(Period::Year), ..once };
    assert_eq!(Row::default().with_offer(&plan, true).mrr_micros, Some(0));
    assert_eq!(Row::default().with_offer(&plan, false).mrr_micros, Some(665_833));
}

#[test]
fn of_a_product_without_an_offer_there_is_what_was_told() {
    let (event, message) = message_of(What::Renewed, &sale());
    let row = Row::of(&event, &message, &publisher(Vec::new()));
    assert_eq!((row.offer_id, row.mrr_micros), (None, None));
    assert_eq!(row.product_id.as_deref(), Some("S1-US"));
}

#[test]
fn an_amount_that_is_not_told_or_does_not_fit_is_none() {
    let mut unknown = payment("7.99", "usd");
    unknown.amounts.total = None;
    assert_eq!(row_of(What::Charged(unknown)).total_micros, None);
    let tiny = Payment { ..payment("0.0000001", "usd") };
    assert_eq!(row_of(What::Charged(tiny)).total_micros, None);
    assert_eq!(micros(Decimal::MAX), None);
    assert_eq!(row_of(What::Refunded(payment("-7.99", "usd"))).total_micros, Some(-7_990_000));
}

proptest! {
    #[test]
    fn cents_are_exact_in_micros(cents in -100_000_000_000_i64..100_000_000_000) {
        prop_assert_eq!(micros(Decimal::new(cents, 2)), Some(cents * 10_000));
    }
}

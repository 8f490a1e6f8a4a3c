use serde_json::{Value, json};

use super::*;
use crate::domain::fact::Fact;
use crate::domain::fold::fold;
use crate::domain::id::RokuProductId;
use crate::domain::samples::{NEW_PURCHASE, PURCHASE, at, offer, publisher, push};

fn plan(id: &str, cents: i64, period: Period, rank: u32) -> Offer {
    Offer {
        price: Decimal::new(cents, CENTS),
        period: Some(period),
        group: Some("plans".to_owned()),
        rank,
        ..offer(id, &[])
    }
}

fn store() -> Publisher {
    let sports = Offer { group: Some("sports".to_owned()), ..plan("S9_US", 599, Period::Month, 1) };
    publisher(vec![
        plan("S1_US", 799, Period::Month, 1),
        plan("S2_US", 1199, Period::Month, 2),
        plan("S3_US", 11_999, Period::Year, 3),
        sports,
    ])
}

fn sale(product: &str, sold: &str, end: &str, more: Value) -> Fact {
    let mut fields = json!({
        "productCode": product, "price": 7.99, "tax": 0.0, "total": 7.99, "currency": "usd",
    });
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    push("Sale", PURCHASE, sold, Some(end), fields)
}

fn quoted(facts: Vec<Fact>, to: &str, now: &str) -> Result<(Option<Decimal>, String), NoQuote> {
    let (store, account) = (store(), fold(facts));
    let to = store.catalog.offer_of(&RokuProductId::parse(to).unwrap()).unwrap();
    let quote = quote(&account, &store, to, at(now))?;
    let next = quote.next_charge_at.unwrap();
    assert_eq!(quote.next_charge, to.price);
    Ok((quote.charge_now, next.to_string()))
}

fn cents(cents: i64) -> Option<Decimal> {
    Some(Decimal::new(cents, CENTS))
}

#[test]
fn an_upgrade_costs_the_new_price_less_the_rest_of_the_old_term() {
    let month = || vec![sale("S1-US", "2024-01-10T00:00:00Z", "2024-02-10T00:00:00Z", json!({}))];
    for (now, to, charge, next) in [
        // The whole term is left.
        ("2024-01-10T00:00:00Z", "S2-US", 400, "2024-02-10T00:00:00Z"),
        // 15.5 of 31 days: 3.995, half a cent away from zero.
        ("2024-01-25T12:00:00Z", "S2-US", 799, "2024-02-25T12:00:00Z"),
        // One of 31 days: 0.2577.
        ("2024-02-09T00:00:00Z", "S2-US", 1173, "2024-03-09T00:00:00Z"),
        // The renewal is late: nothing is left.
        ("2024-02-10T03:00:00Z", "S2-US", 1199, "2024-03-10T03:00:00Z"),
        // A year, bought on the last day of January, is billed on the last day of January.
        ("2024-01-31T00:00:00Z", "S3-US", 11_741, "2025-01-31T00:00:00Z"),
    ] {
        let quote = quoted(month(), to, now).unwrap();
        assert_eq!(quote, (cents(charge), next.to_owned()), "{now}");
    }
}

#[test]
fn a_new_month_ends_by_the_calendar() {
    let sold = |day: &str, end: &str| vec![sale("S1-US", day, end, json!({}))];
    for (sold_at, end, now, next) in [
        // From the 31st to the last day of February, in a leap year and in another.
        ("2024-01-15T00:00:00Z", "2024-02-15T00:00:00Z", "2024-01-31T00:00:00Z", "2024-02-29"),
        ("2023-01-15T00:00:00Z", "2023-02-15T00:00:00Z", "2023-01-31T00:00:00Z", "2023-02-28"),
        ("2024-03-15T00:00:00Z", "2024-04-15T00:00:00Z", "2024-03-31T00:00:00Z", "2024-04-30"),
    ] {
        let (_, next_charge_at) = quoted(sold(sold_at, end), "S2-US", now).unwrap();
        assert_eq!(next_charge_at, format!("{next}T00:00:00Z"), "{now}");
    }
}

#[test]
fn a_term_is_counted_from_the_day_of_purchase() {
    // Bought on the 31st of January: the third term is from the 31st of March to the 30th of April.
    for (end, now, left_of) in [
        ("2024-02-29T00:00:00Z", "2024-02-15T00:00:00Z", (14, 29)),
        ("2024-03-31T00:00:00Z", "2024-03-15T00:00:00Z", (16, 31)),
        ("2024-04-30T00:00:00Z", "2024-04-15T00:00:00Z", (15, 30)),
        // Not a date of that cycle: it was paid while on hold, on the 12th.
        ("2024-05-12T08:00:00Z", "2024-04-27T08:00:00Z", (15, 30)),
    ] {
        let renewal = json!({"originalPurchaseDate": "2024-01-31T00:00:00Z"});
        let began = "2024-02-01T00:00:00Z";
        let (charge, _) = quoted(vec![sale("S1-US", began, end, renewal)], "S2-US", now).unwrap();
        let unused = Decimal::new(799, 2) * Decimal::from(left_of.0) / Decimal::from(left_of.1);
        assert_eq!(charge, Some(Decimal::new(1199, 2) - to_the_cent(unused)), "{end}");
    }
}

#[test]
fn what_was_paid_counts_and_not_what_is_listed() {
    let began = "2024-01-10T00:00:00Z";
    let (end, half) = ("2024-02-10T00:00:00Z", "2024-01-25T12:00:00Z");
    for (paid, charge) in [
        // Nothing was paid for a trial, nor by a test user.
        (json!({"isFreeTrial": true, "total": 0.0, "price": 0.0}), cents(1199)),
        (json!({"total": 0.0}), cents(1199)),
        // An introductory price.
        (json!({"total": 0.99}), cents(1149)),
        // Taxes are not part of the price.
        (json!({"total": 8.63, "tax": 0.64}), cents(799)),
        // What was paid with a credit was paid.
        (json!({"total": 3.99, "creditsApplied": 4.0}), cents(799)),
        // Roku did not say, or in another currency.
        (json!({"total": null}), None),
        (json!({"currency": "eur"}), None),
    ] {
        let (found, _) =
            quoted(vec![sale("S1-US", began, end, paid.clone())], "S2-US", half).unwrap();
        assert_eq!(found, charge, "{paid}");
    }
}

#[test]
fn more_credit_than_price_charges_nothing() {
    let year =
        sale("S3-US", "2024-01-10T00:00:00Z", "2025-01-10T00:00:00Z", json!({"total": 119.99}));
    let mut store = store();
    let offers = store.catalog.offers().iter().cloned().map(|offer| {
        let rank = if offer.id.as_str() == "S2_US" { 9 } else { offer.rank };
        Offer { rank, ..offer }
    });
    store.catalog = Catalog::new(offers.collect()).unwrap();
    let to = store.catalog.offer_of(&RokuProductId::parse("S2-US").unwrap()).unwrap();
    let quote = quote(&fold([year]), &store, to, at("2024-02-10T00:00:00Z")).unwrap();
    assert_eq!((quote.charge_now, quote.unused_value), (Some(Decimal::ZERO), cents(10_983)));
}

#[test]
fn a_downgrade_waits_and_leaves_the_cycle_as_it_is() {
    let premium = sale("S2-US", "2024-01-10T00:00:00Z", "2024-02-10T00:00:00Z", json!({}));
    let found = quoted(vec![premium], "S1-US", "2024-01-25T12:00:00Z").unwrap();
    assert_eq!(found, (Some(Decimal::ZERO), "2024-02-10T00:00:00Z".to_owned()));
}

#[test]
fn what_is_no_change_of_plan_has_no_quote() {
    let (began, end, now) =
        ("2024-01-10T00:00:00Z", "2024-02-10T00:00:00Z", "2024-01-20T00:00:00Z");
    let premium = || sale("S2-US", began, end, json!({}));
    let lower =
        push("DowngradeSale", NEW_PURCHASE, now, Some(end), json!({"productCode": "S1-US"}));
    assert_eq!(quoted(vec![premium()], "S2-US", now), Err(NoQuote::SameOffer));
    assert_eq!(quoted(vec![premium()], "S9-US", now), Err(NoQuote::NoPlan));
    assert_eq!(quoted(vec![premium()], "S1-US", "2024-03-01T00:00:00Z"), Err(NoQuote::NoPlan));
    assert_eq!(quoted(vec![], "S1-US", now), Err(NoQuote::NoPlan));
    assert_eq!(quoted(vec![premium(), lower.clone()], "S1-US", now), Err(NoQuote::Ordered));
    assert!(quoted(vec![premium(), lower], "S3-US", now).is_ok(), "another change may follow");
}

/// Basic is bought, and half a month later Premium, as Roku tells it.
fn upgraded(told: Value) -> Option<Difference> {
    let half = "2024-01-25T12:00:00Z";
    let mut fields = json!({"productCode": "S2-US", "currency": "usd"});
    fields.as_object_mut().unwrap().extend(told.as_object().unwrap().clone());
    let history = [
        sale("S1-US", "2024-01-10T00:00:00Z", "2024-02-10T00:00:00Z", json!({})),
        push("UpgradeSale", NEW_PURCHASE, half, Some("2024-02-25T12:00:00Z"), fields),
        push(
            "UpgradeCancellation",
            PURCHASE,
            "2024-01-25T12:00:01Z",
            Some("2024-02-10T00:00:00Z"),
            json!({"productCode": "S1-US"}),
        ),
    ];
    difference(&fold(history), &PurchaseId::parse(NEW_PURCHASE).unwrap(), &store().catalog)
}

#[test]
fn what_roku_charged_is_compared_to_the_cent() {
    let charged = |total: f64, credit: f64| json!({"price": 11.99, "tax": 0.0, "total": total, "creditsApplied": credit});
    assert_eq!(upgraded(charged(7.99, 4.0)), None);
    assert_eq!(upgraded(charged(8.00, 3.99)), None, "a cent is Roku's rounding");
    assert_eq!(upgraded(json!({"total": 8.63, "tax": 0.64, "creditsApplied": 4.0})), None);
    let no_credit = Difference {
        expected_charge: Decimal::new(799, 2),
        charge: Decimal::new(1199, 2),
        expected_credit: Decimal::new(400, 2),
        credit: Decimal::ZERO,
    };
    assert_eq!(upgraded(json!({"price": 11.99, "total": 11.99, "tax": 0.0})), Some(no_credit));
    assert!(upgraded(charged(7.97, 4.0)).is_some(), "two cents are not");
    assert_eq!(upgraded(json!({"isFreeTrial": true})), None, "a trial is not charged for");
    assert_eq!(upgraded(json!({"total": 7.99, "currency": "eur"})), None, "another currency");
}

proptest::proptest! {
    #[test]
    fn the_rest_of_a_term_is_never_worth_more_than_was_paid(
        cents in 0_i64..100_000,
        sold_second in 0_i64..2_000_000_000,
        later_second in -100_000_i64..40_000_000,
        period in proptest::sample::select(vec![Period::Day, Period::Week, Period::Month, Period::ThreeMonths, Period::Year]),
        terms in 1_i32..30,
    ) {
        let sold = Timestamp::from_second(sold_second).unwrap();
        let end = period.after(sold, terms);
        let now = sold.checked_add(jiff::SignedDuration::from_secs(later_second)).unwrap();
        let told = json!({
            "originalPurchaseDate": sold.to_string(), "total": cents as f64 / 100.0, "tax": 0,
        });
        let account = fold([sale("S1-US", &sold.to_string(), &end.to_string(), told)]);
        let plan = account.purchases.values().next().unwrap();
        let offer = plan_of(period);
        let unused = unused_value(plan, &offer, now).unwrap();
        let paid = Decimal::new(cents, 2);
        proptest::prop_assert!(unused >= Decimal::ZERO && unused <= paid);
        let began = period.after(sold, terms - 1);
        let term = Term::last_of(plan, period).unwrap();
        proptest::prop_assert_eq!(term, Term { began_at: began, ends_at: end });
        if now <= began {
            proptest::prop_assert_eq!(unused, paid);
        }
        if now >= end {
            proptest::prop_assert_eq!(unused, Decimal::ZERO);
        }
    }
}

fn plan_of(period: Period) -> Offer {
    plan("S1_US", 799, period, 1)
}

#[test]
fn offers_of_two_currencies_are_not_set_off_against_each_other() {
    let mut store = store();
    let offers = store.catalog.offers().iter().cloned().map(|offer| {
        let currency = if offer.id.as_str() == "S2_US" { "JPY" } else { "USD" };
        Offer { currency: currency.to_owned(), ..offer }
    });
    store.catalog = Catalog::new(offers.collect()).unwrap();
    let basic = sale("S1-US", "2024-01-10T00:00:00Z", "2024-02-10T00:00:00Z", json!({}));
    let to = store.catalog.offer_of(&RokuProductId::parse("S2-US").unwrap()).unwrap();
    let quote = quote(&fold([basic]), &store, to, at("2024-01-20T00:00:00Z")).unwrap();
    assert_eq!((quote.charge_now, quote.unused_value), (None, None));
}

#[test]
fn half_a_cent_is_half_a_cent() {
    // 10 of 28 days of 3.99 are 1.425.
    let month = json!({"total": 3.99, "originalPurchaseDate": "2023-01-15T00:00:00Z"});
    let basic = sale("S1-US", "2023-02-15T00:00:00Z", "2023-03-15T00:00:00Z", month);
    let (charge, _) = quoted(vec![basic], "S2-US", "2023-03-05T00:00:00Z").unwrap();
    assert_eq!(charge, cents(1199 - 143));
}

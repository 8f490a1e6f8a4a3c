//! Three months of a few subscriptions, with known answers for every column.

use std::collections::BTreeMap;

use super::*;
use crate::report::table;

const BASIC: &str = "S1_US";
const PREMIUM: &str = "S2_US";
const FILM: &str = "E1_US";

/// A row about a subscription. Only what begins one tells its channel.
fn row(nth: i64, kind: &str, at: &str) -> Row {
    let offer = match nth {
        6 => PREMIUM,
        8 => FILM,
        _ => BASIC,
    };
    let price = if offer == PREMIUM { 20_000_000 } else { 10_000_000 };
    let occurred_at = format!("2026-{at}:00:00.000Z");
    Row {
        event_id: format!("{nth} {kind} {at}"),
        event_type: kind.to_owned(),
        day: occurred_at[..10].to_owned(),
        week: "2026-W01".to_owned(),
        month: occurred_at[..7].to_owned(),
        sequence: Some(1),
        publisher_id: "9".to_owned(),
        customer_id: Some(format!("10{nth}")),
        roku_customer_id: Some(format!("roku{nth}")),
        subscription_id: Some(nth),
        offer_id: Some(offer.to_owned()),
        offer_title: Some(format!("Plan {offer}")),
        offer_price_micros: Some(price),
        offer_currency: Some("USD".to_owned()),
        mrr_micros: (offer != FILM).then_some(price),
        started_at: Some(occurred_at.clone()),
        occurred_at,
        ..Row::default()
    }
}

/// What gives a term.
fn term(nth: i64, what: &str, at: &str, until: &str) -> Row {
    let term_ends_at = Some(format!("2026-{until}:00:00.000Z"));
    let kind = format!("subscription.{what}");
    let channel_id = matches!(what, "started" | "trial_started").then(|| "100".to_owned());
    Row { term_ends_at, channel_id, ..row(nth, &kind, at) }
}

fn change(nth: i64, what: &str, at: &str) -> Row {
    row(nth, &format!("subscription.{what}"), at)
}

fn because(reason: &str, row: Row) -> Row {
    Row { reason: Some(reason.to_owned()), ..row }
}

fn known(sequence: i64, row: Row) -> Row {
    Row { sequence: Some(sequence), ..row }
}

/// Money, in cents with and of tax.
fn moved(nth: i64, what: &str, kind: &str, at: &str, cents: i64, tax_cents: i64) -> Row {
    let row = row(nth, &format!("transaction.{what}"), at);
    Row {
        external_transaction_id: Some(format!("tx{nth} {at}")),
        transaction_id: Some(format!("T{nth}")),
        transaction_kind: (!kind.is_empty()).then(|| kind.to_owned()),
        total_micros: Some(cents * 10_000),
        tax_micros: Some(tax_cents * 10_000),
        currency: Some("USD".to_owned()),
        ..row
    }
}

fn charge(nth: i64, kind: &str, at: &str) -> Row {
    moved(nth, "charged", kind, at, 1080, 80)
}

fn three_months() -> Vec<Row> {
    vec![
        // 1 renews every month.
        term(1, "started", "01-05T10", "02-05T10"),
        charge(1, "initial", "01-05T10"),
        term(1, "renewed", "02-05T10", "03-05T10"),
        charge(1, "renewal", "02-05T10"),
        // Some hours late, over the end of nothing.
        term(1, "renewed", "03-05T15", "04-05T10"),
        charge(1, "renewal", "03-05T15"),
        // 2 converts its trial, and cancels.
        term(2, "trial_started", "01-10T10", "01-17T10"),
        term(2, "trial_converted", "01-17T10", "02-17T10"),
        charge(2, "initial", "01-17T10"),
        change(2, "cancelled", "02-01T10"),
        because("cancelled", change(2, "ended", "02-17T10")),
        // 3 lets its trial lapse, after a change of mind.
        term(3, "trial_started", "01-28T10", "02-04T10"),
        change(3, "cancelled", "01-29T10"),
        term(3, "resubscribed", "01-30T10", "02-04T10"),
        change(3, "cancelled", "01-30T11"),
        because("cancelled", change(3, "ended", "02-04T10")),
        // 4 is in grace, on hold, and recovers.
        term(4, "started", "01-15T10", "02-15T10"),
        charge(4, "initial", "01-15T10"),
        change(4, "grace_started", "02-15T10"),
        change(4, "on_hold", "03-02T10"),
        because("on_hold", term(4, "recovered", "03-10T10", "04-10T10")),
        charge(4, "recovered", "03-10T10"),
        // 5 becomes 6, a higher plan, whose second charge is refunded.
        term(5, "started", "01-20T10", "02-20T10"),
        charge(5, "initial", "01-20T10"),
        because("upgraded", change(5, "ended", "02-10T10")),
        known(2, term(6, "upgraded", "02-10T10", "03-10T10")),
        known(3, term(6, "started", "02-10T10", "03-10T10")),
        moved(6, "charged", "switch", "02-10T10", 1500, 100),
        term(6, "renewed", "03-10T10", "04-10T10"),
        moved(6, "charged", "renewal", "03-10T10", 2160, 160),
        moved(6, "refunded", "", "03-12T10", -2160, -160),
        // 7 was taken for over until its renewal was heard of, and is not paid later.
        term(7, "started", "01-25T10", "02-25T10"),
        charge(7, "initial", "01-25T10"),
        known(5, because("not_heard_of", change(7, "ended", "02-25T16"))),
        known(6, term(7, "renewed", "02-25T10", "03-25T10")),
        charge(7, "renewal", "02-25T10"),
        known(7, change(7, "grace_started", "03-25T10")),
        known(8, because("unpaid", change(7, "ended", "03-29T10"))),
        // Roku gives up as well: the same end.
        known(9, because("unpaid", change(7, "ended", "03-29T20"))),
        // 8 is a film.
        Row { channel_id: Some("100".to_owned()), ..change(8, "started", "02-14T10") },
        moved(8, "charged", "initial", "02-14T10", 540, 40),
        // 9 is charged back and the dispute decided.
        term(9, "started", "02-01T10", "03-01T10"),
        charge(9, "initial", "02-01T10"),
        term(9, "renewed", "03-01T10", "04-01T10"),
        charge(9, "renewal", "03-01T10"),
        moved(9, "charged_back", "", "03-20T10", -1080, -80),
        moved(9, "chargeback_reversed", "", "03-28T10", 1080, 80),
    ]
}

/// As a person would tell them: with when each subscription was bought.
fn with_starts(mut rows: Vec<Row>) -> Vec<Row> {
    let starts: BTreeMap<_, _> =
        rows.iter().rev().map(|row| (row.subscription_id, row.occurred_at.clone())).collect();
    for row in &mut rows {
        row.started_at = starts.get(&row.subscription_id).cloned();
    }
    rows
}

/// The database of these rows, of which each came twice, the last first.
fn database(rows: &[Row]) -> Database {
    let mut database = Database::empty().unwrap();
    database.insert(rows.iter().rev()).unwrap();
    // Another event about a charge is none.
    let again = charge(1, "initial", "01-05T10");
    database.insert(&[Row { event_id: "again".to_owned(), ..again }]).unwrap();
    database.insert(rows).unwrap();
    database.add_up().unwrap();
    database
}

fn read(database: &Database, report: Report, filter: &Filter) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    let take = |row: &[Value]| -> Result<(), ReportError> {
        rows.push(row.to_vec());
        Ok(())
    };
    database.read(report, filter, People::Hidden, take).unwrap();
    rows
}

/// Of one month of an offer, what is not zero.
fn month(database: &Database, offer: &str, month: &str) -> Vec<(&'static str, i64)> {
    let month = Some(month.to_owned());
    let offer = Some(offer.to_owned());
    let filter = Filter { from: month.clone(), to: month, offer, channel: None };
    let rows = read(database, Report::Monthly, &filter);
    assert_eq!(rows.len(), 1, "{rows:?}");
    let cells = Report::Monthly.columns().iter().zip(&rows[0]);
    let told = cells.filter_map(|(column, value)| match value {
        Value::Integer(number) if *number != 0 => Some((column.name, *number)),
        _ => None,
    });
    told.collect()
}

const DOLLAR: i64 = 1_000_000;

#[test]
fn every_monthly_figure_is_as_counted_by_hand() {
    let database = database(&three_months());
    assert_eq!(
        month(&database, BASIC, "2026-01"),
        [
            ("new_subscriptions", 6),
            ("active_at_end", 6),
            ("paying_at_end", 5),
            ("in_trial_at_end", 1),
            ("trials_started", 2),
            ("trials_converted", 1),
            ("trial_conversion_rate", 10_000),
            ("renewals_turned_off", 2),
            ("charges", 5),
            ("charged_micros", 54 * DOLLAR),
            ("tax_micros", 4 * DOLLAR),
            ("net_micros", 50 * DOLLAR),
            ("mrr_micros", 50 * DOLLAR),
        ]
    );
    assert_eq!(
        month(&database, BASIC, "2026-02"),
        [
            ("active_at_start", 6),
            ("new_subscriptions", 1),
            ("upgrades_out", 1),
            ("active_cancellations", 2),
            ("churned", 2),
            ("churn_rate", 3333),
            ("active_at_end", 4),
            ("paying_at_end", 3),
            ("in_grace_at_end", 1),
            ("trials_lapsed", 1),
            ("renewals", 2),
            ("renewals_turned_off", 1),
            ("grace_started", 1),
            ("charges", 3),
            ("charged_micros", 32_400_000),
            ("tax_micros", 2_400_000),
            ("net_micros", 30 * DOLLAR),
            ("mrr_micros", 30 * DOLLAR),
        ]
    );
    assert_eq!(
        month(&database, BASIC, "2026-03"),
        [
            ("active_at_start", 4),
            ("recovered_from_hold", 1),
            ("passive_cancellations", 1),
            ("churned", 1),
            ("churn_rate", 2500),
            ("active_at_end", 3),
            ("paying_at_end", 3),
            ("renewals", 2),
            ("grace_started", 1),
            ("put_on_hold", 1),
            ("charges", 3),
            ("charged_micros", 32_400_000),
            ("chargebacks", 1),
            ("charged_back_micros", -10_800_000),
            ("chargebacks_reversed", 1),
            ("chargebacks_reversed_micros", 10_800_000),
            ("tax_micros", 2_400_000),
            ("net_micros", 30 * DOLLAR),
            ("mrr_micros", 30 * DOLLAR),
        ]
    );
}

#[test]
fn a_higher_plan_is_no_new_subscription_and_a_refund_is_negative() {
    let database = database(&three_months());
    assert_eq!(
        month(&database, PREMIUM, "2026-02"),
        [
            ("upgrades_in", 1),
            ("active_at_end", 1),
            ("paying_at_end", 1),
            ("charges", 1),
            ("charged_micros", 15 * DOLLAR),
            ("tax_micros", DOLLAR),
            ("net_micros", 14 * DOLLAR),
            ("mrr_micros", 20 * DOLLAR),
        ]
    );
    assert_eq!(
        month(&database, PREMIUM, "2026-03"),
        [
            ("active_at_start", 1),
            ("active_at_end", 1),
            ("paying_at_end", 1),
            ("renewals", 1),
            ("charges", 1),
            ("charged_micros", 21_600_000),
            ("refunds", 1),
            ("refunded_micros", -21_600_000),
            ("mrr_micros", 20 * DOLLAR),
        ]
    );
}

#[test]
fn what_is_bought_once_is_no_subscription() {
    let database = database(&three_months());
    assert_eq!(
        month(&database, FILM, "2026-02"),
        [
            ("bought_once", 1),
            ("charges", 1),
            ("charged_micros", 5_400_000),
            ("tax_micros", 400_000),
            ("net_micros", 5 * DOLLAR),
        ]
    );
}

#[test]
fn rows_add_up_the_same_in_any_order_and_however_often_they_come() {
    let rows = three_months();
    let mut once = Database::empty().unwrap();
    once.insert(&rows).unwrap();
    once.add_up().unwrap();
    let twice = database(&rows);
    for report in [Report::Subscriptions, Report::Monthly] {
        let all = Filter::default();
        assert_eq!(read(&once, report, &all), read(&twice, report, &all), "{report:?}");
    }
    let transactions = |database| read(database, Report::Transactions, &Filter::default()).len();
    let moved = rows.iter().filter(|row| row.event_type.starts_with("transaction.")).count();
    assert_eq!((transactions(&once), transactions(&twice)), (moved, moved));
}

#[test]
fn an_event_without_a_channel_is_of_the_channel_of_its_subscription() {
    let database = database(&three_months());
    let channel = |channel: &str| Filter { channel: Some(channel.to_owned()), ..Filter::default() };
    let all = read(&database, Report::Transactions, &Filter::default()).len();
    assert_eq!(read(&database, Report::Transactions, &channel("100")).len(), all);
    assert_eq!(read(&database, Report::Transactions, &channel("1")).len(), 0);
}

#[test]
fn a_quiet_month_has_its_figures_too() {
    let rows =
        [term(1, "started", "01-05T10", "04-05T10"), term(2, "started", "03-31T10", "05-05T10")];
    let database = database(&rows);
    let february = month(&database, BASIC, "2026-02");
    let expected = [("active_at_start", 1), ("active_at_end", 1), ("paying_at_end", 1)];
    assert_eq!(february, [&expected[..], &[("mrr_micros", 10 * DOLLAR)]].concat());
}

#[test]
fn a_trial_of_a_higher_plan_is_one_until_it_is_paid() {
    let rows = [
        term(5, "started", "01-20T10", "02-20T10"),
        known(2, term(6, "upgraded", "01-22T10", "02-22T10")),
        known(3, term(6, "trial_started", "01-22T10", "02-22T10")),
        known(4, because("upgraded", change(5, "ended", "01-22T10"))),
        known(5, term(6, "trial_converted", "02-22T10", "03-22T10")),
        known(6, term(6, "renewed", "03-22T10", "04-22T10")),
    ];
    let database = database(&rows);
    let january = month(&database, PREMIUM, "2026-01");
    assert!(january.contains(&("in_trial_at_end", 1)), "{january:?}");
    assert!(!january.iter().any(|(name, _)| *name == "mrr_micros"), "{january:?}");
    let february = month(&database, PREMIUM, "2026-02");
    assert!(february.contains(&("mrr_micros", 20 * DOLLAR)), "{february:?}");
}

#[test]
fn the_reports_of_three_months_as_a_person_reads_them() {
    let database = database(&with_starts(three_months()));
    let told = [Report::Monthly, Report::Subscriptions, Report::Transactions]
        .map(|report| table(&database, report, &Filter::default(), People::Hidden).unwrap());
    insta::assert_snapshot!(told.join("\n\n"));
}

#[test]
fn rows_of_a_file_are_those_that_were_written() {
    let rows = with_starts(three_months());
    let lines: Vec<String> = rows.iter().map(|row| serde_json::to_string(row).unwrap()).collect();
    let mut from_file = Database::empty().unwrap();
    let text = format!("{}\n\n", lines.join("\n"));
    crate::report::read_rows(&mut from_file, text.as_bytes()).unwrap();
    from_file.add_up().unwrap();
    let all = Filter::default();
    assert_eq!(
        read(&from_file, Report::Monthly, &all),
        read(&database(&rows), Report::Monthly, &all)
    );
    let broken = format!("{}\n{{\"event_id\": 1}}\n", lines[0]);
    let refused = crate::report::read_rows(&mut from_file, broken.as_bytes()).unwrap_err();
    assert!(refused.to_string().starts_with("line 2: "), "{refused}");
}

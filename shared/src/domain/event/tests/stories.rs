//! Lives of subscriptions, and what is told of them.

use serde_json::json;

use super::{in_words, shop, told};
use crate::domain::event::history::of_history;
use crate::domain::fact::Fact;
use crate::domain::samples::{NEW_PURCHASE, PURCHASE, at, push, seen};

const SOLD: &str = "2026-01-01T00:00:00Z";
const END: &str = "2026-02-01T00:00:00Z";
const NEXT_END: &str = "2026-03-01T00:00:00Z";
const LATER: &str = "2026-06-01T00:00:00Z";

fn sale() -> Fact {
    push("Sale", PURCHASE, SOLD, Some(END), json!({ "total": 8.64, "tax": 0.64 }))
}

fn renewal(event_at: &str, end: &str) -> Fact {
    let more = json!({ "transactionId": format!("charge{}", &event_at[..10]), "total": 8.64 });
    push("Sale", PURCHASE, event_at, Some(end), more)
}

fn about(kind: &str, event_at: &str, end: Option<&str>) -> Fact {
    push(kind, PURCHASE, event_at, end, json!({ "transactionId": format!("own{event_at}") }))
}

#[test]
fn bought_renewed_cancelled_and_over() {
    let facts = [
        sale(),
        renewal("2026-02-01T00:00:01Z", NEXT_END),
        about("Cancellation", "2026-02-10T00:00:00Z", Some(NEXT_END)),
    ];
    let life = [
        "subscription.started",
        "transaction.charged 8.64",
        "subscription.renewed",
        "transaction.charged 8.64",
        "subscription.cancelled",
        "subscription.ended Cancelled",
    ];
    assert_eq!(told(&facts, LATER), life);
    assert_eq!(told(&facts, "2026-02-28T23:59:59Z"), life[..5]);
    assert_eq!(told(&facts, NEXT_END), life);
}

#[test]
fn a_trial_is_paid_on_or_cancelled() {
    let trial = push("Sale", PURCHASE, SOLD, Some(END), json!({ "isFreeTrial": true }));
    let paid = [trial.clone(), renewal("2026-02-01T00:00:01Z", NEXT_END)];
    let life =
        ["subscription.trial_started", "subscription.trial_converted", "transaction.charged 8.64"];
    assert_eq!(told(&paid, "2026-02-02T00:00:00Z"), life);
    let left = [trial, about("Cancellation", "2026-01-05T00:00:00Z", Some(END))];
    let life =
        ["subscription.trial_started", "subscription.cancelled", "subscription.ended Cancelled"];
    assert_eq!(told(&left, LATER), life);
}

#[test]
fn unpaid_and_recovered_with_an_amount_that_only_an_answer_tells() {
    let recovery = push(
        "GraceRecovered",
        PURCHASE,
        "2026-02-03T00:00:00Z",
        Some(NEXT_END),
        json!({ "transactionId": "second" }),
    );
    let answer = seen(
        PURCHASE,
        "2026-02-03T00:01:00Z",
        Some(NEXT_END),
        json!({ "transactionId": "second", "total": 7.99 }),
    );
    let facts =
        [sale(), about("GraceInitiated", "2026-02-01T00:00:03Z", Some(END)), recovery, answer];
    let life = [
        "subscription.started",
        "transaction.charged 8.64",
        "subscription.grace_started",
        "subscription.recovered Grace",
        "transaction.charged 7.99",
    ];
    assert_eq!(told(&facts, "2026-02-04T00:00:00Z"), life);
}

#[test]
fn grace_runs_out_and_so_does_a_hold() {
    let grace = about("GraceInitiated", "2026-02-01T00:00:03Z", Some(END));
    let start = ["subscription.started", "transaction.charged 8.64", "subscription.grace_started"];
    let of_clock = [&start[..], &["subscription.ended Unpaid"]].concat();
    assert_eq!(told(&[sale(), grace.clone()], LATER), of_clock);
    let facts = [
        sale(),
        grace,
        about("OnHoldInitiated", "2026-02-04T00:00:00Z", Some(END)),
        about("Cancellation", "2026-04-01T00:00:00Z", Some(END)),
    ];
    let of_roku = [&start[..], &["subscription.on_hold", "subscription.ended Unpaid"]].concat();
    assert_eq!(told(&facts, LATER), of_roku);
}

#[test]
fn moved_up_at_once_and_down_when_the_term_ends() {
    let up = json!({ "productCode": "S2-US", "total": 5.99, "creditsApplied": 4.0 });
    let higher = push("UpgradeSale", NEW_PURCHASE, "2026-01-10T00:00:00Z", Some(END), up);
    let left = about("UpgradeCancellation", "2026-01-10T00:00:01Z", Some(END));
    let life = [
        "subscription.started",
        "transaction.charged 8.64",
        "transaction.charged 5.99",
        "subscription.upgraded",
        "subscription.ended Upgraded",
    ];
    assert_eq!(told(&[sale(), higher, left], "2026-01-11T00:00:00Z"), life);

    let down = json!({ "productCode": "S0-US", "total": 0 });
    let lower = push("DowngradeSale", NEW_PURCHASE, "2026-01-10T00:00:00Z", Some(END), down);
    let leaves = about("DowngradeCancellation", "2026-01-10T00:00:01Z", Some(END));
    let charge = json!({ "transactionId": "down1", "productCode": "S0-US", "total": 4.99 });
    let begun = push("Sale", NEW_PURCHASE, "2026-02-01T00:00:02Z", Some(NEXT_END), charge);
    let ordered =
        ["subscription.started", "transaction.charged 8.64", "subscription.downgrade_scheduled"];
    let begins = ["subscription.downgraded", "subscription.ended Downgraded"];
    let facts = [sale(), lower.clone(), leaves.clone(), begun];
    let life = [&ordered[..], &begins, &["transaction.charged 4.99"]].concat();
    assert_eq!(told(&facts, "2026-02-02T00:00:00Z"), life);

    let stays = about("Resubscribe", "2026-01-20T00:00:00Z", None);
    let life = [&ordered[..], &["subscription.downgrade_withdrawn"]].concat();
    assert_eq!(told(&[sale(), lower, leaves, stays], "2026-01-21T00:00:00Z"), life);
}

#[test]
fn a_cancellation_of_the_past_is_roku_giving_up() {
    let given_up = about("Cancellation", "2026-02-10T00:00:00Z", Some(END));
    let life = [
        "subscription.started",
        "transaction.charged 8.64",
        "subscription.ended NotHeardOf",
        "subscription.ended Unpaid",
    ];
    assert_eq!(told(&[sale(), given_up], LATER), life);
}

#[test]
fn a_renewal_on_the_day_of_a_downgrade_takes_it_back() {
    let down = json!({ "productCode": "S0-US", "total": 0 });
    let lower = push("DowngradeSale", NEW_PURCHASE, "2026-01-10T00:00:00Z", Some(END), down);
    let leaves = about("DowngradeCancellation", "2026-01-10T00:00:01Z", Some(END));
    let facts = [sale(), lower, leaves, renewal("2026-02-01T00:00:02Z", NEXT_END)];
    let life = told(&facts, "2026-02-02T00:00:00Z");
    let since = ["transaction.charged 8.64", "subscription.downgrade_withdrawn"];
    assert!(since.iter().all(|what| life[5..].iter().any(|told| told == what)), "{life:?}");
    assert!(life.contains(&"subscription.renewed".to_owned()), "{life:?}");
}

#[test]
fn money_that_goes_back() {
    let back = |kind: &str, day: &str| {
        let more = json!({ "transactionId": format!("{kind}{day}"), "total": -8.64 });
        push(kind, PURCHASE, day, None, more)
    };
    let facts = [
        sale(),
        back("Refund", "2026-01-02T00:00:00Z"),
        back("Chargeback", "2026-01-03T00:00:00Z"),
        back("ChargebackReversed", "2026-01-04T00:00:00Z"),
        back("Credit", "2026-01-05T00:00:00Z"),
    ];
    let life = [
        "subscription.started",
        "transaction.charged 8.64",
        "transaction.refunded -8.64",
        "transaction.charged_back -8.64",
        "transaction.chargeback_reversed -8.64",
        "transaction.credited -8.64",
    ];
    assert_eq!(told(&facts, "2026-01-06T00:00:00Z"), life);
}

#[test]
fn a_cancellation_is_taken_back_by_resubscribing_or_by_an_offer() {
    let cancelled = about("Cancellation", "2026-01-10T00:00:00Z", Some(END));
    let start = ["subscription.started", "transaction.charged 8.64", "subscription.cancelled"];
    let again = about("Resubscribe", "2026-01-11T00:00:00Z", None);
    let life = [&start[..], &["subscription.resubscribed"]].concat();
    assert_eq!(told(&[sale(), cancelled.clone(), again], "2026-01-12T00:00:00Z"), life);
    let offer = about("CancellationOfferInitiated", "2026-01-11T00:00:00Z", Some(NEXT_END));
    let life = [&start[..], &["subscription.resubscribed", "subscription.offer_accepted"]].concat();
    assert_eq!(told(&[sale(), cancelled, offer], "2026-01-12T00:00:00Z"), life);
}

#[test]
fn what_only_an_answer_tells_of_happened_before_it_was_asked_for() {
    let date = |day: &str| format!("/Date({}+0000)/", at(day).as_millisecond());
    let more = json!({
        "transactionId": "fifth",
        "originalPurchaseDate": date(SOLD),
        "purchaseDate": date("2026-05-01T00:00:00Z"),
    });
    let answer = seen(PURCHASE, "2026-05-09T00:00:00Z", Some("2026-06-01T00:00:00Z"), more);
    let events = of_history(&[answer], &shop(), at("2026-05-10T00:00:00Z"));
    let dated: Vec<_> = events.iter().map(|one| (in_words(one), one.at)).collect();
    let expected = [
        ("subscription.started".to_owned(), at(SOLD)),
        ("transaction.charged 7.99".to_owned(), at("2026-05-01T00:00:00Z")),
    ];
    assert_eq!(dated, expected);
}

#[test]
fn what_is_not_heard_of_has_ended_until_it_is() {
    let silent =
        ["subscription.started", "transaction.charged 8.64", "subscription.ended NotHeardOf"];
    assert_eq!(told(&[sale()], LATER), silent);
    let inactive = json!({ "isEntitled": false, "purchaseStatus": "Inactive" });
    let answer = seen(PURCHASE, "2026-02-01T12:00:00Z", Some(END), inactive);
    let life = [&silent[..], &["subscription.ended Unpaid"]].concat();
    assert_eq!(told(&[sale(), answer], LATER), life);
}

//! When Roku is asked, by what it told last.

use serde_json::{Value, json};

use crate::domain::account::Account;
use crate::domain::fact::Fact;
use crate::domain::fold::fold;
use crate::domain::samples::{NEW_PURCHASE, PURCHASE, at, push, seen};

const SOLD: &str = "2026-01-01T00:00:00Z";
const END: &str = "2026-02-01T00:00:00Z";

fn sale() -> Fact {
    push("Sale", PURCHASE, SOLD, Some(END), json!({ "total": 7.99 }))
}

fn told(kind: &str, event_at: &str) -> Fact {
    push(kind, PURCHASE, event_at, Some(END), json!({}))
}

fn answered(observed_at: &str, more: Value) -> Fact {
    seen(PURCHASE, observed_at, Some(END), more)
}

fn asked_at(facts: &[Fact]) -> Option<String> {
    fold(facts.to_vec()).ask_roku_at().map(|at| at.to_string())
}

#[test]
fn each_state_has_its_question() {
    let held = json!({ "isEntitled": false });
    let cancelled = json!({ "cancelled": true });
    for (facts, expected) in [
        (vec![sale()], Some(END)),
        // In grace: four hours on, and then every day. On hold: every day.
        (
            vec![sale(), told("GraceInitiated", "2026-02-01T00:00:03Z")],
            Some("2026-02-01T04:00:00Z"),
        ),
        (vec![sale(), answered("2026-02-03T10:00:00Z", json!({}))], Some("2026-02-04T10:00:00Z")),
        (
            vec![sale(), told("OnHoldInitiated", "2026-02-05T00:00:00Z")],
            Some("2026-02-06T00:00:00Z"),
        ),
        (
            vec![sale(), answered("2026-02-20T10:00:00Z", held.clone())],
            Some("2026-02-21T10:00:00Z"),
        ),
        // Sixty days later Roku has ended it, whatever we heard.
        (vec![sale(), answered("2026-04-04T00:00:00Z", held)], None),
        // Once before the end of what was cancelled, once at the end, and never again.
        (vec![sale(), told("Cancellation", "2026-01-10T00:00:00Z")], Some("2026-01-31T00:00:00Z")),
        (
            vec![
                sale(),
                told("Cancellation", "2026-01-10T00:00:00Z"),
                answered("2026-01-31T00:01:00Z", cancelled.clone()),
            ],
            Some(END),
        ),
        (
            vec![
                sale(),
                told("Cancellation", "2026-01-10T00:00:00Z"),
                answered("2026-02-01T00:01:00Z", cancelled),
            ],
            None,
        ),
    ] {
        assert_eq!(asked_at(&facts).as_deref(), expected, "{facts:#?}");
    }
}

#[test]
fn a_change_of_plan_is_asked_about_once_where_the_plan_it_left_is_not_known() {
    let upgrade = push("UpgradeSale", NEW_PURCHASE, "2026-01-10T00:00:00Z", Some(END), json!({}));
    assert_eq!(asked_at(std::slice::from_ref(&upgrade)).as_deref(), Some("2026-01-10T00:10:00Z"));

    let early = seen(NEW_PURCHASE, "2026-01-10T00:00:05Z", Some(END), json!({}));
    let facts = [upgrade.clone(), early];
    assert_eq!(asked_at(&facts).as_deref(), Some("2026-01-10T00:10:00Z"), "Roku may lag");
    let late = seen(NEW_PURCHASE, "2026-01-10T00:10:05Z", Some(END), json!({}));
    assert_eq!(asked_at(&[upgrade.clone(), late]).as_deref(), Some(END));

    let other_half = push("UpgradeCancellation", PURCHASE, "2026-01-10T00:00:01Z", None, json!({}));
    let left = answered("2026-01-10T00:20:00Z", over());
    assert_eq!(asked_at(&[sale(), upgrade, other_half, left]).as_deref(), Some(END));
}

fn over() -> Value {
    json!({ "isEntitled": false, "cancelled": true, "purchaseStatus": "Inactive" })
}

#[test]
fn what_is_over_is_asked_about_once_more_for_a_charge_that_was_not_heard_of() {
    let grace = told("GraceInitiated", "2026-02-01T00:00:03Z");
    let unpaid = [sale(), grace, told("Cancellation", "2026-02-02T00:00:00Z")];
    let upgraded = [sale(), told("UpgradeCancellation", "2026-02-02T00:00:00Z")];
    for facts in [&unpaid[..], &upgraded] {
        assert_eq!(asked_at(facts).as_deref(), Some("2026-02-02T00:10:00Z"));
        let answer = answered("2026-02-02T00:10:30Z", over());
        assert_eq!(asked_at(&[facts, &[answer]].concat()), None);
    }
    // What an answer ended is not asked about again.
    assert_eq!(asked_at(&[sale(), answered("2026-02-02T00:00:00Z", over())]), None);
}

#[test]
fn a_downgrade_is_asked_about_on_its_day_and_until_it_has_started() {
    let ordered = push("DowngradeSale", NEW_PURCHASE, "2026-01-10T00:00:00Z", Some(END), json!({}));
    let left =
        push("DowngradeCancellation", PURCHASE, "2026-01-10T00:00:01Z", Some(END), json!({}));
    let old_is_over =
        seen(PURCHASE, END, Some(END), json!({ "cancelled": true, "isEntitled": false }));
    let facts = [sale(), ordered, left, old_is_over];
    assert_eq!(asked_at(&facts).as_deref(), Some(END));

    let pending = json!({ "purchaseStatus": "PendingActive" });
    let still = seen(NEW_PURCHASE, "2026-02-01T00:05:00Z", Some(END), pending);
    let facts = [&facts[..], &[still]].concat();
    assert_eq!(asked_at(&facts).as_deref(), Some("2026-02-02T00:05:00Z"));
}

#[test]
fn grace_that_no_answer_settles_is_not_asked_about_for_ever() {
    let still = |day: &str| answered(day, json!({}));
    let early = [sale(), still("2026-02-01T00:01:00Z")];
    assert_eq!(asked_at(&early).as_deref(), Some("2026-02-01T04:00:00Z"));
    assert_eq!(asked_at(&[sale(), still("2026-04-05T00:00:00Z")]), None);
}

#[test]
fn what_roku_does_not_know_is_asked_about_for_sixty_days_hourly_at_first() {
    let account: Account = fold([sale()]);
    let next = |now: &str| account.ask_again_at(at(now)).map(|at| at.to_string());
    assert_eq!(next("2026-02-01T00:01:00Z").as_deref(), Some("2026-02-01T01:01:00Z"));
    assert_eq!(next("2026-02-02T00:01:00Z").as_deref(), Some("2026-02-03T00:01:00Z"));
    assert_eq!(next("2026-04-01T00:01:00Z").as_deref(), Some("2026-04-02T00:01:00Z"));
    assert_eq!(next("2026-04-02T00:01:00Z"), None);
}

#[test]
fn roku_is_asked_in_its_own_spelling() {
    let sale = |id: &str| push("Sale", id, SOLD, Some(END), json!({}));
    for spelling in ["ABC-1", "abc1", "0ea63a4b-7236-11ef-93cb-0a58a9feae68"] {
        let account = fold([sale(spelling)]);
        let (id, purchase) = account.due(at(END)).next().unwrap();
        assert_eq!(purchase.transaction(id), spelling);
    }
}

#[test]
fn a_charge_without_an_amount_is_asked_about_at_once() {
    let grace = told("GraceInitiated", "2026-02-01T00:00:03Z");
    let more = json!({ "transactionId": "second" });
    let paid = push(
        "GraceRecovered",
        PURCHASE,
        "2026-02-03T00:00:00Z",
        Some("2026-03-01T00:00:00Z"),
        more,
    );
    let facts = vec![sale(), grace, paid];
    assert_eq!(asked_at(&facts).as_deref(), Some("2026-02-03T00:00:00Z"));

    let amount = json!({ "transactionId": "second", "total": 7.99 });
    let answer = seen(PURCHASE, "2026-02-03T00:01:00Z", Some("2026-03-01T00:00:00Z"), amount);
    let facts = [&facts[..], &[answer]].concat();
    assert_eq!(asked_at(&facts).as_deref(), Some("2026-03-01T00:00:00Z"));
}

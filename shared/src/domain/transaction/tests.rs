use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::samples::{NEW_PURCHASE, PURCHASE, any_history, push, seen};

const SOLD: &str = "2024-01-01T00:00:00Z";
const TERM_END: &str = "2024-02-01T00:00:00Z";
const NEXT_TERM_END: &str = "2024-03-01T00:00:00Z";
const LATER: &str = "2024-02-20T00:00:00Z";

fn charge(kind: &str, own: &str, at: &str, total: Value) -> Fact {
    let more = json!({"transactionId": own, "total": total, "tax": 0.5, "currency": "usd"});
    push(kind, PURCHASE, at, Some(NEXT_TERM_END), more)
}

fn sale() -> Fact {
    charge("Sale", PURCHASE, SOLD, json!(8.49))
}

fn renewal() -> Fact {
    charge("Sale", "second", TERM_END, json!(7.99))
}

fn refund(named: &str, at: &str, total: Value) -> Fact {
    let more = json!({"transactionId": format!("refund-{at}"), "total": total});
    push("Refund", named, at, None, more)
}

/// Each as `transaction kind amount at date, refunded`.
fn shown(facts: &[Fact]) -> Vec<String> {
    let show = |one: &Transaction| {
        let total = one.total.map_or("?".to_owned(), |total| total.to_string());
        let refund = one.refund.as_ref().map_or(String::new(), |refund| {
            format!(", {} back", refund.amount.map_or("?".to_owned(), |amount| amount.to_string()))
        });
        let name = one.roku_transaction.as_str().replace(PURCHASE, "first");
        let name = name.replace(NEW_PURCHASE, "new");
        format!("{name} {:?} {total} {}{refund}", one.kind, one.at.strftime("%m-%d"))
    };
    transactions(facts).iter().map(show).collect()
}

#[test]
fn what_was_charged_is_listed_newest_first() {
    let trial = push("UpgradeSale", NEW_PURCHASE, "2024-02-05T00:00:00Z", None, {
        json!({"isFreeTrial": true})
    });
    let facts = [
        sale(),
        charge("OnHoldRecovered", "fourth", "2024-04-01T00:00:00Z", Value::Null),
        charge("GraceInitiated", PURCHASE, "2024-03-01T00:00:00Z", Value::Null),
        charge("GraceRecovered", "third", "2024-03-02T00:00:00Z", json!(7.99)),
        renewal(),
        trial,
        charge("Cancellation", "event", "2024-04-02T00:00:00Z", json!(7.99)),
        push("Credit", "none", LATER, None, json!({"originalTransactionId": null, "total": 1})),
    ];
    let then = [
        "fourth Recovered ? 04-01",
        "third Recovered 7.99 03-02",
        "second Renewal 7.99 02-01",
        "first Initial 8.49 01-01",
    ];
    assert_eq!(shown(&facts), then);

    let listed = transactions(&facts);
    assert_eq!(listed[3].net(), Some(Decimal::new(799, 2)));
    assert_eq!(listed[3].currency.as_deref(), Some("USD"));
    assert_eq!(listed[3].purchase.as_str(), PURCHASE);
}

#[test]
fn changes_of_plan_are_listed_where_they_cost_something() {
    let switch =
        |kind, total: Value| push(kind, NEW_PURCHASE, LATER, None, json!({"total": total}));
    for (kind, total, then) in [
        ("UpgradeSale", json!(13.99), vec!["new Switch 13.99 02-20"]),
        ("UpgradeSale", json!(0), vec![]),
        ("UpgradeSale", Value::Null, vec![]),
        ("DowngradeSale", json!(0.0), vec![]),
        ("DowngradeSale", Value::Null, vec![]),
    ] {
        assert_eq!(shown(&[switch(kind, total.clone())]), then, "{kind} {total}");
    }
    let begun = push("Sale", NEW_PURCHASE, LATER, None, json!({"transactionId": "a", "total": 5}));
    assert_eq!(shown(&[switch("DowngradeSale", json!(0)), begun]), ["a Renewal 5 02-20"]);
}

#[test]
fn a_trial_costs_nothing_whatever_roku_answers_of_it() {
    let trial = push("Sale", PURCHASE, SOLD, Some(TERM_END), json!({"isFreeTrial": true}));
    let answer = seen(PURCHASE, "2024-01-02T00:00:00Z", Some(TERM_END), json!({}));
    assert!(shown(&[trial, answer]).is_empty());
}

#[test]
fn an_answer_tells_of_a_charge_whose_push_was_lost() {
    let dated = json!({"transactionId": "second", "purchaseDate": "/Date(1706745600000+0000)/"});
    let unpaid = json!({"transactionId": "third", "total": 0});
    let silent = json!({"transactionId": "fourth", "total": null});
    let facts = [
        seen(PURCHASE, "2024-02-03T00:00:00Z", Some(NEXT_TERM_END), dated),
        seen(PURCHASE, "2024-02-04T00:00:00Z", None, unpaid),
        seen(PURCHASE, "2024-02-05T00:00:00Z", None, silent),
        seen(PURCHASE, "2024-02-06T00:00:00Z", None, json!({"originalPurchaseDate": SOLD})),
        seen(NEW_PURCHASE, "2024-02-07T00:00:00Z", None, json!({"purchaseType": "UPGRADE"})),
    ];
    let then = ["new Switch 7.99 02-07", "second Renewal 7.99 02-01", "first Initial 7.99 01-01"];
    assert_eq!(shown(&facts), then);
}

#[test]
fn a_push_counts_before_an_answer_and_takes_from_it_what_it_lacks() {
    let answer = |own: &str| {
        let more = json!({"transactionId": own, "total": 7.49, "currency": "usd"});
        seen(PURCHASE, "2024-03-05T00:00:00Z", Some(NEXT_TERM_END), more)
    };
    let recovery = charge("GraceRecovered", "third", "2024-03-02T00:00:00Z", Value::Null);
    let facts = [renewal(), answer("second"), recovery, answer("third")];
    assert_eq!(shown(&facts), ["third Recovered 7.49 03-02", "second Renewal 7.99 02-01"]);
    assert_eq!(transactions(&facts)[0].currency.as_deref(), Some("USD"));
}

#[test]
fn a_transaction_that_is_told_twice_is_listed_once() {
    let again = charge("Sale", "second", LATER, json!(7.99));
    assert_eq!(shown(&[renewal(), again, renewal()]), ["second Renewal 7.99 02-01"]);
    let free = charge("DowngradeSale", "second", SOLD, json!(0));
    assert_eq!(shown(&[free, renewal()]), ["second Renewal 7.99 02-01"]);
}

#[test]
fn a_transaction_that_is_told_again_with_its_amount_has_one() {
    // Whether a Sale follows a recovery is not documented (`roku-pay.md` §9.11).
    let recovery = charge("OnHoldRecovered", "third", "2024-03-02T00:00:00Z", Value::Null);
    let sale = charge("Sale", "THI-RD", "2024-03-02T00:00:05Z", json!(7.99));
    let answer = json!({"transactionId": "third", "total": 7.49});
    let answer = seen(PURCHASE, "2024-03-05T00:00:00Z", Some(NEXT_TERM_END), answer);
    let then = ["third Recovered 7.99 03-02"];
    assert_eq!(shown(&[recovery.clone(), sale.clone()]), then);
    assert_eq!(shown(&[answer, sale, recovery]), then);
}

#[test]
fn a_transaction_in_two_spellings_is_listed_once() {
    let answer = json!({"transactionId": "SEC-ond", "total": 7.99});
    let answer = seen(PURCHASE, "2024-02-05T00:00:00Z", Some(NEXT_TERM_END), answer);
    assert_eq!(shown(&[renewal(), answer]), ["second Renewal 7.99 02-01"]);
}

#[test]
fn refunds_of_which_no_charge_has_so_much_left_are_of_several() {
    // Roku's pushes name the chain: 3 and 4.99 were of each charge, in turns.
    let charges = vec![charge("Sale", PURCHASE, SOLD, json!(7.99)), renewal()];
    let times = [21, 22, 23, 24].map(|day| format!("2024-02-{day}T00:00:00Z"));
    let back = [json!(-3), json!(-3), json!(-4.99), json!(-4.99)];
    let refunds = times.iter().zip(back).map(|(at, total)| refund(PURCHASE, at, total)).collect();
    let then = ["second Renewal 7.99 02-01, 7.99 back", "first Initial 7.99 01-01, 7.99 back"];
    assert_eq!(shown(&[charges, refunds].concat()), then);
}

#[test]
fn a_refund_is_noted_on_the_charge_that_it_is_of() {
    let charges = || vec![sale(), renewal()];
    let (first, second) = ("first Initial 8.49 01-01", "second Renewal 7.99 02-01");
    for (what, refunds, then) in [
        (
            "by its charge",
            vec![refund("second", LATER, json!(-7.99))],
            [second, ", 7.99 back", first, ""],
        ),
        (
            "by chain and amount",
            vec![refund(PURCHASE, LATER, json!(-8.49))],
            [second, "", first, ", 8.49 back"],
        ),
        ("in part", vec![refund(PURCHASE, LATER, json!(-2))], [second, ", 2 back", first, ""]),
        (
            "before the renewal",
            vec![refund(PURCHASE, "2024-01-05T00:00:00Z", json!(-2))],
            [second, "", first, ", 2 back"],
        ),
        ("too much", vec![refund(PURCHASE, LATER, json!(-80))], [second, "", first, ""]),
        (
            "without amount",
            vec![refund(PURCHASE, LATER, Value::Null)],
            [second, ", ? back", first, ""],
        ),
        ("of another chain", vec![refund("other", LATER, json!(-2))], [second, "", first, ""]),
        (
            "twice",
            vec![
                refund(PURCHASE, LATER, json!(-2)),
                refund(PURCHASE, "2024-02-21T00:00:00Z", json!(-3)),
            ],
            [second, ", 5 back", first, ""],
        ),
        (
            "both",
            vec![
                refund(PURCHASE, LATER, json!(-7.99)),
                refund(PURCHASE, "2024-02-21T00:00:00Z", json!(-7.99)),
            ],
            [second, ", 7.99 back", first, ", 7.99 back"],
        ),
    ] {
        let then = [[then[0], then[1]].concat(), [then[2], then[3]].concat()];
        assert_eq!(shown(&[charges(), refunds].concat()), then, "{what}");
    }
}

#[test]
fn numbers_do_not_change() {
    let number = TransactionNumber::of(&TransactionId::parse(PURCHASE).unwrap());
    assert_eq!(number.to_string(), "T620127285");
}

proptest! {
    #[test]
    fn each_charge_once_in_any_order(
        history in any_history(),
        shuffled in any::<prop::sample::Index>(),
    ) {
        let listed = transactions(&history);
        let mut turned = [history.clone(), history.clone()].concat();
        let by = shuffled.index(turned.len());
        turned.rotate_left(by);
        turned.reverse();
        prop_assert_eq!(&transactions(&turned), &listed);

        let mut seen = std::collections::HashSet::new();
        for one in &listed {
            prop_assert!(seen.insert(one.roku_transaction.clone()), "{:?} twice", one);
            prop_assert!(one.total.is_none_or(|total| total > Decimal::ZERO), "{:?}", one);
            let number = one.id.to_string();
            prop_assert!(number.len() == 10 && !number.starts_with("T0"), "{}", number);
        }
        prop_assert!(listed.is_sorted_by(|one, next| one.at >= next.at));
    }
}

//! What facts add up to: stories, what holds for any history, and the published table.

mod lifecycle;
mod observations;
mod plan_changes;
mod properties;
mod pushes;

use serde_json::json;

use super::*;
use crate::domain::samples::{NEW_PURCHASE, PURCHASE, at, purchase_of, push};

/// Facts come in one by one, as the store sees them: the account is written, read and folded on.
fn hear(facts: &[Fact]) -> Account {
    let mut account = Account::default();
    for (place, fact) in facts.iter().enumerate() {
        if account.is_newest(fact) {
            account.fold_newest(fact);
        } else {
            account = fold(facts[..=place].iter().cloned());
        }
        account = serde_json::from_str(&serde_json::to_string(&account).unwrap()).unwrap();
    }
    account
}

/// How a purchase stands after `facts`, whichever of them came last.
#[track_caller]
fn state_after(purchase: &str, facts: &[Fact]) -> State {
    let account = hear(facts);
    let backwards: Vec<Fact> = facts.iter().rev().cloned().collect();
    assert_eq!(account, hear(&backwards), "the order of arrival does not matter");
    purchase_of(&account, purchase).state
}

fn paid_until(end: &str) -> State {
    State::Current { ends_at: Some(at(end)) }
}

fn runs_out(end: &str) -> State {
    State::Cancelled { ends_at: at(end), trial: false }
}

fn trial_until(end: &str) -> State {
    State::Trial { ends_at: at(end) }
}

fn renewal(event_at: &str, end: &str) -> Fact {
    let more = json!({
        "transactionId": "037w1nn4nyzum28gkyj0poqqv7n4cb5q",
        "comments": "Recurring subscription processed",
    });
    push("Sale", PURCHASE, event_at, Some(end), more)
}

/// A cancellation carries an id of its own that is no purchase's (`roku-pay.md` §2.2).
fn cancellation(transaction_type: &str, event_at: &str, end: Option<&str>) -> Fact {
    let more = json!({"transactionId": "f4abd057015211edb4490a58a9feac0c"});
    push(transaction_type, PURCHASE, event_at, end, more)
}

const SOLD: &str = "2022-07-11T19:51:57Z";
const TERM_END: &str = "2022-08-11T19:51:57Z";
const NEXT_TERM_END: &str = "2022-09-11T19:51:57Z";
const DURING_TERM: &str = "2022-07-20T10:00:00Z";
const LATER_IN_TERM: &str = "2022-07-20T10:00:01Z";
const AFTER_TERM: &str = "2022-08-12T00:00:00Z";

fn sale() -> Fact {
    push("Sale", PURCHASE, SOLD, Some(TERM_END), json!({"comments": "New order processed."}))
}

/// The old plan is sold, the lower plan ordered: its date is the end of the old one.
fn downgrade() -> [Fact; 3] {
    let more = json!({"productCode": "S111111111-US", "total": 0, "isFreeTrial": true});
    let new = push("DowngradeSale", NEW_PURCHASE, DURING_TERM, Some(TERM_END), more);
    [sale(), new, cancellation("DowngradeCancellation", LATER_IN_TERM, Some(TERM_END))]
}

//! What holds for any set of facts; the stories are in the files below this one.

mod observations;
mod pushes;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::samples::{NEW_PURCHASE, PURCHASE, any_history, at, purchase_of, push};

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

/// A history, and the same facts as they may arrive: in another order, some of them again.
fn history_and_arrivals() -> impl Strategy<Value = (Vec<Fact>, Vec<Fact>)> {
    any_history().prop_flat_map(|history| {
        let again = proptest::sample::subsequence(history.clone(), 0..=history.len());
        let arrivals = again.prop_flat_map({
            let history = history.clone();
            move |again| Just([history.clone(), again].concat()).prop_shuffle()
        });
        (Just(history), arrivals)
    })
}

proptest! {
    #[test]
    fn order_and_repetition_do_not_matter((history, arrivals) in history_and_arrivals()) {
        prop_assert_eq!(fold(arrivals), fold(history));
    }

    #[test]
    fn hearing_facts_one_by_one_is_folding_them_together(
        (history, arrivals) in history_and_arrivals(),
    ) {
        prop_assert_eq!(hear(&arrivals), fold(history));
    }

    #[test]
    fn a_batch_that_is_newest_is_folded_into_the_stored_account(
        history in any_history(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut history = history;
        history.sort_by_key(Fact::id);
        let (early, late) = history.split_at(cut.index(history.len() + 1));
        let mut account = fold(early.iter().cloned());
        for fact in late {
            prop_assert!(account.is_newest(fact));
            account.fold_newest(fact);
        }
        prop_assert!(history.iter().all(|fact| !account.is_newest(fact)), "none is newest twice");
        prop_assert_eq!(account, fold(history));
    }

    #[test]
    fn a_fact_that_was_kept_is_read_back_the_same(history in any_history()) {
        for fact in history {
            let again = match &fact {
                Fact::Notification(push) => Fact::Notification(
                    Notification::read(&push.message_key, &push.message).unwrap(),
                ),
                Fact::Observation(seen) => Fact::Observation(
                    Observation::read_kept(&seen.answer, seen.observed_at).unwrap(),
                ),
            };
            prop_assert_eq!(again, fact);
        }
    }
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
    State::Current { expires_at: Some(at(end)), renewal: Renewal::On, trial: false }
}

fn runs_out(end: &str) -> State {
    State::Current { expires_at: Some(at(end)), renewal: Renewal::Off, trial: false }
}

fn trial_until(end: &str) -> State {
    State::Current { expires_at: Some(at(end)), renewal: Renewal::On, trial: true }
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

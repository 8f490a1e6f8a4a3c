//! The stories that pushes tell (`roku-pay.md` §2, §4).

use serde_json::json;

use super::*;
use crate::domain::id::RokuProductId;
use crate::domain::samples::{NEW_PURCHASE, PRODUCT, PURCHASE, at, purchase_of, push, seen};

#[test]
fn a_new_sale_is_paid_until_its_expiration_date() {
    let account = fold([sale()]);
    let bought = purchase_of(&account, PURCHASE);
    assert_eq!(bought.state, paid_until(TERM_END));
    assert_eq!(bought.product.as_ref().map(RokuProductId::as_str), Some(PRODUCT));
}

#[test]
fn a_push_that_names_no_product_leaves_the_one_that_is_known() {
    let nameless = json!({"productCode": null});
    let renewed = push("Sale", PURCHASE, TERM_END, Some(NEXT_TERM_END), nameless);
    let account = fold([sale(), renewed]);
    let bought = purchase_of(&account, PURCHASE);
    assert_eq!(bought.state, paid_until(NEXT_TERM_END));
    assert_eq!(bought.product.as_ref().map(RokuProductId::as_str), Some(PRODUCT));
}

#[test]
fn a_renewal_moves_the_end_of_the_same_purchase() {
    let history = [sale(), renewal(TERM_END, NEXT_TERM_END)];
    assert_eq!(state_after(PURCHASE, &history), paid_until(NEXT_TERM_END));
    assert_eq!(fold(history).purchases.len(), 1, "the renewal's own id opens no other chain");
}

#[test]
fn a_trial_is_a_trial_until_a_term_is_paid() {
    let trial = push("Sale", PURCHASE, SOLD, Some(TERM_END), json!({"isFreeTrial": true}));
    let look = seen(PURCHASE, DURING_TERM, Some(TERM_END), json!({"total": 0}));
    assert_eq!(state_after(PURCHASE, &[trial.clone(), look.clone()]), trial_until(TERM_END));
    let paid = renewal(TERM_END, NEXT_TERM_END);
    assert_eq!(state_after(PURCHASE, &[trial, look, paid]), paid_until(NEXT_TERM_END));
}

#[test]
fn a_cancellation_lets_the_term_run_out() {
    let second_of_sale = cancellation("Cancellation", SOLD, Some(TERM_END));
    for (given, cancelled, then) in [
        (
            vec![sale()],
            cancellation("Cancellation", DURING_TERM, Some(TERM_END)),
            runs_out(TERM_END),
        ),
        (vec![sale()], cancellation("Cancellation", DURING_TERM, None), runs_out(TERM_END)),
        (
            vec![sale()],
            cancellation("Cancellation", AFTER_TERM, Some(TERM_END)),
            runs_out(TERM_END),
        ),
        (vec![sale()], second_of_sale, runs_out(TERM_END)),
        // Heard first, and nothing else yet.
        (vec![], cancellation("Cancellation", DURING_TERM, Some(TERM_END)), runs_out(TERM_END)),
        (
            vec![],
            cancellation("Cancellation", DURING_TERM, None),
            State::Ended { at: at(DURING_TERM) },
        ),
    ] {
        let facts = [given, vec![cancelled]].concat();
        assert_eq!(state_after(PURCHASE, &facts), then, "{facts:#?}");
    }
}

#[test]
fn an_upgrade_replaces_the_old_plan_at_once_although_its_date_is_ahead() {
    let more = json!({"productCode": "S987654321-US", "price": 13.99});
    let new = push("UpgradeSale", NEW_PURCHASE, DURING_TERM, Some(NEXT_TERM_END), more);
    let old = cancellation("UpgradeCancellation", LATER_IN_TERM, Some(TERM_END));
    let history = [sale(), new, old];
    let replaced = State::Replaced { at: at(LATER_IN_TERM) };
    assert_eq!(state_after(PURCHASE, &history), replaced);
    assert_eq!(state_after(PURCHASE, &history[..2]), paid_until(TERM_END));
    assert_eq!(state_after(NEW_PURCHASE, &history), paid_until(NEXT_TERM_END));
    let late = cancellation("Cancellation", AFTER_TERM, Some(NEXT_TERM_END));
    let history = [&history[..], &[late]].concat();
    assert_eq!(state_after(PURCHASE, &history), replaced, "no cancellation revives it");
}

#[test]
fn a_downgrade_is_pending_until_the_old_plan_has_run_out() {
    let pending = State::PendingDowngrade { starts_at: Some(at(TERM_END)) };
    assert_eq!(state_after(NEW_PURCHASE, &downgrade()), pending);
    assert_eq!(state_after(PURCHASE, &downgrade()), runs_out(TERM_END));
}

#[test]
fn the_first_charge_of_a_pending_downgrade_starts_it() {
    let more = json!({"transactionId": "first-charge", "productCode": "S111111111-US"});
    let started = push("Sale", NEW_PURCHASE, TERM_END, Some(NEXT_TERM_END), more);
    let history = [&downgrade()[..], &[started]].concat();
    assert_eq!(state_after(NEW_PURCHASE, &history), paid_until(NEXT_TERM_END));
    assert_eq!(state_after(PURCHASE, &history), runs_out(TERM_END));
}

#[test]
fn a_pending_downgrade_that_is_cancelled_never_starts() {
    for (date, then) in [
        (Some(TERM_END), State::Ended { at: at(LATER_IN_TERM) }),
        (None, State::Ended { at: at(LATER_IN_TERM) }),
        // A later date says that it had started.
        (Some(NEXT_TERM_END), runs_out(NEXT_TERM_END)),
    ] {
        let cancelled = push("Cancellation", NEW_PURCHASE, LATER_IN_TERM, date, json!({}));
        let history = [&downgrade()[..], &[cancelled]].concat();
        assert_eq!(state_after(NEW_PURCHASE, &history), then, "{date:?}");
    }
}

#[test]
fn a_type_that_changes_nothing_is_counted_and_changes_nothing() {
    let types = ["Refund", "Paused", "Refund"];
    let others = types.iter().zip(["10", "11", "12"]).map(|(word, second)| {
        push(word, PURCHASE, &format!("2022-07-20T10:00:{second}Z"), Some(SOLD), json!({}))
    });
    let credit = json!({"originalTransactionId": null, "transactionId": "579743"});
    let credit = push("Credit", PURCHASE, DURING_TERM, None, credit);
    let account = fold(others.chain([credit, sale()]));
    assert_eq!(account.purchases, fold([sale()]).purchases);
    let counted = [("Credit", 1), ("Paused", 1), ("Refund", 2)];
    assert!(account.other_pushes.iter().map(|(word, count)| (word.as_str(), *count)).eq(counted));
}

#[test]
fn a_plan_that_roku_confirmed_after_the_upgrade_is_not_replaced_by_it_again() {
    let up = |kind: &str, at: &str| {
        push(kind, NEW_PURCHASE, at, Some(NEXT_TERM_END), json!({"productCode": "S2-US"}))
    };
    let left = cancellation("UpgradeCancellation", LATER_IN_TERM, Some(TERM_END));
    let taken_back = push("Resubscribe", PURCHASE, "2022-07-21T00:00:00Z", None, json!({}));
    let cancelled = cancellation("Cancellation", "2022-07-22T00:00:00Z", Some(TERM_END));
    let renewed = up("Sale", "2022-07-23T00:00:00Z");
    let history = [sale(), up("UpgradeSale", DURING_TERM), left, taken_back, cancelled, renewed];
    assert_eq!(state_after(PURCHASE, &history), runs_out(TERM_END));
}

#[test]
fn words_for_types_are_counted_one_by_one_up_to_a_limit() {
    let odd = (0..40).map(|n| {
        let at = format!("2022-07-20T10:00:{n:02}Z");
        push(&format!("Odd{n}"), PURCHASE, &at, None, json!({}))
    });
    let counted = fold(odd).other_pushes;
    assert_eq!((counted.len(), counted["and others"]), (33, 8));
}

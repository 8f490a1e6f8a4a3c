//! Plans that take each other's place, in histories where something is missing, late or said twice.

use serde_json::json;

use super::*;
use crate::domain::samples::{NEW_PURCHASE, PURCHASE, at, purchase_of, push, seen};

/// A second plan of the same Roku account, and its successor.
const OTHER: &str = "b9b8f73edb7e11eea6170a58a9feac60";
const OTHER_NEW: &str = "27b1a5dc0f5011eeaab10a58a9feac90";
const TRIAL_END: &str = "2022-07-27T10:00:00Z";

fn trial_upgrade(new: &str) -> Fact {
    let more = json!({"productCode": "S2-US", "isFreeTrial": true});
    push("UpgradeSale", new, DURING_TERM, Some(TRIAL_END), more)
}

fn left(old: &str) -> Fact {
    push("UpgradeCancellation", old, LATER_IN_TERM, Some(TERM_END), json!({}))
}

fn replaced_by(account: &Account, new: &str) -> Option<String> {
    purchase_of(account, new).replaces().map(ToString::to_string)
}

#[test]
fn an_answer_in_the_middle_of_a_change_does_not_keep_the_old_plan_from_coming_back() {
    let look = seen(PURCHASE, LATER_IN_TERM, Some(TERM_END), json!({}));
    let given_up =
        push("Cancellation", NEW_PURCHASE, "2022-07-22T00:00:00Z", Some(TRIAL_END), json!({}));
    let history = [sale(), trial_upgrade(NEW_PURCHASE), look, left(PURCHASE), given_up];
    assert_eq!(state_after(PURCHASE, &history), runs_out(TERM_END));
}

#[test]
fn a_withdrawn_downgrade_does_not_cancel_the_old_plan_again_each_time_roku_is_asked() {
    let taken_back = push("Resubscribe", PURCHASE, "2022-07-21T00:00:00Z", None, json!({}));
    let look = json!({
        "purchaseStatus": "Inactive", "isEntitled": false, "cancelled": true,
        "purchaseType": "DOWNGRADE", "cancelledTransactionIds": [PURCHASE],
    });
    let look = seen(NEW_PURCHASE, "2022-07-22T00:00:00Z", Some(TERM_END), look);
    let history = [&downgrade()[..], &[taken_back, look]].concat();
    assert_eq!(state_after(PURCHASE, &history), paid_until(TERM_END));
}

#[test]
fn two_plans_changed_in_one_order_are_not_mixed_up() {
    let other = push("Sale", OTHER, SOLD, Some(TERM_END), json!({"productCode": "S3-US"}));
    let history = [
        sale(),
        other,
        trial_upgrade(NEW_PURCHASE),
        push("UpgradeSale", OTHER_NEW, DURING_TERM, Some(NEXT_TERM_END), json!({})),
        left(PURCHASE),
        left(OTHER),
    ];
    let account = fold(history.clone());
    assert_eq!(replaced_by(&account, NEW_PURCHASE), None, "it may be either");
    assert_eq!(replaced_by(&account, OTHER_NEW), None);
    // Roku's answer tells which is which.
    let named = |new: &str, old: &str, end: &str| {
        let more = json!({"purchaseType": "UPGRADE", "cancelledTransactionIds": [old]});
        seen(new, "2022-07-21T00:00:00Z", Some(end), more)
    };
    let asked = [named(NEW_PURCHASE, PURCHASE, TRIAL_END), named(OTHER_NEW, OTHER, NEXT_TERM_END)];
    let history = [&history[..], &asked].concat();
    assert_eq!(state_after(PURCHASE, &history), State::Suspended { ends_at: at(TERM_END) });
    assert_eq!(state_after(OTHER, &history), State::Replaced { at: at(LATER_IN_TERM) });
}

#[test]
fn a_downgrade_follows_the_plan_that_roku_says_was_left_and_not_one_of_the_same_date() {
    let other = push("Sale", OTHER, SOLD, Some(TERM_END), json!({"productCode": "S3-US"}));
    let lower = push("DowngradeSale", NEW_PURCHASE, DURING_TERM, Some(TERM_END), json!({}));
    for old in [PURCHASE, OTHER] {
        let leaves = push("DowngradeCancellation", old, LATER_IN_TERM, Some(TERM_END), json!({}));
        let account = fold([sale(), other.clone(), lower.clone(), leaves]);
        assert_eq!(replaced_by(&account, NEW_PURCHASE).as_deref(), Some(old));
    }
}

#[test]
fn a_downgrade_without_a_date_starts_when_the_old_plan_ends() {
    let lower = push("DowngradeSale", NEW_PURCHASE, DURING_TERM, None, json!({}));
    let history = [sale(), lower];
    assert_eq!(state_after(NEW_PURCHASE, &history), State::PendingDowngrade { starts_at: None });
    let leaves = cancellation("DowngradeCancellation", LATER_IN_TERM, Some(TERM_END));
    let history = [&history[..], &[leaves]].concat();
    let starts_at = Some(at(TERM_END));
    assert_eq!(state_after(NEW_PURCHASE, &history), State::PendingDowngrade { starts_at });
}

#[test]
fn a_downgrade_right_after_an_upgrade_follows_the_upgrade() {
    // Both plans end within a minute of each other, and what tells that the first one was left is
    // dated after the second change.
    let end = "2022-08-20T10:00:00.125Z";
    let up = push("UpgradeSale", NEW_PURCHASE, DURING_TERM, Some(end), json!({}));
    for first in ["0first", "zfirst"] {
        let bought = push("Sale", first, SOLD, Some("2022-08-20T10:00:00Z"), json!({}));
        let lower = push("DowngradeSale", OTHER, "2022-07-20T10:00:00.5Z", Some(end), json!({}));
        let leaves =
            push("DowngradeCancellation", NEW_PURCHASE, LATER_IN_TERM, Some(end), json!({}));
        let history = [bought, up.clone(), lower, left(first), leaves];
        let starts_at = Some(at(end));
        assert_eq!(state_after(OTHER, &history), State::PendingDowngrade { starts_at }, "{first}");
        assert_eq!(replaced_by(&fold(history), OTHER).as_deref(), Some(NEW_PURCHASE));
    }
}

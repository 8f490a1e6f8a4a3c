//! What Roku's answers make of a purchase (`roku-pay.md` §4, §6).

use serde_json::{Value, json};

use super::*;
use crate::domain::samples::{NEW_PURCHASE, PURCHASE, at, observation, push, seen};

#[test]
fn a_thing_bought_once_stays_although_roku_calls_it_not_entitled() {
    let bought = push("Sale", PURCHASE, SOLD, None, json!({}));
    let look = seen(PURCHASE, DURING_TERM, None, json!({"isEntitled": false}));
    let forever = State::Current { ends_at: None };
    assert_eq!(state_after(PURCHASE, &[bought, look]), forever);
}

#[test]
fn a_cancelled_pending_downgrade_that_roku_still_calls_pending_never_starts() {
    let cancelled = push("Cancellation", NEW_PURCHASE, LATER_IN_TERM, Some(TERM_END), json!({}));
    let still = json!({"purchaseStatus": "PendingActive", "cancelled": true});
    let look = seen(NEW_PURCHASE, "2022-07-21T00:00:00Z", Some(TERM_END), still);
    let history = [&downgrade()[..], &[cancelled, look]].concat();
    let state = state_after(NEW_PURCHASE, &history);
    assert!(matches!(state, State::Ended { .. }), "it is {state:?}");
}

#[test]
fn a_downgrade_whose_first_charge_failed_is_in_grace() {
    // Past the day, entitled, not cancelled, no longer called pending: grace (§6).
    let look = seen(NEW_PURCHASE, AFTER_TERM, Some(TERM_END), json!({}));
    let history = [&downgrade()[..], &[look]].concat();
    let grace = State::Grace { since: at(TERM_END) };
    assert_eq!(state_after(NEW_PURCHASE, &history), grace);
}

#[test]
fn an_observation_is_read_by_rokus_truth_table() {
    let (ahead, past) = (Some(TERM_END), Some(SOLD));
    let ended = State::Ended { at: at(DURING_TERM) };
    for (entitled, date, cancelled, status, then) in [
        (true, ahead, false, "Active", paid_until(TERM_END)),
        (true, past, false, "Active", State::Grace { since: at(SOLD) }),
        (true, Some(DURING_TERM), false, "Active", State::Grace { since: at(DURING_TERM) }),
        (false, past, false, "Active", State::OnHold { since: at(SOLD) }),
        (true, ahead, true, "Active", runs_out(TERM_END)),
        (true, ahead, true, "PendingInactive", State::Suspended { ends_at: at(TERM_END) }),
        (true, ahead, false, "valid", paid_until(TERM_END)),
        (false, past, true, "Inactive", ended),
        (false, past, true, "Active", ended),
        (false, past, false, "Inactive", ended),
    ] {
        let more =
            json!({"isEntitled": entitled, "cancelled": cancelled, "purchaseStatus": status});
        let look = seen(PURCHASE, DURING_TERM, date, more.clone());
        assert_eq!(state_after(PURCHASE, &[look]), then, "{more} {date:?}");
    }
}

#[test]
fn pending_active_is_pending_in_every_spelling_whatever_is_entitled_says() {
    let pending = State::PendingDowngrade { starts_at: Some(at(TERM_END)) };
    for status in ["PendingActive", "Pending_Active", "pending_active", "PENDING_ACTIVE"] {
        for entitled in [true, false] {
            let more = json!({"purchaseStatus": status, "isEntitled": entitled});
            let look = seen(NEW_PURCHASE, LATER_IN_TERM, Some(TERM_END), more);
            let [.., ordered, _] = downgrade();
            assert_eq!(state_after(NEW_PURCHASE, std::slice::from_ref(&look)), pending, "{status}");
            assert_eq!(state_after(NEW_PURCHASE, &[ordered, look]), pending, "{status}");
        }
    }
}

#[test]
fn an_observation_ends_the_purchase_that_it_replaces() {
    let named = |change: &str, entitled: bool, replaced: Value| {
        let more = json!({
            "purchaseType": change,
            "isEntitled": entitled,
            "cancelledTransactionIds": replaced,
        });
        Fact::Observation(observation(NEW_PURCHASE, DURING_TERM, Some(NEXT_TERM_END), more))
    };
    let hyphens = "E875704D-0152-11ed-b449-0a58a9feac0c";
    let replaced = State::Replaced { at: at(DURING_TERM) };
    for (look, then) in [
        (named("UPGRADE", true, json!([PURCHASE])), replaced),
        (named("UPGRADE", true, json!([hyphens])), replaced),
        (named("UPGRADE", true, json!(PURCHASE)), replaced),
        (named("UPGRADE", false, json!([PURCHASE])), paid_until(TERM_END)),
        (named("UPGRADE", true, json!(null)), paid_until(TERM_END)),
        (named("DOWNGRADE", true, json!([PURCHASE])), runs_out(TERM_END)),
    ] {
        assert_eq!(state_after(PURCHASE, &[sale(), look.clone()]), then, "{look:?}");
    }
}

#[test]
fn a_plan_that_a_trial_upgrade_suspended_comes_back_without_renewing() {
    let suspended = cancellation("UpgradeCancellation", DURING_TERM, Some(TERM_END));
    let reinstated = seen(PURCHASE, LATER_IN_TERM, Some(TERM_END), json!({"cancelled": true}));
    assert_eq!(state_after(PURCHASE, &[sale(), suspended, reinstated]), runs_out(TERM_END));
}

#[test]
fn a_cancellation_in_grace_or_on_hold_ends_access_at_once() {
    for entitled in [true, false] {
        let unpaid = json!({"isEntitled": entitled});
        let unpaid = seen(PURCHASE, "2022-08-11T20:00:00Z", Some(TERM_END), unpaid);
        let cancelled = cancellation("Cancellation", AFTER_TERM, Some(NEXT_TERM_END));
        let ended = State::Ended { at: at(AFTER_TERM) };
        assert_eq!(state_after(PURCHASE, &[sale(), unpaid, cancelled]), ended);
    }
}

#[test]
fn a_date_is_the_same_with_seven_digits_of_fraction_and_with_three() {
    let (pushed, answered) = ("2022-08-11T19:51:57.7657086Z", "2022-08-11T19:51:57.765Z");
    let trial = push("Sale", PURCHASE, SOLD, Some(pushed), json!({"isFreeTrial": true}));
    let look = seen(PURCHASE, DURING_TERM, Some(answered), json!({}));
    assert_eq!(state_after(PURCHASE, &[trial, look]), trial_until(answered));

    // The old plan's end is known from an answer, the downgrade's start from a push.
    let old = seen(PURCHASE, SOLD, Some(answered), json!({}));
    let lower = push("DowngradeSale", NEW_PURCHASE, DURING_TERM, Some(pushed), json!({}));
    let taken_back = push("Resubscribe", PURCHASE, LATER_IN_TERM, None, json!({}));
    let ended = State::Ended { at: at(LATER_IN_TERM) };
    assert_eq!(state_after(NEW_PURCHASE, &[old, lower, taken_back]), ended);
}

#[test]
fn an_answer_whose_date_cannot_be_read_leaves_the_known_end() {
    let look = seen(PURCHASE, DURING_TERM, None, json!({"expirationDate": "soon"}));
    assert_eq!(state_after(PURCHASE, &[sale(), look]), paid_until(TERM_END));
}

#[test]
fn an_answer_about_the_same_charge_leaves_what_the_push_told_of_it() {
    let more = json!({"total": 2.58, "creditsApplied": 5.41});
    let sold = push("Sale", PURCHASE, SOLD, Some(TERM_END), more);
    let worth = |facts: &[Fact]| {
        let account = hear(facts);
        purchase_of(&account, PURCHASE).charge.clone().and_then(|charge| charge.value).unwrap()
    };
    let look = |more| seen(PURCHASE, DURING_TERM, Some(TERM_END), more);
    let same = look(json!({"total": 2.58}));
    assert_eq!(worth(&[sold.clone(), same]).to_string(), "7.99");
    let next = look(json!({"total": 7.49, "transactionId": "next-charge"}));
    assert_eq!(worth(&[sold, next]).to_string(), "7.49");
}

#[test]
fn a_dispute_is_over_when_roku_answers_with_a_later_charge() {
    let disputed = push("Chargeback", PURCHASE, DURING_TERM, None, json!({}));
    let since = |facts: &[Fact]| purchase_of(&hear(facts), PURCHASE).disputed_since;
    let asked = |transaction: &str, end: &str| {
        seen(PURCHASE, AFTER_TERM, Some(end), json!({"transactionId": transaction}))
    };
    let history = [sale(), disputed];
    assert_eq!(since(&history), Some(at(DURING_TERM)));
    let same = [&history[..], &[asked(PURCHASE, NEXT_TERM_END)]].concat();
    assert_eq!(since(&same), Some(at(DURING_TERM)));
    let paid = [&history[..], &[asked("next-charge", NEXT_TERM_END)]].concat();
    assert_eq!(since(&paid), None);
}

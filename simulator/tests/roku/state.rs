//! A simulation ends, and another goes on where it was.

use std::sync::Arc;

use jiff::SignedDuration;
use roku_simulator::{
    MessageKeys, OldKey, Product, PushFault, Refused, Simulator, State, WebServiceFault,
};
use serde_json::{Value, json};

use crate::receiver::{Receiver, kid};
use crate::stage::{ANN, Stage, account, claims, message, types};

/// What was written down of a simulation, read again.
fn again(roku: &Simulator) -> Arc<Simulator> {
    let written = serde_json::to_string(&roku.save()).unwrap();
    Simulator::restore(serde_json::from_str(&written).unwrap())
}

#[tokio::test]
async fn what_was_bought_is_answered_as_before_and_falls_due_as_before() {
    // Given a plan that was bought, and is to be followed by another, and a film
    let (mut stage, plan) = Stage::bought("premium").await;
    stage.pass_days(10).await;
    let (next, _) = stage.roku.downgrade(ANN, "basic").await.unwrap();
    let (film, _) = stage.roku.buy("ben", "film", false).await.unwrap();
    stage.roku.credit(ANN, "5".parse().unwrap(), "sorry").await.unwrap();
    let bought = [plan.as_str(), &next.purchase_id, &film.purchase_id];

    // When another Roku goes on
    let mut other = Stage::around(again(&stage.roku)).await;

    // Then it answers the same, and the same happens at the end of the term
    for transaction in bought {
        let before = stage.validate_as_text(transaction).await;
        assert_eq!(other.validate_as_text(transaction).await, before);
    }
    stage.heard();
    let (before, after) = (stage.pass_days(25).await, other.pass_days(25).await);
    assert_eq!((before.as_slice(), after), (&["Sale".to_owned()][..], before.clone()));
    assert_eq!(other.validate(&next.purchase_id).await["creditsApplied"], 5.0);
    assert_eq!(other.roku.payments().len(), stage.roku.payments().len());
    assert_eq!(other.roku.payments()[..3], stage.roku.payments()[..3]);
    let refused = other.roku.buy(ANN, "gold", false).await;
    assert_eq!(refused, Err(Refused::AlreadySubscribed("gold".to_owned())));
}

#[tokio::test]
async fn a_clock_that_runs_goes_on_as_far_ahead() {
    let roku = Simulator::new(account());
    let month = SignedDuration::from_hours(24 * 40);
    roku.move_clock(roku.clock().now() + month).await;
    let before = roku.clock().now();
    let after = again(&roku).clock().now();
    assert!(after >= before && after < before + SignedDuration::from_mins(1), "{before} {after}");
}

#[tokio::test]
async fn what_fell_due_while_nothing_ran_happens_when_time_passes() {
    // Given a daily plan, and that the clock is moved without anything that happens: three days
    let (stage, _) = Stage::bought("daily").await;
    let mut state = serde_json::to_value(stage.roku.save()).unwrap();
    state["clock"]["stopped"]["at"] = json!("2022-07-14T20:00:00Z");
    let state: State = serde_json::from_value(state).unwrap();

    let mut other = Stage::around(Simulator::restore(state)).await;
    assert!(other.heard().is_empty());
    other.roku.pass_time().await;
    assert_eq!(other.heard_types(), ["Sale"; 3]);
    other.roku.pass_time().await;
    assert!(other.heard().is_empty());
}

#[tokio::test]
async fn the_same_keys_sign_and_are_accepted() {
    let stage = Stage::begin().await;
    stage.roku.rotate_signing_key(OldKey::Published);
    stage.roku.rotate_api_key("NEW").unwrap();

    let other = Stage::around(again(&stage.roku)).await;

    let keys = "/keys/partner-jwks.json";
    assert_eq!(other.get(keys).await, stage.get(keys).await);
    // RS256 signs the same text the same way.
    assert_eq!(other.roku.sign("key", "text"), stage.roku.sign("key", "text"));
    assert_eq!(kid(&other.roku.sign("key", "text")), stage.roku.signing_key().kid());
    assert_eq!(other.roku.api_key(), "NEW");
    for (key, is_accepted) in [("NEW", true), (&account().api_key, true), ("OTHER", false)] {
        let (_, answer) = other.ask(key, "unknown").await;
        assert_eq!(answer.contains("Transaction not found"), is_accepted, "{key}: {answer}");
    }
    assert_eq!(other.roku.rotate_api_key("THIRD"), Err(Refused::ApiKeyExpiring));
}

#[tokio::test]
async fn faults_and_scripts_stay_and_what_was_held_back_still_comes() {
    let (stage, _) = Stage::bought("basic").await;
    stage.roku.break_web_services(WebServiceFault::Slow { seconds: 0 });
    stage.roku.break_pushes(PushFault::Reordered);
    stage.roku.script_answer("scripted", json!({ "status": 7 }));
    stage.roku.upgrade(ANN, "premium").await.unwrap();

    let mut other = Stage::around(again(&stage.roku)).await;

    let faults = other.get("/faults").await;
    assert_eq!(faults["webServices"], json!({ "fault": "slow", "seconds": 0 }));
    assert_eq!(
        (&faults["pushes"]["fault"], &faults["heldPushes"]),
        (&json!("reordered"), &2.into())
    );
    assert_eq!(other.validate("scripted").await["status"], 7);
    assert!(other.heard().is_empty());
    other.roku.mend_pushes().await;
    assert_eq!(other.heard_types(), ["UpgradeCancellation", "UpgradeSale"]);
}

#[tokio::test]
async fn what_was_pushed_can_be_pushed_again() {
    let (stage, _) = Stage::bought("basic").await;
    let began = stage.now();

    let mut other = Stage::around(again(&stage.roku)).await;

    other.roku.replay(began, began, MessageKeys::Same).await.unwrap();
    assert_eq!(other.heard_types(), ["Sale"]);
}

#[tokio::test]
async fn what_nobody_acknowledged_is_tried_again_where_pushes_go_then() {
    // Given a receiver that is down
    let deaf = Receiver::answering(503).await;
    let roku = Simulator::stopped_at(account(), "2022-07-11T19:50:18Z".parse().unwrap());
    roku.set_push_url(&deaf.url);
    roku.buy(ANN, "basic", false).await.unwrap();

    // When another Roku goes on, and the receiver is up at another address
    let other = again(&roku);
    assert_eq!(other.push_url().unacknowledged, 1);
    let mut receiver = Receiver::answering(200).await;
    other.set_push_url(&receiver.url);

    // Then it comes, and is not kept to be tried any more
    let sale = claims(&receiver.next().await);
    assert_eq!(types(&[message(&sale)]), ["Sale"]);
    let mut changes = other.changes();
    let undelivered = || serde_json::to_value(other.save()).unwrap()["undelivered"].clone();
    while undelivered() != json!({}) {
        changes.changed().await.unwrap();
    }
    assert_eq!(other.push_url().unacknowledged, 0);
}

#[tokio::test]
async fn what_is_no_state_is_not_read() {
    let state = serde_json::to_value(Simulator::new(account()).save()).unwrap();
    let read = |change: fn(&mut Value)| {
        let mut state = state.clone();
        change(&mut state);
        serde_json::from_value::<State>(state).map(drop).map_err(|why| why.to_string())
    };
    assert_eq!(read(|_| {}), Ok(()));
    for (change, expected) in [
        ((|state| state["version"] = json!("2")) as fn(&mut Value), "unknown variant `2`"),
        (|state| state["signingKeys"]["current"]["pkcs8"] = json!("AAAA"), "no PKCS #8 key"),
        (|state| state["ledger"] = json!({}), "missing field"),
        (|state| state["more"] = json!(1), "unknown field `more`"),
    ] {
        let why = read(change).unwrap_err();
        assert!(why.contains(expected), "{why}");
    }
    // Nor is a private key printed by mistake.
    let state: State = serde_json::from_value(state).unwrap();
    assert_eq!(format!("{state:?}"), "State { .. }");
}

#[tokio::test]
async fn whoever_saves_is_told_when_there_is_something_to_save() {
    let (stage, plan) = Stage::bought("basic").await;
    let mut changes = stage.roku.changes();
    let mut is_told = || {
        let is_told = changes.has_changed().unwrap();
        changes.mark_unchanged();
        is_told
    };
    stage.validate(&plan).await;
    stage.get("/faults").await;
    stage.roku.pass_time().await;
    assert!(!is_told(), "nothing happened");
    stage.roku.cancel(&plan).await.unwrap();
    assert!(is_told());
    stage.roku.move_clock(stage.now() + SignedDuration::from_secs(1)).await;
    assert!(is_told());
    stage.roku.break_web_services(WebServiceFault::Down);
    assert!(is_told());
}

#[tokio::test]
async fn a_catalog_and_an_app_that_change_do_not_change_what_was_bought() {
    let (mut stage, plan) = Stage::bought("basic").await;
    let other = Product { code: "other".to_owned(), ..account().products[0].clone() };
    stage.roku.sell(vec![other]);
    stage.roku.set_channel("42");

    let unknown = stage.roku.buy("ben", "basic", false).await;
    assert_eq!(unknown, Err(Refused::UnknownProduct("basic".to_owned())));
    let (order, _) = stage.roku.buy("ben", "other", false).await.unwrap();
    assert_eq!(stage.heard_one()["channelId"], "42");
    assert_eq!(stage.validate(&order.purchase_id).await["channelId"], 42);

    stage.roku.renew(&plan).await.unwrap();
    let renewed = stage.heard().into_iter().find(|push| push["productCode"] == "basic").unwrap();
    assert_eq!(renewed["channelId"], account().channel.as_str());
}

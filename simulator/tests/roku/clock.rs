//! A clock that stands still, and one that runs.

use jiff::{SignedDuration, Timestamp};
use roku_simulator::{Clock, Simulator};
use serde_json::json;

use crate::stage::{ANN, BEGINNING, Stage, account, later, moment, moment_of};

#[tokio::test]
async fn a_stopped_clock_moves_only_when_it_is_moved() {
    let (mut stage, basic) = Stage::bought("basic").await;
    assert_eq!(stage.now(), moment(BEGINNING));
    let (status, clock) = stage.post("/clock/advance", json!({ "seconds": 90 })).await;
    assert_eq!((status, &clock["now"]), (200, &json!("2022-07-11T19:51:48Z")));
    // An earlier moment is ignored.
    stage.post("/clock/advance", json!({ "to": "2020-01-01T00:00:00Z" })).await;
    assert_eq!(stage.now(), moment("2022-07-11T19:51:48Z"));
    stage.roku.renew(&basic).await.unwrap();
    assert_eq!(stage.now(), moment("2022-08-11T19:50:18Z"));
    assert_eq!(moment_of(&stage.heard_one(), "eventDate"), moment("2022-08-11T19:50:19Z"));
}

#[tokio::test]
async fn a_new_simulation_runs_on_real_time_moved_ahead() {
    let roku = Simulator::new(account());
    let (clock, real) = (roku.clock().clone(), Clock::default());
    let ahead = |clock: &Clock| clock.now().duration_since(real.now()).abs();
    assert!(ahead(&clock) < SignedDuration::from_mins(1));
    roku.move_clock(later(clock.now(), 10)).await;
    assert!((ahead(&clock) - SignedDuration::from_hours(240)).abs() < SignedDuration::from_mins(1));
}

#[tokio::test]
async fn what_falls_due_on_the_way_happens_in_order() {
    let mut stage = Stage::begin().await;
    stage.roku.buy(ANN, "basic", false).await.unwrap();
    stage.pass_days(1).await;
    let (other, _) = stage.roku.buy("someone-else", "basic", false).await.unwrap();
    stage.roku.fail_payments(&other.purchase_id).unwrap();
    stage.heard();
    stage.roku.move_clock(later(stage.now(), 100)).await;
    let pushes = stage.heard();
    let types: Vec<_> = crate::stage::types(&pushes);
    let expected = ["Sale", "GraceInitiated", "OnHoldInitiated", "Sale", "Sale", "Cancellation"];
    assert_eq!(types, expected);
    assert!(pushes.is_sorted_by_key(|push| moment_of(push, "eventDate")));
}

#[tokio::test]
async fn the_end_of_the_calendar_is_the_end_of_a_plan() {
    let roku = Simulator::stopped_at(account(), moment("9999-11-01T00:00:00Z"));
    let (order, _) = roku.buy(ANN, "basic", false).await.unwrap();
    roku.move_clock(Timestamp::MAX).await;
    let over = roku.renew(&order.purchase_id).await.unwrap_err();
    assert_eq!(over.to_string(), format!("the purchase {} does not renew", order.purchase_id));
}

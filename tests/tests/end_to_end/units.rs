//! What the common paths cost at DynamoDB, on a warm function.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use usher_tests::samples::{BASIC_PRODUCT, ROKU_CUSTOMER, days, push};
use usher_tests::wire::{Seen, usher_behind_a_wire};

const ANN: &str = "ann@example.com";
const BASIC: &str = "S123456789_US";

fn later(moment: Timestamp, span: SignedDuration) -> Timestamp {
    moment.checked_add(span).unwrap()
}

fn operations(seen: &[Seen]) -> Vec<&str> {
    seen.iter().map(|call| call.operation.as_str()).collect()
}

#[tokio::test]
async fn an_access_check_is_one_read_of_one_unit() {
    let (usher, wire) = usher_behind_a_wire().await;
    let simulator = usher.stack.simulator.clone().unwrap();
    let (order, _) = simulator.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    usher.receipt(ANN, BASIC, &order.purchase_id).await;
    let token = usher.customer_token(ANN).await;
    let check =
        || usher.rpc("getAccessStatus", json!({ "customerToken": token, "offerId": BASIC }));
    check().await;
    wire.mend();
    assert_eq!(check().await["result"]["accessGranted"], true);
    let seen = wire.seen();
    assert_eq!(operations(&seen), ["Query"]);
    assert!(seen[0].read_units <= 1.0, "{}", seen[0].read_units);
}

#[tokio::test]
async fn an_access_check_from_a_known_address_is_one_round_trip_too() {
    let (usher, wire) = usher_behind_a_wire().await;
    let simulator = usher.stack.simulator.clone().unwrap();
    let (order, _) = simulator.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    usher.receipt(ANN, BASIC, &order.purchase_id).await;
    let token = usher.customer_token(ANN).await;
    let params = json!({ "customerToken": token, "offerId": BASIC, "ipAddress": "203.0.113.1" });
    let check = || usher.rpc("getAccessStatus", params.clone());
    check().await;
    simulator.move_clock(later(simulator.clock().now(), SignedDuration::from_mins(4))).await;
    wire.mend();
    assert_eq!(check().await["result"]["accessGranted"], true);
    // Beside each other, and nothing is written.
    let seen = wire.seen();
    let mut pair = operations(&seen);
    pair.sort_unstable();
    assert_eq!(pair, ["GetItem", "Query"]);
    let units: f64 = seen.iter().map(|call| call.read_units).sum();
    assert!(units <= 1.5, "{units} units: {seen:#?}");
}

#[tokio::test]
async fn many_access_checks_are_one_write_more_and_nobody_waits_for_it() {
    let (usher, wire) = usher_behind_a_wire().await;
    let simulator = usher.stack.simulator.clone().unwrap();
    let (order, _) = simulator.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    usher.receipt(ANN, BASIC, &order.purchase_id).await;
    let token = usher.customer_token(ANN).await;
    let check =
        || usher.rpc("getAccessStatus", json!({ "customerToken": token, "offerId": BASIC }));
    check().await;
    wire.mend();
    for _ in 0..30 {
        assert_eq!(check().await["result"]["accessGranted"], true);
    }
    assert_eq!(operations(&wire.seen()), ["Query"; 30]);

    simulator.move_clock(later(simulator.clock().now(), SignedDuration::from_mins(5))).await;
    wire.mend();
    assert_eq!(check().await["result"]["accessGranted"], true);
    wire.until_seen("PutItem").await;
    assert_eq!(check().await["result"]["accessGranted"], true);
    let seen = wire.seen();
    let mut calls = operations(&seen);
    calls.sort_unstable();
    assert_eq!(calls, ["PutItem", "Query", "Query"]);
    let written: f64 = seen.iter().map(|call| call.write_units).sum();
    assert!(written <= 1.0, "{written} units: {seen:#?}");
}

#[tokio::test]
async fn a_push_on_the_fast_path_is_two_round_trips_and_seven_write_units() {
    let (usher, wire) = usher_behind_a_wire().await;
    let simulator = usher.stack.simulator.clone().unwrap();
    let (order, _) = simulator.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    usher.receipt(ANN, BASIC, &order.purchase_id).await;
    let now = usher.stack.config.clock.now();
    for day in 1..=3 {
        let renewal = push("Sale", &order.purchase_id, BASIC_PRODUCT)
            .with("transactionId", format!("charge-{day}"))
            .at(days(now, day), days(now, 30 + day));
        wire.mend();
        assert_eq!(usher.push(&renewal.message()).await.status, 200);
    }
    let seen = wire.seen();
    // Two at a time: keep and mark, then fold and remember the transaction.
    let mut pairs = operations(&seen);
    pairs[..2].sort_unstable();
    assert_eq!(pairs, ["PutItem", "UpdateItem", "UpdateItem", "UpdateItem"]);
    // With the events of the renewal the account is longer than a kilobyte: two units more.
    let units: f64 = seen.iter().map(|call| call.write_units).sum();
    assert!(units <= 7.0, "{units} units: {seen:#?}");
}

#[tokio::test]
async fn a_receipt_is_five_round_trips_beside_rokus() {
    let (usher, wire) = usher_behind_a_wire().await;
    let simulator = usher.stack.simulator.clone().unwrap();
    let (order, _) = simulator.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    let (other, _) = simulator.buy("other", BASIC_PRODUCT, false).await.unwrap();
    usher.receipt(ANN, BASIC, &other.purchase_id).await;
    // An answer of the second of the sale would be sorted before it, by reading all facts.
    simulator.move_clock(later(simulator.clock().now(), SignedDuration::from_secs(5))).await;
    wire.mend();
    usher.receipt(ANN, BASIC, &order.purchase_id).await;
    let seen = wire.seen();
    // Who; the receipt; a turn, and beside it and Roku's answer the pointer; answer and mark; account
    // with outcome, and transaction.
    let mut trips = operations(&seen);
    for pair in trips[2..].chunks_mut(2) {
        pair.sort_unstable();
    }
    let expected = [
        "GetItem",
        "PutItem",
        "UpdateItem",
        "UpdateItem",
        "PutItem",
        "UpdateItem",
        "TransactWriteItems",
        "UpdateItem",
    ];
    assert_eq!(trips, expected);
}

//! How many addresses and devices a customer watches from.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use serde_json::{Value, json};
use usher_cli::stack::{Options, Stack};
use usher_tests::Usher;
use usher_tests::samples::{BASIC_PRODUCT, ROKU_CUSTOMER};
use usher_tests::wire::{Fault, Wire, dynamodb};

const ANN: &str = "ann@example.com";
const BASIC: &str = "S123456789_US";
const PREMIUM: &str = "S223456789_US";

/// Ann has Basic, and a token.
async fn subscribed_with(change: impl FnOnce(&mut Options)) -> (Usher, String) {
    let usher = Usher::with(change).await;
    let simulator = usher.stack.simulator.clone().unwrap();
    let (order, _) = simulator.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    usher.receipt(ANN, BASIC, &order.purchase_id).await;
    let token = usher.customer_token(ANN).await;
    (usher, token)
}

async fn subscribed() -> (Usher, String) {
    subscribed_with(|_| {}).await
}

async fn from_address(usher: &Usher, token: &str, address: &str) -> Value {
    let params = json!({ "customerToken": token, "offerId": BASIC, "ipAddress": address });
    usher.rpc("getAccessStatus", params).await
}

/// Whether a customer watches from an address: yes, or error 14.
async fn watches_from(usher: &Usher, token: &str, address: &str) -> bool {
    let answer = from_address(usher, token, address).await;
    let is_granted = answer["result"]["accessGranted"] == true;
    assert!(is_granted || answer["error"]["code"] == 14, "{answer}");
    is_granted
}

async fn watches_on(usher: &Usher, token: &str, device: &str, offer: &str) -> bool {
    let params = json!({ "customerToken": token, "offerId": offer, "deviceId": device,
        "deviceType": "roku" });
    let answer = usher.rpc("getAccessStatusForDevice", params).await;
    assert_eq!(answer["error"], Value::Null);
    answer["result"]["accessGranted"].as_bool().unwrap()
}

#[tokio::test]
async fn a_fifth_address_is_error_14_until_another_has_been_left_for_three_hours() {
    let (usher, token) = subscribed().await;
    for host in 1..=4 {
        assert!(watches_from(&usher, &token, &format!("203.0.113.{host}")).await);
        usher.later(SignedDuration::from_mins(1)).await;
    }
    let refused = from_address(&usher, &token, "203.0.113.5").await;
    insta::assert_snapshot!("a_fifth_address", format!("{refused:#}"));
    assert!(watches_from(&usher, &token, "::ffff:203.0.113.1, 10.0.0.1").await, "a known one");
    for none in ["", "unknown", " "] {
        assert!(watches_from(&usher, &token, none).await, "nobody told it: {none:?}");
    }
    usher.later(SignedDuration::from_mins(176)).await;
    assert!(watches_from(&usher, &token, "203.0.113.5").await, "the first has been left");
    assert!(!watches_from(&usher, &token, "203.0.113.1").await, "and is a new one");
    let token = usher.customer_token(ANN).await;
    assert!(!watches_from(&usher, &token, "203.0.113.6").await, "with another token too");
}

#[tokio::test]
async fn who_goes_on_watching_is_never_thrown_out() {
    let (usher, token) = subscribed().await;
    for _ in 0..20 {
        for host in 1..=4 {
            assert!(watches_from(&usher, &token, &format!("2001:db8:0:{host}::1")).await);
        }
        usher.later(SignedDuration::from_mins(25)).await;
    }
}

#[tokio::test]
async fn the_publisher_says_how_many_addresses() {
    let with = |limit: u16| {
        subscribed_with(move |options| {
            options.publisher.settings.ip_addresses_per_customer = limit;
        })
    };
    let (usher, token) = with(1).await;
    assert!(watches_from(&usher, &token, "203.0.113.1").await);
    assert!(!watches_from(&usher, &token, "203.0.113.2").await);
    let (usher, token) = with(0).await;
    for host in 1..=9 {
        assert!(watches_from(&usher, &token, &format!("203.0.113.{host}")).await);
    }
}

#[tokio::test]
async fn a_fourth_device_has_no_access() {
    let (usher, token) = subscribed().await;
    for device in ["tv", "phone", "tablet"] {
        assert!(watches_on(&usher, &token, device, BASIC).await);
    }
    let params = json!({ "customerToken": token, "offerId": BASIC, "deviceId": "fourth",
        "deviceType": "roku" });
    let refused = usher.rpc("getAccessStatusForDevice", params).await;
    insta::assert_snapshot!("a_fourth_device", format!("{refused:#}"));
    assert!(watches_on(&usher, &token, "tv", BASIC).await);
    assert!(
        watches_from(&usher, &token, "203.0.113.1").await,
        "addresses are counted by themselves"
    );
    usher.later(SignedDuration::from_hours(3)).await;
    assert!(watches_on(&usher, &token, "fourth", BASIC).await);
}

#[tokio::test]
async fn who_has_no_access_takes_up_no_place() {
    let (usher, token) = subscribed().await;
    for device in 0..5 {
        assert!(!watches_on(&usher, &token, &format!("stranger-{device}"), PREMIUM).await);
    }
    for device in ["tv", "phone", "tablet"] {
        assert!(watches_on(&usher, &token, device, BASIC).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_devices_at_once_three_are_let_in() {
    for round in 0..3 {
        let (usher, token) = subscribed().await;
        let (usher, token) = (Arc::new(usher), Arc::new(token));
        let mut checks = tokio::task::JoinSet::new();
        for device in 0..12 {
            let (usher, token) = (Arc::clone(&usher), Arc::clone(&token));
            checks.spawn(async move {
                watches_on(&usher, &token, &format!("device-{device}"), BASIC).await
            });
        }
        let let_in = checks.join_all().await.into_iter().filter(|is_in| *is_in).count();
        assert_eq!(let_in, 3, "in round {round}");
    }
}

#[tokio::test]
async fn of_a_place_nothing_is_kept_but_a_hash() {
    let (usher, token) = subscribed().await;
    watches_from(&usher, &token, "203.0.113.77").await;
    watches_on(&usher, &token, "device-of-ann", BASIC).await;
    let items = dynamodb(&usher.stack.dynamodb).await.scan().table_name(Stack::TABLE).send().await;
    let kept = format!("{:?}", items.unwrap().items());
    assert!(kept.contains("ADDRESSES") && kept.contains("DEVICES"));
    assert!(!kept.contains("203.0.113.77") && !kept.contains("device-of-ann"));
}

#[tokio::test]
async fn access_decides_where_places_cannot_be_read() {
    let (usher, token) = subscribed().await;
    watches_from(&usher, &token, "203.0.113.1").await;
    let database = dynamodb(&usher.stack.dynamodb).await;
    let items = database.scan().table_name(Stack::TABLE).send().await.unwrap();
    let is_address = |item: &&std::collections::HashMap<String, AttributeValue>| {
        item["sk"].as_s().is_ok_and(|sk| sk == "ADDRESSES")
    };
    let mut item = items.items().iter().find(is_address).unwrap().clone();
    item.insert("version".to_owned(), AttributeValue::S("x".to_owned()));
    let put = database.put_item().table_name(Stack::TABLE).set_item(Some(item));
    put.send().await.unwrap();
    for host in 1..=6 {
        assert!(watches_from(&usher, &token, &format!("203.0.113.{host}")).await);
    }
}

#[tokio::test]
async fn access_decides_where_places_cannot_be_written() {
    for fault in [Fault::LostOnTheWay, Fault::AnswerLost, Fault::Conflict] {
        let (mut usher, token) = subscribed().await;
        let (wire, gateway) = Wire::in_front_of(&usher.stack).await;
        usher.gateway = gateway;
        watches_from(&usher, &token, "203.0.113.1").await;
        wire.arm(2, fault);
        assert!(watches_from(&usher, &token, "203.0.113.2").await, "{fault:?}");
        assert_eq!(wire.seen()[2].operation, "PutItem");
    }
}

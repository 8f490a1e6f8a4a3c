//! How often customers are let in, as it is counted and written down.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use usher::domain::id::CustomerId;
use usher::engagement::AccessChecks;
use usher::store::engagement::Engagement;
use usher_tests::Usher;
use usher_tests::samples::{BASIC_PRODUCT, ROKU_CUSTOMER};
use usher_tests::wire::{Fault, Wire};

const ANN: &str = "ann@example.com";
const BASIC: &str = "S123456789_US";
const PREMIUM: &str = "S223456789_US";
const FIRST: &str = "2026-03-01";
const SECOND: &str = "2026-03-02";

/// Ann has Basic, shortly before midnight.
async fn subscribed() -> (Usher, String) {
    let begin = Some("2026-03-01T23:58:00Z".parse().unwrap());
    let usher = Usher::with(|options| options.begins_at = begin).await;
    let simulator = usher.stack.simulator.clone().unwrap();
    let (order, _) = simulator.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    usher.receipt(ANN, BASIC, &order.purchase_id).await;
    let token = usher.customer_token(ANN).await;
    (usher, token)
}

/// How often each customer was let in, as far as it is written down.
async fn of_day(usher: &Usher, day: &str) -> Vec<u64> {
    counts(usher, day).await.into_values().collect()
}

async fn counts(usher: &Usher, day: &str) -> BTreeMap<CustomerId, u64> {
    let engagement = Engagement::new(&usher.stack.config.table);
    engagement.of_day(&usher.stack.publisher.id, day.parse().unwrap()).await.unwrap()
}

async fn check(usher: &Usher, token: &str, offer: &str) -> Value {
    let params = json!({ "customerToken": token, "offerId": offer });
    usher.rpc("getAccessStatus", params).await["result"]["accessGranted"].clone()
}

async fn id_of(usher: &Usher, token: &str) -> CustomerId {
    let params = json!({ "publisherToken": usher.token(), "customerToken": token });
    let customer = usher.rpc("getCustomer", params).await;
    CustomerId::parse(customer["result"]["id"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn who_is_let_in_is_counted_whatever_the_way_and_who_is_not_is_not() {
    let (usher, token) = subscribed().await;
    let bearer = [("authorization", format!("Bearer {token}"))];
    let bearer = bearer.each_ref().map(|(name, value)| (*name, value.as_str()));
    let publisher = [("x-publisher-token", usher.token())];
    let get = async |path: &str, headers: &[(&str, &str)]| {
        assert_eq!(usher.request(Method::GET, path, headers, "").await.status, 200, "{path}");
    };
    let ann = id_of(&usher, &token).await;

    assert_eq!(check(&usher, &token, BASIC).await, true);
    let params = json!({ "customerToken": token, "offerId": BASIC, "deviceId": "tv" });
    let on_a_device = usher.rpc("getAccessStatusForDevice", params).await;
    assert_eq!(on_a_device["result"]["accessGranted"], true);
    assert_ne!(usher.tags(ANN).await, json!([]));
    get(&format!("/entitlements/{BASIC}"), &bearer).await;
    get(&format!("/3.1/entitlements/customer_id/{ann}/offer_id/{BASIC}"), &publisher).await;
    get(&format!("/3.1/entitlements?customerId={ann}"), &publisher).await;

    assert_eq!(check(&usher, &token, PREMIUM).await, false);
    get(&format!("/entitlements/{PREMIUM}"), &bearer).await;
    get(&format!("/3.1/entitlements/customer_id/{ann}/offer_id/{PREMIUM}"), &publisher).await;
    get(&format!("/3.1/entitlements?customerId={ann}&offerType=R"), &publisher).await;
    get("/3.1/entitlements?customerEmail=bob@example.com", &publisher).await;

    assert_eq!(counts(&usher, FIRST).await, BTreeMap::new());
    usher.stack.end().await.unwrap();
    assert_eq!(counts(&usher, FIRST).await, BTreeMap::from([(ann.clone(), 6)]));

    // It leaves for reports, and no webhook is sent it.
    usher.tick().await;
    let left = usher.stack.events().into_iter().filter(|detail| detail.row.checks.is_some());
    let left = left.map(|detail| (detail.row.day, detail.row.customer_id, detail.row.checks));
    let expected = (FIRST.to_owned(), Some(ann.to_string()), Some(6));
    assert_eq!(left.collect::<Vec<_>>(), [expected]);
}

#[tokio::test]
async fn a_day_ends_at_midnight_and_what_was_counted_is_written_five_minutes_after() {
    let (usher, token) = subscribed().await;
    for minutes in [0, 1, 1, 2] {
        usher.later(SignedDuration::from_mins(minutes)).await;
        assert_eq!(check(&usher, &token, BASIC).await, true);
    }
    // At 23:58, 23:59, 0:00 and 0:02. At 0:03 the first day is written.
    usher.later(SignedDuration::from_mins(1)).await;
    while of_day(&usher, FIRST).await != [2] {
        usher.rpc("nothing", json!({})).await;
    }
    assert_eq!(of_day(&usher, SECOND).await, [0; 0]);
    usher.stack.end().await.unwrap();
    assert_eq!((of_day(&usher, FIRST).await, of_day(&usher, SECOND).await), (vec![2], vec![2]));
}

#[tokio::test]
async fn many_checks_are_one_item() {
    let (usher, token) = subscribed().await;
    for _ in 0..40 {
        assert_eq!(check(&usher, &token, BASIC).await, true);
    }
    usher.stack.end().await.unwrap();
    let items = usher_tests::wire::dynamodb(&usher.stack.dynamodb).await.scan();
    let items = items.table_name(usher_cli::stack::Stack::TABLE).send().await.unwrap();
    let mut engaged = items.items().iter().filter_map(|item| {
        let pk = item["pk"].as_s().unwrap();
        pk.starts_with("ENGAGED#").then(|| (pk.clone(), item["engaged"].as_s().unwrap().clone()))
    });
    let ann = id_of(&usher, &token).await;
    let expected = (format!("ENGAGED#123456789#{FIRST}"), format!("{{\"{ann}\":40}}"));
    assert_eq!((engaged.next(), engaged.next()), (Some(expected), None));
}

#[tokio::test]
async fn what_could_not_be_written_is_written_once_more_and_counted_once() {
    for fault in [Fault::LostOnTheWay, Fault::AnswerLost] {
        let (usher, _) = subscribed().await;
        let (wire, _) = Wire::in_front_of(&usher.stack).await;
        let checks = AccessChecks::new(&wire.config(&usher.stack).await);
        let publisher = &usher.stack.publisher.id;
        let customer = |id: &str| CustomerId::parse(id).unwrap();
        checks.count(publisher, &customer("1"));
        wire.break_calls_about("ENGAGED#", fault);
        checks.flush().await;
        checks.count(publisher, &customer("1"));
        checks.count(publisher, &customer("2"));
        wire.mend();
        checks.flush().await;
        assert_eq!(of_day(&usher, FIRST).await, [2, 1], "{fault:?}");
        checks.flush().await;
        assert_eq!(wire.seen().len(), 2, "{fault:?}");
    }
}

#[tokio::test]
async fn what_could_not_be_written_twice_is_given_up() {
    let (usher, _) = subscribed().await;
    let (wire, _) = Wire::in_front_of(&usher.stack).await;
    let checks = AccessChecks::new(&wire.config(&usher.stack).await);
    checks.count(&usher.stack.publisher.id, &CustomerId::parse("1").unwrap());
    wire.break_calls_about("ENGAGED#", Fault::LostOnTheWay);
    for _ in 0..3 {
        checks.flush().await;
    }
    assert_eq!(wire.seen().len(), 2);
}

#[tokio::test]
async fn a_write_that_fails_is_in_no_checks_way() {
    let (mut usher, token) = subscribed().await;
    let (wire, gateway) = Wire::in_front_of(&usher.stack).await;
    usher.gateway = gateway;
    assert_eq!(check(&usher, &token, BASIC).await, true);
    usher.later(SignedDuration::from_mins(5)).await;
    wire.break_calls_about("ENGAGED#", Fault::LostOnTheWay);
    assert_eq!(check(&usher, &token, BASIC).await, true);
    wire.until_seen("PutItem").await;
    assert_eq!(check(&usher, &token, BASIC).await, true);
}

//! The contract of `/roku/payment`.

use jiff::SignedDuration;
use reqwest::Method;
use roku_simulator::Account;
use serde_json::{Value, json};
use usher::domain::publisher::TransferPolicy;
use usher::store::shown_receipts::MAX_PER_HOUR;
use usher_tests::Usher;
use usher_tests::samples::{BASIC_PRODUCT, ROKU_CUSTOMER};

const ANN: &str = "ann@example.com";
const BEN: &str = "ben@example.com";
const BASIC: &str = "S123456789_US";

async fn bought(usher: &Usher) -> String {
    let simulator = usher.stack.simulator.clone().unwrap();
    let (order, _) = simulator.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    order.purchase_id
}

async fn status(usher: &Usher, purchase: &str) -> (Value, Value) {
    let answer = usher.receipt_status(purchase).await.json();
    (answer["status"].clone(), answer["reason"].clone())
}

/// A receipt, or a question about one, with a customer's own token.
async fn as_customer(
    usher: &Usher,
    token: &str,
    method: Method,
    path: &str,
    body: &Value,
) -> (u16, Value) {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let answer = usher.request(method, path, &headers, body.to_string()).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn a_customer_shows_a_receipt_of_their_own() {
    let usher = Usher::start().await;
    let purchase = bought(&usher).await;
    usher.receipt(BEN, BASIC, "ffffffffffffffffffffffffffffffff").await;
    usher.receipt(ANN, BASIC, "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee").await;
    let (ann, ben) = (usher.customer_token(ANN).await, usher.customer_token(BEN).await);
    let receipt = |email: Value| json!({ "customerEmail": email, "offerId": BASIC, "order": { "purchaseId": purchase } });
    let post = |token, body| {
        let usher = &usher;
        async move { as_customer(usher, token, Method::POST, "/roku/payment", &body).await }
    };
    let (status, answer) = post("wrong", receipt(json!(ANN))).await;
    assert_eq!((status, &answer["code"]), (401, &json!("AUTH0002")));
    assert!(!usher.may_watch(ANN, BASIC).await);

    let (status, answer) = post(ann.as_str(), receipt(json!("ann.of.before@example.com"))).await;
    let ok = json!({ "responseData": { "message": "OK" }, "errors": [] });
    assert_eq!((status, answer), (200, ok));
    assert!(usher.may_watch(ANN, BASIC).await, "it is hers, whatever address it names");
    assert_eq!(post(ben.as_str(), json!({ "offerId": BASIC })).await.0, 400);

    let path = format!("/roku/payment/{purchase}");
    let (status, answer) = as_customer(&usher, &ann, Method::GET, &path, &Value::Null).await;
    assert_eq!((status, &answer["status"]), (200, &json!("granted")));
    let (status, _) = as_customer(&usher, &ben, Method::GET, &path, &Value::Null).await;
    assert_eq!(status, 404, "another customer's receipt is nobody's business");
}

#[tokio::test]
async fn a_customer_shows_so_many_receipts_in_an_hour_and_a_middleware_any_number() {
    let begins = "2026-03-01T12:00:00Z".parse().unwrap();
    let usher = Usher::with(|options| options.begins_at = Some(begins)).await;
    usher.receipt(ANN, BASIC, "ffffffffffffffffffffffffffffffff").await;
    let ann = usher.customer_token(ANN).await;
    let purchase = bought(&usher).await;
    let receipt = json!({ "offerId": BASIC, "order": { "purchaseId": purchase } });
    let post = || as_customer(&usher, &ann, Method::POST, "/roku/payment", &receipt);
    for _ in 0..MAX_PER_HOUR {
        assert_eq!(post().await.0, 200);
    }
    let (status, answer) = post().await;
    assert_eq!(status, 429);
    assert!(answer["errors"][0].as_str().unwrap().contains("try again later"), "{answer}");
    assert_eq!(usher.receipt(ANN, BASIC, &purchase).await.status, 200);
    usher.later(SignedDuration::from_hours(1)).await;
    assert_eq!(post().await.0, 200);
}

#[tokio::test]
async fn the_contract() {
    let usher = Usher::start().await;
    let purchase = bought(&usher).await;
    let order = json!({ "purchaseId": purchase });
    let receipt = json!({ "customerEmail": ANN, "offerId": BASIC, "order": order }).to_string();
    let post = |headers: Vec<(&'static str, String)>, body: String| {
        let usher = &usher;
        async move {
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            usher.request(Method::POST, "/roku/payment", &headers, body).await.shown()
        }
    };
    let token = || vec![("x-publisher-token", usher.token().to_owned())];
    let wrong = vec![("x-publisher-token", "wrong".to_owned())];
    let missing_id = r#"{"customerEmail":"a@b.c","offerId":"S1_US","order":{}}"#.to_owned();
    insta::assert_snapshot!("receipt_accepted", post(token(), receipt.clone()).await);
    insta::assert_snapshot!("receipt_without_token", post(vec![], receipt.clone()).await);
    insta::assert_snapshot!("receipt_with_a_wrong_token", post(wrong, receipt).await);
    insta::assert_snapshot!("receipt_without_purchaseid", post(token(), missing_id).await);
    insta::assert_snapshot!("receipt_that_is_no_json", post(token(), "hello".to_owned()).await);
    insta::assert_snapshot!("receipt_too_long", post(token(), "a".repeat(64 * 1024 + 1)).await);

    let hide = |shown: String| shown.replace(&purchase, "[purchase]");
    let granted = usher.receipt_status(&purchase).await;
    insta::assert_snapshot!("receipt_status_granted", hide(granted.shown()));
    usher.receipt(ANN, BASIC, "ffffffffffffffffffffffffffffffff").await;
    let rejected = usher.receipt_status("ffffffffffffffffffffffffffffffff").await;
    insta::assert_snapshot!("receipt_status_rejected", rejected.shown());
    insta::assert_snapshot!("receipt_status_unknown", usher.receipt_status("0").await.shown());
    let path = format!("/roku/payment/{purchase}");
    let open = usher.request(Method::GET, &path, &[], "").await;
    insta::assert_snapshot!("receipt_status_without_token", open.shown());
}

#[tokio::test]
async fn a_receipt_is_read_in_every_form_that_clients_send() {
    let usher = Usher::start().await;
    let purchase = bought(&usher).await;
    let as_the_device_shows_it = json!({
        "customerEmail": "Ann@Example.com", "offerId": "S123456789", "appType": "roku",
        "receipt": { "anything": [] }, "ipAddress": "2001:db8::1",
        "order": { "purchaseId": purchase.to_uppercase(), "code": BASIC_PRODUCT, "qty": 1,
                   "amount": "$7.99", "total": "8,55 €" },
    });
    assert_eq!(usher.payment(&as_the_device_shows_it).await.status, 200);
    assert!(usher.may_watch(ANN, BASIC).await);

    let token = usher.customer_token(ANN).await;
    let with_token = json!({
        "customerToken": token, "offerId": BASIC, "order": { "purchaseId": purchase },
    });
    assert_eq!(usher.payment(&with_token).await.status, 200);
    let forged = json!({
        "customerToken": format!("{token}x"), "offerId": BASIC, "order": { "purchaseId": purchase },
    });
    let refused = usher.payment(&forged).await;
    assert_eq!((refused.status, &refused.json()["code"]), (400, &json!("REQ0001")));
    assert!(refused.body.contains("customerToken"), "{}", refused.body);
}

#[tokio::test]
async fn an_order_may_hold_what_it_likes_beside_what_counts() {
    let usher = Usher::start().await;
    let purchase = bought(&usher).await;
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    let order = json!({ "purchaseId": purchase, "amount": 1e300, "": 1, "deep": deep });
    let receipt = json!({ "customerEmail": ANN, "offerId": BASIC, "order": order });
    assert_eq!(usher.payment(&receipt).await.status, 200);
    assert!(usher.may_watch(ANN, BASIC).await);
}

#[tokio::test]
async fn the_same_receipt_again_changes_nothing() {
    let usher = Usher::start().await;
    let purchase = bought(&usher).await;
    let first = usher.receipt(ANN, BASIC, &purchase).await;
    let access = usher.access(ANN, BASIC).await;
    let again = usher.receipt(ANN, BASIC, &purchase).await;
    assert_eq!(first, again);
    assert_eq!(usher.access(ANN, BASIC).await, access);
    assert_eq!(status(&usher, &purchase).await, (json!("granted"), Value::Null));
}

#[tokio::test]
async fn a_receipt_that_opens_nothing_says_why() {
    let usher = Usher::start().await;
    let purchase = bought(&usher).await;
    usher.receipt(ANN, "S223456789_US", &purchase).await;
    let rejected = |why: &str| (json!("rejected"), json!(why));
    assert_eq!(status(&usher, &purchase).await, rejected("product_of_another_offer"));
    assert!(!usher.may_watch(ANN, "S223456789_US").await);
    assert!(!usher.may_watch(ANN, BASIC).await);

    usher.receipt(ANN, BASIC, "no-such-purchase").await;
    assert_eq!(status(&usher, "no-such-purchase").await, rejected("unknown_to_roku"));
    usher.receipt(ANN, BASIC, "../../etc/passwd").await;
    assert_eq!(status(&usher, "..%2F..%2Fetc%2Fpasswd").await, rejected("unknown_to_roku"));

    let simulator = usher.stack.simulator.clone().unwrap();
    simulator.cancel(&purchase).await.unwrap();
    simulator.move_clock(jiff::Timestamp::from_second(4_000_000_000).unwrap()).await;
    usher.receipt(ANN, BASIC, &purchase).await;
    assert_eq!(status(&usher, &purchase).await, rejected("not_entitled"));
}

#[tokio::test]
async fn a_receipt_of_a_second_customer_transfers_the_roku_account() {
    let usher = Usher::start().await;
    let purchase = bought(&usher).await;
    usher.receipt(ANN, BASIC, &purchase).await;
    usher.receipt(BEN, BASIC, &purchase).await;
    assert!(usher.may_watch(BEN, BASIC).await);
    assert!(!usher.may_watch(ANN, BASIC).await);
    // The device goes back to Ann, whose receipt was granted before.
    usher.receipt(ANN, BASIC, &purchase).await;
    assert!(usher.may_watch(ANN, BASIC).await);
    assert!(!usher.may_watch(BEN, BASIC).await);
}

#[tokio::test]
async fn of_many_customers_at_once_one_holds_the_roku_account() {
    let usher = std::sync::Arc::new(Usher::start().await);
    let purchase = bought(&usher).await;
    let mut receipts = tokio::task::JoinSet::new();
    for customer in 0..10 {
        let (usher, purchase) = (std::sync::Arc::clone(&usher), purchase.clone());
        receipts.spawn(async move {
            let email = format!("{customer}@example.com");
            assert_eq!(usher.receipt(&email, BASIC, &purchase).await.status, 200);
            email
        });
    }
    let mut holders = 0;
    for email in receipts.join_all().await {
        holders += usize::from(usher.may_watch(&email, BASIC).await);
    }
    assert_eq!(holders, 1);
    assert_eq!(status(&usher, &purchase).await, (json!("granted"), Value::Null));
}

#[tokio::test]
async fn a_publisher_may_keep_the_roku_account_where_it_is() {
    let keep = |options: &mut usher_cli::stack::Options| {
        options.publisher.settings.transfer = TransferPolicy::Keep;
    };
    let usher = Usher::with(keep).await;
    let purchase = bought(&usher).await;
    usher.receipt(ANN, BASIC, &purchase).await;
    usher.receipt(BEN, BASIC, &purchase).await;
    let held = (json!("rejected"), json!("held_by_another_customer"));
    assert_eq!(status(&usher, &purchase).await, held);
    assert!(usher.may_watch(ANN, BASIC).await);
    assert!(!usher.may_watch(BEN, BASIC).await);
}

#[tokio::test]
async fn a_wrong_api_key_says_nothing_about_the_purchase() {
    let usher = Usher::start().await;
    let simulator = usher.stack.simulator.clone().unwrap();
    let wrong = |options: &mut usher_cli::stack::Options| {
        options.roku = Some(usher.stack.roku.url.clone());
        options.roku_keys = Some(usher.stack.roku.keys_url.clone());
        options.roku_api_key = "wrong".into();
    };
    let other = Usher::with(wrong).await;
    assert_ne!(Account::default().api_key, "wrong");
    let (order, _) = simulator.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    assert_eq!(other.receipt(ANN, BASIC, &order.purchase_id).await.status, 200);
    assert_eq!(status(&other, &order.purchase_id).await, (json!("processing"), Value::Null));
    assert!(!other.may_watch(ANN, BASIC).await);
}

//! The contract of `POST /3.0/json-rpc` and `GET /entitlements/{offerId}`.

use reqwest::Method;
use serde_json::{Value, json};
use usher_tests::Usher;
use usher_tests::samples::{BASIC_PRODUCT, ROKU_CUSTOMER};

const ANN: &str = "ann@example.com";
const BASIC: &str = "S123456789_US";

/// Ann has Basic.
async fn subscribed() -> (Usher, String) {
    let usher = Usher::start().await;
    let simulator = usher.stack.simulator.clone().unwrap();
    let (order, _) = simulator.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    usher.receipt(ANN, BASIC, &order.purchase_id).await;
    let token = usher.customer_token(ANN).await;
    (usher, token)
}

async fn rpc(usher: &Usher, path: &str, body: &str) -> String {
    usher.request(Method::POST, path, &[], body.to_owned()).await.shown()
}

#[tokio::test]
async fn the_contract_of_json_rpc() {
    let (usher, token) = subscribed().await;
    let publisher = usher.token();
    let end = usher.access(ANN, BASIC).await["expiresAt"].to_string();
    let call = |method: &str, params: Value| {
        let body = json!({ "method": method, "params": params, "jsonrpc": "2.0", "id": 7 });
        let (usher, end) = (&usher, &end);
        async move { rpc(usher, "/3.0/json-rpc", &body.to_string()).await.replace(end, "[end]") }
    };
    macro_rules! answers {
        ($name:literal, $method:literal, $params:tt) => {
            insta::assert_snapshot!($name, call($method, json!($params)).await)
        };
    }
    answers!("access_granted", "getAccessStatus",
        { "customerToken": token, "offerId": BASIC, "ipAddress": "" });
    answers!("access_granted_in_any_country", "getAccessStatus",
        { "customerToken": token, "offerId": "S123456789", "publisherToken": publisher });
    answers!("access_denied", "getAccessStatus",
        { "customerToken": token, "offerId": "S223456789_US" });
    answers!("access_with_a_wrong_customer_token", "getAccessStatus",
        { "customerToken": "wrong", "offerId": BASIC });
    answers!("access_to_an_unknown_offer", "getAccessStatus",
        { "customerToken": token, "offerId": "S999999999_US" });
    answers!("access_to_no_offer", "getAccessStatus", { "customerToken": token });
    answers!("tags", "getAccessibleTags", { "customerToken": token, "publisherToken": publisher });
    answers!("tags_with_a_wrong_publisher_token", "getAccessibleTags",
        { "customerToken": token, "publisherToken": "wrong" });
    answers!("token_of_an_unknown_customer", "generateCustomerToken",
        { "publisherToken": publisher, "customerEmail": "nobody@example.com" });
    answers!("token_without_an_e_mail", "generateCustomerToken", { "publisherToken": publisher });
    answers!("unknown_method", "getCoffee", {});

    let raw = |body: &'static str| rpc(&usher, "/api/3.0/json-rpc", body);
    insta::assert_snapshot!("not_json", raw("hello").await);
    insta::assert_snapshot!("empty_batch", raw("[]").await);
    insta::assert_snapshot!("no_method", raw(r#"{"id":"x"}"#).await);
    insta::assert_snapshot!(
        "batch",
        raw(r#"[{"method":"a","id":1},7,{"method":"b","params":[],"id":null}]"#).await
    );
    let long = " ".repeat(256 * 1024 + 1);
    insta::assert_snapshot!("calls_too_long", rpc(&usher, "/3.0/json-rpc", &long).await);
}

#[tokio::test]
async fn the_contract_of_entitlements() {
    let (usher, token) = subscribed().await;
    let end = usher.access(ANN, BASIC).await["expiresAt"].to_string();
    let get = |offer: &'static str, authorization: Option<String>| {
        let (usher, end) = (&usher, &end);
        async move {
            let headers: Vec<(&str, &str)> =
                authorization.iter().map(|value| ("authorization", value.as_str())).collect();
            let path = format!("/entitlements/{offer}");
            let answer = usher.request(Method::GET, &path, &headers, "").await;
            answer.shown().replace(end, "[end]")
        }
    };
    let bearer = || Some(format!("Bearer {token}"));
    insta::assert_snapshot!("entitlement_granted", get(BASIC, bearer()).await);
    insta::assert_snapshot!("entitlement_denied", get("S323456789_US", bearer()).await);
    insta::assert_snapshot!("entitlement_of_an_unknown_offer", get("S9_US", bearer()).await);
    insta::assert_snapshot!("entitlement_without_token", get(BASIC, None).await);
    let wrong = Some("bearer wrong".to_owned());
    insta::assert_snapshot!("entitlement_with_a_wrong_token", get(BASIC, wrong).await);
    let simulator = usher.stack.simulator.clone().unwrap();
    let in_a_month = simulator.clock().now().as_second() + 30 * 24 * 3600;
    simulator.move_clock(jiff::Timestamp::from_second(in_a_month).unwrap()).await;
    insta::assert_snapshot!("entitlement_with_an_expired_token", get(BASIC, bearer()).await);
}

#[tokio::test]
async fn calls_are_read_in_every_dialect_of_the_field() {
    let (usher, token) = subscribed().await;
    let params = json!({ "customerToken": token, "offerId": BASIC, "extra": true });
    let bodies = [
        json!({ "method": "getAccessStatus", "params": params, "jsonrpc": "2.0", "id": "1" }),
        json!({ "method": "getAccessStatus", "params": params, "json-rpc": "2.0", "id": 1 }),
        json!({ "method": "getAccessStatus", "params": params, "jsonrpc": 2.0, "id": 1 }),
    ];
    for content_type in ["application/json", "application/x-www-form-urlencoded", "text/plain"] {
        for body in &bodies {
            let headers = [("content-type", content_type)];
            let answer =
                usher.request(Method::POST, "/3.0/json-rpc", &headers, body.to_string()).await;
            let answer = answer.json();
            assert_eq!(answer["result"]["accessGranted"], true, "{content_type} {body}");
            assert_eq!((&answer["id"], &answer["error"]), (&json!("1"), &Value::Null));
        }
    }
    let batch = json!([bodies[0], bodies[1]]).to_string();
    let answer = usher.request(Method::POST, "/api/3.0/json-rpc", &[], batch).await.json();
    assert_eq!(answer.as_array().map(Vec::len), Some(2));
    assert_eq!(answer[1]["result"]["accessGranted"], true);
}

#[tokio::test]
async fn a_token_of_another_publisher_opens_nothing() {
    let (usher, token) = subscribed().await;
    let table = &usher.stack.config.table;
    let other = usher::domain::id::PublisherId::parse("987654321").unwrap();
    let tokens = usher::store::publisher_tokens::PublisherTokens::new(table);
    let issued = tokens.issue(&other, None, usher.stack.config.clock.now()).await;
    let other = secrecy::ExposeSecret::expose_secret(&issued.unwrap()).to_owned();
    let params = json!({ "customerToken": token, "publisherToken": other });
    assert_eq!(usher.rpc("getAccessibleTags", params).await["error"]["code"], 5);
}

#[tokio::test]
async fn mapping_a_product_heals_the_past() {
    let forget = |options: &mut usher_cli::stack::Options| {
        let offers = options.publisher.catalog.offers()[1..].to_vec();
        options.publisher.catalog = usher::domain::catalog::Catalog::new(offers).unwrap();
    };
    let usher = Usher::with(forget).await;
    // The account is linked by an earlier purchase of the same Roku customer.
    let simulator = usher.stack.simulator.clone().unwrap();
    let (order, _) = simulator.buy(ROKU_CUSTOMER, "S323456789-US", false).await.unwrap();
    usher.receipt(ANN, "S323456789_US", &order.purchase_id).await;
    let now = usher.stack.config.clock.now();
    let sale = usher_tests::samples::push("Sale", "abc", BASIC_PRODUCT)
        .at(usher_tests::samples::days(now, 1), usher_tests::samples::days(now, 30));
    usher.push(&sale.message()).await;
    let token = usher.customer_token(ANN).await;
    let params = json!({ "customerToken": token, "offerId": BASIC });
    assert_eq!(usher.rpc("getAccessStatus", params).await["error"]["code"], 4);

    let whole = usher_cli::catalog_file::demo().unwrap();
    let publishers = usher::store::publishers::Publishers::new(&usher.stack.config.table);
    publishers.save(&whole).await.unwrap();
    // A function that starts now reads the new catalog; a warm one does within a minute.
    let (_, gateway) = usher_tests::wire::Wire::in_front_of(&usher.stack).await;
    let mut usher = usher;
    usher.gateway = gateway;
    assert!(usher.may_watch(ANN, BASIC).await);
}

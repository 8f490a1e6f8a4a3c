//! The binary under a Lambda runtime.

use serde_json::{Value, json};
use usher_tests::Usher;
use usher_tests::lambda::{Request, Runtime};
use usher_tests::samples::{BASIC_PRODUCT, ROKU_CUSTOMER};

const BINARY: &str = env!("CARGO_BIN_EXE_payment");

#[tokio::test]
async fn the_binary_takes_a_receipt_asks_roku_and_tells_what_became_of_it() {
    let usher = Usher::start().await;
    let simulator = usher.stack.simulator.clone().unwrap();
    let (order, _) = simulator.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    let function = Runtime::start(BINARY, &usher.stack).await;
    let receipt = json!({
        "customerEmail": "ann@example.com", "offerId": "S123456789_US", "order": order,
    });
    let receipt = receipt.to_string();
    let headers = [("x-publisher-token", usher.token()), ("content-type", "application/json")];
    let post = Request {
        route: "/roku/payment",
        method: "POST",
        path: "/roku/payment",
        parameter: None,
        headers: &headers,
        body: &receipt,
        encoded: true,
    };
    let answer = function.invoke(post).await;
    assert_eq!(answer["statusCode"], 200, "{answer}");
    assert!(usher.may_watch("ann@example.com", "S123456789_US").await);

    let path = format!("/roku/payment/{}", order.purchase_id);
    let get = Request {
        route: "/roku/payment/{purchaseId}",
        method: "GET",
        path: &path,
        parameter: Some(("purchaseId", &order.purchase_id)),
        body: "",
        encoded: false,
        ..post
    };
    let answer = function.invoke(get).await;
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!((&answer["statusCode"], &body["status"]), (&json!(200), &json!("granted")));
}

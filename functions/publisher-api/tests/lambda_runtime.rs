//! The binary under a Lambda runtime.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

use serde_json::{Value, json};
use usher_tests::Usher;
use usher_tests::lambda::{Request, Runtime};
use usher_tests::samples::{BASIC_PRODUCT, ROKU_CUSTOMER};

const BINARY: &str = env!("CARGO_BIN_EXE_publisher-api");
const ANN: &str = "ann@example.com";
const BASIC: &str = "S123456789_US";

fn body(answer: &Value) -> Value {
    assert_eq!(answer["statusCode"], 200, "{answer}");
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn the_binary_tells_a_publisher_of_its_customer() {
    let usher = Usher::start().await;
    let simulator = usher.stack.simulator.clone().unwrap();
    let (order, _) = simulator.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    usher.receipt(ANN, BASIC, &order.purchase_id).await;
    let function = Runtime::start(BINARY, &usher.stack).await;
    let headers = [("x-publisher-token", usher.token())];
    let list = Request {
        route: "/3.1/entitlements",
        method: "GET",
        path: "/3.1/entitlements?customerEmail=ann%40example.com&offset=0&limit=10&status=active",
        parameter: None,
        headers: &headers,
        body: "",
        encoded: false,
    };
    let held = body(&function.invoke(list).await);
    assert_eq!((&held["totalItemCount"], &held["items"][0]["offerId"]), (&json!(1), &json!(BASIC)));

    let id = held["items"][0]["customerId"].to_string();
    let path = format!("/3.1/customers/{id}");
    let customer = Request {
        route: "/3.1/customers/{customerId}",
        path: &path,
        parameter: Some(("customerId", &id)),
        ..list
    };
    assert_eq!(body(&function.invoke(customer).await)["data"]["email"], ANN);

    let path =
        format!("/3.1/subscriptions?customerId={id}&status%5B%5D=active&status%5B%5D=stopped");
    let subscriptions = Request { route: "/3.1/subscriptions", path: &path, ..list };
    let found = body(&function.invoke(subscriptions).await);
    assert_eq!(found["data"][0]["subscriptionExternalId"], order.purchase_id);
}

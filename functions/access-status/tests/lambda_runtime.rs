//! The binary under a Lambda runtime.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

use serde_json::{Value, json};
use usher_tests::Usher;
use usher_tests::lambda::{Request, Runtime};
use usher_tests::samples::{BASIC_PRODUCT, ROKU_CUSTOMER};

const BINARY: &str = env!("CARGO_BIN_EXE_access-status");
const ANN: &str = "ann@example.com";
const BASIC: &str = "S123456789_US";

fn body(answer: &Value) -> Value {
    assert_eq!(answer["statusCode"], 200, "{answer}");
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn the_binary_issues_a_token_and_checks_access_with_it() {
    let usher = Usher::start().await;
    let simulator = usher.stack.simulator.clone().unwrap();
    let (order, _) = simulator.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    usher.receipt(ANN, BASIC, &order.purchase_id).await;
    let function = Runtime::start(BINARY, &usher.stack).await;

    let params = json!({ "publisherToken": usher.token(), "customerEmail": ANN });
    let call = json!({ "method": "generateCustomerToken", "params": params, "id": 1 }).to_string();
    let json_rpc = Request {
        route: "/3.0/json-rpc",
        method: "POST",
        path: "/3.0/json-rpc",
        parameter: None,
        headers: &[("content-type", "application/x-www-form-urlencoded")],
        body: &call,
        encoded: true,
    };
    let token = body(&function.invoke(json_rpc).await)["result"]["token"].clone();
    let params = json!({ "customerToken": token, "offerId": BASIC });
    let call = json!({ "method": "getAccessStatus", "params": params, "id": 2 }).to_string();
    let answer = function.invoke(Request { body: &call, encoded: false, ..json_rpc }).await;
    assert_eq!(body(&answer)["result"]["accessGranted"], true);

    let bearer = format!("Bearer {}", token.as_str().unwrap());
    let entitlement = Request {
        route: "/entitlements/{offerId}",
        method: "GET",
        path: "/entitlements/S123456789_US",
        parameter: Some(("offerId", BASIC)),
        headers: &[("authorization", &bearer)],
        body: "",
        encoded: false,
    };
    let answer = function.invoke(entitlement).await;
    assert_eq!(body(&answer)["responseData"]["accessGranted"], true);
}

#[tokio::test]
async fn a_php_clients_batch_comes_through_encoded() {
    let usher = Usher::start().await;
    let function = Runtime::start(BINARY, &usher.stack).await;
    let token = usher.token();
    let call = json!([
        { "method": "registerCustomer", "jsonrpc": "2.0", "id": 1, "params": {
            "publisherToken": token,
            "customerData": { "email": ANN, "firstName": "Änne", "country": "DE" },
        }},
        { "method": "getSubscriptionOffer", "jsonrpc": "2.0", "id": 2, "params": [] },
        { "method": "registerCustomer", "jsonrpc": "2.0", "id": 3, "params": {
            "publisherToken": token, "customerData": [],
        }},
    ])
    .to_string();
    let batch = Request {
        route: "/3.0/json-rpc",
        method: "POST",
        path: "/3.0/json-rpc",
        parameter: None,
        headers: &[("content-type", "application/x-www-form-urlencoded")],
        body: &call,
        encoded: true,
    };
    let answers = body(&function.invoke(batch).await);
    let codes: Vec<&Value> = (0..3).map(|call| &answers[call]["error"]["code"]).collect();
    assert_eq!(codes, [&Value::Null, &json!(16), &json!(11)], "{answers}");

    let params = json!({ "customerToken": answers[0]["result"]["token"] });
    let call = json!({ "method": "getCustomer", "params": params, "id": 4 }).to_string();
    let answer = body(&function.invoke(Request { body: &call, ..batch }).await);
    assert_eq!(answer["result"]["displayName"], "Änne", "{answer}");
}

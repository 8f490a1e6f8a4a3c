//! The binary under a Lambda runtime.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

use serde_json::{Value, json};
use usher_tests::lambda::{Request, Runtime};
use usher_tests::samples::{BASIC_PRODUCT, ROKU_CUSTOMER};
use usher_tests::{Usher, jwt};

const BINARY: &str = env!("CARGO_BIN_EXE_media-store");
const ANN: &str = "ann@example.com";

fn body(answer: &Value) -> Value {
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn the_binary_signs_a_customer_in_and_shows_their_plan() {
    let usher = Usher::start().await;
    let simulator = usher.stack.simulator.clone().unwrap();
    let (order, _) = simulator.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    usher.receipt(ANN, "S123456789_US", &order.purchase_id).await;
    let function = Runtime::start(BINARY, &usher.stack).await;

    let email = json!({ "customerEmail": ANN }).to_string();
    let sign_in = Request {
        route: "/sso/auths",
        method: "POST",
        path: "/sso/auths",
        parameter: None,
        headers: &[("x-publisher-token", usher.token())],
        body: &email,
        encoded: true,
    };
    let tokens = body(&function.invoke(sign_in).await)["responseData"].clone();
    let refresh = json!({ "refreshToken": tokens["refreshToken"] }).to_string();
    let refresh = Request {
        route: "/auths/refresh_token",
        path: "/auths/refresh_token",
        headers: &[],
        body: &refresh,
        encoded: false,
        ..sign_in
    };
    let tokens = body(&function.invoke(refresh).await)["responseData"].clone();

    let token = tokens["jwt"].as_str().unwrap();
    let (ann, bearer) = (jwt::customer(token), format!("Bearer {token}"));
    let path = format!("/customers/{ann}/offers");
    let offers = Request {
        route: "/customers/{customerId}/offers",
        method: "GET",
        path: &path,
        parameter: Some(("customerId", &ann)),
        headers: &[("authorization", &bearer)],
        body: "",
        encoded: false,
    };
    let answer = function.invoke(offers).await;
    assert_eq!(answer["statusCode"], 200, "{answer}");
    assert_eq!(body(&answer)["responseData"]["items"][0]["paymentMethod"], "roku");

    let nowhere = Request { route: "", method: "GET", path: "/nowhere", ..sign_in };
    let mut nowhere = Value::from(nowhere);
    nowhere["routeKey"] = json!("$default");
    nowhere["requestContext"]["routeKey"] = json!("$default");
    let answer = function.invoke(nowhere).await;
    let (status, errors) = (&answer["statusCode"], &body(&answer)["errors"]);
    assert_eq!((status, errors), (&json!(404), &json!(["Not found"])));
}

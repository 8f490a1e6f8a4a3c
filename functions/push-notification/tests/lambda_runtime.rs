//! The binary under a Lambda runtime.

use serde_json::{Value, json};
use usher_tests::Usher;
use usher_tests::foreign_roku::ForeignRoku;
use usher_tests::lambda::{Request, Runtime};
use usher_tests::samples::{BASIC_PRODUCT, push};

const BINARY: &str = env!("CARGO_BIN_EXE_push-notification");

/// A push as API Gateway passes it on.
fn request(body: &str) -> Request<'_> {
    Request {
        route: "/roku/push-notification/{publisherId}",
        method: "POST",
        path: "/roku/push-notification/123456789",
        parameter: Some(("publisherId", "123456789")),
        headers: &[("content-type", "text/plain")],
        body,
        encoded: false,
    }
}

#[tokio::test]
async fn the_binary_acknowledges_what_roku_signed_and_refuses_the_rest() {
    let usher = Usher::start().await;
    let function = Runtime::start(BINARY, &usher.stack).await;
    let sale = push("Sale", "abc", BASIC_PRODUCT).message();
    let jws = usher.sign("key", &sale);
    for encoded in [false, true] {
        let answer = function.invoke(Request { encoded, ..request(&jws) }).await;
        assert_eq!((&answer["statusCode"], &answer["body"]), (&json!(200), &sale["responseKey"]));
        assert_eq!(answer["headers"]["content-type"], "text/plain");
    }
    let refused = function.invoke(request("hello")).await;
    assert_eq!(refused["statusCode"], 401);
    let body: Value = serde_json::from_str(refused["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["code"], "AUTH0002");
}

#[tokio::test]
async fn pushes_are_counted_by_type_and_by_what_became_of_them() {
    let usher = Usher::start().await;
    let function = Runtime::start(BINARY, &usher.stack).await;
    let simulator = usher.stack.simulator.clone().unwrap();
    let sale = usher.sign("sale", &push("Sale", "abc", BASIC_PRODUCT).message());
    let gift = push("Sale", "abc", BASIC_PRODUCT).with("transactionType", "Gift").message();
    let gift = usher.sign("gift", &gift);
    let test = simulator.sign("test", "Hello from the Roku dashboard");
    let stranger = ForeignRoku::start().await.sign(&push("Sale", "abc", BASIC_PRODUCT).message());
    for (body, kind, outcome) in [
        (&sale, "Sale", "kept"),
        (&sale, "Sale", "repeated"),
        (&gift, "other", "kept"),
        (&test, "other", "set_aside"),
        (&stranger, "unverified", "refused"),
    ] {
        function.invoke(request(body)).await;
        let dimensions = json!({ "Stack": "usher", "Type": kind, "Outcome": outcome });
        assert_eq!(function.metric("Pushes", &dimensions).await, 1, "{dimensions}");
    }
}

#[tokio::test]
async fn a_product_that_the_catalog_lacks_is_counted() {
    let usher = Usher::start().await;
    let function = Runtime::start(BINARY, &usher.stack).await;
    let known = usher.sign("known", &push("Sale", "abc", BASIC_PRODUCT).message());
    let unknown = usher.sign("unknown", &push("Sale", "def", "NOBODY-SELLS-IT").message());
    let stack = json!({ "Stack": "usher" });
    for (jws, unmapped) in [(&unknown, 1), (&known, 0), (&unknown, 1)] {
        assert_eq!(function.invoke(request(jws)).await["statusCode"], 200);
        assert_eq!(function.metric("UnmappedProducts", &stack).await, unmapped);
    }
}

#[tokio::test]
async fn only_a_failure_that_may_be_rokus_is_counted_as_one() {
    let usher = Usher::start().await;
    let function = Runtime::start(BINARY, &usher.stack).await;
    let sale = push("Sale", "abc", BASIC_PRODUCT).message();
    let stranger = ForeignRoku::start().await.sign(&sale);
    let signed = usher.sign("key", &sale);
    let stack = json!({ "Stack": "usher" });
    // A metric that was written once is written each time, be it with 0.
    for (body, status, failures) in [
        (stranger.as_str(), 401, 1),
        ("hello", 401, 0),
        (&sale.to_string(), 401, 0),
        (&signed, 200, 0),
        (&stranger, 401, 1),
    ] {
        assert_eq!(function.invoke(request(body)).await["statusCode"], status);
        assert_eq!(function.metric("FailuresAnswered", &stack).await, failures, "{body:.20}");
    }
}

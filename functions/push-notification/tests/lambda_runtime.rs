//! The binary under a Lambda runtime.

use serde_json::{Value, json};
use usher_tests::Usher;
use usher_tests::lambda::{Request, Runtime};
use usher_tests::samples::{BASIC_PRODUCT, push};

const BINARY: &str = env!("CARGO_BIN_EXE_push-notification");

#[tokio::test]
async fn the_binary_acknowledges_what_roku_signed_and_refuses_the_rest() {
    let usher = Usher::start().await;
    let function = Runtime::start(BINARY, &usher.stack).await;
    let request = |body, encoded| Request {
        route: "/roku/push-notification/{publisherId}",
        method: "POST",
        path: "/roku/push-notification/123456789",
        parameter: Some(("publisherId", "123456789")),
        headers: &[("content-type", "text/plain")],
        body,
        encoded,
    };
    let sale = push("Sale", "abc", BASIC_PRODUCT).message();
    let jws = usher.sign("key", &sale);
    for encoded in [false, true] {
        let answer = function.invoke(request(&jws, encoded)).await;
        assert_eq!((&answer["statusCode"], &answer["body"]), (&json!(200), &sale["responseKey"]));
        assert_eq!(answer["headers"]["content-type"], "text/plain");
    }
    let refused = function.invoke(request("hello", false)).await;
    assert_eq!(refused["statusCode"], 401);
    let body: Value = serde_json::from_str(refused["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["code"], "AUTH0002");
}

//! The contract of `POST /roku/push-notification/{publisherId}`.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Method;
use roku_simulator::{Claims, SigningKey};
use serde_json::{Value, json};
use usher::domain::id::RokuCustomerId;
use usher::store::histories::Histories;
use usher_tests::Usher;
use usher_tests::samples::{self, BASIC_PRODUCT, push};

fn claims(usher: &Usher, message: &Value) -> Claims {
    let now = usher.stack.config.clock.now();
    Claims::new("0d9e7ca9", &message.to_string(), now)
}

fn key(usher: &Usher) -> Arc<SigningKey> {
    usher.stack.simulator.as_ref().unwrap().signing_key()
}

#[tokio::test]
async fn every_sample_of_roku_is_kept_and_acknowledged_with_its_response_key() {
    let usher = Usher::start().await;
    for sample in samples::all() {
        let answer = usher.push(&Value::Object(sample.clone())).await;
        assert_eq!(answer.status, 200, "{sample:?}: {}", answer.body);
        assert_eq!(answer.content_type, "text/plain");
        assert_eq!(answer.body, sample["responseKey"], "{sample:?}");
    }
}

#[tokio::test]
async fn what_roku_did_not_sign_is_refused() {
    let usher = Usher::start().await;
    let sale = push("Sale", "abc", BASIC_PRODUCT).message();
    let good = claims(&usher, &sale);
    let signed = key(&usher).sign(&good);
    let (head, signature) = signed.rsplit_once('.').unwrap();
    let header = |other: Value| {
        let mut header = json!({ "typ": "JWT", "alg": "RS256", "kid": key(&usher).kid() });
        header.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        key(&usher).sign_under(&header, &good)
    };
    let stranger = SigningKey::generate();
    let same_name = json!({ "typ": "JWT", "alg": "RS256", "kid": key(&usher).kid() });
    let payload = head.split_once('.').unwrap().1;
    let unsigned = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
    let jwk = stranger.jwks()["keys"][0].clone();
    let cases = [
        ("empty", String::new()),
        ("plain text", "hello".to_owned()),
        ("the message itself", sale.to_string()),
        ("no signature", head.to_owned()),
        ("an empty signature", format!("{head}.")),
        ("alg none", format!("{unsigned}.{payload}.")),
        ("alg HS256", header(json!({ "alg": "HS256" }))),
        ("alg RS512", header(json!({ "alg": "RS512" }))),
        ("a cut signature", format!("{head}.{}", &signature[4..])),
        ("another signature", format!("{head}.{}", signature.replace(&signature[9..12], "abc"))),
        ("an unknown key", stranger.sign(&good)),
        ("another key of the same name", stranger.sign_under(&same_name, &good)),
        ("its own key", header(json!({ "jwk": jwk }))),
        ("the address of a key", header(json!({ "jku": "http://127.0.0.1:9/keys.json" }))),
        ("the address of a certificate", header(json!({ "x5u": "http://127.0.0.1:9/c.pem" }))),
        ("a critical extension", header(json!({ "crit": ["b64"], "b64": false }))),
        ("another issuer", key(&usher).sign(&Claims { iss: "Roku".to_owned(), ..good.clone() })),
        (
            "from the future",
            key(&usher).sign(&Claims { nbf: good.nbf + 3600 + 360, ..good.clone() }),
        ),
    ];
    for (what, body) in cases {
        let answer = usher.deliver(&body).await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.body);
        assert_eq!(answer.json()["code"], "AUTH0002", "{what}");
    }
    let binary = usher
        .request(Method::POST, "/roku/push-notification/123456789", &[], vec![0xff, 0xfe, 0x00])
        .await;
    assert_eq!(binary.status, 401);
    // Nothing was kept: the same message, signed, is new, and still the only one.
    assert_eq!(usher.deliver(&signed).await.status, 200);
}

#[tokio::test]
async fn an_old_authentic_push_is_still_true() {
    let usher = Usher::start().await;
    let sale = push("Sale", "abc", BASIC_PRODUCT).message();
    let good = claims(&usher, &sale);
    let expired = Claims { exp: good.exp - 40 * 3600, nbf: good.nbf - 40 * 3600, ..good.clone() };
    let slightly_ahead = Claims { nbf: good.nbf + 3600 + 240, ..good.clone() };
    for claims in [expired, slightly_ahead] {
        let answer = usher.deliver(&key(&usher).sign(&claims)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

#[tokio::test]
async fn both_alphabets_of_base64_are_read() {
    let usher = Usher::start().await;
    // Encodes to both characters in which the alphabets differ, and to padding.
    let sale = push("Sale", "abc", BASIC_PRODUCT).with("comments", "ÿ>>>???~~~").message();
    let standard = STANDARD.encode(sale.to_string());
    assert!(standard.contains(['+', '/']), "{standard}");
    let claims = Claims { message: standard, ..claims(&usher, &sale) };
    let answer = usher.deliver(&key(&usher).sign(&claims)).await;
    assert_eq!(answer.body, sale["responseKey"].as_str().unwrap());
}

#[tokio::test]
async fn whatever_roku_signs_is_acknowledged() {
    let usher = Usher::start().await;
    let sale = || push("Sale", "abc", BASIC_PRODUCT);
    let messages = [
        ("a new type", sale().with("transactionType", "Gift").message().to_string()),
        ("a new field", sale().with("new", json!({ "deep": [1] })).message().to_string()),
        ("an odd date", sale().with("eventDate", "yesterday").message().to_string()),
        ("no customer", sale().without("customerId").message().to_string()),
        ("no channel", sale().without("channelId").message().to_string()),
        ("another channel", sale().with("channelId", "42").message().to_string()),
        ("nothing in it", "{}".to_owned()),
        ("a list", "[]".to_owned()),
        ("the dashboard's test", "Hello from the Roku dashboard".to_owned()),
        ("a long id", sale().with("transactionId", "a".repeat(1024)).message().to_string()),
    ];
    for (what, message) in messages {
        let now = usher.stack.config.clock.now();
        let jws = key(&usher).sign(&Claims::new(what, &message, now));
        let answer = usher.deliver(&jws).await;
        assert_eq!(answer.status, 200, "{what}: {}", answer.body);
        let message: Value = serde_json::from_str(&message).unwrap_or_default();
        assert_eq!(answer.body, message["responseKey"].as_str().unwrap_or_default(), "{what}");
    }
    for kind in ["roku.invalidate_public_keys", "roku.something.new", ""] {
        let claims = Claims { kind: kind.to_owned(), ..claims(&usher, &sale().message()) };
        assert_eq!(usher.deliver(&key(&usher).sign(&claims)).await.status, 200, "{kind}");
    }
    let pushed = usher.stack.simulator.as_ref().unwrap().push_text("any text").await;
    assert!(pushed.iter().all(|push| push.is_acknowledged()), "{pushed:?}");
}

#[tokio::test]
async fn a_push_for_a_channel_that_is_not_the_publishers_grants_nothing() {
    let usher = Usher::start().await;
    let simulator = usher.stack.simulator.clone().unwrap();
    let (order, _) = simulator.buy(samples::ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    usher.receipt("ann@example.com", "S123456789_US", &order.purchase_id).await;
    let now = usher.stack.config.clock.now();
    let foreign = push("Sale", "other", samples::PREMIUM_PRODUCT)
        .at(now, samples::days(now, 30))
        .with("channelId", "42");
    assert_eq!(usher.push(&foreign.message()).await.status, 200);
    assert!(!usher.may_watch("ann@example.com", "S223456789_US").await);
    assert!(usher.may_watch("ann@example.com", "S123456789_US").await);
}

#[tokio::test]
async fn the_contract() {
    let usher = Usher::start().await;
    let sale = push("Sale", "abc", BASIC_PRODUCT).message();
    let jws = usher.sign("once", &sale);
    let long = "a".repeat(256 * 1024 + 1);
    let post = |publisher: &str, body: &str| {
        let path = format!("/roku/push-notification/{publisher}");
        let body = body.to_owned();
        let usher = &usher;
        async move { usher.request(Method::POST, &path, &[], body).await.shown() }
    };
    insta::assert_snapshot!("push_accepted", post("123456789", &jws).await);
    insta::assert_snapshot!("push_accepted_again", post("123456789", &jws).await);
    insta::assert_snapshot!("push_of_an_unknown_publisher", post("999999999", &jws).await);
    insta::assert_snapshot!("push_of_no_publisher", post("abc", &jws).await);
    insta::assert_snapshot!("push_not_signed", post("123456789", "hello").await);
    insta::assert_snapshot!("push_too_long", post("123456789", &long).await);
    let path = "/roku/push-notification/123456789";
    let get = usher.request(Method::GET, path, &[], "").await.shown();
    insta::assert_snapshot!("push_with_another_method", get);
}

#[tokio::test]
async fn a_push_is_acknowledged_although_its_account_has_no_room_left() {
    // An item of DynamoDB ends at 400 KB. The fact is kept; sending it again would not help.
    let usher = Usher::start().await;
    let now = usher.stack.config.clock.now();
    let sale = |id: &str| {
        let sale = push("Sale", id, BASIC_PRODUCT).with("transactionId", id);
        sale.at(now, usher_tests::samples::days(now, 30)).message()
    };
    assert_eq!(usher.push(&sale("first")).await.status, 200);
    let text = |text: String| AttributeValue::S(text);
    let client = usher_tests::wire::dynamodb(&usher.stack.dynamodb).await;
    let fill = client.update_item().table_name("usher");
    let fill = fill
        .key("pk", text(format!("ROKU#123456789#{}", samples::ROKU_CUSTOMER)))
        .key("sk", text("ACCOUNT".to_owned()))
        .update_expression("SET ballast = :ballast")
        .expression_attribute_values(":ballast", text("x".repeat(408_000)));
    fill.send().await.unwrap();

    assert_eq!(usher.push(&sale(&"s".repeat(1024))).await.status, 200);
    let histories = Histories::new(&usher.stack.config.table);
    let roku_customer = RokuCustomerId::parse(samples::ROKU_CUSTOMER).unwrap();
    let publisher = &usher.stack.publisher.id;
    let found = histories.of_roku_customer(publisher, &roku_customer).await.unwrap().unwrap();
    assert_eq!((found.facts.len(), found.account.purchases.len()), (2, 1), "there was no room");
}

//! The tokens of a publisher's own identity provider are taken wherever ours are.

use std::sync::Arc;

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use usher::store::customers::Customers;
use usher::store::identity_providers::IdentityProviders;
use usher::store::publishers::Publishers;
use usher_tests::Usher;
use usher_tests::identity_provider::{Algorithm, IdentityProvider};
use usher_tests::samples::{BASIC_PRODUCT, ROKU_CUSTOMER};

const ANN: &str = "ann@example.com";
const BASIC: &str = "S123456789_US";

/// A stack whose publisher has a provider.
async fn with(algorithm: Algorithm) -> (Usher, Arc<IdentityProvider>) {
    let provider = IdentityProvider::start(algorithm).await;
    let settings = provider.settings.clone();
    let usher = Usher::with(|options| {
        options.publisher.settings.identity_provider = Some(settings);
    })
    .await;
    (usher, provider)
}

/// The claims of a token of an hour.
fn claims(usher: &Usher, provider: &IdentityProvider) -> Value {
    let now = usher.stack.config.clock.now().as_second();
    json!({
        "iss": provider.settings.issuer,
        "aud": ["other", provider.settings.audience],
        "iat": now,
        "exp": now + 3600,
        "sub": "auth0|1",
        "email": "Ann@Example.com",
    })
}

/// The status and code of an entitlement.
async fn entitlement(usher: &Usher, token: &str) -> (u16, Value) {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let path = format!("/entitlements/{BASIC}");
    let answer = usher.request(Method::GET, &path, &headers, "").await;
    let body = answer.json();
    let told =
        if answer.status == 200 { &body["responseData"]["accessGranted"] } else { &body["code"] };
    (answer.status, told.clone())
}

#[tokio::test]
async fn its_tokens_open_what_ours_open() {
    for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
        let (usher, provider) = with(algorithm).await;
        let token = provider.sign(&claims(&usher, &provider));
        let simulator = usher.stack.simulator.clone().unwrap();
        let (order, _) = simulator.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
        assert_eq!(entitlement(&usher, &token).await, (200, json!(false)), "{algorithm:?}");

        let order = json!({ "purchaseId": order.purchase_id });
        let receipt = json!({ "offerId": BASIC, "order": order }).to_string();
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let answer = usher.request(Method::POST, "/roku/payment", &headers, receipt).await;
        assert_eq!(answer.json(), json!({ "responseData": { "message": "OK" }, "errors": [] }));

        assert_eq!(entitlement(&usher, &token).await, (200, json!(true)));
        let params = json!({ "customerToken": token, "offerId": BASIC });
        let status = usher.rpc("getAccessStatus", params).await;
        assert_eq!(status["result"]["accessGranted"], true);
        // She is the customer whom the middleware knows by that address.
        assert!(usher.may_watch(ANN, BASIC).await);
        let headers = [("authorization", bearer.as_str())];
        let ann = usher.request(Method::GET, "/customers/me", &headers, "").await.json();
        assert_eq!(ann["responseData"]["email"], ANN);
        assert_eq!(provider.fetches(), 1, "the functions share what one fetched");
    }
}

#[tokio::test]
async fn what_it_did_not_sign_for_us_opens_nothing() {
    let (usher, provider) = with(Algorithm::Es256).await;
    let stranger = IdentityProvider::start(Algorithm::Es256).await;
    let good = claims(&usher, &provider);
    let now = usher.stack.config.clock.now().as_second();
    let changed = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    assert_eq!(entitlement(&usher, &provider.sign(&good)).await.0, 200);
    for (what, token, code) in [
        ("another's signature", stranger.sign(&good), "AUTH0002"),
        ("another audience", provider.sign(&changed("aud", json!("web"))), "AUTH0002"),
        ("no audience", provider.sign(&changed("aud", Value::Null)), "AUTH0002"),
        ("an issuer of nobody", provider.sign(&changed("iss", json!("https://x/"))), "AUTH0002"),
        ("our issuer", provider.sign(&changed("iss", json!("usher"))), "AUTH0002"),
        ("expired", provider.sign(&changed("exp", json!(now))), "AUTH0003"),
        ("without end", provider.sign(&changed("exp", Value::Null)), "AUTH0002"),
        ("not yet", provider.sign(&changed("nbf", json!(now + 3600))), "AUTH0002"),
        ("no customer", provider.sign(&changed("email", Value::Null)), "AUTH0002"),
        ("unverified", provider.sign(&changed("email_verified", json!(false))), "AUTH0002"),
        (
            "unverified, in words",
            provider.sign(&changed("email_verified", json!("no"))),
            "AUTH0002",
        ),
        ("without date", provider.sign(&changed("iat", Value::Null)), "AUTH0002"),
        ("unsigned", unsigned(&good), "AUTH0002"),
        ("signed with the public key", signed_with_a_shared_secret(&good), "AUTH0002"),
    ] {
        assert_eq!(entitlement(&usher, &token).await, (401, json!(code)), "{what}");
    }
}

#[tokio::test]
async fn its_keys_may_rotate() {
    let (usher, provider) = with(Algorithm::EdDsa).await;
    let old = provider.sign(&claims(&usher, &provider));
    assert_eq!(entitlement(&usher, &old).await.0, 200);
    provider.rotate_key();
    let new = provider.sign(&claims(&usher, &provider));
    // A function that starts now meets a key that the table does not know: it fetches the set, unless
    // somebody did less than a minute ago.
    usher.later(SignedDuration::from_mins(2)).await;
    let mut usher = usher;
    usher.start_functions_anew().await;
    assert_eq!(entitlement(&usher, &new).await.0, 200);
    assert_eq!(entitlement(&usher, &old).await.0, 401, "the key was withdrawn");
    let fetched = provider.fetches();
    for _ in 0..5 {
        let stranger = IdentityProvider::start(Algorithm::EdDsa).await;
        entitlement(&usher, &stranger.sign(&claims(&usher, &provider))).await;
    }
    assert_eq!(provider.fetches(), fetched, "unknown keys have nothing fetched for a minute");
}

#[tokio::test]
async fn a_customer_may_be_named_by_the_publishers_own_id() {
    let provider = IdentityProvider::start(Algorithm::Rs256).await;
    let mut settings = provider.settings.clone();
    settings.customer_id_claim = Some("sub".to_owned());
    let usher = Usher::with(|options| {
        options.publisher.settings.identity_provider = Some(settings);
    })
    .await;
    let without_email = |sub: &str| {
        let mut claims = claims(&usher, &provider);
        claims["email"] = Value::Null;
        claims["sub"] = json!(sub);
        provider.sign(&claims)
    };
    // Known by nothing yet.
    assert_eq!(entitlement(&usher, &without_email("auth0|1")).await.0, 401);
    assert_eq!(entitlement(&usher, &provider.sign(&claims(&usher, &provider))).await.0, 200);
    // The id was noted beside the address.
    assert_eq!(entitlement(&usher, &without_email("auth0|1")).await.0, 200);
    assert_eq!(entitlement(&usher, &without_email("auth0|2")).await.0, 401);
    let publisher = &usher.stack.publisher.id;
    let customers = Customers::new(&usher.stack.config.table);
    let named = customers.find_by_external_id(publisher, "auth0|1").await.unwrap();
    let email = usher::domain::email::Email::parse(ANN).unwrap();
    assert_eq!(named, customers.find(publisher, &email).await.unwrap());
    assert!(named.is_some());
}

#[tokio::test]
async fn revoked_tokens_and_those_of_the_erased_open_nothing() {
    let (usher, provider) = with(Algorithm::Es256).await;
    let token = provider.sign(&claims(&usher, &provider));
    assert_eq!(entitlement(&usher, &token).await.0, 200);
    let ours = usher.customer_token(ANN).await;
    let publisher = &usher.stack.publisher.id;
    let customers = Customers::new(&usher.stack.config.table);
    let email = usher::domain::email::Email::parse(ANN).unwrap();
    let ann = customers.find(publisher, &email).await.unwrap().unwrap();
    let now = usher.stack.config.clock.now();
    customers.revoke_tokens(publisher, &ann, now).await.unwrap();
    for token in [&token, &ours] {
        assert_eq!(entitlement(&usher, token).await, (401, json!("AUTH0002")));
    }
    usher.later(SignedDuration::from_secs(2)).await;
    assert_eq!(entitlement(&usher, &usher.customer_token(ANN).await).await.0, 200);
}

#[tokio::test]
async fn an_address_that_went_to_somebody_else_opens_nothing_to_them() {
    let provider = IdentityProvider::start(Algorithm::Es256).await;
    let mut settings = provider.settings.clone();
    settings.customer_id_claim = Some("sub".to_owned());
    settings.email_claim = "https://tv.example/email".to_owned();
    let usher = Usher::with(|options| {
        options.publisher.settings.identity_provider = Some(settings);
    })
    .await;
    let token = |sub: &str, verified: Value| {
        let mut claims = claims(&usher, &provider);
        claims["https://tv.example/email"] = claims["email"].take();
        claims["https://tv.example/email_verified"] = verified;
        claims["sub"] = json!(sub);
        provider.sign(&claims)
    };
    assert_eq!(entitlement(&usher, &token("auth0|0", json!(false))).await.0, 401, "unverified");
    assert_eq!(entitlement(&usher, &token("auth0|1", json!(true))).await.0, 200);
    assert_eq!(entitlement(&usher, &token("auth0|2", json!(true))).await.0, 401, "is auth0|1's");
    assert_eq!(entitlement(&usher, &token("auth0|1", json!(true))).await.0, 200);
}

#[tokio::test]
async fn a_token_of_before_does_not_bring_back_who_was_forgotten() {
    let (mut usher, provider) = with(Algorithm::Es256).await;
    let before = provider.sign(&claims(&usher, &provider));
    assert_eq!(entitlement(&usher, &before).await.0, 200);
    let publisher = usher.stack.publisher.id.clone();
    let customers = Customers::new(&usher.stack.config.table);
    let email = usher::domain::email::Email::parse(ANN).unwrap();
    let ann = customers.find(&publisher, &email).await.unwrap().unwrap();
    let ann = customers.get(&publisher, &ann).await.unwrap().unwrap().customer;
    customers.erase(&publisher, &ann, usher.stack.config.clock.now()).await.unwrap();
    usher.start_functions_anew().await;
    assert_eq!(entitlement(&usher, &before).await.0, 401);
    assert_eq!(customers.find(&publisher, &email).await.unwrap(), None);
    // Who signs in again is a new customer.
    usher.later(SignedDuration::from_secs(2)).await;
    assert_eq!(entitlement(&usher, &provider.sign(&claims(&usher, &provider))).await.0, 200);
    assert_ne!(customers.find(&publisher, &email).await.unwrap(), Some(ann.id));
}

#[tokio::test]
async fn an_issuer_and_audience_are_one_publishers() {
    let (usher, provider) = with(Algorithm::Es256).await;
    let other = usher::domain::id::PublisherId::parse("987654321").unwrap();
    let providers = IdentityProviders::new(&usher.stack.config.table);
    assert!(!providers.claim(&other, &provider.settings).await.unwrap());
    let own = &usher.stack.publisher.id;
    assert!(providers.claim(own, &provider.settings).await.unwrap());
    // Until it does not name them any more.
    let publishers = Publishers::new(&usher.stack.config.table);
    let mut settings = usher.stack.publisher.settings.clone();
    settings.identity_provider = None;
    publishers.save_settings(own, &settings).await.unwrap();
    assert!(providers.claim(&other, &provider.settings).await.unwrap());
}

fn part(value: &Value) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string())
}

fn unsigned(claims: &Value) -> String {
    format!("{}.{}.", part(&json!({ "alg": "none" })), part(claims))
}

fn signed_with_a_shared_secret(claims: &Value) -> String {
    format!("{}.{}.c2ln", part(&json!({ "alg": "HS256", "kid": "x" })), part(claims))
}

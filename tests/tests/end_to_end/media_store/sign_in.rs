//! How apps get tokens, and how they go on with them.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use usher_tests::{Answer, Usher, jwt};

use super::{ANN, App, shown, sign_in};

async fn post(usher: &Usher, path: &str, token: Option<&str>, body: &str) -> Answer {
    let headers: Vec<_> = token.iter().map(|token| ("x-publisher-token", *token)).collect();
    usher.request(Method::POST, path, &headers, body.to_owned()).await
}

async fn refresh(usher: &Usher, token: &str) -> Answer {
    let body = json!({ "refreshToken": token }).to_string();
    post(usher, "/auths/refresh_token", None, &body).await
}

#[tokio::test]
async fn the_contract_of_single_sign_on() {
    let usher = Usher::start().await;
    let body = json!({ "customerEmail": ANN, "customerIP": "192.0.2.7" }).to_string();
    let sso = |token, body: String| {
        let usher = &usher;
        async move { post(usher, "/sso/auths", token, &body).await }
    };
    let token = Some(usher.token());
    insta::assert_snapshot!("sso", shown(sso(token, body.clone()).await));
    insta::assert_snapshot!("sso_without_token", shown(sso(None, body.clone()).await));
    insta::assert_snapshot!("sso_with_a_wrong_token", shown(sso(Some("wrong"), body).await));
    insta::assert_snapshot!("sso_without_an_e_mail", shown(sso(token, "{}".to_owned()).await));
    let nobody = json!({ "customerEmail": "ann" }).to_string();
    insta::assert_snapshot!("sso_with_a_wrong_e_mail", shown(sso(token, nobody).await));
    insta::assert_snapshot!("sso_with_no_json", shown(sso(token, "hello".to_owned()).await));
    let long = " ".repeat(16 * 1024 + 1);
    insta::assert_snapshot!("sso_too_long", shown(sso(token, long).await));
}

#[tokio::test]
async fn the_publishers_token_may_stand_in_the_body() {
    let usher = Usher::start().await;
    let body = json!({
        "publisherToken": usher.token(), "publisherId": 123_456_789, "customerEmail": ANN,
    });
    let answer = post(&usher, "/sso/auths", None, &body.to_string()).await.json();
    assert_eq!(answer["jwt"], answer["responseData"]["jwt"]);
    assert_eq!(answer["refreshToken"], answer["responseData"]["refreshToken"]);
    let claims = jwt::claims(answer["jwt"].as_str().unwrap());
    assert_eq!((&claims["publisherId"], &claims["email"]), (&json!("123456789"), &json!(ANN)));
}

#[tokio::test]
async fn who_is_new_becomes_a_customer_and_stays_the_same_one() {
    let app = App::start().await;
    let again = sign_in(&app.usher, ANN).await;
    assert_eq!(jwt::customer(again["jwt"].as_str().unwrap()), app.ann);
    let bob = sign_in(&app.usher, "bob@example.com").await;
    assert_ne!(jwt::customer(bob["jwt"].as_str().unwrap()), app.ann);
}

#[tokio::test]
async fn the_contract_of_refreshing() {
    let mut app = App::start().await;
    let first = refresh(&app.usher, &app.refresh_token).await;
    insta::assert_snapshot!("refresh", shown(first.clone()));
    let used = refresh(&app.usher, &app.refresh_token).await;
    insta::assert_snapshot!("refresh_used", shown(used));
    insta::assert_snapshot!("refresh_unknown", shown(refresh(&app.usher, "unknown").await));
    let missing = post(&app.usher, "/auths/refresh_token", None, "{}").await;
    insta::assert_snapshot!("refresh_missing", shown(missing));

    let next = &first.json()["responseData"];
    app.jwt = next["jwt"].as_str().unwrap().to_owned();
    app.data("/customers/{ann}").await;
    let next = next["refreshToken"].as_str().unwrap();
    assert_eq!(refresh(&app.usher, next).await.status, 200);
}

#[tokio::test]
async fn of_two_refreshes_at_once_one_wins() {
    let app = App::start().await;
    let ask = || refresh(&app.usher, &app.refresh_token);
    let (one, other) = tokio::join!(ask(), ask());
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401], "{} {}", one.body, other.body);
}

#[tokio::test]
async fn a_refresh_token_lives_for_a_hundred_days_unless_it_is_revoked() {
    let app = App::start().await;
    let tokens = sign_in(&app.usher, ANN).await;
    app.usher.later(SignedDuration::from_hours(100 * 24) - SignedDuration::from_secs(1)).await;
    assert_eq!(refresh(&app.usher, &app.refresh_token).await.status, 200);
    app.usher.later(SignedDuration::from_secs(1)).await;
    let expired = refresh(&app.usher, tokens["refreshToken"].as_str().unwrap()).await;
    assert_eq!(expired.status, 401, "{}", expired.body);

    let tokens = sign_in(&app.usher, ANN).await;
    let (customers, publisher, ann) = app.customers();
    let now = app.usher.stack.config.clock.now();
    customers.revoke_tokens(&publisher, &ann, now).await.unwrap();
    let revoked = refresh(&app.usher, tokens["refreshToken"].as_str().unwrap()).await;
    assert_eq!(revoked.status, 401, "{}", revoked.body);
}

#[tokio::test]
async fn nobody_signs_in_with_a_password() {
    let usher = Usher::start().await;
    let body = json!({ "email": ANN, "password": "secret", "publisherId": "123456789" });
    let sign_in = post(&usher, "/auths", None, &body.to_string()).await;
    insta::assert_snapshot!("password_sign_in", shown(sign_in));
    let sign_up = post(&usher, "/customers", None, &body.to_string()).await;
    insta::assert_snapshot!("password_sign_up", shown(sign_up));
}

#[tokio::test]
async fn the_key_of_every_token_is_published() {
    let app = App::start().await;
    let url = format!("{}/.well-known/jwks.json", app.usher.gateway);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(url).send().await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "public, max-age=300");
    let keys: Value = answer.json().await.unwrap();
    let key = &keys["keys"][0];
    assert_eq!(key["kid"], jwt::header(&app.jwt)["kid"]);
    let kind = json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig" });
    for (name, value) in kind.as_object().unwrap() {
        assert_eq!(&key[name], value);
    }
    assert_eq!(key["x"].as_str().unwrap().len(), 43);
    assert_eq!(key.as_object().unwrap().len(), 6, "{keys}");
}

//! The customer as a person.

use reqwest::Method;
use serde_json::{Value, json};
use usher::domain::customer::Profile;
use usher::domain::email::Email;
use usher_tests::jwt;

use super::{App, shown, sign_in};

#[tokio::test]
async fn the_contract_of_the_profile() {
    let mut app = App::start().await;
    insta::assert_snapshot!("profile", shown(app.get("/customers/{ann}").await));
    assert_eq!(app.data("/customers/{ann}").await["id"], app.ann.as_str());

    let (customers, publisher, _) = app.customers();
    let email = Email::parse("bob@example.com").unwrap();
    let profile = Profile {
        external_id: Some("b-7".to_owned()),
        first_name: Some("Bob".to_owned()),
        last_name: Some("Ross".to_owned()),
        locale: Some("en_US".to_owned()),
        country: Some("US".to_owned()),
        currency: Some("USD".to_owned()),
    };
    let now = app.usher.stack.config.clock.now();
    customers.register(&publisher, &email, &profile, now).await.unwrap();
    app.jwt = sign_in(&app.usher, "bob@example.com").await["jwt"].as_str().unwrap().to_owned();
    app.ann = jwt::customer(&app.jwt);
    insta::assert_snapshot!("profile_that_is_filled_in", shown(app.get("/customers/{ann}").await));
}

#[tokio::test]
async fn the_contract_of_what_pages_ask_beside_it() {
    let app = App::start().await;
    insta::assert_snapshot!("consents", shown(app.get("/customers/{ann}/consents").await));
    let capture = app.get("/customers/{ann}/capture/status").await;
    insta::assert_snapshot!("capture_status", shown(capture));
    let locales = app.usher.request(Method::GET, "/locales?customerIP=192.0.2.7", &[], "").await;
    insta::assert_snapshot!("locales", shown(locales));
}

#[tokio::test]
async fn a_profile_is_not_changed_here() {
    let app = App::start().await;
    let change = json!({ "firstName": "Anna" }).to_string();
    let answer = app.send(Method::PATCH, "/customers/{ann}", &change).await;
    insta::assert_snapshot!("profile_change", shown(answer));
    assert_eq!(app.data("/customers/{ann}").await["firstName"], Value::from(""));
}

//! Who is answered, and who is not.

use jiff::SignedDuration;
use reqwest::Method;

use super::App;

/// Every route that is about a customer.
const ROUTES: [(&str, &str); 16] = [
    ("GET", "/customers/{ann}"),
    ("GET", "/customers/{ann}/consents"),
    ("GET", "/customers/{ann}/capture/status"),
    ("GET", "/customers/{ann}/offers"),
    ("GET", "/customers/{ann}/subscriptions"),
    ("GET", "/customers/{ann}/payment_details"),
    ("GET", "/customers/{ann}/transactions"),
    ("GET", "/customers/{ann}/subscription_switches"),
    ("GET", "/customers/{ann}/subscription_switches/S123456789_US/availability"),
    ("POST", "/customers/{ann}/subscription_switches/S123456789_US"),
    ("PATCH", "/customers/{ann}"),
    ("PATCH", "/customers/{ann}/subscriptions"),
    ("PATCH", "/customers/{ann}/subscriptions/100000001"),
    ("GET", "/subscription_switches"),
    ("GET", "/subscription_switches/8f4d1c7e-0000-8000-8000-000000000000"),
    ("PATCH", "/subscription_switches/8f4d1c7e-0000-8000-8000-000000000000"),
];

/// The three routes about what is sold, which publishers may ask too.
const OFFERS: [(&str, &str); 3] =
    [("GET", "/offers"), ("GET", "/offers/S123456789_US"), ("GET", "/v2/offers/S123456789_US")];

/// Asks every route, and wants one failure of all.
async fn all_refuse(app: &App, routes: &[(&str, &str)], status: u16, code: &str, message: &str) {
    for (method, path) in routes {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = app.send(method, path, "{}").await;
        let expected = serde_json::json!({ "code": code, "message": message, "errors": [message] });
        assert_eq!((answer.status, answer.json()), (status, expected), "{path}");
    }
}

fn routes() -> Vec<(&'static str, &'static str)> {
    ROUTES.into_iter().chain(OFFERS).collect()
}

#[tokio::test]
async fn who_has_no_token_or_a_wrong_one_is_refused() {
    let mut app = App::start().await;
    app.jwt = String::new();
    all_refuse(&app, &routes(), 401, "AUTH0001", "Missing required JWT").await;
    app.jwt = "wrong".to_owned();
    all_refuse(&app, &routes(), 401, "AUTH0002", "Invalid JWT token").await;
}

#[tokio::test]
async fn a_customer_sees_nobody_else() {
    let mut app = App::start().await;
    let bob = super::sign_in(&app.usher, "bob@example.com").await;
    app.jwt = bob["jwt"].as_str().unwrap().to_owned();
    let of_ann: Vec<_> = ROUTES.into_iter().filter(|(_, path)| path.contains("{ann}")).collect();
    all_refuse(&app, &of_ann, 403, "AUTH0002", "The token is another customer's").await;
}

#[tokio::test]
async fn a_jwt_lives_for_a_quarter_of_an_hour() {
    let app = App::start().await;
    app.usher.later(SignedDuration::from_secs(15 * 60 - 1)).await;
    app.data("/customers/{ann}").await;
    app.usher.later(SignedDuration::from_secs(1)).await;
    all_refuse(&app, &routes(), 401, "AUTH0003", "Expired JWT token").await;
}

#[tokio::test]
async fn revoked_tokens_open_nothing_and_new_ones_do() {
    let mut app = App::start().await;
    let (customers, publisher, ann) = app.customers();
    let now = app.usher.stack.config.clock.now();
    customers.revoke_tokens(&publisher, &ann, now).await.unwrap();
    all_refuse(&app, &routes(), 401, "AUTH0002", "Invalid JWT token").await;

    app.usher.later(SignedDuration::from_secs(1)).await;
    let tokens = super::sign_in(&app.usher, super::ANN).await;
    app.jwt = tokens["jwt"].as_str().unwrap().to_owned();
    app.data("/customers/{ann}").await;
    app.data("/customers/{ann}/offers").await;
}

#[tokio::test]
async fn who_was_erased_is_nobody() {
    let app = App::start().await;
    let (customers, publisher, ann) = app.customers();
    let known = customers.get(&publisher, &ann).await.unwrap().unwrap();
    let now = app.usher.stack.config.clock.now();
    customers.erase(&publisher, &known.customer, now).await.unwrap();
    all_refuse(&app, &routes(), 401, "AUTH0002", "Invalid JWT token").await;
}

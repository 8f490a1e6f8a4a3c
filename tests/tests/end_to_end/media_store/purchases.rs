//! What a customer has.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::json;
use usher_tests::samples::{BASIC_PRODUCT, PREMIUM_PRODUCT, ROKU_CUSTOMER};

use super::{App, shown};

#[tokio::test]
async fn the_contract_of_who_has_nothing() {
    let app = App::start().await;
    insta::assert_snapshot!("no_offers", shown(app.get("/customers/{ann}/offers").await));
    let plans = app.get("/customers/{ann}/subscriptions").await;
    insta::assert_snapshot!("no_subscriptions", shown(plans));
    let details = app.get("/customers/{ann}/payment_details").await;
    insta::assert_snapshot!("no_payment_details", shown(details));
}

#[tokio::test]
async fn the_contract_of_a_plan() {
    let (app, purchase) = App::subscribed(BASIC_PRODUCT).await;
    insta::assert_snapshot!("offers", shown(app.get("/customers/{ann}/offers").await));
    insta::assert_snapshot!(
        "subscriptions",
        shown(app.get("/customers/{ann}/subscriptions").await)
    );
    let details = app.get("/customers/{ann}/payment_details").await;
    insta::assert_snapshot!("payment_details", shown(details));
    let held = &app.data("/customers/{ann}/offers").await["items"][0];
    assert_eq!(held["externalPaymentId"], purchase.as_str());
    let plan = &app.data("/customers/{ann}/subscriptions").await["items"][0];
    assert_eq!(held["subscriptionId"], plan["subscriptionId"]);
}

#[tokio::test]
async fn a_trial_is_active_and_says_that_it_is_one() {
    let app = App::start().await;
    app.buy(BASIC_PRODUCT, true).await;
    for path in ["/customers/{ann}/offers", "/customers/{ann}/subscriptions"] {
        let plan = &app.data(path).await["items"][0];
        assert_eq!((&plan["status"], &plan["inTrial"]), (&json!("active"), &json!(true)), "{path}");
    }
}

#[tokio::test]
async fn a_cancelled_plan_is_listed_to_the_end_of_its_term() {
    let (mut app, purchase) = App::subscribed(BASIC_PRODUCT).await;
    let roku = app.usher.stack.simulator.clone().unwrap();
    roku.cancel(&purchase).await.unwrap();
    insta::assert_snapshot!("offers_cancelled", shown(app.get("/customers/{ann}/offers").await));

    app.usher.later(SignedDuration::from_hours(32 * 24)).await;
    let tokens = super::sign_in(&app.usher, super::ANN).await;
    app.jwt = tokens["jwt"].as_str().unwrap().to_owned();
    assert_eq!(app.data("/customers/{ann}/offers").await["items"], json!([]));
    assert_eq!(app.data("/customers/{ann}/payment_details").await["paymentDetails"], json!([]));
}

#[tokio::test]
async fn a_plan_that_a_lower_one_follows_says_what_is_charged_next() {
    let (app, _) = App::subscribed(PREMIUM_PRODUCT).await;
    let roku = app.usher.stack.simulator.clone().unwrap();
    roku.downgrade(ROKU_CUSTOMER, BASIC_PRODUCT).await.unwrap();
    let plan = &app.data("/customers/{ann}/offers").await["items"][0];
    assert_eq!(plan["offerId"], "S223456789_US");
    assert_eq!(plan["nextPaymentPrice"], 7.99);
    let switch = plan["pendingSwitchId"].as_str().unwrap();
    let switch = app.data(&format!("/subscription_switches/{switch}")).await;
    assert_eq!(switch["toOfferId"], "S123456789_US");
}

#[tokio::test]
async fn what_roku_manages_is_not_changed_here() {
    let (app, _) = App::subscribed(BASIC_PRODUCT).await;
    let plan = app.data("/customers/{ann}/subscriptions").await["items"][0].clone();
    let cancel = json!({ "offerId": "S123456789_US", "status": "cancelled" }).to_string();
    let answer = app.send(Method::PATCH, "/customers/{ann}/subscriptions", &cancel).await;
    insta::assert_snapshot!("cancellation", shown(answer));
    let path = format!("/customers/{{ann}}/subscriptions/{}", plan["subscriptionId"]);
    let answer = app.send(Method::PATCH, &path, r#"{"couponCode":"HALF"}"#).await;
    insta::assert_snapshot!("coupon", shown(answer));
    assert_eq!(app.data("/customers/{ann}/subscriptions").await["items"][0], plan);
}

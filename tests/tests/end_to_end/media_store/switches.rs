//! Changes of plan, which are made on the device and shown here.

use reqwest::Method;
use serde_json::{Value, json};
use usher_tests::samples::{BASIC_PRODUCT, PREMIUM_PRODUCT, ROKU_CUSTOMER};

use super::{App, shown};

/// Ann went up to Premium, and goes down to Basic when the term ends.
async fn up_and_down() -> App {
    let (app, _) = App::subscribed(BASIC_PRODUCT).await;
    let roku = app.usher.stack.simulator.clone().unwrap();
    app.usher.later(jiff::SignedDuration::from_secs(60)).await;
    roku.upgrade(ROKU_CUSTOMER, PREMIUM_PRODUCT).await.unwrap();
    app.usher.later(jiff::SignedDuration::from_secs(60)).await;
    roku.downgrade(ROKU_CUSTOMER, BASIC_PRODUCT).await.unwrap();
    app
}

#[tokio::test]
async fn the_contract_of_switches() {
    let app = up_and_down().await;
    insta::assert_snapshot!("switches", shown(app.get("/subscription_switches").await));
    let pending = app.get("/customers/{ann}/subscription_switches").await;
    insta::assert_snapshot!("switches_pending", shown(pending));
    for switch in app.data("/subscription_switches").await.as_array().unwrap() {
        let path = format!("/subscription_switches/{}", switch["id"].as_str().unwrap());
        assert_eq!(app.data(&path).await, *switch);
        assert_eq!(switch["customerId"], json!(app.ann.parse::<u64>().unwrap()));
    }
    let unknown = app.get("/subscription_switches/8f4d1c7e-0000-8000-8000-000000000000").await;
    insta::assert_snapshot!("switch_unknown", shown(unknown));
}

#[tokio::test]
async fn who_never_switched_has_none() {
    let (app, _) = App::subscribed(BASIC_PRODUCT).await;
    assert_eq!(app.data("/subscription_switches").await, json!([]));
    assert_eq!(app.data("/customers/{ann}/subscription_switches").await, json!([]));
}

#[tokio::test]
async fn no_switch_is_made_or_withdrawn_here() {
    let app = up_and_down().await;
    let before = app.data("/subscription_switches").await;
    let order = json!({ "toOfferId": "S323456789_US", "switchDirection": "upgrade" }).to_string();
    let path = "/customers/{ann}/subscription_switches/S223456789_US";
    let answer = app.send(Method::POST, path, &order).await;
    insta::assert_snapshot!("switch_ordered", shown(answer));
    let id: &Value = &before[0]["id"];
    let path = format!("/subscription_switches/{}", id.as_str().unwrap());
    let answer = app.send(Method::PATCH, &path, r#"{"status":"cancelled"}"#).await;
    insta::assert_snapshot!("switch_withdrawn", shown(answer));
    assert_eq!(app.data("/subscription_switches").await, before);
}

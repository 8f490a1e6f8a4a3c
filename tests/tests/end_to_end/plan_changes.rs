//! What a change of plan costs: before it, as the customer's app may show it, and after it, as Roku
//! charged it.

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use usher_tests::samples::{BASIC_PRODUCT, PREMIUM_PRODUCT, ROKU_CUSTOMER};
use usher_tests::{Usher, jwt};

const ANN: &str = "ann@example.com";

/// A stack in which it is the tenth of January, and Ann has bought a plan.
async fn subscribed(product: &str) -> (Usher, String) {
    let begins_at: Timestamp = "2024-01-10T00:00:00Z".parse().unwrap();
    let usher = Usher::with(|options| options.begins_at = Some(begins_at)).await;
    let roku = usher.stack.simulator.clone().unwrap();
    let (order, _) = roku.buy(ROKU_CUSTOMER, product, false).await.unwrap();
    usher.receipt(ANN, &product.replace('-', "_"), &order.purchase_id).await;
    (usher, order.purchase_id)
}

async fn pass_hours(usher: &Usher, hours: i64) {
    let roku = usher.stack.simulator.clone().unwrap();
    roku.move_clock(roku.clock().now() + SignedDuration::from_hours(hours)).await;
}

async fn availability(usher: &Usher, customer: &str, offer: &str, token: &str) -> String {
    let path = format!("/customers/{customer}/subscription_switches/{offer}/availability");
    let bearer = format!("Bearer {token}");
    let answer = usher.request(Method::GET, &path, &[("authorization", &bearer)], "").await;
    answer.shown()
}

#[tokio::test]
async fn the_contract_of_switch_availability() {
    let (usher, _) = subscribed(BASIC_PRODUCT).await;
    let roku = usher.stack.simulator.clone().unwrap();
    // Half of the month is left.
    pass_hours(&usher, 31 * 12).await;
    let token = usher.customer_token(ANN).await;
    let ann = jwt::customer(&token);
    let ask = |offer: &'static str| availability(&usher, &ann, offer, &token);
    insta::assert_snapshot!("switches_from_basic", ask("S123456789_US").await);
    insta::assert_snapshot!("switches_from_a_plan_not_held", ask("S323456789_US").await);
    insta::assert_snapshot!("switches_from_an_unknown_offer", ask("S999999999_US").await);
    let others = availability(&usher, "100000000", "S123456789_US", &token).await;
    insta::assert_snapshot!("switches_of_another_customer", others);
    let nobody = availability(&usher, &ann, "S123456789_US", "wrong").await;
    insta::assert_snapshot!("switches_with_a_wrong_token", nobody);

    roku.upgrade(ROKU_CUSTOMER, PREMIUM_PRODUCT).await.unwrap();
    roku.downgrade(ROKU_CUSTOMER, BASIC_PRODUCT).await.unwrap();
    insta::assert_snapshot!("switches_while_one_is_pending", ask("S223456789").await);
}

#[tokio::test]
async fn the_quote_is_what_roku_then_charges() {
    let (usher, _) = subscribed(BASIC_PRODUCT).await;
    let roku = usher.stack.simulator.clone().unwrap();
    for (hours, to) in [(31 * 12, PREMIUM_PRODUCT), (1, "S323456789-US")] {
        pass_hours(&usher, hours).await;
        let token = usher.customer_token(ANN).await;
        let current = if to == PREMIUM_PRODUCT { "S123456789_US" } else { "S223456789_US" };
        let shown = availability(&usher, &jwt::customer(&token), current, &token).await;
        let body: Value = serde_json::from_str(shown.split_once('\n').unwrap().1).unwrap();
        let quotes = body["responseData"]["unavailable"].as_array().unwrap();
        let to_offer = to.replace('-', "_");
        let quote = quotes.iter().find(|quote| quote["toOfferId"] == to_offer.as_str()).unwrap();
        let (order, _) = roku.upgrade(ROKU_CUSTOMER, to).await.unwrap();
        assert_eq!(json!(order.total), format!("${:.2}", quote["chargeNow"].as_f64().unwrap()));
    }
}

//! The contract of API 3.1: `GET /3.1/…` with `X-Publisher-Token`.

mod paging;
mod shop;

use reqwest::Method;
use serde_json::{Value, json};
use shop::{Shop, at};
use usher::domain::id::{CustomerId, TransactionId};
use usher::domain::transaction::TransactionNumber;
use usher_tests::samples::{BASIC_PRODUCT, PREMIUM_PRODUCT, Push, ROKU_CUSTOMER, push};
use usher_tests::wire::Wire;

const ANN: &str = "ann@example.com";
const BASIC: &str = "S123456789_US";
const PREMIUM: &str = "S223456789_US";

/// A push of 2026.
fn in_2026(kind: &str, purchase: &str, product: &str, on: &str, ends: &str) -> Push {
    let [on, ends] = [on, ends].map(|day| at(&format!("2026-{day}T00:00:00Z")));
    push(kind, purchase, product).with("transactionId", purchase).at(on, ends)
}

/// Ann bought Basic, was renewed once, moved up to Premium, and ordered the way down again. On
/// another Roku account she has a pass.
async fn anns_year(shop: &Shop, ann: &CustomerId) {
    let pushes = [
        in_2026("Sale", "basic-1", BASIC_PRODUCT, "01-10", "02-10"),
        in_2026("Sale", "basic-1", BASIC_PRODUCT, "02-10", "03-10")
            .with("transactionId", "basic-2"),
        in_2026("UpgradeSale", "premium-1", PREMIUM_PRODUCT, "02-20", "03-20"),
        in_2026("UpgradeCancellation", "basic-1", BASIC_PRODUCT, "02-20", "03-10"),
        in_2026("DowngradeSale", "lower-1", BASIC_PRODUCT, "03-01", "03-20"),
        in_2026("DowngradeCancellation", "premium-1", PREMIUM_PRODUCT, "03-01", "03-20"),
        in_2026("Sale", "pass-1", "P123456789-US", "02-01", "02-01")
            .without("expirationDate")
            .with("customerId", "anns-second-device"),
    ];
    for (index, push) in pushes.iter().enumerate() {
        shop.told(&format!("ann-{index}"), push).await;
    }
    shop.link(ROKU_CUSTOMER, ann).await;
    shop.link("annsseconddevice", ann).await;
}

/// Ben has Basic and will not be charged again; nobody showed a receipt of the third account.
async fn others(shop: &Shop, ben: &CustomerId) {
    let bens = |push: Push| push.with("customerId", "bens-device").without("originalPurchaseDate");
    let sale = bens(in_2026("Sale", "bens-1", BASIC_PRODUCT, "02-15", "03-15"));
    let end = bens(in_2026("Cancellation", "bens-1", BASIC_PRODUCT, "02-25", "03-15"));
    let unheld = in_2026("Sale", "unheld-1", BASIC_PRODUCT, "02-16", "03-16");
    shop.told("ben-0", &sale).await;
    shop.told("ben-1", &end).await;
    shop.told("unheld", &unheld.with("customerId", "nobodys-device")).await;
    shop.link("bensdevice", ben).await;
}

async fn open_shop() -> (Shop, CustomerId, CustomerId) {
    let shop = Shop::open().await;
    let (ann, ben) = (shop.register(ANN).await, shop.register("ben@example.com").await);
    anns_year(&shop, &ann).await;
    others(&shop, &ben).await;
    (shop, ann, ben)
}

/// The external ids of the subscriptions that a query finds.
async fn ids(shop: &Shop, query: &str) -> Vec<String> {
    let found = shop.found(&format!("/3.1/subscriptions?{query}")).await;
    let data = found["data"].as_array().unwrap().clone();
    let ids = data.iter().map(|one| one["subscriptionExternalId"].as_str().unwrap().to_owned());
    ids.collect()
}

#[tokio::test]
async fn the_contract_of_subscriptions() {
    let (shop, ann, ben) = open_shop().await;
    let shown = async |query: &str| {
        let answer = shop.get(&format!("/3.1/subscriptions?{query}")).await.shown();
        answer.replace(ann.as_str(), "[ann]").replace(ben.as_str(), "[ben]")
    };
    let all = shown(&format!("customerId={ann}")).await;
    insta::assert_snapshot!("subscriptions_of_a_customer", all);
    let part = shown(&format!("customerId={ann}&offset=1&limit=1")).await;
    insta::assert_snapshot!("subscriptions_of_a_customer_in_part", part);
    insta::assert_snapshot!("subscription_by_external_id", shown("externalId=bens-1").await);
    let listed = shown("offerId=S123456789&status=stopped&limit=1").await;
    insta::assert_snapshot!("subscriptions_of_everybody", listed);
}

#[tokio::test]
async fn subscriptions_are_found_by_everything_that_is_said_of_them() {
    let (shop, ann, ben) = open_shop().await;
    let number = TransactionNumber::of(&TransactionId::parse("basic-2").unwrap());
    let cases: [(String, &[&str]); 17] = [
        (format!("customerId={ann}"), &["premium-1", "basic-1"]),
        (format!("customerId={ann}&status[]=active"), &["premium-1"]),
        (format!("customerId={ann}&status=terminated&unknown=1"), &["basic-1"]),
        (
            format!("customerId={ann}&status[0]=active&status[1]=terminated&offerId={BASIC}"),
            &["basic-1"],
        ),
        (format!("customerId={ann}&offset=2"), &[]),
        ("customerId=999999999".to_owned(), &[]),
        ("transactionId=BASIC-2".to_owned(), &["basic-1"]),
        ("transactionId=basic-1&status=active".to_owned(), &[]),
        (format!("transactionId=basic-2&customerId={ben}"), &[]),
        (format!("transactionId={number}&customerId={ann}"), &["basic-1"]),
        (format!("transactionId={number}&customerId={ben}"), &[]),
        ("transactionId=nothing".to_owned(), &[]),
        ("externalId=premium-1".to_owned(), &["premium-1"]),
        // A later charge is no chain's id, and this account is nobody's.
        ("externalId=basic-2".to_owned(), &[]),
        ("externalId=unheld-1".to_owned(), &[]),
        ("status=stopped".to_owned(), &["bens-1"]),
        ("offerId=S999999999".to_owned(), &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(ids(&shop, &query).await, *expected, "{query}");
    }
    let mut everything = ids(&shop, "").await;
    everything.sort_unstable();
    assert_eq!(everything, ["basic-1", "bens-1", "premium-1"]);
}

#[tokio::test]
async fn the_contract_of_entitlements() {
    let (shop, ann, _) = open_shop().await;
    let shown = async |path: &str| {
        shop.get(&format!("/3.1/entitlements{path}")).await.shown().replace(ann.as_str(), "[ann]")
    };
    let path = format!("?customerId={ann}&offerType=SPAR&status=all&offset=0&limit=1000");
    insta::assert_snapshot!("entitlements_of_all_kinds", shown(&path).await);
    insta::assert_snapshot!("entitlements_by_email", shown("?customerEmail=Ann@example.com").await);
    let nobody = shown("?customerEmail=nobody@example.com").await;
    insta::assert_snapshot!("entitlements_of_nobody", nobody);
    let granted = shown(&format!("/customer_id/{ann}/offer_id/{PREMIUM}")).await;
    insta::assert_snapshot!("entitlement_to_an_offer", granted);
    let denied = shown(&format!("/customer_id/{ann}/offer_id/{BASIC}")).await;
    insta::assert_snapshot!("no_entitlement_to_an_offer", denied);
}

#[tokio::test]
async fn entitlements_are_of_the_kinds_and_statuses_that_are_asked_for() {
    let (shop, ann, ben) = open_shop().await;
    let cases: [(String, &[&str]); 8] = [
        // What gives access, of subscriptions and passes, where nothing is said.
        (format!("customerId={ann}"), &[PREMIUM, "P123456789_US"]),
        (format!("customerId={ann}&offerType=S&status=all"), &[PREMIUM, BASIC]),
        (format!("customerId={ann}&offerType=PS&status=active"), &[PREMIUM, "P123456789_US"]),
        (format!("customerId={ann}&offerType=P&status=all"), &["P123456789_US"]),
        (format!("customerId={ann}&offerType=R&status=all"), &[]),
        (format!("customerId={ann}&status=terminated"), &[BASIC]),
        (format!("customerId={ben}&status=cancelled"), &[BASIC]),
        (format!("customerId={ben}&status=active"), &[]),
    ];
    for (query, expected) in cases {
        let found = shop.found(&format!("/3.1/entitlements?{query}")).await;
        let offers = found["items"].as_array().unwrap().iter().map(|one| one["offerId"].clone());
        assert_eq!(Value::from_iter(offers), json!(expected), "{query}");
        assert_eq!(found["totalItemCount"], expected.len(), "{query}");
    }
    for (offer, granted) in [("S223456789", true), ("S123456789", false), ("P123456789_US", true)] {
        let path = format!("/3.1/entitlements/customer_id/{ann}/offer_id/{offer}");
        assert_eq!(shop.found(&path).await["accessGranted"], granted, "{offer}");
    }
}

#[tokio::test]
async fn the_contract_of_customers() {
    let (shop, ann, _) = open_shop().await;
    let shown = shop.get(&format!("/3.1/customers/{ann}")).await.shown();
    insta::assert_snapshot!("customer", shown.replace(ann.as_str(), "[ann]"));
    insta::assert_snapshot!("no_customer", shop.get("/3.1/customers/999999999").await.shown());
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let shop = Shop::open().await;
    let cases = [
        ("subscriptions?customerId=ann", 400),
        ("subscriptions?offerId=S%201", 400),
        ("subscriptions?status=paid", 400),
        ("subscriptions?status[]=active&status[]=paused", 400),
        ("subscriptions?offset=-1", 400),
        ("subscriptions?limit=0", 400),
        ("subscriptions?limit=101", 400),
        ("subscriptions?offset=10001", 400),
        ("subscriptions?cursor=x", 400),
        ("subscriptions?cursor=MA&offset=1", 400),
        ("subscriptions?transactionId=T123456789", 400),
        ("entitlements", 400),
        ("entitlements?customerId=1&limit=0", 400),
        ("entitlements?customerEmail=ann", 400),
        ("entitlements?customerId=1&status=paid", 400),
        ("entitlements?customerId=1&offerType=X", 400),
        ("entitlements/customer_id/ann/offer_id/S123456789_US", 400),
        ("entitlements/customer_id/1/offer_id/S%201", 400),
        ("entitlements/customer_id/1/offer_id/S999999999", 404),
        ("customers/ann", 400),
    ];
    let mut told = String::new();
    for (path, status) in cases {
        let answer = shop.get(&format!("/3.1/{path}")).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        let (body, shown) = (answer.json(), answer.shown());
        assert_eq!((&body["success"], &body["data"]), (&json!(false), &Value::Null), "{shown}");
        assert_eq!(body["errors"], json!([body["message"]]), "{shown}");
        let (code, message) = (body["code"].as_str().unwrap(), body["message"].as_str().unwrap());
        told.push_str(&format!("{path}\n    {status} {code} {message}\n"));
    }
    insta::assert_snapshot!("what_is_wrong", told);
}

#[tokio::test]
async fn nobody_is_answered_without_a_publishers_token() {
    let shop = Shop::open().await;
    for path in ["subscriptions", "entitlements?customerId=1", "customers/1"] {
        let path = format!("/3.1/{path}");
        let missing = shop.usher.request(Method::GET, &path, &[], "").await;
        let wrong = shop.get_as("wrong", &path).await;
        assert_eq!((missing.status, &missing.json()["code"]), (401, &json!("AUTH0001")), "{path}");
        assert_eq!((wrong.status, &wrong.json()["code"]), (401, &json!("AUTH0002")), "{path}");
    }
    let missing = shop.usher.request(Method::GET, "/3.1/subscriptions", &[], "").await;
    insta::assert_snapshot!("without_a_token", missing.shown());
}

#[tokio::test]
async fn another_publisher_sees_nothing() {
    let (shop, ann, _) = open_shop().await;
    let token = shop.other_publishers_token().await;
    for query in
        ["", "offerId=S123456789", "externalId=basic-1", "transactionId=basic-2", "cursor=MA"]
    {
        let found = shop.get_as(&token, &format!("/3.1/subscriptions?{query}")).await.json();
        assert_eq!((&found["success"], &found["data"]), (&json!(true), &json!([])), "{query}");
        assert_eq!(found["nextCursor"], Value::Null, "{query}");
    }
    let found = shop.get_as(&token, &format!("/3.1/subscriptions?customerId={ann}")).await.json();
    assert_eq!((&found["data"], &found["totalItemCount"]), (&json!([]), &json!(0)));
    for query in [format!("customerId={ann}"), format!("customerEmail={ANN}")] {
        let path = format!("/3.1/entitlements?status=all&{query}");
        assert_eq!(shop.get_as(&token, &path).await.json()["items"], json!([]), "{query}");
    }
    let path = format!("/3.1/entitlements/customer_id/{ann}/offer_id/{PREMIUM}");
    assert_eq!(shop.get_as(&token, &path).await.json()["accessGranted"], false);
    assert_eq!(shop.get_as(&token, &format!("/3.1/customers/{ann}")).await.status, 404);
}

#[tokio::test]
async fn what_a_customer_has_is_one_query_of_the_index() {
    let (mut shop, ann, _) = open_shop().await;
    let (wire, gateway) = Wire::in_front_of(&shop.usher.stack).await;
    shop.usher.gateway = gateway;
    shop.found(&format!("/3.1/customers/{ann}")).await;
    for path in [
        format!("subscriptions?customerId={ann}&status=active"),
        format!("entitlements?customerId={ann}"),
        format!("entitlements/customer_id/{ann}/offer_id/{PREMIUM}"),
    ] {
        wire.mend();
        shop.found(&format!("/3.1/{path}")).await;
        let seen = wire.seen();
        assert_eq!(seen.len(), 1, "{path}: {seen:#?}");
        assert_eq!(seen[0].operation, "Query", "{path}");
        assert_eq!(seen[0].request["IndexName"], "by_customer", "{path}");
        assert!(seen[0].read_units <= 1.0, "{path}: {}", seen[0].read_units);
    }
}

#[tokio::test]
async fn where_the_table_is_out_of_reach_one_is_told_to_come_again() {
    let (mut shop, ann, _) = open_shop().await;
    let (wire, gateway) = Wire::in_front_of(&shop.usher.stack).await;
    shop.usher.gateway = gateway;
    wire.arm(0, usher_tests::wire::Fault::LostOnTheWay);
    let answer = shop.get(&format!("/3.1/subscriptions?customerId={ann}")).await;
    assert_eq!((answer.status, &answer.json()["code"]), (503, &json!("S0001")));
}

//! What a customer was charged.

use jiff::SignedDuration;
use serde_json::{Value, json};
use usher_tests::samples::BASIC_PRODUCT;

use super::{App, shown, sign_in};

#[tokio::test]
async fn the_contract_of_transactions() {
    let (app, purchase) = App::subscribed(BASIC_PRODUCT).await;
    let listed = app.get("/customers/{ann}/transactions?limit=50&offset=0").await;
    insta::assert_snapshot!("transactions", shown(listed));
    let plan = &app.data("/customers/{ann}/offers").await["items"][0];
    let charge = &app.data("/customers/{ann}/transactions").await["items"][0];
    assert_eq!(charge["targetId"], plan["subscriptionId"]);
    assert_eq!(charge["transactionExternalData"], purchase.replace('-', "").as_str());
    for query in ["limit=x", "offset=-1"] {
        let refused = app.get(&format!("/customers/{{ann}}/transactions?{query}")).await;
        insta::assert_snapshot!(format!("transactions_{}", &query[..5]), shown(refused));
    }
}

#[tokio::test]
async fn pages_go_from_the_newest_charge_to_the_oldest() {
    let (mut app, _) = App::subscribed(BASIC_PRODUCT).await;
    app.usher.later(SignedDuration::from_hours(70 * 24)).await;
    app.jwt = sign_in(&app.usher, super::ANN).await["jwt"].as_str().unwrap().to_owned();
    let dates = |page: &Value| -> Vec<i64> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|charge| charge["transactionDate"].as_i64().unwrap()).collect()
    };
    let all = app.data("/customers/{ann}/transactions").await;
    let [newest, middle, oldest] = dates(&all).try_into().unwrap();
    assert!(newest > middle && middle > oldest, "{all}");

    let first = app.data("/customers/{ann}/transactions?limit=2").await;
    assert_eq!(dates(&first), [newest, middle]);
    let second = app.data("/customers/{ann}/transactions?limit=2&offset=2").await;
    assert_eq!((dates(&second), &second["totalItemCount"]), (vec![oldest], &json!(3)));
    let beyond = app.data("/customers/{ann}/transactions?offset=9").await;
    assert!(dates(&beyond).is_empty(), "{beyond}");
}

#[tokio::test]
async fn what_no_offer_stands_for_was_paid_all_the_same() {
    let app = App::start().await;
    app.buy("S323456789-US", false).await;
    let mut less = app.usher.stack.publisher.clone();
    let offers = less.catalog.offers()[..2].to_vec();
    less.catalog = usher::domain::catalog::Catalog::new(offers).unwrap();
    let publishers = usher::store::publishers::Publishers::new(&app.usher.stack.config.table);
    publishers.save(&less).await.unwrap();
    let mut app = app;
    app.usher.start_functions_anew().await;
    let charges = app.data("/customers/{ann}/transactions").await;
    assert_eq!(charges["items"][0]["offerTitle"], "S323456789-US");
    assert_eq!(charges["items"][0]["offerId"], "");
    assert_eq!(app.data("/customers/{ann}/offers").await["items"], json!([]));
}

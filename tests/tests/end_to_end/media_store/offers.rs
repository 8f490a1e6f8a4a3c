//! What a publisher sells.

use reqwest::Method;
use serde_json::Value;

use super::{App, shown};

#[tokio::test]
async fn the_contract_of_offers() {
    let app = App::start().await;
    insta::assert_snapshot!("offers_sold", shown(app.get("/offers?pageLimit=100").await));
    insta::assert_snapshot!("offer", shown(app.get("/offers/S123456789_US").await));
    insta::assert_snapshot!("offer_v2", shown(app.get("/v2/offers/S323456789_US").await));
    insta::assert_snapshot!("offer_unknown", shown(app.get("/offers/S999999999_US").await));
    insta::assert_snapshot!("offer_v2_unknown", shown(app.get("/v2/offers/a%20b").await));
}

#[tokio::test]
async fn an_id_without_country_names_the_offer_too() {
    let app = App::start().await;
    assert_eq!(app.data("/v2/offers/S123456789").await["longId"], "S123456789_US");
    assert_eq!(app.data("/offers/S123456789").await["offerId"], "S123456789_US");
}

#[tokio::test]
async fn a_publisher_is_told_of_its_own_offers_without_a_customer() {
    let app = App::start().await;
    let get = |path: &'static str, token: String| {
        let usher = &app.usher;
        async move {
            let headers = [("x-publisher-token", token.as_str())];
            usher.request(Method::GET, path, &headers, "").await
        }
    };
    for path in ["/offers", "/offers/S123456789_US", "/v2/offers/S123456789_US"] {
        let answer = get(path, app.usher.token().to_owned()).await;
        assert_eq!((answer.status, answer.json()), (200, app.get(path).await.json()), "{path}");
        let refused = get(path, "wrong".to_owned()).await;
        let why = Value::from("Invalid X-Publisher-Token");
        assert_eq!((refused.status, &refused.json()["errors"][0]), (401, &why), "{path}");
    }
}

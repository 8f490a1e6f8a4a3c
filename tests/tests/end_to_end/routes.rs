//! The gateway answers the routes of `template.yaml`, and those alone.

use reqwest::Method;
use usher_cli::template::Template;
use usher_tests::Usher;

/// What the API promises (`cleeng-api.md`); the template must say the same.
const ROUTES: [(&str, &str); 11] = [
    ("POST", "/roku/push-notification/{publisherId}"),
    ("POST", "/roku/payment"),
    ("GET", "/roku/payment/{purchaseId}"),
    ("POST", "/3.0/json-rpc"),
    ("POST", "/api/3.0/json-rpc"),
    ("GET", "/entitlements/{offerId}"),
    ("GET", "/customers/{customerId}/subscription_switches/{offerId}/availability"),
    ("GET", "/3.1/entitlements"),
    ("GET", "/3.1/entitlements/customer_id/{customerId}/offer_id/{offerId}"),
    ("GET", "/3.1/subscriptions"),
    ("GET", "/3.1/customers/{customerId}"),
];

#[test]
fn the_template_has_the_routes_of_the_api() {
    let routes = Template::built_in().unwrap().routes().unwrap();
    let mut found: Vec<_> =
        routes.iter().map(|route| (route.method.as_str(), route.path.as_str())).collect();
    let mut promised = ROUTES.to_vec();
    found.sort_unstable();
    promised.sort_unstable();
    assert_eq!(found, promised);
}

#[tokio::test]
async fn every_route_of_the_template_is_answered_by_its_function() {
    let usher = Usher::start().await;
    for route in Template::built_in().unwrap().routes().unwrap() {
        let path = route.path.replace("{publisherId}", "123456789").replace(['{', '}'], "");
        let method = Method::from_bytes(route.method.as_str().as_bytes()).unwrap();
        let answer = usher.request(method, &path, &[], "").await;
        let gateways_own = serde_json::json!({ "message": "Not Found" });
        assert_ne!(answer.json(), gateways_own, "{} {}", route.method, route.path);
    }
}

#[tokio::test]
async fn nothing_else_is_answered() {
    let usher = Usher::start().await;
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/roku/payment"),
        (Method::PUT, "/roku/payment"),
        (Method::DELETE, "/3.0/json-rpc"),
        (Method::POST, "/entitlements/S123456789_US"),
        (Method::POST, "/roku/push-notification"),
        (Method::POST, "/roku/push-notification/1/2"),
        (Method::GET, "/3.1/json-rpc"),
        (Method::POST, "/3.1/subscriptions"),
        (Method::GET, "/3.1/subscriptions/100000001"),
        (Method::GET, "/3.1/customers"),
    ] {
        let answer = usher.request(method.clone(), path, &[], "").await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (404, r#"{"message":"Not Found"}"#),
            "{method} {path}"
        );
    }
}

//! The gateway answers the routes of `template.yaml`; what it has none for, a function does.

use reqwest::Method;
use serde_json::json;
use usher_cli::template::Template;
use usher_tests::Usher;

/// What the API promises (`cleeng-api.md`); the template must say the same.
const ROUTES: [(&str, &str); 35] = [
    ("POST", "/roku/push-notification/{publisherId}"),
    ("POST", "/roku/payment"),
    ("GET", "/roku/payment/{purchaseId}"),
    ("POST", "/3.0/json-rpc"),
    ("POST", "/api/3.0/json-rpc"),
    ("GET", "/entitlements/{offerId}"),
    ("GET", "/customers/{customerId}"),
    ("PATCH", "/customers/{customerId}"),
    ("GET", "/customers/{customerId}/offers"),
    ("GET", "/customers/{customerId}/subscriptions"),
    ("PATCH", "/customers/{customerId}/subscriptions"),
    ("PATCH", "/customers/{customerId}/subscriptions/{subscriptionId}"),
    ("GET", "/customers/{customerId}/transactions"),
    ("GET", "/customers/{customerId}/payment_details"),
    ("GET", "/customers/{customerId}/consents"),
    ("GET", "/customers/{customerId}/capture/status"),
    ("GET", "/customers/{customerId}/subscription_switches"),
    ("GET", "/customers/{customerId}/subscription_switches/{offerId}/availability"),
    ("GET", "/3.1/entitlements"),
    ("GET", "/3.1/entitlements/customer_id/{customerId}/offer_id/{offerId}"),
    ("GET", "/3.1/subscriptions"),
    ("GET", "/3.1/customers/{customerId}"),
    ("POST", "/customers/{customerId}/subscription_switches/{offerId}"),
    ("GET", "/subscription_switches"),
    ("GET", "/subscription_switches/{switchId}"),
    ("PATCH", "/subscription_switches/{switchId}"),
    ("GET", "/offers"),
    ("GET", "/offers/{offerId}"),
    ("GET", "/v2/offers/{offerId}"),
    ("GET", "/locales"),
    ("POST", "/sso/auths"),
    ("POST", "/auths/refresh_token"),
    ("POST", "/auths"),
    ("POST", "/customers"),
    ("GET", "/.well-known/jwks.json"),
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
        assert_ne!(answer.json(), nothing_there(), "{} {}", route.method, route.path);
    }
}

#[tokio::test]
async fn nothing_else_is_found_and_clients_can_read_that() {
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
        (Method::DELETE, "/customers/100000001"),
        (Method::PUT, "/customers/100000001/consents"),
        (Method::GET, "/offers/S123456789_US/customers/ann@example.com"),
    ] {
        let answer = usher.request(method.clone(), path, &[], "").await;
        assert_eq!((answer.status, answer.json()), (404, nothing_there()), "{method} {path}");
    }
}

/// The answer to what is not there, in the envelope of the MediaStore API (§10.2).
fn nothing_there() -> serde_json::Value {
    json!({ "code": "REQ0003", "message": "Not found", "errors": ["Not found"] })
}

//! Web pages, whose browsers ask first (`cleeng-api.md` §10.7).

use reqwest::{Method, Response, StatusCode};
use usher_tests::Usher;

const SHOP: &str = "https://www.example.com";

async fn usher_for(origins: &[&str]) -> Usher {
    let origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
    Usher::with(|options| options.cors_origins = origins).await
}

async fn call(usher: &Usher, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client.request(method, format!("{}{path}", usher.gateway));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

/// The question of a browser before a page's call.
async fn preflight(usher: &Usher, origin: &str) -> Response {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "PATCH"),
        ("access-control-request-headers", "authorization,content-type,x-requested-by"),
    ];
    call(usher, Method::OPTIONS, "/customers/1/subscriptions", &headers).await
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

#[tokio::test]
async fn a_page_of_the_publishers_may_send_what_the_sdk_sends() {
    let usher = usher_for(&["http://localhost:3000", SHOP]).await;
    let answer = preflight(&usher, SHOP).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    assert_eq!(header(&answer, "access-control-allow-origin"), SHOP);
    let headers = header(&answer, "access-control-allow-headers");
    assert_eq!(headers, "authorization,content-type,x-requested-by");
    let methods = header(&answer, "access-control-allow-methods");
    assert_eq!(methods, "GET,POST,PUT,PATCH,DELETE,OPTIONS");
    assert_eq!(header(&answer, "access-control-max-age"), "7200");
}

#[tokio::test]
async fn a_page_reads_answers_and_refusals_alike() {
    let usher = usher_for(&[SHOP]).await;
    for (path, status) in [("/locales", 200), ("/customers/1", 401), ("/nothing", 404)] {
        let answer = call(&usher, Method::GET, path, &[("origin", SHOP)]).await;
        assert_eq!(answer.status().as_u16(), status, "{path}");
        assert_eq!(header(&answer, "access-control-allow-origin"), SHOP, "{path}");
    }
}

#[tokio::test]
async fn other_pages_are_not_let_in() {
    for origins in [&[SHOP][..], &[]] {
        let usher = usher_for(origins).await;
        let answer = preflight(&usher, "https://elsewhere.example").await;
        assert_eq!(header(&answer, "access-control-allow-origin"), "", "{origins:?}");
        let headers = [("origin", "https://elsewhere.example")];
        let answer = call(&usher, Method::GET, "/locales", &headers).await;
        assert_eq!(header(&answer, "access-control-allow-origin"), "", "{origins:?}");
    }
}

#[tokio::test]
async fn on_a_laptop_every_page_may_be_let_in() {
    let answer = preflight(&usher_for(&["*"]).await, "http://localhost:5173").await;
    assert_eq!(header(&answer, "access-control-allow-origin"), "*");
}

//! The contract of the JSON-RPC methods: what each answers, and each of its errors. That of
//! `getAccessStatus`, `getAccessibleTags` and of the transport stands in `access.rs`.

use jiff::SignedDuration;
use serde_json::{Value, json};
use usher::domain::email::Email;
use usher::domain::id::{CustomerId, PublisherId};
use usher::store::customers::Customers;
use usher::store::publisher_tokens::PublisherTokens;
use usher::store::publishers::Publishers;
use usher_tests::Usher;
use usher_tests::samples::{BASIC_PRODUCT, ROKU_CUSTOMER};

const ANN: &str = "ann@example.com";
const BEN: &str = "ben@example.com";
const NOBODY: &str = "nobody@example.com";
const BASIC: &str = "S123456789_US";
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Ann has Basic; the purchase.
async fn subscribed() -> (Usher, String) {
    let usher = Usher::start().await;
    let simulator = usher.stack.simulator.clone().unwrap();
    let (order, _) = simulator.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    usher.receipt(ANN, BASIC, &order.purchase_id).await;
    (usher, order.purchase_id)
}

fn publisher() -> PublisherId {
    PublisherId::parse("123456789").unwrap()
}

fn customers(usher: &Usher) -> Customers {
    Customers::new(&usher.stack.config.table)
}

async fn id_of(usher: &Usher, email: &str) -> CustomerId {
    let email = Email::parse(email).unwrap();
    customers(usher).find(&publisher(), &email).await.unwrap().unwrap()
}

/// A token of another publisher, with the demo's catalog if it sells anything.
async fn other_publisher(usher: &Usher, sells: bool) -> String {
    let table = &usher.stack.config.table;
    let id = PublisherId::parse("987654321").unwrap();
    if sells {
        let demo = usher_cli::catalog_file::demo().unwrap();
        let other = usher::domain::publisher::Publisher { id: id.clone(), ..demo };
        Publishers::new(table).save(&other).await.unwrap();
    }
    let issued = PublisherTokens::new(table).issue(&id).await.unwrap();
    secrecy::ExposeSecret::expose_secret(&issued).to_owned()
}

/// An answer as a snapshot shows it, with the type of what is another each time.
fn shown(mut answer: Value) -> String {
    const DRAWN: [&str; 7] = [
        "token",
        "id",
        "subscriptionId",
        "externalPaymentId",
        "startedAt",
        "expiresAt",
        "nextPaymentAt",
    ];
    fn hide(value: &mut Value) {
        match value {
            Value::Array(list) => list.iter_mut().for_each(hide),
            Value::Object(map) => {
                for (name, value) in map {
                    match value {
                        Value::String(text) if DRAWN.contains(&name.as_str()) => {
                            if !text.starts_with('S') {
                                *text = "[text]".to_owned();
                            }
                        }
                        Value::Number(_) if DRAWN.contains(&name.as_str()) => {
                            *value = json!("[number]");
                        }
                        value => hide(value),
                    }
                }
            }
            _ => {}
        }
    }
    assert_eq!(answer["id"], "1", "the id is echoed, as text");
    hide(&mut answer["result"]);
    format!("{answer:#}")
}

macro_rules! answers {
    ($usher:expr, $name:literal, $method:literal, $params:tt) => {
        insta::assert_snapshot!($name, shown($usher.rpc($method, json!($params)).await))
    };
}

#[tokio::test]
async fn the_contract_of_access_for_a_device() {
    let (usher, _) = subscribed().await;
    let token = usher.customer_token(ANN).await;
    answers!(usher, "device_granted", "getAccessStatusForDevice",
        { "customerToken": token, "offerId": BASIC, "deviceId": "tv", "deviceType": "roku" });
    answers!(usher, "device_denied", "getAccessStatusForDevice",
        { "customerToken": token, "offerId": "S223456789_US", "deviceId": "tv",
          "deviceType": "roku" });
    answers!(usher, "device_without_its_id", "getAccessStatusForDevice",
        { "customerToken": token, "offerId": BASIC, "deviceId": "", "deviceType": "roku" });
    answers!(usher, "device_and_an_unknown_offer", "getAccessStatusForDevice",
        { "customerToken": token, "offerId": "S999999999_US", "deviceId": "tv" });
    answers!(usher, "device_with_a_wrong_token", "getAccessStatusForDevice",
        { "customerToken": "wrong", "offerId": BASIC, "deviceId": "tv", "deviceType": "roku" });
    let params = json!({ "customerToken": token, "offerId": "S123456789", "deviceId": 17 });
    let answer = usher.rpc("getAccessStatusForDevice", params).await;
    assert_eq!(
        answer["result"]["accessGranted"], true,
        "ids are numbers too; types may be missing"
    );
}

#[tokio::test]
async fn the_contract_of_register_customer() {
    let usher = Usher::start().await;
    let key = usher.token();
    answers!(usher, "registered", "registerCustomer", {
        "publisherToken": key,
        "customerData": {
            "email": " Ann@Example.com ", "password": "secret", "locale": "en_US", "country": "US",
            "currency": "USD", "externalId": 4711, "registrationDate": "1451606400",
        },
    });
    answers!(usher, "customer_as_registered", "getCustomer",
        { "customerToken": usher.customer_token(ANN).await });
    answers!(usher, "registered_with_an_address_alone", "registerCustomer",
        { "publisherToken": key, "customerData": { "email": BEN } });
    answers!(usher, "customer_with_an_address_alone", "getCustomer",
        { "customerToken": usher.customer_token(BEN).await });
    answers!(usher, "register_an_e_mail_again", "registerCustomer",
        { "publisherToken": key, "customerData": { "email": ANN } });
    answers!(usher, "register_an_external_id_again", "registerCustomer",
        { "publisherToken": key, "customerData": { "email": NOBODY, "externalId": "4711" } });
    answers!(usher, "register_nobody", "registerCustomer", { "publisherToken": key });
    answers!(usher, "register_no_e_mail", "registerCustomer",
        { "publisherToken": key, "customerData": { "locale": "en_US" } });
    answers!(usher, "register_a_wrong_e_mail", "registerCustomer",
        { "publisherToken": key, "customerData": { "email": "ann" } });
    answers!(usher, "register_too_long_a_name", "registerCustomer",
        { "publisherToken": key,
          "customerData": { "email": NOBODY, "firstName": "x".repeat(300) } });
    answers!(usher, "register_in_the_future", "registerCustomer",
        { "publisherToken": key,
          "customerData": { "email": NOBODY, "registrationDate": 99999999999_i64 } });
    answers!(usher, "register_with_a_wrong_publisher_token", "registerCustomer",
        { "publisherToken": "wrong", "customerData": { "email": NOBODY } });
    for empty in [json!([]), json!({}), json!(null)] {
        let params = json!({ "publisherToken": key, "customerData": empty });
        let answer = usher.rpc("registerCustomer", params).await;
        assert_eq!(answer["error"]["message"], "customerData is missing", "{empty}");
    }
}

#[tokio::test]
async fn a_registered_customers_token_is_one() {
    let usher = Usher::start().await;
    let params = json!({ "publisherToken": usher.token(), "customerData": { "email": ANN } });
    let token = usher.rpc("registerCustomer", params).await["result"]["token"].clone();
    let params = json!({ "customerToken": token, "offerId": BASIC });
    let answer = usher.rpc("getAccessStatus", params).await;
    assert_eq!(answer["result"]["accessGranted"], false, "{answer}");
}

#[tokio::test]
async fn the_contract_of_a_customers_address() {
    let (usher, _) = subscribed().await;
    let key = usher.token();
    let token = usher.customer_token(ANN).await;
    let other = other_publisher(&usher, false).await;
    answers!(usher, "customer_with_a_wrong_token", "getCustomer", { "customerToken": "wrong" });
    answers!(usher, "email", "getCustomerEmail", { "publisherToken": key, "customerToken": token });
    answers!(usher, "email_with_a_wrong_customer_token", "getCustomerEmail",
        { "publisherToken": key, "customerToken": "" });
    answers!(usher, "email_with_a_wrong_publisher_token", "getCustomerEmail",
        { "publisherToken": "wrong", "customerToken": token });
    answers!(usher, "email_of_anothers_customer", "getCustomerEmail",
        { "publisherToken": other, "customerToken": token });

    let params = json!({ "publisherToken": key, "customerData": { "email": BEN } });
    usher.rpc("registerCustomer", params).await;
    answers!(usher, "email_changed_to_anothers", "updateCustomerEmail",
        { "publisherToken": key, "customerEmail": ANN, "newEmail": BEN });
    answers!(usher, "email_changed", "updateCustomerEmail",
        { "publisherToken": key, "customerEmail": ANN, "newEmail": "Anna@example.com" });
    answers!(usher, "email_changed_of_nobody", "updateCustomerEmail",
        { "publisherToken": key, "customerEmail": ANN, "newEmail": NOBODY });
    answers!(usher, "email_changed_to_nothing", "updateCustomerEmail",
        { "publisherToken": key, "customerEmail": BEN });
    answers!(usher, "email_changed_to_a_wrong_one", "updateCustomerEmail",
        { "publisherToken": key, "customerEmail": BEN, "newEmail": "ben" });
    answers!(usher, "email_changed_without_the_old_one", "updateCustomerEmail",
        { "publisherToken": key, "newEmail": NOBODY });
    answers!(usher, "email_changed_with_a_wrong_publisher_token", "updateCustomerEmail",
        { "publisherToken": "wrong", "customerEmail": BEN, "newEmail": NOBODY });

    let params = json!({ "publisherToken": key, "customerToken": token });
    let answer = usher.rpc("getCustomerEmail", params).await;
    assert_eq!(answer["result"]["email"], "anna@example.com", "the old token is good");
    assert!(usher.may_watch("anna@example.com", BASIC).await);
}

#[tokio::test]
async fn the_contract_of_subscriptions() {
    let (usher, purchase) = subscribed().await;
    let key = usher.token();
    let list = "listCustomerSubscriptions";
    answers!(usher, "subscriptions_active", "listCustomerSubscriptions",
        { "publisherToken": key, "customerEmail": ANN, "offset": "0", "limit": "10" });
    answers!(usher, "subscriptions_beyond_the_last", "listCustomerSubscriptions",
        { "publisherToken": key, "customerEmail": ANN, "offset": 1, "limit": 10 });
    answers!(usher, "subscriptions_of_nobody", "listCustomerSubscriptions",
        { "publisherToken": key, "customerEmail": NOBODY, "offset": 0, "limit": 10 });
    answers!(usher, "subscriptions_without_e_mail", "listCustomerSubscriptions",
        { "publisherToken": key, "offset": 0, "limit": 10 });
    answers!(usher, "subscriptions_with_a_wrong_publisher_token", "listCustomerSubscriptions",
        { "publisherToken": "wrong", "customerEmail": ANN, "offset": 0, "limit": 10 });
    answers!(usher, "subscriptions_beyond_the_limit", "listCustomerSubscriptions",
        { "publisherToken": key, "customerEmail": ANN, "limit": 101 });
    for (name, value) in [
        ("offset", json!(-1)),
        ("offset", json!("x")),
        ("offset", json!(0.5)),
        ("limit", json!(0)),
        ("limit", json!([])),
    ] {
        let params = json!({ "publisherToken": key, "customerEmail": ANN, name: value });
        let answer = usher.rpc(list, params).await;
        assert_eq!(answer["error"]["code"], 11, "{name} {value}: {answer}");
    }

    let simulator = usher.stack.simulator.clone().unwrap();
    simulator.cancel(&purchase).await.unwrap();
    answers!(usher, "subscriptions_cancelled", "listCustomerSubscriptions",
        { "publisherToken": key, "customerEmail": ANN });
    usher.later(DAY * 40).await;
    answers!(usher, "subscriptions_expired", "listCustomerSubscriptions",
        { "publisherToken": key, "customerEmail": ANN });
}

#[tokio::test]
async fn subscriptions_come_in_pages() {
    let (usher, _) = subscribed().await;
    let simulator = usher.stack.simulator.clone().unwrap();
    for account in ["second", "third"] {
        usher.later(SignedDuration::from_secs(5)).await;
        let (order, _) = simulator.buy(account, BASIC_PRODUCT, false).await.unwrap();
        usher.receipt(ANN, BASIC, &order.purchase_id).await;
    }
    let mut listed = Vec::new();
    for offset in 0..3 {
        let page = json!({ "offset": offset, "limit": 1, "customerEmail": ANN });
        let mut params = json!({ "publisherToken": usher.token() });
        params.as_object_mut().unwrap().extend(page.as_object().unwrap().clone());
        let result = usher.rpc("listCustomerSubscriptions", params).await["result"].clone();
        assert_eq!(result["totalItemCount"], 3);
        assert_eq!(result["items"].as_array().map(Vec::len), Some(1), "{result}");
        listed.push(result["items"][0]["startedAt"].as_i64().unwrap());
    }
    assert!(listed.is_sorted_by(|newer, older| newer > older), "{listed:?}");
}

#[tokio::test]
async fn the_contract_of_an_offer() {
    let usher = Usher::start().await;
    answers!(usher, "offer", "getSubscriptionOffer", { "offerId": BASIC });
    answers!(usher, "offer_unknown", "getSubscriptionOffer", { "offerId": "S999999999_US" });
    answers!(usher, "offer_missing", "getSubscriptionOffer", {});
    answers!(usher, "offer_with_a_wrong_publisher_token", "getSubscriptionOffer",
        { "offerId": BASIC, "publisherToken": "wrong" });
    let of = async |params: Value| usher.rpc("getSubscriptionOffer", params).await;
    let any_country = of(json!({ "offerId": "S123456789" })).await;
    assert_eq!(any_country["result"]["id"], BASIC, "{any_country}");
    assert_eq!(of(json!({ "offerId": "S123456789_DE" })).await["error"]["code"], 4);

    let other = other_publisher(&usher, true).await;
    answers!(usher, "offer_of_several_publishers", "getSubscriptionOffer", { "offerId": BASIC });
    for token in [usher.token(), &other] {
        let answer = of(json!({ "offerId": BASIC, "publisherToken": token })).await;
        assert_eq!(answer["result"]["title"], "Basic monthly", "{answer}");
    }
}

#[tokio::test]
async fn an_offer_that_is_withdrawn_is_not_found_any_more() {
    let usher = Usher::start().await;
    let demo = usher_cli::catalog_file::demo().unwrap();
    let left = demo.catalog.offers()[1..].to_vec();
    let catalog = usher::domain::catalog::Catalog::new(left).unwrap();
    let publishers = Publishers::new(&usher.stack.config.table);
    publishers.save(&usher::domain::publisher::Publisher { catalog, ..demo }).await.unwrap();
    let answer = usher.rpc("getSubscriptionOffer", json!({ "offerId": BASIC })).await;
    assert_eq!(answer["error"]["code"], 4, "{answer}");
    let answer = usher.rpc("getSubscriptionOffer", json!({ "offerId": "S223456789" })).await;
    assert_eq!(answer["result"]["title"], "Premium monthly", "{answer}");
}

#[tokio::test]
async fn the_contract_of_extending_a_token() {
    let (usher, _) = subscribed().await;
    let key = usher.token();
    let token = usher.customer_token(ANN).await;
    let other = other_publisher(&usher, false).await;
    answers!(usher, "token_extended", "extendTokenExpiration",
        { "publisherToken": key, "customerToken": token, "extensionTime": "1234" });
    answers!(usher, "token_extended_too_far", "extendTokenExpiration",
        { "publisherToken": key, "customerToken": token, "extensionTime": 60 * 24 * 3600 });
    answers!(usher, "token_extended_by_nothing", "extendTokenExpiration",
        { "publisherToken": key, "customerToken": token });
    answers!(usher, "token_shortened", "extendTokenExpiration",
        { "publisherToken": key, "customerToken": token, "extensionTime": -5 });
    answers!(usher, "token_extended_that_is_none", "extendTokenExpiration",
        { "publisherToken": key, "customerToken": "none", "extensionTime": 5 });
    answers!(usher, "token_extended_with_a_wrong_publisher_token", "extendTokenExpiration",
        { "publisherToken": "wrong", "customerToken": token, "extensionTime": 5 });
    answers!(usher, "token_extended_of_anothers_customer", "extendTokenExpiration",
        { "publisherToken": other, "customerToken": token, "extensionTime": 5 });
}

#[tokio::test]
async fn a_token_lives_as_much_longer_as_it_was_extended_and_60_days_at_most() {
    let (usher, _) = subscribed().await;
    let token = usher.customer_token(ANN).await;
    let extend = async |days: i64| {
        let seconds = (DAY * i32::try_from(days).unwrap()).as_secs();
        let params = json!({ "publisherToken": usher.token(), "customerToken": token,
            "extensionTime": seconds });
        usher.rpc("extendTokenExpiration", params).await["result"]["success"] == true
    };
    let is_good = async || {
        let params = json!({ "customerToken": token });
        usher.rpc("getCustomer", params).await["error"]["code"] != 1
    };
    assert!(extend(20).await);
    usher.later(DAY * 33).await;
    assert!(is_good().await, "14 days of its own, and 20 more");
    assert!(!extend(41).await, "60 days in all");
    assert!(extend(40).await);
    assert!(!extend(1).await);
    usher.later(DAY * 40).await;
    assert!(is_good().await);
    usher.later(DAY * 2).await;
    assert!(!is_good().await);
    assert!(!extend(1).await, "what has expired is not brought back");
}

#[tokio::test]
async fn a_revoked_token_is_good_for_nothing() {
    let (usher, _) = subscribed().await;
    let token = usher.customer_token(ANN).await;
    let now = usher.stack.config.clock.now();
    customers(&usher).revoke_tokens(&publisher(), &id_of(&usher, ANN).await, now).await.unwrap();
    assert_eq!(refused(&usher, &token).await, Vec::<&str>::new());
    usher.later(SignedDuration::from_secs(2)).await;
    assert!(usher.may_watch(ANN, BASIC).await, "with a new token");
}

#[tokio::test]
async fn an_erased_customer_is_nobody() {
    let (usher, _) = subscribed().await;
    let token = usher.customer_token(ANN).await;
    let id = id_of(&usher, ANN).await;
    let known = customers(&usher).get(&publisher(), &id).await.unwrap().unwrap();
    let now = usher.stack.config.clock.now();
    customers(&usher).erase(&publisher(), &known.customer, now).await.unwrap();
    assert_eq!(refused(&usher, &token).await, Vec::<&str>::new());
    for (method, code) in [
        ("generateCustomerToken", 10),
        ("listCustomerSubscriptions", 10),
        ("updateCustomerEmail", 10),
    ] {
        let params =
            json!({ "publisherToken": usher.token(), "customerEmail": ANN, "newEmail": BEN });
        assert_eq!(usher.rpc(method, params).await["error"]["code"], code, "{method}");
    }
}

/// The methods that answer something else than error 1 to this token.
async fn refused<'a>(usher: &Usher, token: &str) -> Vec<&'a str> {
    let mut others = Vec::new();
    for method in [
        "getAccessStatus",
        "getAccessStatusForDevice",
        "getAccessibleTags",
        "getCustomer",
        "getCustomerEmail",
        "extendTokenExpiration",
    ] {
        let params = json!({ "publisherToken": usher.token(), "customerToken": token,
            "offerId": BASIC, "deviceId": "tv", "deviceType": "roku", "extensionTime": 60 });
        if usher.rpc(method, params).await["error"]["code"] != 1 {
            others.push(method);
        }
    }
    others
}

#[tokio::test]
async fn what_is_not_offered_is_named() {
    let usher = Usher::start().await;
    for method in [
        "updateCustomerSubscription",
        "requestPasswordReset",
        "updateCustomerPassword",
        "generateCustomerTokenFromPassword",
        "getaccessstatus",
    ] {
        let answer = usher.rpc(method, json!([])).await;
        let message = format!("Method not found: {method}");
        assert_eq!(answer["error"], json!({ "code": -32601, "message": message }));
        assert_eq!((&answer["id"], &answer["result"]), (&json!("1"), &Value::Null));
    }
}

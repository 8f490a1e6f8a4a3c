//! The publisher's Roku Pay API keys: Roku replaces one, and the publisher follows.

use roku_simulator::{Account, Simulator, WebServiceFault};
use secrecy::SecretString;
use serde_json::json;
use std::sync::Arc;
use usher::secrets::rotation::{Before, RokuApiKeyRotation, Rotated};
use usher_tests::Usher;
use usher_tests::samples::{BASIC_PRODUCT, PREMIUM_PRODUCT, ROKU_CUSTOMER};

const ANN: &str = "ann@example.com";
const BEN: &str = "ben@example.com";
const BASIC: &str = "S123456789_US";
const PREMIUM: &str = "S223456789_US";
const NEW: &str = "0123456789ABCDEF0123456789ABCDEF0123";

fn rotation(usher: &Usher) -> RokuApiKeyRotation {
    let config = &usher.stack.config;
    RokuApiKeyRotation::new(config.secrets_manager.clone(), config.secrets_prefix.clone())
}

/// Puts a text in the place of the publisher's keys.
async fn keep(usher: &Usher, text: &str) {
    let name = rotation(usher).secret_name(&usher.stack.publisher.id);
    let put = usher.stack.config.secrets_manager.put_secret_value().secret_id(name);
    put.secret_string(text).send().await.unwrap();
}

async fn started() -> (Usher, Arc<Simulator>) {
    let usher = Usher::start().await;
    let roku = usher.stack.simulator.clone().unwrap();
    (usher, roku)
}

async fn buy(roku: &Arc<Simulator>, roku_customer: &str, product: &str) -> String {
    roku.buy(roku_customer, product, false).await.unwrap().0.purchase_id
}

async fn status(usher: &Usher, purchase: &str) -> String {
    usher.receipt_status(purchase).await.json()["status"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn whoever_rotates_first_the_other_has_time_to_follow() {
    let old = Account::default().api_key;
    let both = json!({ "active": NEW, "expiring": old }).to_string();
    let at_roku = |roku: &Simulator| roku.rotate_api_key(NEW).unwrap();
    let old_expires = |roku: &Simulator| assert!(roku.expire_api_key());
    for (when, secret, happens_at_roku, requests) in [
        ("Roku, and the publisher not yet", &old, &[&at_roku as &dyn Fn(&Simulator)][..], 1),
        ("both", &both, &[&at_roku], 1),
        ("both, and the old one has expired", &both, &[&at_roku, &old_expires], 1),
        ("the publisher, and Roku not yet", &both, &[], 2),
    ] {
        let (usher, roku) = started().await;
        let purchase = buy(&roku, ROKU_CUSTOMER, BASIC_PRODUCT).await;
        keep(&usher, secret).await;
        happens_at_roku.iter().for_each(|event| event(&roku));
        assert_eq!(usher.receipt(ANN, BASIC, &purchase).await.status, 200, "{when}");
        assert_eq!(status(&usher, &purchase).await, "granted", "{when}");
        assert_eq!(roku.requests().total, requests, "{when}");
    }
}

#[tokio::test]
async fn a_receipt_waits_while_no_key_is_right_and_is_granted_once_one_is() {
    let (usher, roku) = started().await;
    // The worker has asked with the first key, and keeps it for five minutes.
    let first = buy(&roku, ROKU_CUSTOMER, BASIC_PRODUCT).await;
    roku.break_web_services(WebServiceFault::Down);
    usher.receipt(ANN, BASIC, &first).await;
    assert_eq!(status(&usher, &first).await, "processing");
    roku.mend_web_services();
    usher.tick().await;
    assert_eq!(status(&usher, &first).await, "granted");

    // Roku has replaced the key, and let it expire before the publisher followed.
    roku.rotate_api_key(NEW).unwrap();
    assert!(roku.expire_api_key());
    let second = buy(&roku, "another-roku-customer", PREMIUM_PRODUCT).await;
    assert_eq!(usher.receipt(BEN, PREMIUM, &second).await.status, 200);
    assert_eq!(status(&usher, &second).await, "processing");
    assert!(!usher.may_watch(BEN, PREMIUM).await);
    assert!(usher.may_watch(ANN, BASIC).await, "what was granted stays");

    let new = SecretString::from(NEW);
    let rotated = rotation(&usher).rotate(&usher.stack.publisher.id, new).await.unwrap();
    assert_eq!(rotated, Rotated::Replaced(Before::NothingDropped));
    let asked = roku.requests().total;
    usher.tick().await;
    assert_eq!(status(&usher, &second).await, "granted");
    assert!(usher.may_watch(BEN, PREMIUM).await);
    assert_eq!(roku.requests().total - asked, 2, "with the key that it knew, then with the new");
}

#[tokio::test]
async fn keys_that_roku_refuses_are_read_anew_once_and_not_with_each_receipt() {
    let (usher, roku) = started().await;
    keep(&usher, "NOT-ROKUS").await;
    let mut asked = Vec::new();
    for n in 0..3 {
        let purchase = buy(&roku, &format!("customer-{n}"), BASIC_PRODUCT).await;
        let before = roku.requests().total;
        assert_eq!(usher.receipt(ANN, BASIC, &purchase).await.status, 200);
        assert_eq!(status(&usher, &purchase).await, "processing", "a wrong key proves nothing");
        asked.push(roku.requests().total - before);
    }
    assert_eq!(asked, [2, 1, 0], "after two refusals in a row Roku is left alone for a moment");
}

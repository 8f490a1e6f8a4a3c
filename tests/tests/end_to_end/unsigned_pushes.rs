//! Pushes that nobody signed, for a publisher who allows them: a reason to ask Roku, and no more.

use std::sync::Arc;

use jiff::Timestamp;
use reqwest::Method;
use roku_simulator::{Account, PushFault, Simulator, WebServiceFault};
use serde_json::Value;
use usher::domain::fact::Fact;
use usher::domain::id::{PublisherId, RokuCustomerId};
use usher::domain::publisher::Publisher;
use usher::store::histories::{Histories, History};
use usher::store::publishers::Publishers;
use usher_tests::samples::{BASIC_PRODUCT, PREMIUM_PRODUCT, ROKU_CUSTOMER, days, push};
use usher_tests::{Answer, Usher};

const ANN: &str = "ann@example.com";
const BASIC: &str = "S123456789_US";
const PREMIUM: &str = "S223456789_US";
const LIAR: &str = "00000000000000000000000000000bad";

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A stack whose clock stands still, where Basic was bought a moment ago and Roku's own push about
/// it was lost. Gives the purchase.
async fn bought(unsigned_pushes: bool) -> (Usher, Arc<Simulator>, String) {
    let usher = Usher::with(|options| {
        options.publisher.settings.unsigned_pushes = unsigned_pushes;
        options.begins_at = Some(time("2026-03-01T12:00:00Z"));
    })
    .await;
    let roku = usher.stack.simulator.clone().unwrap();
    roku.break_pushes(PushFault::Lost);
    let (order, _) = roku.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    (usher, roku, order.purchase_id)
}

/// A push about a purchase of the customer that lies about everything else.
fn lie(transaction_type: &str, purchase: &str, now: Timestamp) -> Value {
    let lie = push(transaction_type, purchase, PREMIUM_PRODUCT).at(now, days(now, 1000));
    lie.with("transactionId", purchase).message()
}

async fn deliver(usher: &Usher, message: &Value) -> Answer {
    usher.deliver(&message.to_string()).await
}

async fn history(usher: &Usher, roku_customer: &str) -> Option<History> {
    let histories = Histories::new(&usher.stack.config.table);
    let roku_customer = RokuCustomerId::parse(roku_customer).unwrap();
    histories.of_roku_customer(&usher.stack.publisher.id, &roku_customer).await.unwrap()
}

/// The status, and the API key where the answer holds it.
fn outcome(answer: &Answer) -> (u16, Option<&str>) {
    (answer.status, answer.api_key.as_deref())
}

#[tokio::test]
async fn a_publisher_who_does_not_allow_them_refuses_them() {
    let (usher, roku, purchase) = bought(false).await;
    let now = usher.stack.config.clock.now();
    let answer = deliver(&usher, &lie("Sale", &purchase, now)).await;
    assert_eq!(outcome(&answer), (401, None));
    assert_eq!(roku.requests().total, 0, "Roku is not even asked");
    assert!(history(&usher, ROKU_CUSTOMER).await.is_none());
}

#[tokio::test]
async fn roku_is_asked_and_nothing_that_the_push_says_is_believed() {
    let (usher, roku, purchase) = bought(true).await;
    let now = usher.stack.config.clock.now();
    let api_key = Account::default().api_key;
    let mut key = Some(api_key.as_str());
    for transaction_type in ["Sale", "UpgradeSale", "Cancellation", "OnHoldInitiated", "Refund"] {
        let lie = lie(transaction_type, &purchase, now);
        let answer = deliver(&usher, &lie).await;
        // It comes with the question, and Roku is not asked about one thing again and again.
        assert_eq!(outcome(&answer), (200, key.take()), "{transaction_type}");
        assert_eq!(answer.body, lie["responseKey"], "{transaction_type}");
        assert_eq!(answer.content_type, "text/plain");
    }
    // The first push of a chain may name it by its transaction alone (`roku-pay.md` §2.1).
    let mut first = lie("Sale", &purchase, now);
    first.as_object_mut().unwrap().remove("originalTransactionId");
    assert_eq!(outcome(&deliver(&usher, &first).await), (200, None));

    // Who names another customer's purchase gets no key.
    let mut other = lie("Sale", &purchase, now);
    other["customerId"] = LIAR.into();
    assert_eq!(outcome(&deliver(&usher, &other).await), (401, None));
    assert_eq!(roku.requests().total, 1);

    let history_of_buyer = history(&usher, ROKU_CUSTOMER).await.unwrap();
    let is_answer = |fact: &Fact| matches!(fact, Fact::Observation(_));
    assert!(history_of_buyer.facts.iter().all(is_answer), "{:?}", history_of_buyer.facts);
    let purchases: Vec<_> = history_of_buyer.account.purchases.values().collect();
    assert_eq!(purchases.len(), 1);
    assert_eq!(purchases[0].product.as_ref().unwrap().as_str(), BASIC_PRODUCT);
    assert_eq!(purchases[0].term_ends_at, Some(time("2026-04-01T12:00:00Z")));
    assert!(history(&usher, LIAR).await.is_none());

    usher.receipt(ANN, BASIC, &purchase).await;
    let held = (usher.may_watch(ANN, BASIC).await, usher.may_watch(ANN, PREMIUM).await);
    assert_eq!(held, (true, false));
}

#[tokio::test]
async fn what_roku_has_not_confirmed_is_told_no_key() {
    let (usher, roku, purchase) = bought(true).await;
    let now = usher.stack.config.clock.now();
    for unknown in ["never-bought", "..", "../validate-refund", "a b", "%2e%2e", "ÿ"] {
        let answer = deliver(&usher, &lie("Sale", unknown, now)).await;
        assert_eq!(outcome(&answer), (401, None), "{unknown}");
        assert_eq!(answer.json()["code"], "AUTH0002", "{unknown}");
    }
    for fault in [
        WebServiceFault::WrongKey,
        WebServiceFault::BrokenJson,
        WebServiceFault::Down,
        WebServiceFault::TooManyRequests,
    ] {
        roku.break_web_services(fault);
        let answer = deliver(&usher, &lie("Sale", &purchase, now)).await;
        assert_eq!(outcome(&answer), (503, None), "{fault:?}");
    }
    assert!(history(&usher, ROKU_CUSTOMER).await.is_none());

    // Roku is back, and sends again.
    roku.mend_web_services();
    usher.later(jiff::SignedDuration::from_mins(1)).await;
    assert_eq!(deliver(&usher, &lie("Sale", &purchase, now)).await.status, 200);
}

#[tokio::test]
async fn a_push_that_names_nothing_to_ask_about_is_acknowledged_and_told_no_key() {
    let (usher, roku, _) = bought(true).await;
    let credit = push("Credit", "none", BASIC_PRODUCT).without("originalTransactionId").message();
    let answer = deliver(&usher, &credit).await;
    assert_eq!(outcome(&answer), (200, None));
    assert_eq!(answer.body, credit["responseKey"].as_str().unwrap());
    assert_eq!(roku.requests().total, 0);
    assert!(history(&usher, ROKU_CUSTOMER).await.is_none());
}

#[tokio::test]
async fn what_is_no_push_is_refused_as_ever() {
    let (usher, roku, purchase) = bought(true).await;
    let nobody = push("Sale", &purchase, BASIC_PRODUCT).without("customerId").message();
    let untyped = push("Sale", &purchase, BASIC_PRODUCT).without("transactionType").message();
    let forged = roku_simulator::SigningKey::generate();
    let now = usher.stack.config.clock.now();
    let forged = forged.sign(&roku_simulator::Claims::new(
        "forged",
        &push("Sale", &purchase, BASIC_PRODUCT).message().to_string(),
        now,
    ));
    let bodies = ["", "hello", "{}", "[]", &nobody.to_string(), &untyped.to_string(), &forged];
    for body in bodies {
        assert_eq!(outcome(&usher.deliver(body).await), (401, None), "{body}");
    }
    assert_eq!(roku.requests().total, 0);
}

#[tokio::test]
async fn signed_pushes_go_on_being_believed() {
    let (usher, roku, purchase) = bought(true).await;
    usher.receipt(ANN, BASIC, &purchase).await;
    assert!(usher.may_watch(ANN, BASIC).await);
    let asked = roku.requests().total;
    let now = usher.stack.config.clock.now();
    let end = push("UpgradeCancellation", &purchase, BASIC_PRODUCT).at(days(now, 1), days(now, 9));
    let end = end.message();
    let answer = usher.push(&end).await;
    assert_eq!(outcome(&answer), (200, None), "a signed push needs no key for an answer");
    assert_eq!(answer.body, end["responseKey"]);
    assert_eq!(roku.requests().total, asked);
    assert!(!usher.may_watch(ANN, BASIC).await);
}

#[tokio::test]
async fn one_publishers_setting_is_not_anothers() {
    let (usher, roku, purchase) = bought(true).await;
    let mut other =
        Publisher { id: PublisherId::parse("222222222").unwrap(), ..usher.stack.publisher.clone() };
    other.settings.unsigned_pushes = false;
    Publishers::new(&usher.stack.config.table).save(&other).await.unwrap();
    let now = usher.stack.config.clock.now();
    let sale = lie("Sale", &purchase, now).to_string();
    let path = "/roku/push-notification/222222222";
    let answer = usher.request(Method::POST, path, &[], sale.clone()).await;
    assert_eq!(outcome(&answer), (401, None));
    assert_eq!(roku.requests().total, 0);
    assert_eq!(usher.deliver(&sale).await.status, 200);
}

//! The same pushes in any order, any number of times: the same access.

use jiff::Timestamp;
use serde_json::{Value, json};
use usher_tests::Usher;
use usher_tests::samples::{BASIC_PRODUCT, PREMIUM_PRODUCT, ROKU_CUSTOMER, days, push};

const ANN: &str = "ann@example.com";
const OFFERS: [&str; 3] = ["S123456789_US", "S223456789_US", "S323456789_US"];

/// A year in the life of a Roku account: bought, renewed, moved up, moved down, back, cancelled.
fn history(now: Timestamp) -> Vec<(String, Value)> {
    let at = |day| days(now, day);
    let pushes = [
        push("Sale", "basic", BASIC_PRODUCT).with("transactionId", "basic").at(at(-200), at(-170)),
        push("Sale", "basic", BASIC_PRODUCT).with("transactionId", "second").at(at(-170), at(-140)),
        push("Credit", "none", BASIC_PRODUCT).at(at(-160), at(-160)),
        push("UpgradeSale", "premium", PREMIUM_PRODUCT).at(at(-150), at(-120)),
        push("UpgradeCancellation", "basic", BASIC_PRODUCT).at(at(-150), at(-140)),
        push("DowngradeSale", "lower", BASIC_PRODUCT).at(at(-130), at(-120)),
        push("DowngradeCancellation", "premium", PREMIUM_PRODUCT).at(at(-130), at(-120)),
        push("Sale", "lower", BASIC_PRODUCT).with("transactionId", "third").at(at(-120), at(-20)),
        push("Cancellation", "lower", BASIC_PRODUCT).at(at(-30), at(-20)),
        push("Sale", "again", PREMIUM_PRODUCT).with("transactionId", "again").at(at(-10), at(20)),
        push("Cancellation", "again", PREMIUM_PRODUCT).at(at(-1), at(20)),
    ];
    let keyed = pushes.iter().enumerate();
    keyed.map(|(index, push)| (format!("key-{index}"), push.message())).collect()
}

/// A stack where Ann holds the Roku account of the samples, and nothing runs on it any more.
async fn linked() -> Usher {
    let usher = Usher::start().await;
    let simulator = usher.stack.simulator.clone().unwrap();
    let (order, _) = simulator.buy(ROKU_CUSTOMER, "S323456789-US", false).await.unwrap();
    usher.receipt(ANN, "S323456789_US", &order.purchase_id).await;
    let now = usher.stack.config.clock.now();
    let end =
        push("Cancellation", &order.purchase_id, "S323456789-US").at(days(now, 1), days(now, -300));
    usher.push(&end.message()).await;
    assert_eq!(access(&usher).await, json!([false, false, false, []]));
    usher
}

async fn access(usher: &Usher) -> Value {
    let mut answers = Vec::new();
    for offer in OFFERS {
        answers.push(json!(usher.may_watch(ANN, offer).await));
    }
    answers.push(usher.tags(ANN).await);
    Value::Array(answers)
}

async fn deliver_all(usher: &Usher, history: &[(String, Value)]) {
    for (key, message) in history {
        let answer = usher.deliver(&usher.sign(key, message)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

/// Premium, cancelled, with twenty days to run.
fn expected() -> Value {
    json!([false, true, false, ["basic", "premium"]])
}

#[tokio::test]
async fn in_order() {
    let usher = linked().await;
    deliver_all(&usher, &history(usher.stack.config.clock.now())).await;
    assert_eq!(access(&usher).await, expected());
}

#[tokio::test]
async fn backwards() {
    let usher = linked().await;
    let mut history = history(usher.stack.config.clock.now());
    history.reverse();
    deliver_all(&usher, &history).await;
    assert_eq!(access(&usher).await, expected());
}

#[tokio::test]
async fn shuffled_and_doubled() {
    let usher = linked().await;
    let history = history(usher.stack.config.clock.now());
    // Strides that share no factor with the length visit every push, in another order each.
    for stride in [3, 4, 7] {
        let shuffled: Vec<_> =
            (0..history.len()).map(|step| history[step * stride % history.len()].clone()).collect();
        deliver_all(&usher, &shuffled).await;
    }
    assert_eq!(access(&usher).await, expected());
}

#[tokio::test]
async fn all_at_once() {
    let usher = std::sync::Arc::new(linked().await);
    let history = history(usher.stack.config.clock.now());
    let mut deliveries = tokio::task::JoinSet::new();
    for (key, message) in history.iter().cycle().take(2 * history.len()) {
        let usher = std::sync::Arc::clone(&usher);
        let jws = usher.sign(key, message);
        deliveries.spawn(async move { usher.deliver(&jws).await.status });
    }
    let statuses = deliveries.join_all().await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!(access(&usher).await, expected());
}

#[tokio::test]
async fn what_comes_under_a_message_key_again_is_a_repetition_whatever_it_says() {
    let usher = linked().await;
    let now = usher.stack.config.clock.now();
    let sale =
        |end| push("Sale", "basic", BASIC_PRODUCT).at(days(now, -1), days(now, end)).message();
    let end = push("UpgradeCancellation", "basic", BASIC_PRODUCT).at(days(now, 2), now).message();
    let keyed = |key: &str, message| (key.to_owned(), message);
    deliver_all(
        &usher,
        &[keyed("one", sale(20)), keyed("one", sale(40)), keyed("one", end.clone())],
    )
    .await;
    let in_20_days = days(now, 20).as_second();
    assert_eq!(usher.access(ANN, OFFERS[0]).await["expiresAt"], in_20_days);
    deliver_all(&usher, &[keyed("two", end)]).await;
    assert!(!usher.may_watch(ANN, OFFERS[0]).await);
}

#[tokio::test]
async fn an_account_that_was_folded_by_other_rules_is_folded_anew_with_its_next_push() {
    use aws_sdk_dynamodb::types::AttributeValue;
    let usher = linked().await;
    deliver_all(&usher, &history(usher.stack.config.clock.now())).await;
    let client = usher_tests::wire::dynamodb(&usher.stack.dynamodb).await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    // As a version before this one may have left it: nothing is known of any purchase.
    let older = client
        .update_item()
        .table_name("usher")
        .key("pk", text(&format!("ROKU#123456789#{ROKU_CUSTOMER}")))
        .key("sk", text("ACCOUNT"))
        .update_expression("SET purchases = :none REMOVE folded_by")
        .expression_attribute_values(":none", AttributeValue::M(std::collections::HashMap::new()));
    older.send().await.unwrap();
    assert_eq!(access(&usher).await, json!([false, false, false, []]));
    let now = usher.stack.config.clock.now();
    let credit = push("Credit", "none", BASIC_PRODUCT).at(days(now, 1), days(now, 1)).message();
    assert_eq!(usher.push(&credit).await.status, 200);
    assert_eq!(access(&usher).await, expected());
}

//! The hours between the end of a term and the word of what follows.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use roku_simulator::Simulator;
use serde_json::json;
use usher_tests::Usher;
use usher_tests::samples::{BASIC_PRODUCT, ROKU_CUSTOMER};
use usher_tests::wire::dynamodb;

const ANN: &str = "ann@example.com";
const BASIC: &str = "S123456789_US";

/// Ann has Basic, its term has just ended, and Roku's push about the renewal was lost.
async fn late() -> (Usher, Arc<Simulator>, String, Timestamp) {
    let usher = Usher::start().await;
    let roku = usher.stack.simulator.clone().unwrap();
    let (order, _) = roku.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    usher.receipt(ANN, BASIC, &order.purchase_id).await;
    let end = usher.access(ANN, BASIC).await["expiresAt"].as_i64().unwrap();
    let end = Timestamp::from_second(end).unwrap();
    roku.set_push_url("http://127.0.0.1:9/nobody-listens");
    roku.move_clock(end + SignedDuration::from_hours(1)).await;
    (usher, roku, order.purchase_id, end)
}

/// What the index `due` holds, by when it is due.
async fn due(usher: &Usher) -> Vec<(Timestamp, String)> {
    let client = dynamodb(&usher.stack.dynamodb).await;
    let mut due = Vec::new();
    for bucket in "0123456789abcdef".chars() {
        let query = client.query().table_name("usher").index_name("due");
        let query = query.key_condition_expression("due_bucket = :bucket");
        let bucket = AttributeValue::S(format!("DUE#{bucket}"));
        let found = query.expression_attribute_values(":bucket", bucket).send().await.unwrap();
        due.extend(found.items.unwrap_or_default().into_iter().map(|item| {
            let at = item["due_at"].as_s().unwrap().parse().unwrap();
            (at, item["sk"].as_s().unwrap().clone())
        }));
    }
    due
}

fn shortly_before(moment: Timestamp) -> impl Fn(Timestamp) -> bool {
    move |at| {
        (moment - SignedDuration::from_secs(1)..=moment + SignedDuration::from_secs(1))
            .contains(&at)
    }
}

#[tokio::test]
async fn access_says_that_it_is_believed_and_the_question_is_due_from_the_end_of_the_term() {
    let (usher, _, _, end) = late().await;
    let access = usher.access(ANN, BASIC).await;
    let told = json!([access["accessGranted"], access["grantType"], access["purchasedDirectly"]]);
    assert_eq!(told, json!([true, "renewal-leeway", true]));
    assert_eq!(access["expiresAt"], end.as_second());
    let due = due(&usher).await;
    assert_eq!(due.len(), 1, "{due:?}");
    assert_eq!(due[0].1, "ACCOUNT");
    assert!(shortly_before(end)(due[0].0), "{due:?} is not {end}");
}

#[tokio::test]
async fn showing_the_receipt_again_has_roku_asked_which_ends_the_doubt() {
    let (usher, _, purchase, end) = late().await;
    usher.receipt(ANN, BASIC, &purchase).await;
    let access = usher.access(ANN, BASIC).await;
    assert_eq!(access["grantType"], "direct-purchase");
    assert!(access["expiresAt"].as_i64().unwrap() > end.as_second());
}

#[tokio::test]
async fn the_leeway_ends_with_an_answer_that_nothing_was_paid() {
    let (usher, roku, purchase, end) = late().await;
    let date = format!("/Date({}+0000)/", end.as_millisecond());
    let mut answer = json!({
        "status": 0, "errorMessage": "", "transactionId": purchase,
        "OriginalTransactionId": purchase, "rokuCustomerId": ROKU_CUSTOMER,
        "productId": BASIC_PRODUCT, "channelId": 1_143_791, "isEntitled": false,
        "cancelled": false, "purchaseStatus": "Active", "expirationDate": date,
    });
    roku.script_answer(&purchase, answer.clone());
    usher.receipt(ANN, BASIC, &purchase).await;
    assert!(!usher.may_watch(ANN, BASIC).await, "on hold");
    assert_eq!(usher.receipt_status(&purchase).await.json()["reason"], "not_entitled");

    answer["cancelled"] = true.into();
    roku.script_answer(&purchase, answer);
    usher.receipt(ANN, BASIC, &purchase).await;
    assert!(!usher.may_watch(ANN, BASIC).await, "over");
    assert_eq!(due(&usher).await, [], "and there is nothing left to ask");
}

//! The binary under a Lambda runtime.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

use roku_simulator::WebServiceFault;
use serde_json::{Value, json};
use usher::domain::id::TransactionId;
use usher::store::receipts::Receipts;
use usher_tests::Usher;
use usher_tests::lambda::Runtime;
use usher_tests::samples::{BASIC_PRODUCT, ROKU_CUSTOMER};

const BINARY: &str = env!("CARGO_BIN_EXE_verify");
const ANN: &str = "ann@example.com";
const BASIC: &str = "S123456789_US";

fn message(id: &str, body: &str) -> Value {
    json!({
        "messageId": id,
        "receiptHandle": "not in flight",
        "body": body,
        "attributes": { "ApproximateReceiveCount": "1" },
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:usher-receipts",
        "awsRegion": "us-east-1",
    })
}

/// Ann shows a receipt while Roku is down. Gives the question about it as the queue carries it.
async fn unanswered(usher: &Usher) -> String {
    let roku = usher.stack.simulator.clone().unwrap();
    let (order, _) = roku.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    roku.break_web_services(WebServiceFault::Down);
    assert_eq!(usher.receipt(ANN, BASIC, &order.purchase_id).await.status, 200);
    assert!(!usher.may_watch(ANN, BASIC).await);

    let known = Receipts::new(&usher.stack.config.table);
    let publisher = &usher.stack.publisher.id;
    let transaction = TransactionId::parse(&order.purchase_id).unwrap();
    let known = known.find(publisher, &transaction).await.unwrap().unwrap();
    Receipts::waiting(publisher, &known.receipt).subject.to_message()
}

#[tokio::test]
async fn the_binary_works_off_a_batch_and_names_what_is_to_come_again() {
    let usher = Usher::start().await;
    let question = unanswered(&usher).await;
    usher.stack.simulator.as_ref().unwrap().mend_web_services();
    let function = Runtime::start(BINARY, &usher.stack).await;
    let batch = json!({ "Records": [message("good", &question), message("odd", "{}")] });
    let answer = function.invoke(batch).await;
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "odd" }] }));
    assert!(usher.may_watch(ANN, BASIC).await);
    let latency = function.metric("RokuLatency", &json!({ "Stack": "usher" })).await;
    assert!(!latency.is_null());
}

#[tokio::test]
async fn what_roku_does_not_answer_is_counted_by_its_kind() {
    let usher = Usher::start().await;
    let question = unanswered(&usher).await;
    let roku = usher.stack.simulator.clone().unwrap();
    let function = Runtime::start(BINARY, &usher.stack).await;
    for (fault, kind) in [
        (WebServiceFault::Down, "unreachable"),
        (WebServiceFault::BrokenJson, "broken"),
        (WebServiceFault::WrongKey, "wrong_key"),
        (WebServiceFault::TooManyRequests, "throttled"),
    ] {
        roku.break_web_services(fault);
        let batch = json!({ "Records": [message("good", &question)] });
        let answer = function.invoke(batch).await;
        assert_eq!(answer["batchItemFailures"][0]["itemIdentifier"], "good", "{fault:?}");
        let dimensions = json!({ "Stack": "usher", "Kind": kind });
        assert_eq!(function.metric("RokuErrors", &dimensions).await, 1, "{fault:?}");
    }
    assert!(!usher.may_watch(ANN, BASIC).await);
}

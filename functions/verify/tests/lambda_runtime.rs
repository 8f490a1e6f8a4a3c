//! The binary under a Lambda runtime.

use serde_json::{Value, json};
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
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:usher-verify",
        "awsRegion": "us-east-1",
    })
}

#[tokio::test]
async fn the_binary_works_off_a_batch_and_names_what_is_to_come_again() {
    let usher = Usher::start().await;
    let roku = usher.stack.simulator.clone().unwrap();
    let (order, _) = roku.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    roku.break_web_services(roku_simulator::WebServiceFault::Down);
    assert_eq!(usher.receipt(ANN, BASIC, &order.purchase_id).await.status, 200);
    assert!(!usher.may_watch(ANN, BASIC).await);
    roku.mend_web_services();

    let known = Receipts::new(&usher.stack.config.table);
    let publisher = &usher.stack.publisher.id;
    let transaction = usher::domain::id::TransactionId::parse(&order.purchase_id).unwrap();
    let known = known.find(publisher, &transaction).await.unwrap().unwrap();
    let question = Receipts::waiting(publisher, &known.receipt).subject.to_message();
    let function = Runtime::start(BINARY, &usher.stack).await;
    let batch = json!({ "Records": [message("good", &question), message("odd", "{}")] });
    let answer = function.invoke(batch).await;
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "odd" }] }));
    assert!(usher.may_watch(ANN, BASIC).await);
    let latency = function.metric("RokuLatency", &json!({ "Stack": "usher" })).await;
    assert!(!latency.is_null());
}

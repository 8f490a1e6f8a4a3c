//! The binary under a Lambda runtime.

use serde_json::{Value, json};
use usher_tests::Usher;
use usher_tests::lambda::Runtime;

const BINARY: &str = env!("CARGO_BIN_EXE_publish");

/// A record as Lambda passes it, of a product that no offer stood for.
fn record(number: u32, events: &str) -> Value {
    json!({
        "eventID": number.to_string(),
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/usher/stream/1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_392_000,
            "Keys": { "pk": { "S": "ASIDE#123456789" }, "sk": { "S": "UNMAPPED#gold" } },
            "NewImage": { "events": { "S": events } },
            "SequenceNumber": number.to_string(),
            "SizeBytes": 100,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    })
}

#[tokio::test]
async fn the_binary_publishes_a_batch_and_puts_aside_what_it_cannot_read() {
    let usher = Usher::start().await;
    let function = Runtime::start(BINARY, &usher.stack).await;
    let id = "evt_000102030405060708090a0b0c0d0e0f";
    let unmapped = json!([
        { "id": id, "type": "product.unmapped", "at": "2026-03-01T12:00:00Z", "product": "gold" },
    ]);
    let batch = json!({ "Records": [record(11, "odd"), record(12, &unmapped.to_string())] });
    assert_eq!(function.invoke(batch).await, json!({ "batchItemFailures": [] }));

    let [told] = &usher.stack.events()[..] else { panic!("{:?}", usher.stack.events()) };
    assert_eq!((told.row.event_id.as_str(), told.row.product_id.as_deref()), (id, Some("gold")));
    let of_stack = json!({ "Stack": "usher" });
    assert_eq!(function.metric("EventsPublished", &of_stack).await, 1);
    let letters = usher.stack.config.sqs.receive_message();
    let letters = letters.queue_url(&usher.stack.config.queues.publish_dead_letters).send().await;
    assert!(letters.unwrap().messages()[0].body().unwrap().contains("odd"));
}

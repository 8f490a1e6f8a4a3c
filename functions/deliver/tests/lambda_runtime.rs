//! The binary under a Lambda runtime.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

use serde_json::{Value, json};
use usher::domain::event::EventType;
use usher::domain::webhook::delivery::Delivery;
use usher::domain::webhook::sample::sample;
use usher::domain::webhook::{Endpoint, EndpointId, Format, Reach, State, TypeFilter, WebhookUrl};
use usher::secrets::webhook_secrets::WebhookSecretWriter;
use usher::store::webhooks::{Deliveries, Endpoints};
use usher::webhooks::QueueMessage;
use usher_tests::Usher;
use usher_tests::lambda::Runtime;

const BINARY: &str = env!("CARGO_BIN_EXE_deliver");

fn message(id: &str, body: &str) -> Value {
    json!({
        "messageId": id,
        "receiptHandle": "not in flight",
        "body": body,
        "attributes": { "ApproximateReceiveCount": "1" },
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:usher-webhooks",
        "awsRegion": "us-east-1",
    })
}

/// An endpoint at an address where nobody listens.
async fn endpoint(usher: &Usher) -> Endpoint {
    let config = &usher.stack.config;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let endpoint = Endpoint {
        id: EndpointId::from_random([7; 16]),
        url: WebhookUrl::parse(&url, Reach::ThisMachineToo).unwrap(),
        types: TypeFilter::ALL,
        format: Format::Usher,
        state: State::Enabled,
        created_at: config.clock.now(),
        failing_since: None,
        last_success_at: None,
        last_failure_at: None,
    };
    let publisher = &usher.stack.publisher.id;
    let (client, prefix) = (config.secrets_manager.clone(), config.secrets_prefix.clone());
    WebhookSecretWriter::new(client, prefix).create(publisher, &endpoint.id).await.unwrap();
    Endpoints::new(&config.table).add(publisher, &endpoint).await.unwrap();
    endpoint
}

#[tokio::test]
async fn the_binary_works_off_a_batch_and_names_what_is_to_come_again() {
    // Given an event, a delivery that does not arrive, and what is no message
    let usher = Usher::start().await;
    let config = &usher.stack.config;
    let publisher = &usher.stack.publisher.id;
    let endpoint = endpoint(&usher).await;
    let deliveries = Deliveries::new(&config.table);
    let now = config.clock.now();
    let known = sample(EventType::Ended, publisher, now);
    let known = Delivery::new(known, false, now);
    deliveries.begin(publisher, &endpoint.id, &known).await.unwrap();
    let event = sample(EventType::Renewed, publisher, now);

    // When the function is handed them
    let function = Runtime::start(BINARY, &usher.stack).await;
    let batch = json!({ "Records": [
        message("event", &serde_json::to_string(&event).unwrap()),
        message("delivery", &QueueMessage::of_delivery(publisher, &endpoint.id, &known.id())),
        message("odd", "{}"),
    ] });
    let answer = function.invoke(batch).await;

    // Then the event is done, and the others come again
    let expected = [json!({ "itemIdentifier": "delivery" }), json!({ "itemIdentifier": "odd" })];
    assert_eq!(answer, json!({ "batchItemFailures": expected }));
    let told = deliveries.of_event(publisher, &endpoint.id, &event.id).await.unwrap();
    assert_eq!(told.unwrap().delivery.status.as_str(), "pending");
    let tried = deliveries.of_event(publisher, &endpoint.id, &known.message.id).await.unwrap();
    assert_eq!(tried.unwrap().delivery.attempts, 1);
}

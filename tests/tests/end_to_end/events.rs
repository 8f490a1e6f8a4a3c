//! From the table to the bus: what an item says that it did not say before leaves, once and in order,
//! by the stream of the table.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use usher::config::Config;
use usher_cli::kept::Kept;
use usher_cli::stack::Stack;
use usher_cli::table_stream::TableStream;
use usher_cli::template::Template;
use usher_tests::Usher;
use usher_tests::event_bus::{EventBus, Mood};
use usher_tests::samples::{BASIC_PRODUCT, ROKU_CUSTOMER};
use usher_tests::wire::dynamodb;

type Item = HashMap<String, AttributeValue>;

fn string(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// An id of an event that ends with a number.
fn id(number: u32) -> String {
    format!("evt_{number:032x}")
}

fn events(numbers: &[u32]) -> String {
    let event = |number: &u32| {
        json!({
            "id": id(*number), "type": "subscription.renewed", "at": "2026-03-01T12:00:00Z",
            "purchase": "chain-1", "product": "S123456789-US",
        })
    };
    Value::from(numbers.iter().map(event).collect::<Vec<_>>()).to_string()
}

/// An account that customer 42 holds, with what happened to it.
fn account(roku_customer: &str, version: u32, happened: &str) -> Item {
    let purchase = AttributeValue::M(HashMap::from([
        ("product".to_owned(), string("S123456789-US")),
        ("purchased_at".to_owned(), string("2026-02-01T12:00:00Z")),
        ("confirmed_at".to_owned(), string("2026-03-01T12:00:00Z")),
        ("term_ends_at".to_owned(), string("2026-04-01T12:00:00Z")),
        (
            "state".to_owned(),
            AttributeValue::M(HashMap::from([
                ("is".to_owned(), string("current")),
                ("ends_at".to_owned(), string("2026-04-01T12:00:00Z")),
            ])),
        ),
    ]));
    let purchases = HashMap::from([("chain1".to_owned(), purchase)]);
    HashMap::from([
        ("pk".to_owned(), string(&format!("ROKU#123456789#{roku_customer}"))),
        ("sk".to_owned(), string("ACCOUNT")),
        ("linked_to".to_owned(), string("CUST#123456789#42")),
        ("version".to_owned(), AttributeValue::N(version.to_string())),
        ("purchases".to_owned(), AttributeValue::M(purchases)),
        ("events".to_owned(), string(happened)),
    ])
}

async fn put(stack: &Stack, item: Item) {
    let client = dynamodb(&stack.dynamodb).await;
    client.put_item().table_name(Stack::TABLE).set_item(Some(item)).send().await.unwrap();
}

/// What was on the stack's own bus.
fn left(stack: &Stack) -> Vec<String> {
    stack.events().into_iter().map(|detail| detail.row.event_id).collect()
}

/// What is in a queue, which is empty then.
async fn received(stack: &Stack, queue_url: &str) -> Vec<Value> {
    let mut bodies = Vec::new();
    loop {
        let request = stack.config.sqs.receive_message().queue_url(queue_url);
        let answer = request.max_number_of_messages(10).send().await.unwrap();
        let messages = answer.messages.unwrap_or_default();
        if messages.is_empty() {
            return bodies;
        }
        for message in messages {
            bodies.push(serde_json::from_str(message.body().unwrap()).unwrap());
        }
    }
}

/// The stack's stream from its beginning, and another bus that it is published on.
async fn on_another_bus(stack: &Stack) -> (TableStream, Arc<EventBus>) {
    let (bus, eventbridge) = EventBus::start().await;
    let config = Config { eventbridge, ..stack.config.clone() };
    (stream(stack, &config), bus)
}

/// The stack's stream from its beginning, for functions that run with `config`.
fn stream(stack: &Stack, config: &Config) -> TableStream {
    let client = stack.config.eventbridge.config();
    let client = aws_sdk_dynamodbstreams::config::Builder::new()
        .behavior_version(aws_sdk_dynamodbstreams::config::BehaviorVersion::latest())
        .region(client.region().cloned())
        .credentials_provider(aws_sdk_dynamodbstreams::config::Credentials::new(
            "local", "local", None, None, "tests",
        ))
        .endpoint_url(&stack.dynamodb)
        .build();
    let client = aws_sdk_dynamodbstreams::Client::from_conf(client);
    let template = Template::built_in().unwrap();
    let kept = Arc::new(Kept::in_memory());
    TableStream::new(config, client, &template, kept).unwrap()
}

fn ids(taken: &[Value]) -> Vec<&str> {
    taken.iter().map(|detail| detail["row"]["event_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_happened_to_an_account_leaves_once_for_webhooks_and_for_reports() {
    let Usher { stack, .. } = Usher::start().await;
    put(&stack, account(ROKU_CUSTOMER, 7, &events(&[1, 2]))).await;
    assert!(stream(&stack, &stack.config).publish().await);
    let told = stack.events();
    assert_eq!(left(&stack), [id(1), id(2)]);
    let message = told[1].event.as_ref().unwrap();
    assert_eq!((message.sequence, message.kind.as_str()), (Some(7001), "subscription.renewed"));
    assert_eq!(message.data.customer.as_ref().unwrap().id.as_str(), "42");
    let subscription = message.data.subscription.as_ref().unwrap();
    assert_eq!((subscription.status.as_str(), subscription.in_trial), ("active", false));
    assert_eq!(told[1].row.offer_id.as_deref(), Some("S123456789_US"));

    let told: Vec<Value> = told.iter().map(|detail| json!(detail.event)).collect();
    assert_eq!(received(&stack, &stack.config.queues.webhooks).await, told);

    // Another reader finds the same in the stream, and the archive has it already.
    stack.tick().await;
    assert_eq!(left(&stack).len(), 2);
}

#[tokio::test]
async fn a_write_that_says_nothing_new_leaves_nothing_and_the_next_one_what_is_new() {
    let Usher { stack, .. } = Usher::start().await;
    put(&stack, account(ROKU_CUSTOMER, 1, &events(&[1]))).await;
    let mark = AttributeValue::Ss(vec!["FACT#push#1".to_owned()]);
    let mut marked = account(ROKU_CUSTOMER, 1, &events(&[1]));
    marked.insert("unfolded".to_owned(), mark);
    put(&stack, marked).await;
    let mut silent = account(ROKU_CUSTOMER, 2, "");
    silent.remove("events");
    put(&stack, silent).await;
    put(&stack, account(ROKU_CUSTOMER, 3, &events(&[2]))).await;
    put(&stack, account(ROKU_CUSTOMER, 4, &events(&[2, 3]))).await;

    let (stream, bus) = on_another_bus(&stack).await;
    assert!(stream.publish().await);
    assert_eq!(ids(&bus.taken()), [id(1), id(2), id(3)]);
}

#[tokio::test]
async fn while_the_bus_fails_nothing_overtakes_and_then_everything_leaves_in_its_order() {
    let Usher { stack, .. } = Usher::start().await;
    // More than two batches, in turns of two accounts.
    for version in 1..=60 {
        let roku_customer = if version % 2 == 0 { "even" } else { "odd" };
        put(&stack, account(roku_customer, version, &events(&[2 * version, 2 * version + 1])))
            .await;
    }
    let all: Vec<String> = (2..=121).map(id).collect();
    let (stream, bus) = on_another_bus(&stack).await;

    bus.is([Mood::Down]);
    assert!(!stream.publish().await);
    assert_eq!(bus.taken(), [] as [Value; 0]);

    // The fourth record leaves in part, and is the first of what comes again.
    let well = || Mood::TakesOnly(10);
    bus.is([well(), well(), well(), Mood::TakesOnly(1)]);
    assert!(!stream.publish().await);
    assert_eq!(ids(&bus.taken()), all[..7]);

    // An answer is lost in the second batch: what was taken then comes again.
    bus.is((0..29).map(|_| well()).chain([Mood::AnswerLost]));
    assert!(!stream.publish().await);
    assert_eq!(ids(&bus.taken()), all[6..66]);
    assert!(stream.publish().await);
    assert_eq!(ids(&bus.taken()), all[64..]);

    assert!(stream.publish().await);
    assert_eq!(bus.taken(), [] as [Value; 0], "nothing is left");
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_put_aside_and_in_nobodys_way() {
    let Usher { stack, .. } = Usher::start().await;
    put(&stack, account("one", 1, &events(&[1]))).await;
    put(&stack, account("one", 2, r#"[{"id":"from another time"}]"#)).await;
    let mut foreign = account("two", 1, &events(&[9]));
    foreign.insert("pk".to_owned(), string("ROKU#999#two"));
    put(&stack, foreign).await;
    put(&stack, account("one", 3, &events(&[2]))).await;
    stack.tick().await;
    assert_eq!(left(&stack), [id(1), id(2)]);

    let letters = received(&stack, &stack.config.queues.publish_dead_letters).await;
    let told =
        |letter: &Value| (letter["keys"]["pk"]["S"].clone(), letter["new"]["events"]["S"].clone());
    let told: Vec<_> = letters.iter().map(told).collect();
    let expected = [
        (json!("ROKU#123456789#one"), json!(r#"[{"id":"from another time"}]"#)),
        (json!("ROKU#999#two"), json!(events(&[9]))),
    ];
    assert_eq!(told, expected);
    assert!(letters[0]["why"].as_str().unwrap().contains("cannot be read"), "{}", letters[0]);
    assert_eq!(letters[1]["why"], "there is no publisher 999");
    assert!(letters.iter().all(|letter| letter["sequenceNumber"].is_string()));
}

#[tokio::test]
async fn a_record_that_can_neither_be_read_nor_put_aside_comes_again() {
    let Usher { stack, .. } = Usher::start().await;
    put(&stack, account("one", 1, "no events")).await;
    put(&stack, account("one", 2, &events(&[1]))).await;
    let (_, bus) = on_another_bus(&stack).await;
    let mut config = stack.config.clone();
    config.queues.publish_dead_letters.push_str("-elsewhere");
    let worker = publish::Publish::new(&config);
    let record = |number: &str, happened: &str| {
        json!({
            "eventID": number, "eventName": "MODIFY", "awsRegion": "us-east-1",
            "dynamodb": {
                "Keys": { "pk": { "S": "ROKU#123456789#one" }, "sk": { "S": "ACCOUNT" } },
                "NewImage": { "events": { "S": happened } },
                "SequenceNumber": number, "SizeBytes": 1,
            },
        })
    };
    let batch = json!({ "Records": [record("11", "no events"), record("12", &events(&[1]))] });
    let answer = worker.handle(serde_json::from_value(batch).unwrap()).await;
    let failed: Vec<_> =
        answer.batch_item_failures.iter().map(|one| &one.item_identifier).collect();
    assert_eq!(failed, [&Some("11".to_owned())]);
    assert_eq!(bus.taken(), [] as [Value; 0]);
}

#[tokio::test]
async fn access_checks_are_rows_and_no_webhook_hears_of_them() {
    let Usher { stack, .. } = Usher::start().await;
    let counted = HashMap::from([
        ("pk".to_owned(), string("ENGAGED#123456789#2026-03-01")),
        ("sk".to_owned(), string("00ff")),
        ("engaged".to_owned(), string(r#"{"42":3,"43":1}"#)),
    ]);
    put(&stack, counted).await;
    assert!(stream(&stack, &stack.config).publish().await);
    let told: Vec<_> = stack
        .events()
        .into_iter()
        .map(|detail| {
            (detail.event, detail.row.event_type, detail.row.customer_id, detail.row.checks)
        })
        .collect();
    let watched = |customer: &str, checks| {
        (None, "customer.watched".to_owned(), Some(customer.to_owned()), Some(checks))
    };
    assert_eq!(told, [watched("42", 3), watched("43", 1)]);
    assert_eq!(received(&stack, &stack.config.queues.webhooks).await, [] as [Value; 0]);
}

/// What a process does between its start and its end, over the table in a file.
fn a_process(file: &Path, work: impl AsyncFnOnce(Usher)) {
    let kept = Arc::new(Kept::beside(file).unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { work(Usher::with(|options| options.kept = kept).await).await });
}

#[test]
fn a_stack_that_is_started_again_goes_on_where_its_stream_was_left() {
    let folder = std::env::temp_dir().join(format!("usher-events-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("table.db");
    a_process(&file, async |usher| {
        put(&usher.stack, account("one", 1, &events(&[1]))).await;
        usher.tick().await;
        put(&usher.stack, account("one", 2, &events(&[2]))).await;
        assert_eq!(left(&usher.stack), [id(1)]);
    });
    a_process(&file, async |usher| {
        usher.tick().await;
        assert_eq!(left(&usher.stack), [id(2)]);
    });
    let rows = std::fs::read_to_string(folder.join("table.db.events.jsonl")).unwrap();
    let rows: Vec<Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    let rows: Vec<_> = rows.iter().map(|row| row["event_id"].as_str().unwrap()).collect();
    assert_eq!(rows, [id(1), id(2)]);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_purchase_at_roku_and_its_receipt_leave_as_events_of_the_customer() {
    let usher = Usher::start().await;
    let roku = usher.stack.simulator.clone().unwrap();
    let (order, _) = roku.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    let receipt = usher.receipt("ann@example.com", "S123456789_US", &order.purchase_id).await;
    assert_eq!(receipt.status, 200);
    usher.tick().await;
    let told = usher.stack.events();
    let mut kinds: Vec<_> = told.iter().map(|detail| detail.row.event_type.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["receipt.validated", "subscription.started", "transaction.charged"]);
    let charged = told.iter().find(|detail| detail.row.total_micros.is_some()).unwrap();
    assert_eq!(charged.row.offer_id.as_deref(), Some("S123456789_US"));
    let numbers: Vec<_> = told.iter().filter_map(|detail| detail.row.sequence).collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
}

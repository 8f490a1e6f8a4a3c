//! The work of the schedule grows with what is due and not with what was sold.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use jiff::Timestamp;
use reconcile::Reconcile;
use usher_tests::Usher;
use usher_tests::samples::{BASIC_PRODUCT, ROKU_CUSTOMER, days};
use usher_tests::wire::{Wire, dynamodb};

type Item = HashMap<String, AttributeValue>;

/// What one run cost, and what it did.
#[derive(Debug, PartialEq)]
struct Run {
    calls: usize,
    read_units: f64,
    write_units: f64,
    sent: usize,
}

/// A run of the schedule over a table with so many accounts, of which some are due.
async fn run(accounts: usize, due: usize) -> Run {
    let usher = Usher::with(|options| {
        options.begins_at = Some("2026-01-01T12:00:00Z".parse().unwrap());
    })
    .await;
    let roku = usher.stack.simulator.clone().unwrap();
    roku.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    let now = days(roku.clock().now(), 32);
    roku.break_pushes(roku_simulator::PushFault::Lost);
    roku.move_clock(now).await;
    let client = dynamodb(&usher.stack.dynamodb).await;
    let sample = account(&client).await;
    fill(&client, &sample, accounts - 1, due - 1, now).await;
    usher.stack.config.table.warm().await;
    let (wire, _) = Wire::in_front_of(&usher.stack).await;
    let reconcile = Reconcile::new(&wire.config(&usher.stack).await).unwrap();
    reconcile.run().await.unwrap(); // Roku's keys are fetched, and what is due is sent
    let all = wire.seen();
    Run {
        calls: all.len(),
        read_units: all.iter().map(|call| call.read_units).sum(),
        write_units: all.iter().map(|call| call.write_units).sum(),
        sent: usize::try_from(queued(&usher).await).unwrap(),
    }
}

async fn queued(usher: &Usher) -> u64 {
    let config = &usher.stack.config;
    let state =
        usher::queue::Inspector::new(&config.sqs, &config.queues.accounts).state().await.unwrap();
    state.waiting + state.delayed
}

/// The account of the sample customer, as it is kept.
async fn account(client: &Client) -> Item {
    let pk = AttributeValue::S(format!("ROKU#123456789#{ROKU_CUSTOMER}"));
    let read = client.get_item().table_name("usher").key("pk", pk);
    let read = read.key("sk", AttributeValue::S("ACCOUNT".to_owned()));
    read.send().await.unwrap().item.unwrap()
}

/// More accounts like it. The first ones are due, the others within a month.
async fn fill(client: &Client, sample: &Item, accounts: usize, due: usize, now: Timestamp) {
    let mut items = Vec::new();
    for number in 0..accounts {
        let at = if number < due { days(now, -1) } else { days(now, 1 + number as i64 % 30) };
        let mut item = sample.clone();
        let mut set =
            |name: &str, text: String| item.insert(name.to_owned(), AttributeValue::S(text));
        set("pk", format!("ROKU#123456789#{number:032x}"));
        set("due_bucket", format!("DUE#{:x}", number % 16));
        set("due_at", format!("{at:.3}"));
        let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
        items.push(WriteRequest::builder().put_request(put).build());
    }
    for batch in items.chunks(25) {
        let write = client.batch_write_item().request_items("usher", batch.to_vec());
        assert!(write.send().await.unwrap().unprocessed_items.is_none_or(|left| left.is_empty()));
    }
}

#[tokio::test]
async fn a_run_costs_what_is_due_however_many_accounts_there_are() {
    let few = run(100, 32).await;
    assert_eq!(few.sent, 32);
    let many = run(10_000, 32).await;
    assert_eq!(many, few);
    let twice = run(10_000, 64).await;
    assert_eq!(twice.sent, 64);
    assert!(twice.read_units <= 2.0 * few.read_units, "{twice:?} {few:?}");
    assert!(twice.write_units <= 2.0 * few.write_units, "{twice:?} {few:?}");
}

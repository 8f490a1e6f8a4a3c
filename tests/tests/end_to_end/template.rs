//! What the template says and the code takes for granted.

use serde_json::{Value, json};
use usher::queue::Backoff;
use usher_cli::template::Template;

fn properties(resource: &str) -> Value {
    Template::built_in().unwrap().properties(resource).unwrap().clone()
}

#[test]
fn a_message_is_received_as_often_as_its_backoff_says() {
    for (queue, backoff) in [
        ("ReceiptsQueue", Backoff::RECEIPTS),
        ("AccountsQueue", Backoff::ACCOUNTS),
        ("WebhooksQueue", Backoff::WEBHOOKS),
    ] {
        let policy = &properties(queue)["RedrivePolicy"];
        assert_eq!(policy["maxReceiveCount"], backoff.max_receives(), "{queue}");
    }
}

#[test]
fn a_worker_has_time_for_a_batch_and_the_queue_waits_for_it() {
    let worker = properties("VerifyFunction");
    let timeout_s = worker["Timeout"].as_u64().unwrap();
    assert!(timeout_s > verify::DEADLINE.as_secs() + 30, "the message at hand is finished");
    for queue in ["ReceiptsQueue", "AccountsQueue"] {
        assert_eq!(properties(queue)["VisibilityTimeout"], 6 * timeout_s, "{queue}");
    }
    for event in ["Receipts", "Accounts"] {
        let event = &worker["Events"][event]["Properties"];
        assert_eq!(event["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]));
        assert_eq!(event["BatchSize"], usher_cli::background::BATCH);
    }
}

#[test]
fn the_reader_of_the_stream_has_time_for_a_batch_and_never_gives_up_for_a_bus_that_is_down() {
    let reader = properties("PublishFunction");
    let timeout_s = reader["Timeout"].as_u64().unwrap();
    assert!(timeout_s > publish::DEADLINE.as_secs() + 30, "the record at hand is finished");
    let source = &reader["Events"]["Table"]["Properties"];
    assert_eq!(source["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]));
    assert_eq!(source["MaximumRetryAttempts"], -1);
    let oldest_s = source["MaximumRecordAgeInSeconds"].as_u64().unwrap();
    assert!((3_600..86_400).contains(&oldest_s), "the stream forgets after a day");
    assert_eq!(properties("Table")["StreamSpecification"]["StreamViewType"], "NEW_AND_OLD_IMAGES");
}

#[test]
fn the_worker_of_the_webhooks_has_time_for_a_batch() {
    let worker = properties("DeliverFunction");
    let timeout_s = worker["Timeout"].as_u64().unwrap();
    assert!(timeout_s > deliver::DEADLINE.as_secs() + 10);
    assert!(deliver::DEADLINE > 2 * usher::webhooks::TIMEOUT, "a receiver has all its time");
    assert_eq!(properties("WebhooksQueue")["VisibilityTimeout"], 6 * timeout_s);
    let event = &worker["Events"]["Webhooks"]["Properties"];
    assert_eq!(event["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]));
    assert_eq!(event["BatchSize"], usher_cli::background::WEBHOOKS_BATCH);
    let variables = &worker["Environment"]["Variables"];
    assert!(variables["ALLOW_LOOPBACK_WEBHOOKS"].is_null(), "it goes to the public internet only");
}

#[test]
fn the_schedule_runs_as_often_as_it_thinks_and_never_twice_for_one_time() {
    let schedule = properties("ReconcileFunction");
    let every = &schedule["Events"]["EveryMinute"]["Properties"]["ScheduleExpression"];
    assert_eq!(*every, "rate(1 minute)");
    assert_eq!(reconcile::EVERY.as_secs(), 60);
    assert_eq!(schedule["EventInvokeConfig"]["MaximumRetryAttempts"], 0);
}

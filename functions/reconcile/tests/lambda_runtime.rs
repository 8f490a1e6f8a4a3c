//! The binary under a Lambda runtime.

use jiff::SignedDuration;
use serde_json::json;
use usher::queue::Inspector;
use usher_tests::Usher;
use usher_tests::lambda::Runtime;
use usher_tests::samples::{BASIC_PRODUCT, ROKU_CUSTOMER, days, push};

const BINARY: &str = env!("CARGO_BIN_EXE_reconcile");

#[tokio::test]
async fn the_binary_sends_what_is_due_on_its_way_and_says_how_long_it_waited() {
    let usher = Usher::start().await;
    let now = usher.stack.config.clock.now();
    let ended = now - SignedDuration::from_mins(1);
    let sale = push("Sale", "abc", BASIC_PRODUCT).with("customerId", ROKU_CUSTOMER);
    let answer = usher.push(&sale.at(days(now, -31), ended).message()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);

    let function = Runtime::start(BINARY, &usher.stack).await;
    let report = function.invoke(json!({ "source": "aws.scheduler" })).await;
    assert_eq!(report, json!({ "sent": 1, "moved": 0, "left": 0 }));
    let stack = json!({ "Stack": "usher" });
    let oldest = function.metric("OldestDue", &stack).await;
    assert_eq!(oldest, json!([0.0]));
    let queue = Inspector::new(&usher.stack.config.sqs, &usher.stack.config.queues.accounts);
    assert_eq!(queue.state().await.unwrap().waiting, 1);
}

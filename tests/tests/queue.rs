//! The queue's adapter against servers that speak SQS: always the one of `usher local`, and another
//! at `USHER_SQS_ENDPOINT` where that is set (moto's; see `.ci/run`), so that ours is not the judge
//! of itself. Nobody sleeps: what takes time is told of ours, whose clock moves. Moto knows no
//! `StartMessageMoveTask`, so that bringing dead letters back is told of ours too.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{Builder, Credentials, Region, SharedCredentialsProvider};
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName, QueueAttributeName,
};
use jiff::Timestamp;
use tokio::net::TcpListener;
use usher::clock::Clock;
use usher::config::QueueUrls;
use usher::config::aws_config;
use usher::queue::{Backoff, Inspector, NotAccepted, QueueError, QueueState, Retries, Sender};
use usher_cli::sqs::{self, Settings};

const AT_ONCE: Duration = Duration::ZERO;
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

/// A queue on a server.
struct Queue {
    /// Whose it is, for messages.
    server: &'static str,
    client: Client,
    url: String,
    time: Arc<Mutex<Timestamp>>,
}

impl Queue {
    /// An empty queue on our server: that of receipts.
    async fn ours(max_receives: u32) -> Self {
        let settings = Settings { receipts_max_receives: max_receives, ..Settings::default() };
        let [receipts, _] = Self::both(settings).await;
        receipts
    }

    /// The queues of receipts and of accounts on our server, both empty.
    async fn both(settings: Settings) -> [Self; 2] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let client = client(&endpoint).await;
        let time = Arc::new(Mutex::new(Timestamp::from_second(1_800_000_000).unwrap()));
        let hands = Arc::clone(&time);
        let clock = Clock::new(move || *hands.lock().unwrap());
        let QueueUrls { receipts, accounts, .. } = sqs::start(listener, &endpoint, clock, settings);
        [receipts, accounts].map(|url| {
            let (client, time) = (client.clone(), Arc::clone(&time));
            Self { server: "ours", client, url, time }
        })
    }

    /// An empty queue, with a dead-letter queue, on the server at an endpoint.
    async fn at(endpoint: &str, max_receives: u32) -> Self {
        let client = client(endpoint).await;
        let name = format!("questions-{}", uuid::Uuid::new_v4());
        let dead = client.create_queue().queue_name(format!("{name}-dead-letters"));
        let dead = dead.send().await.unwrap().queue_url.unwrap();
        let arn = client.get_queue_attributes().queue_url(dead);
        let arn = arn.attribute_names(QueueAttributeName::QueueArn).send().await.unwrap();
        let arn = &arn.attributes().unwrap()[&QueueAttributeName::QueueArn];
        let policy =
            format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":"{max_receives}"}}"#);
        let queue = client.create_queue().queue_name(name);
        let queue = queue.attributes(QueueAttributeName::RedrivePolicy, policy);
        let url = queue.send().await.unwrap().queue_url.unwrap();
        Self { server: "theirs", client, url, time: Arc::default() }
    }

    /// An empty queue on every server that there is.
    async fn on_each_server(max_receives: u32) -> Vec<Self> {
        let mut queues = vec![Self::ours(max_receives).await];
        if let Ok(endpoint) = std::env::var("USHER_SQS_ENDPOINT") {
            queues.push(Self::at(&endpoint, max_receives).await);
        }
        queues
    }

    fn sender(&self) -> Sender {
        Sender::new(&self.client, &self.url)
    }

    fn retries(&self) -> Retries {
        Retries::new(&self.client, &self.url)
    }

    fn inspector(&self) -> Inspector {
        Inspector::new(&self.client, &self.url)
    }

    async fn state(&self) -> QueueState {
        self.inspector().state().await.unwrap()
    }

    /// Receives what there is, up to ten messages, for half a minute, as Lambda does.
    async fn receive(&self) -> Vec<Message> {
        let request = self.client.receive_message().queue_url(&self.url);
        let request = request.max_number_of_messages(10).visibility_timeout(30);
        let count = MessageSystemAttributeName::ApproximateReceiveCount;
        let answer = request.message_system_attribute_names(count).send().await.unwrap();
        answer.messages.unwrap_or_default()
    }

    async fn delete(&self, message: &Message) {
        let request = self.client.delete_message().queue_url(&self.url);
        request.receipt_handle(handle(message)).send().await.unwrap();
    }

    /// Moves the clock of our server.
    fn pass(&self, time: Duration) {
        assert_eq!(self.server, "ours", "other servers' time is real");
        *self.time.lock().unwrap() += time;
    }
}

async fn client(endpoint: &str) -> Client {
    let credentials = Credentials::new("local", "local", None, None, "tests");
    let aws = aws_config()
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .load()
        .await;
    Client::from_conf(Builder::from(&aws).endpoint_url(endpoint).build())
}

fn state(waiting: u64, delayed: u64, in_flight: u64, dead_letters: u64) -> QueueState {
    QueueState { waiting, delayed, in_flight, dead_letters }
}

fn handle(message: &Message) -> &str {
    message.receipt_handle().unwrap()
}

fn bodies(messages: &[Message]) -> Vec<&str> {
    let mut bodies: Vec<_> = messages.iter().map(|message| message.body().unwrap()).collect();
    bodies.sort_unstable();
    bodies
}

fn times_received(message: &Message) -> &str {
    let attributes = message.attributes().unwrap();
    &attributes[&MessageSystemAttributeName::ApproximateReceiveCount]
}

/// As many messages, numbered from 0, without a delay.
fn numbered(how_many: usize) -> Vec<(String, Duration)> {
    (0..how_many).map(|number| (format!("{number:02}"), AT_ONCE)).collect()
}

#[tokio::test]
async fn what_is_sent_is_received_and_once_deleted_is_gone() {
    for queue in Queue::on_each_server(5).await {
        let server = queue.server;
        let text = "{\"é\": \"&<>\n\"}";
        queue.sender().send(text).await.unwrap();
        assert_eq!(queue.state().await, state(1, 0, 0, 0), "{server}");

        let received = queue.receive().await;
        assert_eq!(bodies(&received), [text], "{server}");
        assert_eq!(times_received(&received[0]), "1", "{server}");
        assert_eq!(queue.state().await, state(0, 0, 1, 0), "{server}");
        assert!(queue.receive().await.is_empty(), "{server}: it is in flight");

        queue.delete(&received[0]).await;
        assert_eq!(queue.state().await, state(0, 0, 0, 0), "{server}");
    }
}

#[tokio::test]
async fn any_number_is_sent_in_batches() {
    for queue in Queue::on_each_server(5).await {
        let server = queue.server;
        for how_many in [0, 1, 10, 23] {
            let messages = numbered(how_many);
            queue.sender().send_spread(&messages).await.unwrap();

            let mut received = Vec::new();
            for _ in 0..=how_many / 10 {
                received.append(&mut queue.receive().await);
            }
            let sent: Vec<_> = messages.iter().map(|(body, _)| body.as_str()).collect();
            assert_eq!(bodies(&received), sent, "{server}");
        }
    }
}

#[tokio::test]
async fn a_delayed_message_is_kept_back() {
    for queue in Queue::on_each_server(5).await {
        let server = queue.server;
        let day = 24 * HOUR;
        let messages =
            [("now", AT_ONCE), ("nearly now", SECOND / 2), ("later", 60 * SECOND), ("cut", day)];
        let messages = messages.map(|(body, delay)| (body.to_owned(), delay));
        queue.sender().send_spread(&messages).await.unwrap();

        assert_eq!(queue.state().await, state(2, 2, 0, 0), "{server}");
        assert_eq!(bodies(&queue.receive().await), ["nearly now", "now"], "{server}");
    }
}

#[tokio::test]
async fn a_delayed_message_comes_when_its_time_has_come() {
    let queue = Queue::ours(5).await;
    let messages = [("in a minute", 60 * SECOND), ("in a day", 24 * HOUR)];
    let messages = messages.map(|(body, delay)| (body.to_owned(), delay));
    queue.sender().send_spread(&messages).await.unwrap();

    queue.pass(59 * SECOND);
    assert!(queue.receive().await.is_empty());
    queue.pass(SECOND);
    let first = queue.receive().await;
    assert_eq!(bodies(&first), ["in a minute"]);
    queue.delete(&first[0]).await;
    queue.pass(839 * SECOND);
    assert!(queue.receive().await.is_empty());
    queue.pass(SECOND);
    assert_eq!(bodies(&queue.receive().await), ["in a day"], "a day is cut to 15 minutes");
}

#[tokio::test]
async fn a_message_that_is_wanted_again_at_once_is_there_at_once() {
    for queue in Queue::on_each_server(5).await {
        let server = queue.server;
        queue.sender().send("a").await.unwrap();
        let received = queue.receive().await;

        queue.retries().again_in(handle(&received[0]), AT_ONCE).await.unwrap();

        assert_eq!(queue.state().await, state(1, 0, 0, 0), "{server}");
        let again = queue.receive().await;
        assert_eq!(bodies(&again), ["a"], "{server}");
        assert_eq!(times_received(&again[0]), "2", "{server}");
    }
}

#[tokio::test]
async fn a_pause_can_be_as_long_as_a_server_takes() {
    for queue in Queue::on_each_server(5).await {
        let server = queue.server;
        queue.sender().send("a").await.unwrap();
        let received = queue.receive().await;

        queue.retries().again_in(handle(&received[0]), 24 * HOUR).await.unwrap();

        assert_eq!(queue.state().await, state(0, 0, 1, 0), "{server}");
    }
}

#[tokio::test]
async fn a_message_comes_again_after_its_pause() {
    let queue = Queue::ours(5).await;
    queue.sender().send("a").await.unwrap();
    let received = queue.receive().await;
    queue.pass(10 * SECOND);
    queue.retries().again_in(handle(&received[0]), 60 * SECOND).await.unwrap();

    queue.pass(59 * SECOND);
    assert!(queue.receive().await.is_empty());
    queue.pass(SECOND);
    assert_eq!(bodies(&queue.receive().await), ["a"]);
}

#[tokio::test]
async fn a_handle_that_is_none_puts_nothing_off() {
    for queue in Queue::on_each_server(5).await {
        let outcome = queue.retries().again_in("none", SECOND).await;
        let error = outcome.unwrap_err();
        assert!(matches!(error, QueueError::NotInFlight(_)), "{}: {error:?}", queue.server);
    }
}

#[tokio::test]
async fn a_handle_whose_time_is_up_puts_nothing_off() {
    let queue = Queue::ours(5).await;
    queue.sender().send("a").await.unwrap();
    let received = queue.receive().await;
    let again = async |delay| queue.retries().again_in(handle(&received[0]), delay).await;

    // While it is in flight, and within the twelve hours for which it can be
    again(11 * HOUR).await.unwrap();
    queue.pass(10 * HOUR);
    let error = again(3 * HOUR).await.unwrap_err();
    assert!(matches!(error, QueueError::NotInFlight(_)), "more than twelve hours: {error:?}");
    // Until it is visible again
    queue.pass(HOUR);
    let error = again(SECOND).await.unwrap_err();
    assert!(matches!(error, QueueError::NotInFlight(_)), "no longer in flight: {error:?}");
    assert_eq!(bodies(&queue.receive().await), ["a"]);
}

#[tokio::test]
async fn a_message_is_given_up_after_its_last_receive() {
    for queue in Queue::on_each_server(2).await {
        let server = queue.server;
        queue.sender().send("hopeless").await.unwrap();
        for receive in ["1", "2"] {
            let received = queue.receive().await;
            assert_eq!(times_received(&received[0]), receive, "{server}");
            queue.retries().again_in(handle(&received[0]), AT_ONCE).await.unwrap();
        }
        assert_eq!(queue.state().await, state(1, 0, 0, 0), "{server}: nobody asked for it yet");

        assert!(queue.receive().await.is_empty(), "{server}");

        assert_eq!(queue.state().await, state(0, 0, 0, 1), "{server}");
    }
}

#[tokio::test]
async fn dead_letters_are_brought_back_as_new() {
    let queue = Queue::ours(1).await;
    queue.sender().send_spread(&numbered(3)).await.unwrap();
    assert_eq!(queue.receive().await.len(), 3);
    queue.pass(HOUR);
    assert!(queue.receive().await.is_empty());
    assert_eq!(queue.state().await, state(0, 0, 0, 3));

    queue.inspector().redrive().await.unwrap();

    assert_eq!(queue.state().await, state(3, 0, 0, 0));
    let received = queue.receive().await;
    assert_eq!(bodies(&received), ["00", "01", "02"]);
    assert_eq!(times_received(&received[0]), "1");
}

#[tokio::test]
async fn each_queue_has_its_own_messages() {
    // Given a message in each of the two queues
    let [receipts, accounts] = Queue::both(Settings::default()).await;
    receipts.sender().send("receipt").await.unwrap();
    accounts.sender().send("account").await.unwrap();

    // When they are received, each comes from its own
    let receipt = receipts.receive().await;
    let account = accounts.receive().await;
    assert_eq!(bodies(&receipt), ["receipt"]);
    assert_eq!(bodies(&account), ["account"]);

    // Then what is done to one does nothing to the other, nor is its handle worth anything there
    let error = accounts.retries().again_in(handle(&receipt[0]), AT_ONCE).await.unwrap_err();
    assert!(matches!(error, QueueError::NotInFlight(_)), "{error:?}");
    receipts.delete(&receipt[0]).await;
    assert_eq!(receipts.state().await, state(0, 0, 0, 0));
    assert_eq!(accounts.state().await, state(0, 0, 1, 0));
}

#[tokio::test]
async fn each_queue_has_its_own_dead_letters() {
    // Given queues of which one gives up after the first receive and the other after the second
    let settings =
        Settings { receipts_max_receives: 2, accounts_max_receives: 1, ..Settings::default() };
    let queues = Queue::both(settings).await;
    for queue in &queues {
        queue.sender().send("hopeless").await.unwrap();
    }
    let [receipts, accounts] = &queues;

    for (expected_receipts, expected_accounts) in [
        // When all is received for the first time
        (state(0, 0, 1, 0), state(0, 0, 1, 0)),
        // And for the second
        (state(0, 0, 1, 0), state(0, 0, 0, 1)),
        // And for the third
        (state(0, 0, 0, 1), state(0, 0, 0, 1)),
    ] {
        for queue in &queues {
            queue.receive().await;
        }
        // Then each is given up in its own time
        assert_eq!(receipts.state().await, expected_receipts);
        assert_eq!(accounts.state().await, expected_accounts);
        receipts.pass(HOUR);
    }

    // And the dead letters of one come back without those of the other
    receipts.inspector().redrive().await.unwrap();
    assert_eq!(receipts.state().await, state(1, 0, 0, 0));
    assert_eq!(accounts.state().await, state(0, 0, 0, 1));
    accounts.inspector().redrive().await.unwrap();
    assert_eq!(receipts.state().await, state(1, 0, 0, 0));
    assert_eq!(accounts.state().await, state(1, 0, 0, 0));
}

#[tokio::test]
async fn each_queue_gives_up_as_its_backoff_says() {
    let backoffs = [Backoff::RECEIPTS, Backoff::ACCOUNTS];
    for (queue, backoff) in Queue::both(Settings::default()).await.iter().zip(backoffs) {
        let request = queue.client.get_queue_attributes().queue_url(&queue.url);
        let request = request.attribute_names(QueueAttributeName::RedrivePolicy);
        let answer = request.send().await.unwrap();

        let policy = &answer.attributes().unwrap()[&QueueAttributeName::RedrivePolicy];
        let policy: serde_json::Value = serde_json::from_str(policy).unwrap();
        assert_eq!(policy["maxReceiveCount"], backoff.max_receives(), "{policy}");
    }
}

#[tokio::test]
async fn the_sender_tells_which_messages_were_not_taken() {
    // Given messages of which SQS takes all but two, for what is in them
    let queue = Queue::ours(5).await;
    let mut messages = numbered(25);
    messages[3].0 = "\u{0}".to_owned();
    messages[17].0 = "\u{0}".to_owned();

    // When they are sent
    let refused = queue.sender().send_spread(&messages).await.unwrap_err();

    // Then the others are in the queue
    let NotAccepted { indexes, cause } = refused;
    assert_eq!(indexes, [3, 17]);
    assert_eq!(cause.to_string(), "the queue does not take the message: InvalidMessageContents");
    assert_eq!(queue.state().await, state(23, 0, 0, 0));
}

#[tokio::test]
async fn without_a_queue_nothing_is_taken_and_no_message_is_in_the_log() {
    for mut queue in Queue::on_each_server(5).await {
        // Given the address of a queue that is not there
        queue.url.push_str("-gone");
        let server = queue.server;

        // When messages are sent
        let body = "ann@example.com";
        let alone = queue.sender().send(body).await.unwrap_err();
        let messages = vec![(body.to_owned(), AT_ONCE); 23];
        let refused = queue.sender().send_spread(&messages).await.unwrap_err();
        let state = queue.inspector().state().await.unwrap_err();

        // Then all are still the sender's, and the log tells why and not what
        assert_eq!(refused.indexes, Vec::from_iter(0..23), "{server}");
        for error in [alone, refused.cause, state] {
            let text = error.with_causes();
            assert!(matches!(error, QueueError::Unavailable(_)), "{server}: {text}");
            assert!(text.contains("QueueDoesNotExist"), "{server}: {text}");
            assert!(!text.contains(body), "{server}: {text}");
        }
    }
}

#[tokio::test]
async fn a_queue_without_dead_letters_is_told_apart() {
    // Given the dead-letter queue, which has none of its own
    let mut queue = Queue::ours(5).await;
    queue.url.push_str("-dead-letters");

    let state = queue.inspector().state().await.unwrap_err();
    let redrive = queue.inspector().redrive().await.unwrap_err();

    assert!(matches!(state, QueueError::NoDeadLetterQueue), "{state:?}");
    assert!(matches!(redrive, QueueError::NoDeadLetterQueue), "{redrive:?}");
}

#[tokio::test]
async fn a_batch_is_deleted_and_what_is_none_of_it_is_told() {
    for queue in Queue::on_each_server(5).await {
        let server = queue.server;
        queue.sender().send_spread(&numbered(2)).await.unwrap();
        let received = queue.receive().await;

        let handles = [handle(&received[0]), "none", handle(&received[1])];
        let entries = ["a", "b", "c"].into_iter().zip(handles).map(|(id, handle)| {
            let entry = DeleteMessageBatchRequestEntry::builder().id(id).receipt_handle(handle);
            entry.build().unwrap()
        });
        let answer = queue.client.delete_message_batch().queue_url(&queue.url);
        let answer = answer.set_entries(Some(entries.collect())).send().await.unwrap();

        let failed: Vec<_> = answer.failed().iter().map(|entry| entry.id()).collect();
        assert_eq!(failed, ["b"], "{server}");
        assert_eq!(answer.successful().len(), 2, "{server}");
        assert_eq!(queue.state().await, state(0, 0, 0, 0), "{server}");
    }
}

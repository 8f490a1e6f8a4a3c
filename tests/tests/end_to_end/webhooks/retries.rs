//! What does not arrive is told again.

use jiff::SignedDuration;
use usher::domain::event::EventType;
use usher::domain::webhook::delivery::Status;
use usher::domain::webhook::retry;
use usher_cli::background::Background;

use super::receiver::{Answer, Receiver};
use super::told::Told;

const A_SECOND: SignedDuration = SignedDuration::from_secs(1);

#[tokio::test]
async fn a_webhook_is_sent_again_until_it_arrives_each_time_as_the_same_event() {
    // Given a receiver that is down
    let mut told = Told::start().await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = told.at(&receiver.url).await;
    receiver.answers(Answer::Status(503));
    let event = told.event(EventType::Renewed);
    told.tell(&event).await;
    for (passed, sent) in [(A_SECOND * 3, 1), (A_SECOND * 2, 2), (A_SECOND * 300, 3)] {
        told.pass(passed).await;
        assert_eq!(receiver.received().len(), sent, "after {passed}");
    }
    let failing = told.endpoint(&endpoint).await;
    assert_eq!(failing.failing_since, Some(failing.created_at));

    // When it is up again
    receiver.answers(Answer::Status(200));
    told.pass(SignedDuration::from_mins(30)).await;

    // Then the event arrives, as the one that it was
    let received = receiver.received();
    assert_eq!(received.len(), 4);
    for one in &received {
        assert_eq!(one.header("webhook-id"), event.id.as_str());
        assert_eq!(one.header("content-type"), "application/json");
        assert_eq!(one.body, received[0].body);
    }
    assert_eq!(told.status(&endpoint, &event).await, "delivered");
    let statuses = told.delivery(&endpoint, &event).await.log;
    let statuses: Vec<_> = statuses.iter().filter_map(|attempt| attempt.status).collect();
    assert_eq!(statuses, [503, 503, 503, 200]);
    assert_eq!(told.endpoint(&endpoint).await.failing_since, None);
    told.pass(SignedDuration::from_hours(100)).await;
    assert_eq!(receiver.received().len(), 4, "and that is that");
}

#[tokio::test]
async fn a_receiver_that_is_busy_is_left_alone_for_as_long_as_it_says() {
    for (status, passed_over) in [(429, true), (503, true), (500, false)] {
        let mut told = Told::start().await;
        let receiver = Receiver::start().await;
        told.at(&receiver.url).await;
        receiver.answers(Answer::With(status, "retry-after", "3600"));
        let event = told.event(EventType::Renewed);
        told.tell(&event).await;
        told.pass(SignedDuration::from_mins(59)).await;
        assert_eq!(receiver.received().len() == 1, passed_over, "{status}");
        told.pass(SignedDuration::from_mins(1)).await;
        assert_eq!(receiver.received().len(), 2, "{status}");
    }
}

#[tokio::test]
async fn a_webhook_is_given_up_after_three_days() {
    // Given an endpoint that takes another event, and not this one
    let mut told = Told::start().await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = told.at(&receiver.url).await;
    receiver.answers(Answer::Status(500));
    let event = told.event(EventType::Renewed);
    told.tell(&event).await;
    let began_at = told.usher.stack.config.clock.now();
    told.pass(SignedDuration::from_hours(71)).await;
    receiver.answers(Answer::Status(200));
    let other = told.event(EventType::Ended);
    told.tell(&other).await;
    receiver.answers(Answer::Status(500));

    // When three days have passed
    told.pass_until_settled(&endpoint, &event).await;

    // Then this one is given up, and the endpoint is not
    let Status::Failed { at } = told.delivery(&endpoint, &event).await.status else {
        panic!("{:?}", told.delivery(&endpoint, &event).await);
    };
    assert!(at.duration_since(began_at) >= retry::LASTS, "{at}");
    assert!(!told.endpoint(&endpoint).await.is_paused());
    let sent = receiver.received().len();
    told.pass(SignedDuration::from_hours(100)).await;
    assert_eq!(receiver.received().len(), sent);
}

#[tokio::test]
async fn what_nobody_answers_is_told_again_and_the_log_says_why() {
    let mut told = Told::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/secret-path", listener.local_addr().unwrap());
    drop(listener);
    let (endpoint, _) = told.at(&url).await;
    let event = told.event(EventType::Renewed);
    told.tell(&event).await;
    let delivery = told.delivery(&endpoint, &event).await;
    let error = delivery.log[0].error.clone().unwrap();
    assert!(error.starts_with("cannot connect: "), "{error}");
    assert!(!error.contains("secret-path"), "{error}");
    assert_eq!(delivery.status.as_str(), "pending");
}

#[tokio::test]
async fn a_message_that_is_none_is_a_dead_letter_in_the_end() {
    let told = Told::start().await;
    let config = &told.usher.stack.config;
    let queue = usher::queue::Sender::new(&config.sqs, &config.queues.webhooks);
    queue.send("{}").await.unwrap();
    let workers = Background::new(config).unwrap();
    workers.work_off().await;
    let inspector = usher::queue::Inspector::new(&config.sqs, &config.queues.webhooks);
    assert_eq!(inspector.state().await.unwrap().in_flight, 1);
    for _ in 0..usher::queue::Backoff::WEBHOOKS.max_receives() {
        told.usher.later(SignedDuration::from_mins(5)).await;
        workers.work_off().await;
    }
    assert_eq!(inspector.state().await.unwrap().dead_letters, 1);
}

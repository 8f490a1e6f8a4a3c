//! Endpoints that are told nothing.

use jiff::SignedDuration;
use usher::domain::event::EventType;
use usher::domain::webhook::{PauseReason, State};

use super::receiver::{Answer, Receiver};
use super::told::Told;

fn reason(state: State) -> Option<PauseReason> {
    match state {
        State::Enabled => None,
        State::Paused { reason, .. } => Some(reason),
    }
}

#[tokio::test]
async fn an_endpoint_at_which_nothing_arrives_for_three_days_is_paused() {
    // Given an endpoint that takes nothing, and a healthy one
    let mut told = Told::start().await;
    let [down, up] = [Receiver::start().await, Receiver::start().await];
    down.answers(Answer::Status(500));
    let (failing, _) = told.at(&down.url).await;
    let (healthy, _) = told.at(&up.url).await;
    let first = told.event(EventType::Renewed);
    told.tell(&first).await;
    told.pass(SignedDuration::from_hours(48)).await;
    let second = told.event(EventType::Ended);
    told.tell(&second).await;
    assert_eq!(reason(told.endpoint(&failing).await.state), None);

    // When three days have passed since it began
    told.pass_until_settled(&failing, &first).await;

    // Then it is paused, and the other is not
    assert_eq!(reason(told.endpoint(&failing).await.state), Some(PauseReason::Failing));
    assert_eq!(told.status(&failing, &first).await, "failed");
    assert_eq!(reason(told.endpoint(&healthy).await.state), None);
    assert_eq!(up.received().len(), 2);

    // And what is still on its way, or yet to come, is held for it
    let sent = down.received().len();
    told.pass(SignedDuration::from_hours(24)).await;
    let third = told.event(EventType::Started);
    told.tell(&third).await;
    for event in [&second, &third] {
        assert_eq!(told.status(&failing, event).await, "held");
    }
    assert_eq!(down.received().len(), sent);
    assert_eq!(up.received().len(), 3);
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_paused_at_once() {
    let mut told = Told::start().await;
    let receiver = Receiver::start().await;
    receiver.answers(Answer::Status(410));
    let (endpoint, _) = told.at(&receiver.url).await;
    let event = told.event(EventType::Renewed);
    told.tell(&event).await;
    assert_eq!(reason(told.endpoint(&endpoint).await.state), Some(PauseReason::Gone));
    assert_eq!(told.status(&endpoint, &event).await, "held");
    told.pass(SignedDuration::from_hours(100)).await;
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test]
async fn what_comes_while_an_endpoint_is_paused_waits_for_it() {
    let mut told = Told::start().await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = told.at(&receiver.url).await;
    let at = told.usher.stack.config.clock.now();
    told.set_state(&endpoint, State::Paused { at, reason: PauseReason::ByOperator }).await;
    let event = told.event(EventType::Renewed);
    told.tell(&event).await;
    assert_eq!(told.status(&endpoint, &event).await, "held");
    assert!(receiver.received().is_empty());

    // Whoever resumes it sends the messages; the event's own, come again, is enough for none.
    told.set_state(&endpoint, State::Enabled).await;
    told.tell(&event).await;
    assert!(receiver.received().is_empty());
    let config = &told.usher.stack.config;
    let id = told.delivery(&endpoint, &event).await.id();
    let message = usher::webhooks::QueueMessage::of_delivery(told.publisher(), &endpoint, &id);
    let queue = usher::queue::Sender::new(&config.sqs, &config.queues.webhooks);
    queue.send(&message).await.unwrap();
    queue.send(&message).await.unwrap();
    told.usher.tick().await;
    assert_eq!(told.status(&endpoint, &event).await, "delivered");
    assert_eq!(receiver.received().len(), 1, "two messages are one webhook");
}

#[tokio::test]
async fn what_was_on_its_way_to_an_endpoint_that_is_removed_is_dropped() {
    let mut told = Told::start().await;
    let receiver = Receiver::start().await;
    receiver.answers(Answer::Status(500));
    let (endpoint, _) = told.at(&receiver.url).await;
    let event = told.event(EventType::Renewed);
    told.tell(&event).await;
    told.endpoints().remove(told.publisher(), &endpoint).await.unwrap();
    told.pass(SignedDuration::from_hours(1)).await;
    assert_eq!(receiver.received().len(), 1);
    let config = &told.usher.stack.config;
    let queue = usher::queue::Inspector::new(&config.sqs, &config.queues.webhooks);
    let state = queue.state().await.unwrap();
    assert_eq!((state.waiting, state.in_flight, state.dead_letters), (0, 0, 0));
}

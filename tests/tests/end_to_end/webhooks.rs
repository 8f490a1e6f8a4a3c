//! Events are told to the publisher's own systems: signed, once, again where they do not arrive, and
//! to nobody else.

mod addresses;
mod pauses;
mod receiver;
mod retries;
mod told;

use jiff::SignedDuration;
use secrecy::ExposeSecret;
use serde_json::json;
use usher::domain::email::Email;
use usher::domain::event::EventType;
use usher::domain::webhook::Format;
use usher::store::customers::Customers;
use usher_cli::background::Background;

use receiver::{Answer, Receiver, Verifier};
use told::{Told, in_json};

const ANN: &str = "ann@example.com";

#[tokio::test]
async fn a_receiver_written_from_the_documentation_verifies_every_type_in_both_formats() {
    // Given a receiver that knows nothing but the specification
    let mut told = Told::start().await;
    let mut receiver = Verifier::start().await;
    for format in [Format::Usher, Format::Cleeng] {
        let (endpoint, secret) = told.add(&receiver.url, "all", format).await;
        receiver.has(secret.expose_secret()).await;
        for kind in EventType::ALL {
            if !told.endpoint(&endpoint).await.takes(*kind) {
                continue;
            }

            // When an event of each type is told
            let event = told.event(*kind);
            told.tell(&event).await;

            // Then it verifies, under the event's id
            let says = receiver.says().await;
            assert_eq!(says["outcome"], "verified", "{kind}: {says}");
            assert_eq!(says["id"], event.id.as_str());
            assert_eq!(told.status(&endpoint, &event).await, "delivered");
            if format == Format::Usher {
                assert_eq!(says["event"], in_json(&event));
            } else {
                assert_eq!(says["event"]["broadcasterId"], 123_456_789);
            }
        }
        told.endpoints().remove(told.publisher(), &endpoint).await.unwrap();
    }
}

#[tokio::test]
async fn the_receiver_refuses_what_is_signed_with_another_secret() {
    let mut told = Told::start().await;
    let mut receiver = Verifier::start().await;
    let (endpoint, _) = told.at(&receiver.url).await;
    let (_, other) = told.add("https://example.com", "product.unmapped", Format::Usher).await;
    receiver.has(other.expose_secret()).await;

    let event = told.event(EventType::Renewed);
    told.tell(&event).await;

    assert_eq!(receiver.says().await["outcome"], "no signature matches");
    let delivery = told.delivery(&endpoint, &event).await;
    assert_eq!((delivery.status.as_str(), delivery.log[0].status), ("pending", Some(400)));
}

#[tokio::test]
async fn while_a_secret_is_rotated_either_verifies() {
    // Given an endpoint whose secret was rotated, with a day of overlap
    let mut told = Told::start().await;
    let mut receiver = Verifier::start().await;
    let (endpoint, old) = told.at(&receiver.url).await;
    let now = told.usher.stack.config.clock.now();
    let day = SignedDuration::from_hours(24);
    let new = told.secrets().rotate(told.publisher(), &endpoint, day, now).await.unwrap();

    for (passed, signatures, [with_old, with_new]) in [
        (SignedDuration::ZERO, 2, ["verified", "verified"]),
        (SignedDuration::from_hours(23), 2, ["verified", "verified"]),
        (SignedDuration::from_hours(1), 1, ["no signature matches", "verified"]),
    ] {
        told.usher.later(passed).await;
        for (secret, outcome) in [(&old, with_old), (&new, with_new)] {
            // When the receiver has one of the two
            receiver.has(secret.expose_secret()).await;
            let event = told.event(EventType::Renewed);
            told.tell(&event).await;

            // Then it verifies, with the old one for a day
            let says = receiver.says().await;
            assert_eq!(
                (&says["outcome"], &says["signatures"]),
                (&json!(outcome), &json!(signatures))
            );
        }
    }
}

#[tokio::test]
async fn a_function_that_starts_signs_with_the_new_secret_alone_where_there_is_no_overlap() {
    let mut told = Told::start().await;
    let mut receiver = Verifier::start().await;
    let (endpoint, _) = told.at(&receiver.url).await;
    let now = told.usher.stack.config.clock.now();
    let none = SignedDuration::ZERO;
    let new = told.secrets().rotate(told.publisher(), &endpoint, none, now).await.unwrap();
    receiver.has(new.expose_secret()).await;
    let event = told.event(EventType::Renewed);
    told.put_on_queue(&event).await;
    Background::new(&told.usher.stack.config).unwrap().work_off().await;
    let says = receiver.says().await;
    assert_eq!((&says["outcome"], &says["signatures"]), (&json!("verified"), &json!(1)));
}

#[tokio::test]
async fn the_customer_is_told_to_the_receiver_and_is_not_in_the_log() {
    // Given a customer, and a receiver that answers with what it is sent
    let mut told = Told::start().await;
    let receiver = Receiver::start().await;
    receiver.answers(Answer::Text(500, format!("who is {ANN}?")));
    let (endpoint, _) = told.at(&receiver.url).await;
    let customers = Customers::new(&told.usher.stack.config.table);
    let (email, now) = (Email::parse(ANN).unwrap(), told.usher.stack.config.clock.now());
    let ann = customers.find_or_register(told.publisher(), &email, now).await.unwrap();
    let mut event = told.event(EventType::Renewed);
    event.data.customer.as_mut().unwrap().id = ann;

    // When an event of theirs is told
    told.tell(&event).await;

    // Then their address is in the webhook and nowhere else
    let received = receiver.received();
    assert_eq!(received[0].json()["data"]["customer"]["email"], ANN);
    let delivery = told.delivery(&endpoint, &event).await;
    assert_eq!(delivery.log[0].answer.as_deref(), Some("who is …?"));
    assert!(!serde_json::to_string(&delivery).unwrap().contains(ANN), "{delivery:?}");
}

#[tokio::test]
async fn an_endpoint_is_told_the_types_that_it_takes() {
    let mut told = Told::start().await;
    let [all, some] = [Receiver::start().await, Receiver::start().await];
    told.at(&all.url).await;
    told.add(&some.url, "subscription.renewed,subscription.ended", Format::Usher).await;
    for kind in [EventType::Started, EventType::Renewed, EventType::Charged, EventType::Ended] {
        let event = told.event(kind);
        told.tell(&event).await;
    }
    assert_eq!(all.received().len(), 4);
    let kinds: Vec<_> = some.received().iter().map(|one| one.json()["type"].clone()).collect();
    assert_eq!(kinds, ["subscription.renewed", "subscription.ended"]);
}

#[tokio::test]
async fn an_event_that_comes_twice_is_told_once() {
    let mut told = Told::start().await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = told.at(&receiver.url).await;
    let event = told.event(EventType::Renewed);
    told.put_on_queue(&event).await;
    told.tell(&event).await;
    told.pass(SignedDuration::from_mins(10)).await;
    told.tell(&event).await;
    assert_eq!(receiver.received().len(), 1);
    let (log, _) = told.deliveries().page(told.publisher(), &endpoint, None, None).await.unwrap();
    assert_eq!(log.len(), 1);
}

#[tokio::test]
async fn an_event_is_told_though_the_worker_died_before_it_sent_the_delivery_on_its_way() {
    // Given a delivery that was written down, and nothing more
    let mut told = Told::start().await;
    let receiver = Receiver::start().await;
    let (endpoint, _) = told.at(&receiver.url).await;
    let event = told.event(EventType::Renewed);
    let now = told.usher.stack.config.clock.now();
    let delivery = usher::domain::webhook::delivery::Delivery::new(event.clone(), false, now);
    told.deliveries().begin(told.publisher(), &endpoint, &delivery).await.unwrap();

    // When the event's message comes again
    told.tell(&event).await;

    // Then it is told
    assert_eq!(receiver.received().len(), 1);
    assert_eq!(told.status(&endpoint, &event).await, "delivered");
}

#[tokio::test]
async fn an_endpoint_that_is_slow_holds_up_no_other() {
    // Given an endpoint that answers when another has been told
    let mut told = Told::start().await;
    let [slow, quick] = [Receiver::start().await, Receiver::start().await];
    slow.answers(Answer::Once(std::sync::Arc::clone(&quick.came)));
    let (slow_one, _) = told.at(&slow.url).await;
    let (quick_one, _) = told.at(&quick.url).await;

    // When both are told
    let event = told.event(EventType::Renewed);
    told.tell(&event).await;

    // Then neither has waited for the other
    for endpoint in [slow_one, quick_one] {
        assert_eq!(told.delivery(&endpoint, &event).await.log.len(), 1);
        assert_eq!(told.status(&endpoint, &event).await, "delivered");
    }
}

#[tokio::test]
async fn another_publishers_endpoint_is_told_nothing() {
    let mut told = Told::start().await;
    let receiver = Receiver::start().await;
    told.at(&receiver.url).await;
    let mut event = told.event(EventType::Renewed);
    event.publisher_id = usher::domain::id::PublisherId::parse("555").unwrap();
    told.tell(&event).await;
    assert!(receiver.received().is_empty());
}

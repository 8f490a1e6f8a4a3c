//! Where webhooks do not go, and what they do not take.

use usher::config::Config;
use usher::domain::event::EventType;
use usher::domain::webhook::Reach;
use usher_cli::background::Background;

use super::receiver::{Answer, Receiver};
use super::told::Told;

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let mut told = Told::start().await;
    let receiver = Receiver::start().await;
    receiver.answers(Answer::With(307, "location", "/elsewhere"));
    let (endpoint, _) = told.at(&receiver.url).await;
    let event = told.event(EventType::Renewed);
    told.tell(&event).await;
    let paths: Vec<_> = receiver.received().into_iter().map(|one| one.path).collect();
    assert_eq!(paths, ["/hook"]);
    let delivery = told.delivery(&endpoint, &event).await;
    assert_eq!((delivery.status.as_str(), delivery.log[0].status), ("pending", Some(307)));
}

#[tokio::test]
async fn an_answer_that_never_ends_is_an_answer() {
    for (status, outcome, kept) in [(200, "delivered", None), (500, "pending", Some(1_024))] {
        let mut told = Told::start().await;
        let receiver = Receiver::start().await;
        receiver.answers(Answer::Endless(status));
        let (endpoint, _) = told.at(&receiver.url).await;
        let event = told.event(EventType::Renewed);
        told.tell(&event).await;
        let delivery = told.delivery(&endpoint, &event).await;
        assert_eq!(delivery.status.as_str(), outcome);
        assert_eq!(delivery.log[0].answer.as_ref().map(String::len), kept);
    }
}

#[tokio::test]
async fn other_machines_of_the_network_are_not_called() {
    // Given endpoints that somebody wrote past the command
    let mut told = Told::start().await;
    let private = ["https://10.0.0.1/", "https://169.254.169.254/", "https://[fd00:ec2::254]/"];
    for address in private {
        let parsed = usher::domain::webhook::WebhookUrl::parse(address, Reach::ThisMachineToo);
        assert!(parsed.is_err(), "{address}");
    }
    // And one of this machine, where that is not allowed
    let receiver = Receiver::start().await;
    let by_name = receiver.url.replace("http://127.0.0.1", "https://localhost");
    let by_number = receiver.url.replace("http:", "https:");
    let mut endpoints = Vec::new();
    for url in [&receiver.url, &by_name, &by_number] {
        endpoints.push(told.at(url).await.0);
    }

    // When an event is told by a worker as AWS runs it
    let event = told.event(EventType::Renewed);
    told.put_on_queue(&event).await;
    let config = told.usher.stack.config.clone();
    let config = Config { webhook_reach: Reach::PublicOnly, ..config };
    Background::new(&config).unwrap().work_off().await;

    // Then none of them is called
    assert!(receiver.received().is_empty());
    let expected = [
        "the address must begin with https://",
        "cannot connect: the name of the host leads to no address of the public internet",
        "the address must lead to the public internet",
    ];
    for (endpoint, expected) in endpoints.iter().zip(expected) {
        let delivery = told.delivery(endpoint, &event).await;
        assert_eq!(delivery.log[0].error.as_deref(), Some(expected));
    }
}

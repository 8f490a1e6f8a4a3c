//! What is on the webhooks' queue.

use serde::{Deserialize, Serialize};

use crate::domain::event::message::EventMessage;
use crate::domain::id::PublisherId;
use crate::domain::webhook::EndpointId;
use crate::domain::webhook::delivery::DeliveryId;

/// An event as the bus passes it on, or one delivery of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum QueueMessage {
    /// A delivery is to be attempted.
    Delivery {
        /// Whose.
        publisher: PublisherId,
        /// Where to.
        endpoint: EndpointId,
        /// Which.
        delivery: DeliveryId,
    },
    /// An event is to be told to every endpoint that takes it.
    Event(Box<EventMessage>),
}

impl QueueMessage {
    /// Reads a message; none where it is none of ours.
    pub fn parse(body: &str) -> Option<Self> {
        serde_json::from_str(body).ok()
    }

    /// The message for a delivery.
    pub fn of_delivery(
        publisher: &PublisherId,
        endpoint: &EndpointId,
        delivery: &DeliveryId,
    ) -> String {
        serde_json::json!({ "publisher": publisher, "endpoint": endpoint, "delivery": delivery })
            .to_string()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::event::EventType;
    use crate::domain::webhook::sample::sample;

    #[test]
    fn a_delivery_and_an_event_are_told_apart() {
        let publisher = PublisherId::parse("123456789").unwrap();
        let event = sample(EventType::Renewed, &publisher, Timestamp::UNIX_EPOCH);
        let endpoint = EndpointId::from_random([7; 16]);
        let delivery = DeliveryId::new(Timestamp::UNIX_EPOCH, &event.id);

        let text = QueueMessage::of_delivery(&publisher, &endpoint, &delivery);
        let expected = QueueMessage::Delivery { publisher, endpoint, delivery };
        assert_eq!(QueueMessage::parse(&text), Some(expected));
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(QueueMessage::parse(&text), Some(QueueMessage::Event(Box::new(event))));
        for text in ["", "{}", r#"{"publisher":"1"}"#] {
            assert_eq!(QueueMessage::parse(text), None, "{text}");
        }
    }
}

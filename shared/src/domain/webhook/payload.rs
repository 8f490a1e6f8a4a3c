//! The body of a webhook.

use std::fmt;

use secrecy::ExposeSecret;

use super::{Format, cleeng};
use crate::domain::customer;
use crate::domain::event::message::EventMessage;

/// What is told of a customer beyond their id. It is added when a webhook is sent, so that nothing
/// that is kept of it is anybody's data.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// The address.
    pub email: Option<String>,
    /// The publisher's own id of them.
    pub external_id: Option<String>,
}

impl Contact {
    /// Of a customer.
    pub fn of(customer: &customer::Customer) -> Self {
        Self {
            email: Some(customer.email.expose_secret().to_owned()),
            external_id: customer.profile.external_id.clone(),
        }
    }

    /// A text without what is told of the customer: a receiver may answer with what it was sent.
    pub fn struck_from(&self, text: &str) -> String {
        let told = [&self.email, &self.external_id].into_iter().flatten();
        let told = told.filter(|told| !told.is_empty());
        told.fold(text.to_owned(), |text, told| text.replace(told.as_str(), "…"))
    }
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contact(hidden)")
    }
}

impl Format {
    /// What is sent, byte for byte as it is signed; none for what this format has no words for.
    ///
    /// # Errors
    /// When an event cannot be written, which none is known for.
    pub fn body(
        self,
        message: &EventMessage,
        contact: Contact,
    ) -> Result<Option<String>, serde_json::Error> {
        let mut message = message.clone();
        if let Some(customer) = &mut message.data.customer {
            customer.email = contact.email;
            customer.external_id = contact.external_id;
        }
        match self {
            Self::Usher => serde_json::to_string(&message).map(Some),
            Self::Cleeng => Ok(cleeng::envelope(&message).map(|envelope| envelope.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::event::EventType;
    use crate::domain::samples::at;
    use crate::domain::webhook::sample::sample;

    fn ann() -> Contact {
        Contact { email: Some("ann@example.com".to_owned()), external_id: Some("A7".to_owned()) }
    }

    #[test]
    fn the_customer_is_told_in_the_body_and_nowhere_else() {
        let publisher = crate::domain::id::PublisherId::parse("123456789").unwrap();
        let message = sample(EventType::Renewed, &publisher, at("2026-03-01T12:00:00Z"));
        let body = Format::Usher.body(&message, ann()).unwrap().unwrap();
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["data"]["customer"]["email"], "ann@example.com");
        assert_eq!(body["data"]["customer"]["external_id"], "A7");

        let erased = Format::Usher.body(&message, Contact::default()).unwrap().unwrap();
        let erased: Value = serde_json::from_str(&erased).unwrap();
        assert_eq!(erased["data"]["customer"], json!({ "id": "100000001" }));
        assert_eq!(format!("{:?}", ann()), "Contact(hidden)");
    }

    #[test]
    fn what_a_receiver_says_is_kept_without_the_customer() {
        let said = r#"{"error":"no such customer: ann@example.com (A7)"}"#;
        let kept = r#"{"error":"no such customer: … (…)"}"#;
        assert_eq!(ann().struck_from(said), kept);
        assert_eq!(Contact::default().struck_from(said), said);
    }
}

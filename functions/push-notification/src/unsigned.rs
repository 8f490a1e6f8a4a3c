//! Pushes that nobody signed, where the publisher allows them.

use lambda_http::http::{HeaderValue, StatusCode};
use lambda_http::{Body, Response};
use secrecy::ExposeSecret;
use usher::domain::publisher::Publisher;
use usher::domain::unsigned_push::UnsignedPush;
use usher::respond::{Failure, text};
use usher::verification::Confirmation;

use super::PushNotification;

impl PushNotification {
    /// Has Roku asked about what an unsigned push tells. The push itself is not kept: what Roku
    /// answers is. `ApiKey`, by which Roku knew an acknowledgement before it signed its pushes
    /// (`roku-pay.md` §1), is sent only after Roku has confirmed that the transaction is that
    /// customer's: anybody could have sent the push. Who knows the ids of a transaction and of its
    /// customer gets the key all the same, which is why this is off by default.
    pub(super) async fn ask_about(
        &self,
        publisher: &Publisher,
        push: &UnsignedPush,
    ) -> Result<Response<Body>, Failure> {
        let mut response = text(StatusCode::OK, push.response_key.as_str());
        let Some(transaction) = &push.transaction else {
            tracing::info!(publisher = %publisher.id, "unsigned push tells of no transaction");
            return Ok(response);
        };
        let sender =
            self.verification.confirm_to_sender(publisher, transaction, &push.roku_customer);
        let confirmation = sender.await.map_err(|cause| {
            tracing::error!(publisher = %publisher.id, %cause, "unsigned push not verified");
            Failure::unavailable()
        })?;
        let key = match confirmation {
            Confirmation::Yes(key) => key,
            Confirmation::AskedLately => return Ok(response),
            Confirmation::No => return Err(not_confirmed()),
        };
        if let Ok(mut key) = HeaderValue::from_str(key.expose_secret()) {
            key.set_sensitive(true);
            response.headers_mut().insert("ApiKey", key);
        }
        tracing::info!(publisher = %publisher.id, "unsigned push confirmed by Roku");
        Ok(response)
    }
}

fn not_confirmed() -> Failure {
    let message = "Not signed, and Roku knows no such transaction of this customer";
    Failure::new(StatusCode::UNAUTHORIZED, "AUTH0002", message)
}

//! One attempt of a delivery.

use jiff::Timestamp;
use usher::domain::id::PublisherId;
use usher::domain::webhook::delivery::{Attempt, Delivery, DeliveryId, Status};
use usher::domain::webhook::{Contact, Endpoint, EndpointId, PauseReason, State};
use usher::store::webhooks::Versioned;
use usher::webhooks::Answered;

use crate::{Deliver, Done, NotDone};

impl Deliver {
    /// Attempts a delivery, unless it is done, or not due, or its endpoint is gone or paused.
    pub(crate) async fn attempt(
        &self,
        publisher: &PublisherId,
        endpoint: &EndpointId,
        delivery: &DeliveryId,
    ) -> Result<Done, NotDone> {
        let (endpoint, known) = tokio::try_join!(
            self.endpoints.find(publisher, endpoint),
            self.deliveries.find(publisher, endpoint, delivery),
        )?;
        let (Some(endpoint), Some(known)) = (endpoint, known) else { return Ok(Done::Off) };
        let now = self.clock.now();
        let Some(due_at) = known.delivery.due_at() else { return Ok(Done::Off) };
        if endpoint.is_paused() {
            return Box::pin(self.hold(publisher, &endpoint, &known)).await;
        }
        if due_at > now {
            return Ok(Done::Until(due_at));
        }
        Box::pin(self.send(publisher, &endpoint, known)).await
    }

    /// Keeps a delivery for when its endpoint is no longer paused. Its message is not needed then.
    async fn hold(
        &self,
        publisher: &PublisherId,
        endpoint: &Endpoint,
        known: &Versioned,
    ) -> Result<Done, NotDone> {
        if matches!(known.delivery.status, Status::Held { .. }) {
            return Ok(Done::Off);
        }
        let now = self.clock.now();
        let held = known.delivery.clone().held(now);
        let saved = self.deliveries.save(publisher, &endpoint.id, known, held).await?;
        // Where somebody else has written it, it is seen once more how it stands.
        Ok(saved.map_or(Done::Until(now), |_| Done::Off))
    }

    async fn send(
        &self,
        publisher: &PublisherId,
        endpoint: &Endpoint,
        known: Versioned,
    ) -> Result<Done, NotDone> {
        let (secrets, contact) = tokio::join!(
            self.secrets.webhook_secrets(publisher, &endpoint.id),
            self.contact(publisher, &known.delivery),
        );
        let (secrets, contact) = (secrets?, contact?);
        let message = &known.delivery.message;
        let body = endpoint.format.body(message, contact.clone());
        let body = body.map_err(|error| NotDone::Unwritable(error.to_string()))?;
        let Some(body) = body else { return Ok(Done::Off) };

        let at = self.clock.now();
        let claimed = known.delivery.clone().claimed(at);
        let claim = self.deliveries.save(publisher, &endpoint.id, &known, claimed).await?;
        let Some(claim) = claim else { return Ok(Done::Until(at)) };
        let id = message.id.as_str();
        let answered = self.courier.send(&endpoint.url, id, body, &secrets.signing(at)).await;
        let wait = answered.retry_after;
        let attempt = in_log(at, answered, &contact);
        let (is_success, is_gone) = (attempt.is_success(), attempt.is_gone());
        if !is_success {
            let (status, error) = (attempt.status, attempt.error.as_deref());
            tracing::warn!(endpoint = %endpoint.id, event = id, status, error, "not delivered");
        }
        let after = claim.delivery.clone().after(&endpoint.id, attempt, wait);
        if is_success {
            let done = self.settle(publisher, endpoint, &claim, after, false).await?;
            Box::pin(self.succeeded(publisher, endpoint, at)).await;
            return Ok(done);
        }
        // On the heap, because they are rare and all others would carry them along.
        let is_paused = match is_gone {
            true => Box::pin(self.pause(publisher, endpoint, PauseReason::Gone)).await?,
            false => Box::pin(self.failed(publisher, endpoint, at)).await?,
        };
        self.settle(publisher, endpoint, &claim, after, is_paused).await
    }

    /// Notes that something arrived. Where that fails, the next thing that arrives is noted.
    async fn succeeded(&self, publisher: &PublisherId, endpoint: &Endpoint, at: Timestamp) {
        if let Err(error) = self.endpoints.succeeded(publisher, endpoint, at).await {
            tracing::warn!(error = error.with_causes(), "success of an endpoint not noted");
        }
    }

    /// Who the customer is, where they are known and not forgotten.
    async fn contact(
        &self,
        publisher: &PublisherId,
        delivery: &Delivery,
    ) -> Result<Contact, NotDone> {
        let Some(customer) = &delivery.message.data.customer else { return Ok(Contact::default()) };
        let known = self.customers.get(publisher, &customer.id).await?;
        Ok(known.map(|known| Contact::of(&known.customer)).unwrap_or_default())
    }

    /// Notes that an endpoint failed, and pauses it where it has for too long. Says whether it did.
    async fn failed(
        &self,
        publisher: &PublisherId,
        endpoint: &Endpoint,
        at: Timestamp,
    ) -> Result<bool, NotDone> {
        let now_known = self.endpoints.failed(publisher, endpoint, at).await?;
        if now_known.is_some_and(|endpoint| endpoint.has_failed_for_too_long(at)) {
            return Box::pin(self.pause(publisher, endpoint, PauseReason::Failing)).await;
        }
        Ok(false)
    }

    async fn pause(
        &self,
        publisher: &PublisherId,
        endpoint: &Endpoint,
        reason: PauseReason,
    ) -> Result<bool, NotDone> {
        let state = State::Paused { at: self.clock.now(), reason };
        self.endpoints.set_state(publisher, &endpoint.id, state).await?;
        let (endpoint, why) = (&endpoint.id, reason.as_str());
        tracing::error!(%publisher, %endpoint, why, "endpoint paused: nothing is sent there now");
        metrics::counter!("WebhooksPaused").increment(1);
        Ok(true)
    }

    /// Writes down what became of the delivery, and says when its message is to come again.
    async fn settle(
        &self,
        publisher: &PublisherId,
        endpoint: &Endpoint,
        claim: &Versioned,
        after: Delivery,
        is_paused: bool,
    ) -> Result<Done, NotDone> {
        let is_pending = matches!(after.status, Status::Pending { .. });
        let after = if is_paused && is_pending { after.held(self.clock.now()) } else { after };
        let done = match after.status {
            Status::Pending { next_attempt_at } => Done::Until(next_attempt_at),
            Status::Delivered { .. } | Status::Failed { .. } | Status::Held { .. } => Done::Off,
        };
        let status = after.status;
        let event = after.message.id.clone();
        let saved = self.deliveries.save(publisher, &endpoint.id, claim, after).await?;
        if saved.is_none() {
            // Put on its way anew while it was: that is another message's affair.
            return Ok(Done::Off);
        }
        match status {
            Status::Delivered { .. } => metrics::counter!("WebhooksDelivered").increment(1),
            Status::Failed { .. } => {
                metrics::counter!("WebhooksFailed").increment(1);
                tracing::error!(%publisher, endpoint = %endpoint.id, %event, "webhook given up");
            }
            Status::Pending { .. } | Status::Held { .. } => {}
        }
        Ok(done)
    }
}

/// An attempt as the log keeps it: what was answered to a success is nobody's question.
fn in_log(at: Timestamp, answered: Answered, contact: &Contact) -> Attempt {
    let (status, error) = match answered.status {
        Ok(status) => (Some(status), None),
        Err(why) => (None, Some(why)),
    };
    let mut attempt = Attempt { at, status, error, answer: None };
    if !attempt.is_success() {
        attempt.answer = answered.answer.map(|answer| contact.struck_from(&answer));
    }
    attempt
}

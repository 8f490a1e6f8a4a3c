//! A stack whose publisher is told what happens, and whose clock moves only when it is moved.

use jiff::SignedDuration;
use serde_json::Value;
use usher::domain::event::EventType;
use usher::domain::event::message::EventMessage;
use usher::domain::id::PublisherId;
use usher::domain::webhook::delivery::Delivery;
use usher::domain::webhook::sample::sample;
use usher::domain::webhook::{Endpoint, EndpointId, Format, Reach, State, TypeFilter, WebhookUrl};
use usher::queue::Sender;
use usher::secrets::webhook_secrets::{WebhookSecret, WebhookSecretWriter};
use usher::store::webhooks::{Added, Deliveries, Endpoints};
use usher_tests::Usher;

pub(super) struct Told {
    pub(super) usher: Usher,
    sent: u32,
}

impl Told {
    pub(super) async fn start() -> Self {
        let noon = "2026-01-01T12:00:00Z".parse().unwrap();
        let usher = Usher::with(|options| options.begins_at = Some(noon)).await;
        Self { usher, sent: 0 }
    }

    pub(super) fn publisher(&self) -> &PublisherId {
        &self.usher.stack.publisher.id
    }

    pub(super) fn endpoints(&self) -> Endpoints {
        Endpoints::new(&self.usher.stack.config.table)
    }

    pub(super) fn deliveries(&self) -> Deliveries {
        Deliveries::new(&self.usher.stack.config.table)
    }

    pub(super) fn secrets(&self) -> WebhookSecretWriter {
        let config = &self.usher.stack.config;
        WebhookSecretWriter::new(config.secrets_manager.clone(), config.secrets_prefix.clone())
    }

    /// Adds an endpoint for all types, in our form.
    pub(super) async fn at(&self, url: &str) -> (EndpointId, WebhookSecret) {
        self.add(url, "all", Format::Usher).await
    }

    pub(super) async fn add(
        &self,
        url: &str,
        types: &str,
        format: Format,
    ) -> (EndpointId, WebhookSecret) {
        let endpoint = Endpoint {
            id: EndpointId::from_random(uuid::Uuid::new_v4().into_bytes()),
            url: WebhookUrl::parse(url, Reach::ThisMachineToo).unwrap(),
            types: TypeFilter::parse(types).unwrap(),
            format,
            state: State::Enabled,
            created_at: self.usher.stack.config.clock.now(),
            failing_since: None,
            last_success_at: None,
            last_failure_at: None,
        };
        let secret = self.secrets().create(self.publisher(), &endpoint.id).await.unwrap();
        let added = self.endpoints().add(self.publisher(), &endpoint).await.unwrap();
        assert_eq!(added, Added::Added);
        (endpoint.id, secret)
    }

    /// An event of a type, each time another.
    pub(super) fn event(&mut self, kind: EventType) -> EventMessage {
        self.sent += 1;
        let now = self.usher.stack.config.clock.now();
        let now = now + SignedDuration::from_millis(self.sent.into());
        sample(kind, self.publisher(), now)
    }

    /// Puts an event on the queue as the bus does, and has the worker run until nothing is left to
    /// do now.
    pub(super) async fn tell(&self, event: &EventMessage) {
        self.put_on_queue(event).await;
        self.usher.tick().await;
    }

    pub(super) async fn put_on_queue(&self, event: &EventMessage) {
        let config = &self.usher.stack.config;
        let queue = Sender::new(&config.sqs, &config.queues.webhooks);
        queue.send(&serde_json::to_string(event).unwrap()).await.unwrap();
    }

    /// Lets time pass, with the worker at its end.
    pub(super) async fn pass(&self, span: SignedDuration) {
        self.usher.later(span).await;
        self.usher.tick().await;
    }

    /// Lets time pass until a delivery is neither pending nor to be tried again.
    pub(super) async fn pass_until_settled(&self, endpoint: &EndpointId, event: &EventMessage) {
        loop {
            let delivery = self.delivery(endpoint, event).await;
            let now = self.usher.stack.config.clock.now();
            let Some(due_at) = delivery.due_at().filter(|due_at| *due_at > now) else { return };
            self.pass(due_at.duration_since(now)).await;
        }
    }

    pub(super) async fn delivery(&self, endpoint: &EndpointId, event: &EventMessage) -> Delivery {
        let found = self.deliveries().of_event(self.publisher(), endpoint, &event.id).await;
        found.unwrap().unwrap().delivery
    }

    /// What became of an event at an endpoint, in a word.
    pub(super) async fn status(&self, endpoint: &EndpointId, event: &EventMessage) -> &'static str {
        self.delivery(endpoint, event).await.status.as_str()
    }

    pub(super) async fn endpoint(&self, id: &EndpointId) -> Endpoint {
        self.endpoints().find(self.publisher(), id).await.unwrap().unwrap()
    }

    pub(super) async fn set_state(&self, id: &EndpointId, state: State) {
        self.endpoints().set_state(self.publisher(), id, state).await.unwrap().unwrap();
    }
}

/// An event as JSON, as it is on the bus.
pub(super) fn in_json(event: &EventMessage) -> Value {
    serde_json::to_value(event).unwrap()
}

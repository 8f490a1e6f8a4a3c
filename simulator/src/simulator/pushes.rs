//! The way of a push: it is noted, a fault may be in its way, it is delivered, and tried again.

use std::sync::Arc;

use super::{Simulator, lock};
use crate::delivery::{Delivery, pauses};
use crate::message::Message;

impl Simulator {
    /// Sets where pushes go, as the publisher does in Roku's dashboard.
    pub fn set_push_url(&self, url: &str) {
        *lock(&self.push_url) = Some(url.to_owned());
    }

    /// Pushes any text, as "Send test message" in Roku's dashboard does.
    pub async fn push_text(self: &Arc<Self>, text: &str) -> Vec<Delivery> {
        self.push(vec![Message::test(text)]).await
    }

    /// Pushes messages for the first time. Without a push URL nothing is pushed, nor replayed later.
    pub(super) async fn push(self: &Arc<Self>, messages: Vec<Message>) -> Vec<Delivery> {
        if lock(&self.push_url).is_none() {
            return Vec::new();
        }
        lock(&self.push_log).note(&messages, self.clock.now());
        self.send(messages).await
    }

    /// Pushes messages as the fault that stands allows.
    pub(super) async fn send(self: &Arc<Self>, messages: Vec<Message>) -> Vec<Delivery> {
        let messages = lock(&self.push_faults).let_through(messages);
        self.deliver(messages).await
    }

    /// Delivers messages in order, once each; what is not acknowledged is tried again later. Who
    /// asked for it need not wait for the end: no push is forgotten when they hang up.
    pub(super) async fn deliver(self: &Arc<Self>, messages: Vec<Message>) -> Vec<Delivery> {
        let roku = Arc::clone(self);
        let delivering = tokio::spawn(async move {
            let mut deliveries = Vec::with_capacity(messages.len());
            for message in messages {
                deliveries.extend(roku.attempt(message).await);
            }
            deliveries
        });
        delivering.await.unwrap_or_default()
    }

    /// The first attempt to deliver a message; none where there is nowhere to deliver it.
    async fn attempt(self: &Arc<Self>, message: Message) -> Option<Delivery> {
        let url = lock(&self.push_url).clone()?;
        if lock(&self.deny_list).is_denied() {
            return None;
        }
        let delivery = self.courier.deliver(&url, self.sign_message(&message)).await;
        lock(&self.deny_list).note(&message.key, &delivery, self.clock.now());
        if !delivery.is_acknowledged() {
            tokio::spawn(Arc::clone(self).insist(url, message));
        }
        Some(delivery)
    }

    /// Attempt after attempt, each signed anew, until one is acknowledged.
    async fn insist(self: Arc<Self>, url: String, message: Message) {
        for pause in pauses() {
            tokio::time::sleep(pause).await;
            if lock(&self.deny_list).is_denied() || lock(&self.push_faults).stop_all() {
                continue;
            }
            let jws = self.sign_message(&message);
            if self.courier.deliver(&url, jws).await.is_acknowledged() {
                lock(&self.deny_list).acknowledge(&message.key);
                return;
            }
        }
        tracing::warn!(url, "a push was given up after 36 hours");
    }
}

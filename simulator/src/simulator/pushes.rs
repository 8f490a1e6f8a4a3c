//! The way of a push: it is noted, a fault may be in its way, it is delivered, and tried again.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Simulator, lock};
use crate::delivery::{Delivery, pauses};
use crate::message::Message;

impl Simulator {
    /// Sets where pushes go, as the publisher does in Roku's dashboard. What is not acknowledged yet
    /// is tried there from now on.
    pub fn set_push_url(&self, url: &str) {
        *self.change(&self.push_url) = Some(url.to_owned());
    }

    /// Pushes any text, as "Send test message" in Roku's dashboard does.
    pub async fn push_text(self: &Arc<Self>, text: &str) -> Vec<Delivery> {
        self.push(Message::test(text)).await
    }

    /// Pushes a message for the first time.
    pub(super) async fn push(self: &Arc<Self>, message: Message) -> Vec<Delivery> {
        let messages = self.note(vec![message]);
        self.send(messages).await
    }

    /// Notes messages that are about to be pushed for the first time, and gives them back. Without
    /// a push URL nothing is pushed, nor replayed later.
    pub(super) fn note(&self, messages: Vec<Message>) -> Vec<Message> {
        if lock(&self.push_url).is_none() {
            return Vec::new();
        }
        self.change(&self.push_log).note(&messages, self.clock.now());
        self.change(&self.undelivered).add(&messages);
        messages
    }

    /// Pushes messages as the fault that stands allows.
    pub(super) async fn send(self: &Arc<Self>, messages: Vec<Message>) -> Vec<Delivery> {
        let keys: Vec<String> = messages.iter().map(|message| message.key.clone()).collect();
        let messages = self.change(&self.push_faults).let_through(messages);
        let let_through: HashSet<&String> = messages.iter().map(|message| &message.key).collect();
        for key in keys.iter().filter(|key| !let_through.contains(key)) {
            self.change(&self.undelivered).remove(key);
        }
        self.deliver(messages).await
    }

    /// Delivers messages in order, once each; what is not acknowledged is tried again later. Who
    /// asked for it need not wait for the end: no push is forgotten when they hang up.
    pub(super) async fn deliver(self: &Arc<Self>, messages: Vec<Message>) -> Vec<Delivery> {
        self.change(&self.undelivered).add(&messages);
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
        let url = lock(&self.push_url).clone();
        let Some(url) = url.filter(|_| !lock(&self.deny_list).is_denied()) else {
            self.change(&self.undelivered).remove(&message.key);
            return None;
        };
        let delivery = self.courier.deliver(&url, self.sign_message(&message)).await;
        self.change(&self.deny_list).note(&message.key, &delivery, self.clock.now());
        if delivery.is_acknowledged() {
            self.change(&self.undelivered).remove(&message.key);
        } else {
            tokio::spawn(Arc::clone(self).insist(message));
        }
        Some(delivery)
    }

    /// Attempt after attempt, each signed anew, until one is acknowledged.
    pub(super) async fn insist(self: Arc<Self>, message: Message) {
        for pause in pauses() {
            tokio::time::sleep(pause).await;
            if lock(&self.deny_list).is_denied() || lock(&self.push_faults).stop_all() {
                continue;
            }
            let Some(url) = lock(&self.push_url).clone() else { continue };
            let jws = self.sign_message(&message);
            if self.courier.deliver(&url, jws).await.is_acknowledged() {
                self.change(&self.deny_list).acknowledge(&message.key);
                self.change(&self.undelivered).remove(&message.key);
                return;
            }
        }
        self.change(&self.undelivered).remove(&message.key);
        tracing::warn!(key = message.key, "a push was given up after 36 hours");
    }
}

//! The simulation as a whole: one developer account at Roku.

mod answers;
mod device;
mod payments;
mod time;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::control;
use crate::delivery::{Courier, Delivery};
use crate::ledger::{Ledger, Order, Refused};
use crate::message::Message;
use crate::product::Product;
use crate::signing::{Claims, SigningKey};
use answers::Answers;

/// A developer account at Roku.
#[derive(Debug, Clone)]
pub struct Account {
    /// The app that everything is bought in.
    pub channel: String,
    /// The Roku Pay API key: 36 characters, as Roku's samples have.
    pub api_key: String,
    /// What it sells.
    pub products: Vec<Product>,
    /// How many days of grace follow a failed payment; after none, the plan is on hold at once.
    /// Roku offers 0, 3, 10, 11, 13 and 16 (`roku-pay.md` §6).
    pub grace_days: u8,
}

impl Default for Account {
    /// An account that sells nothing yet, with the channel of Roku's samples and the days of grace
    /// that Roku gives where no others are set.
    fn default() -> Self {
        Self {
            channel: "1143791".to_owned(),
            api_key: "F05447A57F8DF275FC30EC835FCAD10A19B6".to_owned(),
            products: Vec::new(),
            grace_days: 3,
        }
    }
}

/// Roku Pay, as one developer sees it.
#[derive(Debug)]
pub struct Simulator {
    account: Account,
    clock: Clock,
    signing_key: SigningKey,
    courier: Courier,
    push_url: Mutex<Option<String>>,
    ledger: Mutex<Ledger>,
    answers: Mutex<Answers>,
}

impl Simulator {
    /// A Roku where nothing has been bought yet, with a signing key of its own.
    pub fn new(account: Account) -> Arc<Self> {
        Self::with_clock(account, Clock::default())
    }

    /// A Roku whose clock stands still at a moment, which may be long past, and moves only when it
    /// is moved.
    pub fn stopped_at(account: Account, moment: Timestamp) -> Arc<Self> {
        Self::with_clock(account, Clock::stopped_at(moment))
    }

    fn with_clock(account: Account, clock: Clock) -> Arc<Self> {
        let ledger =
            Ledger::new(account.products.clone(), account.channel.clone(), account.grace_days);
        Arc::new(Self {
            account,
            clock,
            signing_key: SigningKey::generate(),
            courier: Courier::new(),
            push_url: Mutex::default(),
            ledger: Mutex::new(ledger),
            answers: Mutex::default(),
        })
    }

    /// Serves the key set, the web service and the controls until the task is dropped.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) -> std::io::Result<()> {
        axum::serve(listener, control::router(self)).await
    }

    /// The developer account.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The clock of the simulation.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The key that pushes are signed with.
    pub fn signing_key(&self) -> &SigningKey {
        &self.signing_key
    }

    /// Sets where pushes go, as the publisher does in Roku's dashboard.
    pub fn set_push_url(&self, url: &str) {
        *lock(&self.push_url) = Some(url.to_owned());
    }

    /// Pushes any text, as "Send test message" in Roku's dashboard does.
    pub async fn push_text(self: &Arc<Self>, text: &str) -> Vec<Delivery> {
        self.push(vec![Message::test(text)]).await
    }

    /// Signs a message as Roku would sign it now, without delivering it.
    pub fn sign(&self, message_key: &str, message: &str) -> String {
        self.signing_key.sign(&Claims::new(message_key, message, self.clock.now()))
    }

    async fn order(
        self: &Arc<Self>,
        place: impl FnOnce(&mut Ledger, Timestamp) -> Result<(Order, Vec<Message>), Refused>,
    ) -> Result<(Order, Vec<Delivery>), Refused> {
        let now = self.clock.now();
        let (order, messages) = self.with_ledger(|ledger| place(ledger, now))?;
        Ok((order, self.push(messages).await))
    }

    async fn happen(
        self: &Arc<Self>,
        event: impl FnOnce(&mut Ledger, Timestamp) -> Result<Vec<Message>, Refused>,
    ) -> Result<Vec<Delivery>, Refused> {
        let now = self.clock.now();
        let messages = self.with_ledger(|ledger| event(ledger, now))?;
        Ok(self.push(messages).await)
    }

    /// Delivers messages in order, once each; what is not acknowledged is tried again later.
    async fn push(self: &Arc<Self>, messages: Vec<Message>) -> Vec<Delivery> {
        let Some(url) = lock(&self.push_url).clone() else {
            return Vec::new();
        };
        let mut deliveries = Vec::with_capacity(messages.len());
        for message in messages {
            let jws = self.sign(&message.key, &message.text);
            let delivery = self.courier.deliver(&url, jws).await;
            if !delivery.is_acknowledged() {
                self.insist(url.clone(), message);
            }
            deliveries.push(delivery);
        }
        deliveries
    }

    fn insist(self: &Arc<Self>, url: String, message: Message) {
        let roku = Arc::clone(self);
        tokio::spawn(async move {
            let sign = || roku.sign(&message.key, &message.text);
            roku.courier.insist(url, sign).await;
        });
    }

    pub(crate) fn with_ledger<T>(&self, work: impl FnOnce(&mut Ledger) -> T) -> T {
        work(&mut lock(&self.ledger))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

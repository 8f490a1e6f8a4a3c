//! The simulation as a whole: one developer account at Roku.

mod answers;
mod api_keys;
mod deny_list;
mod device;
mod payments;
mod push_faults;
mod pushes;
mod replay;
mod requests;
mod signing_keys;
mod state;
mod time;
mod undelivered;
mod web_service_faults;

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::control;
use crate::delivery::{Courier, Delivery};
use crate::faults::WebServiceFault;
use crate::ledger::{Ledger, Refused};
use crate::message::Message;
use crate::product::Product;
use answers::Answers;
use api_keys::ApiKeys;
use deny_list::DenyList;
pub use deny_list::PushUrl;
use push_faults::PushFaults;
pub use replay::MessageKeys;
use replay::PushLog;
use requests::RequestLog;
pub use requests::Requests;
pub use signing_keys::OldKey;
use signing_keys::SigningKeys;
pub use state::State;
use undelivered::Undelivered;

/// A developer account at Roku.
#[derive(Debug, Clone)]
pub struct Account {
    /// The app that everything is bought in.
    pub channel: String,
    /// The Roku Pay API key at first: 36 characters, as Roku's samples have. Another can take its
    /// place ([`Simulator::rotate_api_key`]).
    pub api_key: String,
    /// What it sells.
    pub products: Vec<Product>,
    /// How many days of grace follow a failed payment; after none, the plan is on hold at once.
    /// Roku offers 0, 3, 10, 11, 13 and 16 (`roku-pay.md` §6).
    pub grace_days: u8,
    /// How many requests the web services answer in a second of real time; what is over gets 429.
    /// No limit if none. All requests count, whatever their key: the account is the only one here.
    pub requests_per_second: Option<NonZeroU32>,
}

impl Default for Account {
    /// An account that sells nothing yet, with the channel of Roku's samples, the days of grace
    /// that Roku gives where no others are set, and its rate limit (`roku-pay.md` §3).
    fn default() -> Self {
        Self {
            channel: "1143791".to_owned(),
            api_key: "F05447A57F8DF275FC30EC835FCAD10A19B6".to_owned(),
            products: Vec::new(),
            grace_days: 3,
            requests_per_second: NonZeroU32::new(20),
        }
    }
}

/// Roku Pay, as one developer sees it.
#[derive(Debug)]
pub struct Simulator {
    clock: Clock,
    courier: Courier,
    requests_per_second: Option<NonZeroU32>,
    ledger: Mutex<Ledger>,
    answers: Mutex<Answers>,
    api_keys: Mutex<ApiKeys>,
    web_service_fault: Mutex<Option<WebServiceFault>>,
    request_log: Mutex<RequestLog>,
    signing_keys: Mutex<SigningKeys>,
    push_url: Mutex<Option<String>>,
    push_log: Mutex<PushLog>,
    push_faults: Mutex<PushFaults>,
    undelivered: Mutex<Undelivered>,
    deny_list: Mutex<DenyList>,
    /// Held while time passes, so that all that falls due is told to one who waits for it.
    passing: tokio::sync::Mutex<()>,
    changes: watch::Sender<u64>,
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
        let Account { channel, api_key, products, grace_days, requests_per_second } = account;
        Arc::new(Self {
            clock,
            courier: Courier::new(),
            requests_per_second,
            ledger: Mutex::new(Ledger::new(products, channel, grace_days)),
            api_keys: Mutex::new(ApiKeys::new(&api_key)),
            answers: Mutex::default(),
            web_service_fault: Mutex::default(),
            request_log: Mutex::default(),
            signing_keys: Mutex::default(),
            push_url: Mutex::default(),
            push_log: Mutex::default(),
            push_faults: Mutex::default(),
            undelivered: Mutex::default(),
            deny_list: Mutex::default(),
            passing: tokio::sync::Mutex::default(),
            changes: watch::Sender::default(),
        })
    }

    /// Serves the key set, the web services and the controls until the task is dropped.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) -> std::io::Result<()> {
        axum::serve(listener, control::router(self)).await
    }

    /// Sells these products from now on, as the developer's catalog at Roku says. What was bought
    /// goes on as it was bought.
    pub fn sell(&self, products: Vec<Product>) {
        self.with_ledger(|ledger| ledger.sell(products));
    }

    /// The app that everything is bought in from now on.
    pub fn set_channel(&self, channel: &str) {
        self.with_ledger(|ledger| ledger.set_channel(channel));
    }

    /// The clock of the simulation.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Something happens that gives something back: an order, an id.
    async fn obtain<T>(
        self: &Arc<Self>,
        event: impl FnOnce(&mut Ledger, Timestamp) -> Result<(T, Vec<Message>), Refused>,
    ) -> Result<(T, Vec<Delivery>), Refused> {
        let now = self.clock.now();
        let (obtained, messages) = self.with_ledger(|ledger| {
            let (obtained, messages) = event(ledger, now)?;
            Ok((obtained, self.note(messages)))
        })?;
        Ok((obtained, self.send(messages).await))
    }

    async fn happen(
        self: &Arc<Self>,
        event: impl FnOnce(&mut Ledger, Timestamp) -> Result<Vec<Message>, Refused>,
    ) -> Result<Vec<Delivery>, Refused> {
        let ((), deliveries) = self.obtain(|ledger, now| Ok(((), event(ledger, now)?))).await?;
        Ok(deliveries)
    }

    pub(crate) fn read_ledger<T>(&self, look: impl FnOnce(&Ledger) -> T) -> T {
        look(&lock(&self.ledger))
    }

    fn with_ledger<T>(&self, work: impl FnOnce(&mut Ledger) -> T) -> T {
        work(&mut self.change(&self.ledger))
    }

    /// Locks what is about to be changed. Whoever is told of that now and wants to see it waits for
    /// the lock.
    fn change<'a, T>(&self, mutex: &'a Mutex<T>) -> MutexGuard<'a, T> {
        let locked = lock(mutex);
        self.changes.send_modify(|changes| *changes += 1);
        locked
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

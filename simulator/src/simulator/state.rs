//! All that a simulation knows, so that another can go on from there.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::answers::Answers;
use super::api_keys::ApiKeys;
use super::deny_list::DenyList;
use super::push_faults::PushFaults;
use super::replay::PushLog;
use super::signing_keys::SigningKeys;
use super::undelivered::Undelivered;
use super::{Simulator, lock};
use crate::clock::{Clock, Reading};
use crate::delivery::Courier;
use crate::faults::WebServiceFault;
use crate::ledger::Ledger;

/// All that a simulation knows, to be written somewhere and read again. The form is JSON's, or that
/// of any format that describes itself; it says which version it is, and another version is not
/// read. It holds the private signing keys and the API keys.
///
/// What is not in it: the record of requests, and the second that the rate limit looks back on.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct State(Version);

#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "version")]
enum Version {
    #[serde(rename = "1")]
    First(Everything),
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Everything {
    clock: Reading,
    ledger: Ledger,
    requests_per_second: Option<NonZeroU32>,
    answers: Answers,
    api_keys: ApiKeys,
    signing_keys: SigningKeys,
    web_service_fault: Option<WebServiceFault>,
    push_url: Option<String>,
    push_log: PushLog,
    push_faults: PushFaults,
    undelivered: Undelivered,
    deny_list: DenyList,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}

impl Simulator {
    /// All that this simulation knows now.
    pub fn save(&self) -> State {
        // Whatever happens is noted to be pushed under the lock of the ledger: held to the end,
        // so that nothing is in here of which the push is not.
        let ledger = lock(&self.ledger);
        State(Version::First(Everything {
            clock: self.clock.reading(),
            requests_per_second: self.requests_per_second,
            answers: lock(&self.answers).clone(),
            api_keys: lock(&self.api_keys).clone(),
            signing_keys: lock(&self.signing_keys).clone(),
            web_service_fault: *lock(&self.web_service_fault),
            push_url: lock(&self.push_url).clone(),
            push_log: lock(&self.push_log).clone(),
            push_faults: lock(&self.push_faults).clone(),
            undelivered: lock(&self.undelivered).clone(),
            deny_list: lock(&self.deny_list).clone(),
            ledger: ledger.clone(),
        }))
    }

    /// A Roku that goes on where another was: the same purchases, keys and faults, and a clock that
    /// is as far ahead of the real time. What has fallen due meanwhile happens when
    /// [time passes](Self::pass_time). Pushes that were not acknowledged are tried again from now
    /// on, for another 36 hours.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn restore(state: State) -> Arc<Self> {
        let State(Version::First(known)) = state;
        let unacknowledged = known.undelivered.all();
        let simulator = Arc::new(Self {
            clock: Clock::set_to(known.clock),
            courier: Courier::new(),
            requests_per_second: known.requests_per_second,
            ledger: Mutex::new(known.ledger),
            answers: Mutex::new(known.answers),
            api_keys: Mutex::new(known.api_keys),
            web_service_fault: Mutex::new(known.web_service_fault),
            request_log: Mutex::default(),
            signing_keys: Mutex::new(known.signing_keys),
            push_url: Mutex::new(known.push_url),
            push_log: Mutex::new(known.push_log),
            push_faults: Mutex::new(known.push_faults),
            undelivered: Mutex::new(known.undelivered),
            deny_list: Mutex::new(known.deny_list),
            passing: tokio::sync::Mutex::default(),
            changes: watch::Sender::default(),
        });
        for message in unacknowledged {
            tokio::spawn(Arc::clone(&simulator).insist(message));
        }
        simulator
    }

    /// Counts what happens, and tells whoever waits for it. By the time that a count is seen,
    /// [`save`](Self::save) has in it what was counted.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

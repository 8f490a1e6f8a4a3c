//! The Roku Pay API keys: one active, and at most one that expires (`roku-pay.md` §3).

use serde::{Deserialize, Serialize};

use super::{Simulator, lock};
use crate::faults::WebServiceFault;
use crate::ledger::Refused;

/// The keys that are accepted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ApiKeys {
    active: String,
    expiring: Option<String>,
}

impl ApiKeys {
    pub(super) fn new(active: &str) -> Self {
        Self { active: active.to_owned(), expiring: None }
    }

    fn rotate(&mut self, new: &str) -> Result<(), Refused> {
        if self.expiring.is_some() {
            return Err(Refused::ApiKeyExpiring);
        }
        self.expiring = Some(std::mem::replace(&mut self.active, new.to_owned()));
        Ok(())
    }

    fn accept(&self, key: &str) -> bool {
        key == self.active || self.expiring.as_deref() == Some(key)
    }
}

impl Simulator {
    /// The API key that is active now.
    pub fn api_key(&self) -> String {
        lock(&self.api_keys).active.clone()
    }

    /// Gives the account another API key. The old one expires: it is accepted until
    /// [`expire_api_key`](Self::expire_api_key).
    ///
    /// # Errors
    /// [`Refused::ApiKeyExpiring`] while the key before it still expires, as Roku refuses it.
    pub fn rotate_api_key(&self, new: &str) -> Result<(), Refused> {
        self.change(&self.api_keys).rotate(new)
    }

    /// Ends the key that expires. Says whether there was one.
    pub fn expire_api_key(&self) -> bool {
        self.change(&self.api_keys).expiring.take().is_some()
    }

    pub(crate) fn accepts_api_key(&self, key: &str) -> bool {
        self.web_service_fault() != Some(WebServiceFault::WrongKey)
            && lock(&self.api_keys).accept(key)
    }
}

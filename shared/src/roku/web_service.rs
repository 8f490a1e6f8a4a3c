//! Roku's web service, asked about one transaction at a time (`roku-pay.md` §3).

use secrecy::{ExposeSecret, SecretString};

use super::endpoint::{Endpoint, Reply, is_segment};
use super::error::RokuError;
use crate::clock::Clock;
use crate::domain::observation::Observation;
use crate::domain::refund_seen::RefundSeen;
use crate::domain::roku_answer::BrokenAnswer;

/// A transaction as Roku writes them, and none of its.
const NOBODYS: &str = "0123456789abcdef0123456789abcdef";

/// Asks Roku, and changes nothing there: what does is [`super::billing::Billing`].
///
/// A question is one attempt of four seconds at most; [`RokuError::may_pass`] tells whether and
/// when to ask again.
#[derive(Debug)]
pub struct RokuWebService {
    endpoint: Endpoint,
    clock: Clock,
}

impl RokuWebService {
    /// The web service at `base`, which `/validate-transaction/…` is appended to.
    ///
    /// # Errors
    /// [`RokuError::BadAddress`] when that is no HTTP address.
    pub fn new(base: &str, http: reqwest::Client, clock: Clock) -> Result<Self, RokuError> {
        Ok(Self { endpoint: Endpoint::new(base, http)?, clock })
    }

    /// Asks what Roku knows of a transaction: any charge of a purchase, as Roku wrote its id.
    ///
    /// # Errors
    /// [`RokuError::UnknownTransaction`] when Roku says that it knows none; any other error says
    /// nothing about the transaction.
    pub async fn validate_transaction(
        &self,
        api_key: &SecretString,
        transaction: &str,
    ) -> Result<Observation, RokuError> {
        let asked_at = self.clock.now();
        let answer = self.ask("validate-transaction", api_key, transaction).await?;
        Observation::read(&answer, asked_at).map_err(RokuError::of_question)
    }

    /// Asks what Roku knows of a refund, by the `RefundId` that ordering it gave.
    ///
    /// # Errors
    /// [`RokuError::UnknownTransaction`] when Roku says that it knows none; any other error says
    /// nothing about the refund.
    pub async fn validate_refund(
        &self,
        api_key: &SecretString,
        refund_id: &str,
    ) -> Result<RefundSeen, RokuError> {
        let answer = self.ask("validate-refund", api_key, refund_id).await?;
        RefundSeen::read(&answer).map_err(RokuError::of_question)
    }

    /// Whether Roku takes an API key: it is asked with it about a transaction that does not exist.
    ///
    /// # Errors
    /// Any [`RokuError`] says nothing about the key.
    pub async fn takes(&self, api_key: &SecretString) -> Result<bool, RokuError> {
        let key = api_key.expose_secret().trim();
        if !is_segment(key) {
            return Ok(false);
        }
        let answer = match self.endpoint.get(&["validate-transaction", key, NOBODYS]).await {
            Ok(Reply::Answer(body)) => body,
            // The transaction has the right form: this may be about the key.
            Ok(Reply::BadRequest(_)) => return Err(BrokenAnswer::BadRequest.into()),
            Err(RokuError::WrongKey) => return Ok(false),
            Err(error) => return Err(error),
        };
        match Observation::read(&answer, self.clock.now()).map_err(RokuError::of_question) {
            Ok(_) | Err(RokuError::UnknownTransaction) => Ok(true),
            Err(RokuError::WrongKey) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn ask(
        &self,
        question: &str,
        api_key: &SecretString,
        id: &str,
    ) -> Result<String, RokuError> {
        let (api_key, id) = (api_key.expose_secret().trim(), id.trim());
        if !is_segment(api_key) {
            return Err(RokuError::WrongKey);
        }
        if !is_segment(id) {
            return Err(RokuError::UnknownTransaction);
        }
        match self.endpoint.get(&[question, api_key, id]).await? {
            Reply::Answer(body) => Ok(body),
            Reply::BadRequest(text) if is_malformed_id(&text) => Err(RokuError::UnknownTransaction),
            Reply::BadRequest(_) => Err(BrokenAnswer::BadRequest.into()),
        }
    }
}

/// Whether Roku says that no id of its own has such a form (`roku-pay.md` §3, not from Roku's own
/// pages). Other words may mean that our address is wrong, which is not the transaction's fault.
fn is_malformed_id(text: &str) -> bool {
    let words: Vec<_> = text.split_whitespace().collect();
    let words = words.join(" ").to_lowercase();
    words.trim_matches(['"', ' ', '.']) == "invalid uri format"
}

#[cfg(test)]
mod tests;

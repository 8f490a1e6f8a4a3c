//! Asks Roku about a transaction: with the publisher's API keys, when it is our turn, and not while
//! Roku is known to be down.

use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

use super::error::{RokuError, Trouble};
use super::pauses::Pauses;
use super::web_service::RokuWebService;
use crate::config::Config;
use crate::domain::id::PublisherId;
use crate::domain::observation::Observation;
use crate::secrets::{SecretError, Secrets};
use crate::store::StoreError;
use crate::store::turns::{Share, Turns};

/// How long all attempts at one question may take, with a second key for one.
const BUDGET: Duration = Duration::from_secs(6);
/// How long until Roku is asked again where a person has to mend something first.
const UNTIL_MENDED: Duration = Duration::from_secs(60);

/// Asks Roku.
#[derive(Debug)]
pub struct Questions {
    roku: RokuWebService,
    secrets: Secrets,
    turns: Turns,
    /// How long a turn is waited for.
    patience: Duration,
    pauses: Pauses,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// A function whose caller waits for the answer.
    Caller,
    /// The queue.
    Queue,
    /// An import, which has all the time there is.
    Import,
}

/// Why there is no answer. Says nothing about the transaction, but for [`RokuError::UnknownTransaction`].
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// Roku gave none, or one that is none.
    #[error(transparent)]
    Roku(#[from] RokuError),
    /// The API key cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Too many questions wait for their turn.
    #[error("no turn to ask Roku within {} s", .0.as_secs())]
    NoTurn(Duration),
    /// It failed a moment ago.
    #[error("Roku failed a moment ago; it is asked again in {} s", .0.as_secs())]
    Paused(Duration),
    /// The table failed.
    #[error("{}", .0.with_causes())]
    Store(#[from] StoreError),
}

impl NoAnswer {
    /// Whether Roku answered, and does not know the transaction.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Roku(RokuError::UnknownTransaction))
    }

    /// When to ask again at the earliest. Every cause may pass: a wrong key too, once a person has
    /// mended it.
    pub fn again_in(&self) -> Duration {
        match self {
            Self::Roku(RokuError::WrongKey) => UNTIL_MENDED,
            Self::Roku(error) => error.may_pass().unwrap_or(UNTIL_MENDED),
            Self::NoTurn(pause) | Self::Paused(pause) => *pause,
            Self::Secret(_) | Self::Store(_) => Duration::from_secs(1),
        }
    }

    /// The kind of failure as a word, for a metric.
    fn word(&self) -> &'static str {
        match self {
            Self::Roku(RokuError::TryAgain { cause: Trouble::TooManyRequests, .. }) => "throttled",
            Self::Roku(RokuError::TryAgain { .. }) => "unreachable",
            Self::Roku(RokuError::UnknownTransaction) => "unknown_transaction",
            Self::Roku(RokuError::WrongKey) => "wrong_key",
            Self::Roku(_) => "broken",
            Self::Secret(_) => "no_key",
            Self::NoTurn(_) => "no_turn",
            Self::Paused(_) => "paused",
            Self::Store(_) => "store",
        }
    }
}

impl Questions {
    /// The questions of one share.
    ///
    /// # Errors
    /// [`RokuError::BadAddress`] when the configured address is none.
    pub fn new(
        config: &Config,
        http: reqwest::Client,
        share: Share,
        asker: Asker,
    ) -> Result<Self, RokuError> {
        // Where somebody waits for the answer, the queue takes over soon; the queue has time.
        let (patience, longest_pause) = match asker {
            Asker::Caller => (Duration::from_millis(1_500), Duration::from_secs(5)),
            Asker::Queue => (Duration::from_secs(10), Duration::from_secs(20)),
            Asker::Import => (Duration::from_secs(30), Duration::from_secs(20)),
        };
        Ok(Self {
            roku: RokuWebService::new(&config.roku_url, http, config.clock.clone())?,
            secrets: Secrets::new(config),
            turns: Turns::new(&config.table, config.roku_rate, share),
            patience,
            pauses: Pauses::new(longest_pause, config.clock.clone()),
        })
    }

    /// The active API key of a publisher.
    ///
    /// # Errors
    /// [`NoAnswer::Secret`].
    pub(crate) async fn active_api_key(
        &self,
        publisher: &PublisherId,
    ) -> Result<SecretString, NoAnswer> {
        Ok(self.secrets.roku_api_keys(publisher).await?.active)
    }

    /// Asks about a transaction.
    ///
    /// # Errors
    /// [`NoAnswer`] says why there is no answer and when to ask again.
    pub async fn ask(
        &self,
        publisher: &PublisherId,
        transaction: &str,
    ) -> Result<Observation, NoAnswer> {
        let answer = self.ask_in_turn(publisher, transaction).await;
        match &answer {
            // A wrong key is wrong for every transaction.
            Err(NoAnswer::Roku(RokuError::TryAgain { .. } | RokuError::WrongKey)) => {
                self.pauses.failed(publisher);
            }
            Ok(_) | Err(NoAnswer::Roku(_)) => self.pauses.answered(publisher),
            Err(_) => {}
        }
        if let Err(error) = &answer {
            metrics::counter!("RokuErrors", "Kind" => error.word()).increment(1);
            if matches!(error, NoAnswer::Roku(_) | NoAnswer::Paused(_)) && !error.is_unknown() {
                metrics::counter!("QuestionsUnanswered").increment(1);
            }
        }
        answer
    }

    async fn ask_in_turn(
        &self,
        publisher: &PublisherId,
        transaction: &str,
    ) -> Result<Observation, NoAnswer> {
        if let Some(left) = self.pauses.left(publisher) {
            return Err(NoAnswer::Paused(left));
        }
        self.await_turn(publisher).await?;
        // Somebody may have found out meanwhile that Roku is down.
        if let Some(left) = self.pauses.left(publisher) {
            return Err(NoAnswer::Paused(left));
        }
        let asked = tokio::time::timeout(BUDGET, self.ask_with_keys(publisher, transaction));
        asked.await.unwrap_or_else(|_| Err(RokuError::from(Trouble::NoAnswerInTime).into()))
    }

    /// Asks with the active key; where Roku refuses it, with the one that is expiring; where it
    /// refuses both, with what Secrets Manager holds by now.
    async fn ask_with_keys(
        &self,
        publisher: &PublisherId,
        transaction: &str,
    ) -> Result<Observation, NoAnswer> {
        let keys = self.secrets.roku_api_keys(publisher).await?;
        let mut answer = self.attempt(&keys.active, transaction).await;
        if let Some(expiring) = keys.expiring.as_ref().filter(|_| is_wrong_key(&answer)) {
            answer = self.attempt_again(publisher, expiring, transaction).await;
        }
        if !is_wrong_key(&answer) {
            return answer;
        }
        let Some(newer) = self.secrets.reload_roku_api_keys(publisher).await? else {
            return answer;
        };
        answer = self.attempt_again(publisher, &newer.active, transaction).await;
        if let Some(expiring) = newer.expiring.as_ref().filter(|_| is_wrong_key(&answer)) {
            answer = self.attempt_again(publisher, expiring, transaction).await;
        }
        answer
    }

    /// Each request takes a turn of its own.
    async fn attempt_again(
        &self,
        publisher: &PublisherId,
        key: &SecretString,
        transaction: &str,
    ) -> Result<Observation, NoAnswer> {
        self.await_turn(publisher).await?;
        self.attempt(key, transaction).await
    }

    async fn attempt(
        &self,
        key: &SecretString,
        transaction: &str,
    ) -> Result<Observation, NoAnswer> {
        let asked = Instant::now();
        let answer = self.roku.validate_transaction(key, transaction).await;
        metrics::histogram!("RokuLatency").record(asked.elapsed());
        Ok(answer?)
    }

    async fn await_turn(&self, publisher: &PublisherId) -> Result<(), NoAnswer> {
        let waited = self.turns.wait(publisher, self.patience).await?;
        waited.ok_or(NoAnswer::NoTurn(self.patience))
    }
}

fn is_wrong_key(answer: &Result<Observation, NoAnswer>) -> bool {
    matches!(answer, Err(NoAnswer::Roku(RokuError::WrongKey)))
}

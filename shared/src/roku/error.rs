//! Why Roku's web service did not do or tell what it was asked.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::domain::roku_answer::{BrokenAnswer, NoSuccess};

/// The first pause that Roku asks for; who meets it again doubles it (`roku-pay.md` §3).
const SOON: Duration = Duration::from_secs(1);
/// The longest pause that Roku asks for.
const LATER: Duration = Duration::from_secs(60);
/// More of Roku's words than this nobody reads.
const MAX_MESSAGE_CHARS: usize = 200;

/// Why there is no answer, or not the one that was hoped for. No text of it holds the address or
/// the body that was sent, which carry the API key, and it has no source that could.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RokuError {
    /// Roku did not answer, or cannot now. Says nothing about what was asked.
    #[error("Roku cannot be asked now: {cause}")]
    TryAgain {
        /// What went wrong.
        cause: Trouble,
        /// When to ask again, the first time. After that, wait twice as long each time.
        after: Duration,
    },
    /// An answer that is none. Says nothing about what was asked.
    #[error(transparent)]
    Broken(#[from] BrokenAnswer),
    /// Roku does not accept our API key, or not from here. Says nothing about what was asked.
    #[error("Roku does not accept the API key")]
    WrongKey,
    /// Roku knows no such transaction or refund, or it is another developer's.
    #[error("Roku does not know the transaction")]
    UnknownTransaction,
    /// Roku will not do it, and says why in at most 200 characters.
    #[error("Roku refuses: {0}")]
    Refused(String),
    /// Roku may have done it or not: whoever asks again may refund twice.
    #[error("Roku may have done it or not: {0}")]
    OutcomeUnknown(Box<RokuError>),
    /// The base address is no HTTP address. A mistake in the configuration.
    #[error("the address of Roku's web service cannot be used")]
    BadAddress,
}

/// What keeps Roku from answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// There is no way to Roku. Nothing was sent.
    #[error("no connection")]
    NoConnection,
    /// The connection ended before an answer began.
    #[error("connection lost")]
    ConnectionLost,
    /// It took too long.
    #[error("no answer in time")]
    NoAnswerInTime,
    /// HTTP 429: more than 20 in a second with this API key.
    #[error("too many requests")]
    TooManyRequests,
    /// A status that is no answer: trouble at Roku's (5xx), a redirect, or what else there is.
    #[error("HTTP status {0}")]
    Status(u16),
}

impl RokuError {
    /// When to try again, the first time. None when that cannot help, or not before somebody has
    /// mended something.
    pub fn may_pass(&self) -> Option<Duration> {
        match self {
            Self::TryAgain { after, .. } => Some(*after),
            Self::Broken(_) => Some(SOON),
            Self::WrongKey
            | Self::UnknownTransaction
            | Self::Refused(_)
            | Self::OutcomeUnknown(_)
            | Self::BadAddress => None,
        }
    }

    /// Roku's no to a question: it knows no such thing.
    pub(super) fn of_question(no: NoSuccess) -> Self {
        match no {
            NoSuccess::WrongKey => Self::WrongKey,
            NoSuccess::Refused(_) => Self::UnknownTransaction,
            NoSuccess::Broken(broken) => Self::Broken(broken),
        }
    }

    /// Roku's no to an order.
    pub(super) fn of_order(no: NoSuccess, api_key: &SecretString) -> Self {
        match no {
            NoSuccess::WrongKey => Self::WrongKey,
            NoSuccess::Refused(message) => Self::refused(&message, api_key),
            NoSuccess::Broken(broken) => Self::Broken(broken),
        }
    }

    /// A refusal in Roku's words, unless these repeat the key.
    pub(super) fn refused(message: &str, api_key: &SecretString) -> Self {
        let key = api_key.expose_secret().trim().to_lowercase();
        let words = message.split_whitespace().collect::<Vec<_>>().join(" ");
        Self::Refused(if words.is_empty() {
            "it does not say why".to_owned()
        } else if !key.is_empty() && words.to_lowercase().contains(&key) {
            "in words that hold the API key".to_owned()
        } else {
            words.chars().filter(|c| !c.is_control()).take(MAX_MESSAGE_CHARS).collect()
        })
    }

    /// This error as an order's: it may have been carried out although nothing says so.
    pub(super) fn after_order(self) -> Self {
        use Trouble::{ConnectionLost, NoAnswerInTime, Status};
        match &self {
            Self::Broken(_)
            | Self::TryAgain { cause: ConnectionLost | NoAnswerInTime | Status(500..), .. } => {
                Self::OutcomeUnknown(Box::new(self))
            }
            _ => self,
        }
    }
}

impl From<Trouble> for RokuError {
    fn from(cause: Trouble) -> Self {
        let after = match cause {
            // A moved address or a page of somebody else's in between: that takes a while.
            Trouble::Status(..500) => LATER,
            _ => SOON,
        };
        Self::TryAgain { cause, after }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_cut_and_never_repeats_the_key() {
        let key = SecretString::from("F05447A5\n");
        let refused = |message: &str| RokuError::refused(message, &key).to_string();
        assert_eq!(refused(" Amount\n too\u{1b}large "), "Roku refuses: Amount toolarge");
        assert_eq!(refused(" "), "Roku refuses: it does not say why");
        assert_eq!(refused(&"é".repeat(900)).chars().count(), "Roku refuses: ".len() + 200);
        let repeated = format!("{} no such key f05447a5", "x".repeat(195));
        assert_eq!(refused(&repeated), "Roku refuses: in words that hold the API key");
    }
}

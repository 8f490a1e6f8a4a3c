//! Pushes from a file, taken as if Roku had just sent them: in any order, any number of times.

use std::io::BufRead;

use push_notification::{PushNotification, Taken};
use serde_json::Value;
use usher::domain::publisher::Publisher;
use usher::roku::public_keys::Unverified;
use usher::roku::push::VerifiedPush;
use usher::store::StoreError;

/// What became of the pushes of a file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// New facts.
    pub kept: usize,
    /// Known before.
    pub repeated: usize,
    /// Belonging to no account of the publisher, by why.
    pub set_aside: Vec<(usize, &'static str)>,
    /// No push at all, or not signed by Roku, by line and why. Nothing of them is kept.
    pub refused: Vec<(usize, String)>,
}

/// Why a replay stopped. What was taken until then is kept; the same file may be replayed again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The file cannot be read any further.
    #[error("line {0}: {1}")]
    Unreadable(usize, std::io::Error),
    /// The table cannot be used.
    #[error("line {0}: {cause}", cause = .1.with_causes())]
    Store(usize, StoreError),
    /// Roku's key set cannot be read.
    #[error("line {0}: Roku's public keys are out of reach")]
    NoKeys(usize),
}

/// A push as it stands in a file.
enum Line<'a> {
    Signed(&'a str),
    Decoded(VerifiedPush),
}

/// Takes every push of `lines`, one a line: a JWS as Roku sent it, a decoded message, or
/// `{"key": …, "message": …}` with Roku's message key. Without the key a decoded message is known
/// by what it says; if it was also delivered live there are two facts that say the same, which
/// changes no account.
///
/// # Errors
/// [`ReplayError`] when it cannot go on. A line that is no push is told in the outcome.
pub async fn replay(
    handler: &PushNotification,
    publisher: &Publisher,
    lines: impl BufRead,
) -> Result<Outcome, ReplayError> {
    let mut outcome = Outcome::default();
    for (number, line) in (1..).zip(lines.lines()) {
        let line = line.map_err(|error| ReplayError::Unreadable(number, error))?;
        if line.trim().is_empty() {
            continue;
        }
        let push = match read(line.trim()) {
            Ok(Line::Decoded(push)) => push,
            Ok(Line::Signed(jws)) => match handler.verify(jws).await {
                Ok(push) => push,
                Err(Unverified::Refused(why)) => {
                    outcome.refused.push((number, why.to_string()));
                    continue;
                }
                Err(Unverified::NoKeys(_)) => return Err(ReplayError::NoKeys(number)),
            },
            Err(why) => {
                outcome.refused.push((number, why));
                continue;
            }
        };
        let taken = handler.take(publisher, &push).await;
        match taken.map_err(|error| ReplayError::Store(number, error))? {
            Taken::Kept => outcome.kept += 1,
            Taken::Repeated => outcome.repeated += 1,
            Taken::SetAside(reason) => outcome.set_aside.push((number, reason.as_str())),
        }
    }
    Ok(outcome)
}

fn read(line: &str) -> Result<Line<'_>, String> {
    if !line.starts_with('{') {
        return Ok(Line::Signed(line));
    }
    let object: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let push = match (&object["key"], &object["message"]) {
        (Value::String(key), message @ Value::Object(_)) => {
            VerifiedPush::vouched_for(Some(key), message.to_string())
        }
        (Value::Null, Value::Null) => VerifiedPush::vouched_for(None, object.to_string()),
        _ => return Err("`key` must be a text and `message` an object".to_owned()),
    };
    Ok(Line::Decoded(push))
}

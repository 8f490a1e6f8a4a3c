//! Pushes from a file, taken as if Roku had just sent them: in any order, any number of times.

use std::io::{BufRead, Read};

use jiff::Timestamp;
use push_notification::{MAX_BODY_BYTES, PushNotification, Taken};
use serde_json::Value;
use usher::domain::publisher::Publisher;
use usher::roku::public_keys::Unverified;
use usher::roku::push::{PublicKeySet, UnverifiedPush, VerifiedPush};
use usher::store::StoreError;

/// What became of the pushes of a file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// New facts.
    pub kept: usize,
    /// Known before.
    pub repeated: usize,
    /// Belonging to no account of the publisher, by line and why.
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
    #[error("line {0}: {cause}", cause = .1.in_short())]
    Store(usize, StoreError),
    /// Roku's key set cannot be read.
    #[error("line {0}: the key set (--roku-keys) cannot be read")]
    NoKeys(usize),
}

/// Where the keys come from that signed pushes are checked with.
#[derive(Debug)]
pub enum Keys {
    /// The address that the handler was made with.
    OfHandler,
    /// A key set from a file, and the time by which pushes are checked.
    Given(PublicKeySet, Timestamp),
}

/// Takes every push of `lines`, one a line: a JWS as Roku sent it, a decoded message, or
/// `{"key": …, "message": …}` with Roku's message key. Without the key a decoded message is known
/// by what it says; if it was also delivered live there are two facts that say the same, which
/// changes no account. What became of each is added to `outcome`. `reached` is told of each
/// line how many bytes were read for it.
///
/// # Errors
/// [`ReplayError`] when it cannot go on. A line that is no push is told in the outcome.
pub async fn replay(
    handler: &PushNotification,
    publisher: &Publisher,
    keys: &Keys,
    mut lines: impl BufRead,
    outcome: &mut Outcome,
    mut reached: impl FnMut(usize),
) -> Result<(), ReplayError> {
    for number in 1.. {
        let line = next_line(&mut lines).map_err(|error| ReplayError::Unreadable(number, error))?;
        let Some(line) = line else { break };
        reached(line.len());
        let push = match read(handler, keys, &line).await {
            Ok(Some(push)) => push,
            Ok(None) => continue,
            Err(Bad::Line(why)) => {
                outcome.refused.push((number, why));
                continue;
            }
            Err(Bad::NoKeys) => return Err(ReplayError::NoKeys(number)),
        };
        let taken = handler.take(publisher, &push).await;
        match taken.map_err(|error| ReplayError::Store(number, error))? {
            Taken::Kept => outcome.kept += 1,
            Taken::Repeated => outcome.repeated += 1,
            Taken::SetAside(reason) => outcome.set_aside.push((number, reason.as_str())),
            Taken::KeysRenewed => outcome.set_aside.push((number, "keys_renewed")),
        }
    }
    Ok(())
}

/// The bytes of the next line, one more than a push may have at most; none at the end.
fn next_line(lines: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let limit = u64::try_from(MAX_BODY_BYTES).unwrap_or(u64::MAX) + 1;
    let read = lines.by_ref().take(limit).read_until(b'\n', &mut line)?;
    if line.len() > MAX_BODY_BYTES && !line.ends_with(b"\n") {
        lines.skip_until(b'\n')?;
    }
    Ok((read > 0).then_some(line))
}

/// Why a line is not taken.
enum Bad {
    Line(String),
    NoKeys,
}

/// The push in a line; none where the line is blank.
async fn read(
    handler: &PushNotification,
    keys: &Keys,
    line: &[u8],
) -> Result<Option<VerifiedPush>, Bad> {
    let refused = |why: &str| Bad::Line(why.to_owned());
    if line.len() > MAX_BODY_BYTES {
        return Err(Bad::Line(format!("longer than {MAX_BODY_BYTES} bytes")));
    }
    let text = std::str::from_utf8(line).map_err(|_| refused("not UTF-8"))?;
    let text = text.trim_start_matches('\u{feff}').trim();
    match text.bytes().next() {
        None => Ok(None),
        Some(b'{') => decoded(text).map(Some).map_err(Bad::Line),
        Some(b'[' | b'"') => {
            Err(refused("neither a signed push nor a JSON object; one push a line"))
        }
        Some(_) => match verify(handler, keys, text).await {
            Ok(push) => Ok(Some(push)),
            Err(Unverified::Refused(why)) => Err(Bad::Line(why.to_string())),
            Err(Unverified::NoKeys(_)) => Err(Bad::NoKeys),
        },
    }
}

async fn verify(
    handler: &PushNotification,
    keys: &Keys,
    jws: &str,
) -> Result<VerifiedPush, Unverified> {
    match keys {
        Keys::OfHandler => handler.verify(jws).await,
        Keys::Given(keys, now) => Ok(UnverifiedPush::parse(jws)?.verify(keys, *now)?),
    }
}

fn decoded(text: &str) -> Result<VerifiedPush, String> {
    let object: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match (&object["key"], &object["message"]) {
        (Value::String(key), message @ Value::Object(_)) => {
            Ok(VerifiedPush::vouched_for(Some(key), message.to_string()))
        }
        (Value::Null, Value::Null) => Ok(VerifiedPush::vouched_for(None, object.to_string())),
        _ => Err("`key` must be a text and `message` an object".to_owned()),
    }
}

//! The Roku Pay API keys of a publisher as their secret holds them.
//!
//! Roku keeps one active key and at most one that is expiring (`roku-pay.md` §3). The secret is
//! `{"active":"…","expiring":"…"}`, the second of which may be missing, or the active key alone.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

/// Roku's published keys have 36 characters; what is much longer is something else.
const MAX_KEY_CHARACTERS: usize = 128;

/// What a publisher asks Roku with.
#[derive(Debug, Clone)]
pub struct RokuApiKeys {
    /// The key to use.
    pub active: SecretString,
    /// The key before it, for as long as Roku takes it. Never the same as the active one.
    pub expiring: Option<SecretString>,
}

/// Why a text is no key. Holds nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRokuApiKey {
    /// Nothing but white space, or nothing at all.
    #[error("must not be empty")]
    Empty,
    /// Two keys, or a sentence.
    #[error("must not have white space or control characters in it")]
    WhiteSpace,
    /// No key of Roku's is that long.
    #[error("must not be longer than {MAX_KEY_CHARACTERS} characters")]
    TooLong,
}

/// Why a secret holds no keys. Holds nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRokuApiKeys {
    /// JSON that is broken or means something else.
    #[error("it is neither a key nor {{\"active\":\"…\",\"expiring\":\"…\"}}")]
    NotKeys,
    /// The active key, or the only one, is none.
    #[error("its active key {0}")]
    Active(InvalidRokuApiKey),
    /// The expiring key is none.
    #[error("its expiring key {0}")]
    Expiring(InvalidRokuApiKey),
}

#[derive(Deserialize)]
struct Stored {
    active: String,
    expiring: Option<String>,
}

impl RokuApiKeys {
    /// Reads the keys from the text of their secret. White space around it and around each key does
    /// not count, nor do other fields.
    ///
    /// # Errors
    /// [`InvalidRokuApiKeys`] when there is no active key in it, or something that is no key.
    pub fn parse(text: &str) -> Result<Self, InvalidRokuApiKeys> {
        let text = text.trim();
        if text.starts_with('{') {
            return Self::parse_json(text);
        }
        // What looks like other JSON is a mistake, and not a key to send to Roku.
        if text.starts_with(['[', '"']) {
            return Err(InvalidRokuApiKeys::NotKeys);
        }
        let active = parse_key(text).map_err(InvalidRokuApiKeys::Active)?;
        Ok(Self { active, expiring: None })
    }

    fn parse_json(text: &str) -> Result<Self, InvalidRokuApiKeys> {
        // The causes that serde tells quote what they found.
        let stored: Stored = serde_json::from_str(text).map_err(|_| InvalidRokuApiKeys::NotKeys)?;
        let active = parse_key(&stored.active).map_err(InvalidRokuApiKeys::Active)?;
        let expiring = match stored.expiring.as_deref().map(parse_key) {
            // What a form that was left blank says.
            None | Some(Err(InvalidRokuApiKey::Empty)) => None,
            Some(key) => Some(key.map_err(InvalidRokuApiKeys::Expiring)?),
        };
        let expiring = expiring.filter(|expiring| !is_same(expiring, &active));
        Ok(Self { active, expiring })
    }

    /// The text of the secret.
    pub(super) fn to_text(&self) -> SecretString {
        let active = self.active.expose_secret();
        let text = match &self.expiring {
            Some(expiring) => json!({ "active": active, "expiring": expiring.expose_secret() }),
            None => json!({ "active": active }),
        };
        SecretString::from(text.to_string())
    }
}

/// Reads one key. Its form is Roku's affair (`roku-pay.md` §3); what nobody could have meant is
/// refused.
///
/// # Errors
/// [`InvalidRokuApiKey`], which holds nothing of the text.
pub fn parse_key(text: &str) -> Result<SecretString, InvalidRokuApiKey> {
    let key = text.trim();
    if key.is_empty() {
        return Err(InvalidRokuApiKey::Empty);
    }
    if key.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(InvalidRokuApiKey::WhiteSpace);
    }
    if key.chars().count() > MAX_KEY_CHARACTERS {
        return Err(InvalidRokuApiKey::TooLong);
    }
    Ok(SecretString::from(key))
}

pub(super) fn is_same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(keys: &RokuApiKeys) -> (&str, Option<&str>) {
        let expiring = keys.expiring.as_ref().map(ExposeSecret::expose_secret);
        (keys.active.expose_secret(), expiring)
    }

    #[test]
    fn a_secret_is_json_with_one_key_or_two_or_the_key_alone() {
        for (text, expected) in [
            (r#"{"active":"NEW","expiring":"OLD"}"#, ("NEW", Some("OLD"))),
            (" {\"expiring\": \" OLD \",\n \"active\": \"NEW\\n\"}\n", ("NEW", Some("OLD"))),
            (r#"{"active":"NEW"}"#, ("NEW", None)),
            (r#"{"active":"NEW","expiring":null,"since":2026}"#, ("NEW", None)),
            (r#"{"active":"NEW","expiring":" "}"#, ("NEW", None)),
            (r#"{"active":"SAME","expiring":"SAME"}"#, ("SAME", None)),
            (
                "F05447A57F8DF275FC30EC835FCAD10A19B6",
                ("F05447A57F8DF275FC30EC835FCAD10A19B6", None),
            ),
            ("\t579743\r\n", ("579743", None)),
        ] {
            assert_eq!(shown(&RokuApiKeys::parse(text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn what_holds_no_keys_is_refused_and_nothing_of_it_is_told() {
        use InvalidRokuApiKey::{Empty, TooLong, WhiteSpace};
        use InvalidRokuApiKeys::{Active, Expiring, NotKeys};
        let long = "hush".repeat(40);
        for (text, expected) in [
            (" \n", Active(Empty)),
            (r#"{"active":" ","expiring":"hush"}"#, Active(Empty)),
            ("hush hush", Active(WhiteSpace)),
            ("hush\u{0}", Active(WhiteSpace)),
            (&long, Active(TooLong)),
            (r#"{"active":"A","expiring":"hush hush"}"#, Expiring(WhiteSpace)),
            (r#"{"active":"hush""#, NotKeys),
            (r#"{"expiring":"hush"}"#, NotKeys),
            (r#"{"active":["hush"]}"#, NotKeys),
            (r#"{"active":"A","expiring":{"hush":1}}"#, NotKeys),
            (r#"["hush","hush"]"#, NotKeys),
            (r#""hush""#, NotKeys),
        ] {
            let refusal = RokuApiKeys::parse(text).unwrap_err();
            assert_eq!(refusal, expected, "{text}");
            assert!(!format!("{refusal} {refusal:?}").contains("hush"), "{refusal:?}");
        }
    }

    #[test]
    fn no_debug_print_holds_a_key() {
        let keys = RokuApiKeys::parse(r#"{"active":"hush1","expiring":"hush2"}"#).unwrap();
        assert!(!format!("{keys:?}").contains("hush"), "{keys:?}");
    }

    proptest::proptest! {
        #[test]
        fn keys_read_back_as_written(active in "[!-~ä]{1,128}", expiring in "[!-~]{1,9}") {
            let expiring = Some(expiring).filter(|key| *key != active);
            let keys = RokuApiKeys {
                active: SecretString::from(active),
                expiring: expiring.map(SecretString::from),
            };
            let read = RokuApiKeys::parse(keys.to_text().expose_secret()).unwrap();
            proptest::prop_assert_eq!(shown(&read), shown(&keys));
        }
    }
}

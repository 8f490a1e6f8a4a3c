//! The e-mail address that a customer is known by.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// An e-mail address is at most 254 characters long (RFC 5321 §4.5.3).
const MAX_EMAIL_BYTES: usize = 254;

/// A customer's e-mail address, compared without the case of ASCII letters. Never shown in a log.
#[derive(Clone)]
pub struct Email(SecretString);

/// Why a text is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an e-mail address of at most {MAX_EMAIL_BYTES} characters")]
pub struct InvalidEmail;

impl Email {
    /// Reads an address. Lenient on purpose: the publisher's own sign-up has checked it.
    ///
    /// # Errors
    /// [`InvalidEmail`] when it cannot be one.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim();
        let has_two_sides = text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !host.contains('@')
        });
        // Beyond ASCII letters alone: signs that nobody sees would make two customers of one.
        let plain =
            text.chars().all(|c| c.is_ascii_graphic() || (!c.is_ascii() && c.is_alphanumeric()));
        if has_two_sides && plain && text.len() <= MAX_EMAIL_BYTES {
            // Of other alphabets some letters fold onto ASCII, and would be somebody else's address.
            Ok(Self(SecretString::from(text.to_ascii_lowercase())))
        } else {
            Err(InvalidEmail)
        }
    }
}

impl ExposeSecret<str> for Email {
    fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_compared_without_case_and_never_shown() {
        let email = Email::parse(" Ann@Example.com ").unwrap();
        assert_eq!(email.expose_secret(), "ann@example.com");
        assert_eq!(format!("{email:?}"), "Email(hidden)");
    }

    #[test]
    fn an_address_reads_back_as_itself_and_is_nobody_elses() {
        for text in [format!("İ{}@z", "a".repeat(250)), "mi\u{212a}e@x.y".to_owned()] {
            let email = Email::parse(&text).unwrap();
            let again = Email::parse(email.expose_secret()).unwrap();
            assert_eq!(again.expose_secret(), email.expose_secret());
            assert_ne!(email.expose_secret(), "mike@x.y");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@b", "a".repeat(254));
        let unseen = ["a\u{200b}@b", "a\u{202e}@b", "\u{feff}a@b"];
        for text in
            ["", "ann", "@b", "a@", "a@b@c", "a b@c", "a@b\0", &long].into_iter().chain(unseen)
        {
            assert_eq!(Email::parse(text).err(), Some(InvalidEmail), "{text}");
        }
    }
}

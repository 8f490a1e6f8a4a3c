//! Names of things. Each is parsed once at the edge and opaque from there on.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Roku allows transaction ids of up to 1024 bytes (`roku-pay.md` §2.1); nothing else is longer.
pub const MAX_ID_BYTES: usize = 1024;

/// Why a text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Nothing but white space, or nothing at all.
    #[error("must not be empty")]
    Empty,
    /// Longer than [`MAX_ID_BYTES`].
    #[error("must not be longer than {MAX_ID_BYTES} bytes")]
    TooLong,
    /// A publisher id or customer id that is not a number of at most ten digits.
    #[error("must be a number of at most 10 digits")]
    NotANumber,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $parse:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads the id from text; the type says which form it takes.
            ///
            /// # Errors
            /// [`InvalidId`] when the text cannot be such an id.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                $parse(text).map(Self)
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// The tenant: up to ten digits, nine at Cleeng (`cleeng-api.md` §4).
    PublisherId, number
}
id! {
    /// The publisher's customer: up to ten digits, nine for those that Usher registers.
    CustomerId, number
}
id! {
    /// Roku's `customerId` (pushes) and `rokuCustomerId` (web service), compared without case and
    /// hyphens (`roku-pay.md` §2.1).
    RokuCustomerId, normalised
}
id! {
    /// One Roku subscription chain or one-time purchase: its `originalTransactionId`, compared
    /// without case and hyphens because Roku writes the same id both ways (`roku-pay.md` §2.1).
    PurchaseId, normalised
}
id! {
    /// One charge inside a chain, compared as [`PurchaseId`] is.
    TransactionId, normalised
}
id! {
    /// Roku's code for what it sells: opaque and case-sensitive (`roku-pay.md` §5).
    RokuProductId, opaque
}

impl PurchaseId {
    /// The purchase whose first charge is `transaction` (`roku-pay.md` §2.2).
    pub fn of_first(transaction: &TransactionId) -> Self {
        Self(transaction.0.clone())
    }

    /// How Roku wrote the id, if not as ids are compared. None for what is another id.
    pub(crate) fn spelling(&self, written: &str) -> Option<String> {
        let is_own = Self::parse(written).as_ref() == Ok(self);
        (is_own && written != self.0).then(|| written.to_owned())
    }
}

fn number(text: &str) -> Result<String, InvalidId> {
    let digits = (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.to_owned()).ok_or(InvalidId::NotANumber)
}

fn normalised(text: &str) -> Result<String, InvalidId> {
    let plain: String = text.chars().filter(|c| *c != '-').collect();
    match opaque(&plain.to_lowercase()) {
        // An id of hyphens alone stays as it is.
        Err(InvalidId::Empty) => opaque(text),
        parsed => parsed,
    }
}

fn opaque(text: &str) -> Result<String, InvalidId> {
    let text = text.trim();
    match text.len() {
        0 => Err(InvalidId::Empty),
        1..=MAX_ID_BYTES => Ok(text.to_owned()),
        _ => Err(InvalidId::TooLong),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_id_with_and_without_hyphens_is_one_purchase() {
        let dashed = PurchaseId::parse("0EA63A4B-7236-11ef-93cb-0a58a9feae68").unwrap();
        let plain = PurchaseId::parse("0ea63a4b723611ef93cb0a58a9feae68").unwrap();
        assert_eq!(dashed, plain);
    }

    #[test]
    fn ids_of_every_shape_that_roku_sends_are_accepted() {
        let longest = "a".repeat(MAX_ID_BYTES);
        for id in [
            "abcb0b53015211edb4490a58a9feac0c",
            "wci8ef2snsq0z6micdcye2an6m6k5wq2",
            "579743",
            &longest,
        ] {
            assert_eq!(PurchaseId::parse(id).unwrap().as_str(), id);
        }
    }

    proptest::proptest! {
        #[test]
        fn an_id_reads_back_as_itself(text in "[-a-zA-Z0-9 \u{130}]{0,20}") {
            if let Ok(id) = PurchaseId::parse(&text) {
                proptest::prop_assert_eq!(PurchaseId::parse(id.as_str()), Ok(id));
            }
        }
    }

    #[test]
    fn what_is_no_id_is_refused() {
        assert_eq!(PurchaseId::parse("  "), Err(InvalidId::Empty));
        assert_eq!(PurchaseId::parse(&"a".repeat(MAX_ID_BYTES + 1)), Err(InvalidId::TooLong));
        for text in ["", "12a", "12345678901", "-1", "１２３"] {
            assert_eq!(PublisherId::parse(text), Err(InvalidId::NotANumber), "{text}");
        }
    }
}

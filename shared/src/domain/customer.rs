//! The publisher's customer, as a person: what is kept of them, and nothing more than that.

use std::fmt;

use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::email::Email;
use super::id::CustomerId;

/// Texts of a profile are cut off by nobody: longer ones are refused.
pub const MAX_TEXT_BYTES: usize = 256;

/// A customer. Holds personal data, which its `Debug` hides.
#[derive(Clone)]
pub struct Customer {
    /// Their id.
    pub id: CustomerId,
    /// Their address.
    pub email: Email,
    /// What else is known.
    pub profile: Profile,
    /// When they were registered; none for who was registered before that was kept.
    pub registered_at: Option<Timestamp>,
}

/// What clients say about a customer (`cleeng-api.md` §3.6). All of it may be missing: who comes by a
/// receipt has an address and nothing else.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub struct Profile {
    /// The publisher's own id of the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Language and country, `en_US`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// ISO 3166, two letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// ISO 4217.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

impl Customer {
    /// The name to show: the names, or the part of the address before the `@`.
    pub fn display_name(&self) -> String {
        let names = [&self.profile.first_name, &self.profile.last_name];
        let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
        if names.is_empty() {
            let address = self.email.expose_secret();
            return address.split('@').next().unwrap_or_default().to_owned();
        }
        names.join(" ")
    }
}

impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Customer").field("id", &self.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile").finish_non_exhaustive()
    }
}

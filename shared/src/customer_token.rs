//! The tokens that speak for customers: ours, and those that a publisher's own identity provider
//! signs.
//!
//! Ours are JWTs signed with Ed25519, so that checking access needs no secret. The private key is made
//! of a seed in Secrets Manager, which CloudFormation generates; nobody ever handles it. Clients read
//! `customerId` and `publisherId` from the token as they do from Cleeng's (`cleeng-api.md` §7). There
//! are two, alike but for their lives: the customer token that a middleware holds, and the JWT of an
//! app, which a [`session`] renews.
//!
//! What a signature says cannot be taken back, so whether a token was revoked is seen where its
//! customer is read: [`Bearer::customer`], [`Bearer::accounts`].

mod provider;
pub mod session;
pub(crate) mod signer;
mod verifier;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use signer::TokenSigner;
pub use verifier::TokenVerifier;

use crate::domain::account::Account;
use crate::domain::id::{CustomerId, PublisherId};
use crate::secrets::SecretError;
use crate::store::StoreError;
use crate::store::accounts::Accounts;
use crate::store::customers::{Customers, KnownCustomer};

/// Which of our tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The customer token of the JSON-RPC calls.
    CustomerToken,
    /// The JWT of a session.
    Session,
}

impl Kind {
    /// How long it lives: as long as Cleeng's (`cleeng-api.md` §7).
    pub fn lifetime(self) -> SignedDuration {
        match self {
            Self::CustomerToken => SignedDuration::from_hours(14 * 24),
            Self::Session => SignedDuration::from_mins(15),
        }
    }
}

/// Who a token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// The tenant.
    pub publisher_id: PublisherId,
    /// The customer.
    pub customer_id: CustomerId,
    /// When the token was issued; the beginning of time where it does not say.
    pub issued_at: Timestamp,
}

impl Bearer {
    /// The customer, as a person.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] where the token was revoked, or they were erased.
    pub async fn customer(&self, customers: &Customers) -> Result<KnownCustomer, TokenError> {
        let known = customers.get(&self.publisher_id, &self.customer_id).await?;
        let known = known.filter(|known| !self.is_revoked(known.tokens_revoked_at));
        known.ok_or(TokenError::Invalid)
    }

    /// The Roku accounts that are linked to the customer: one query.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] where the token was revoked.
    pub async fn accounts(&self, accounts: &Accounts) -> Result<Vec<Account>, TokenError> {
        let held = accounts.of_customer(&self.publisher_id, &self.customer_id).await?;
        let is_revoked = self.is_revoked(held.tokens_revoked_at);
        (!is_revoked).then_some(held.accounts).ok_or(TokenError::Invalid)
    }

    /// Whether the token is worth nothing any more, where those issued up to a moment were revoked. A
    /// token tells its moment in whole seconds, so one of the same second is worth nothing either.
    fn is_revoked(&self, revoked_up_to: Option<Timestamp>) -> bool {
        revoked_up_to.is_some_and(|moment| self.issued_at <= moment)
    }
}

/// The claims of our tokens.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Claims {
    iss: String,
    iat: i64,
    exp: i64,
    customer_id: CustomerId,
    publisher_id: PublisherId,
    /// In the JWT of a session (`cleeng-api.md` §10.8).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

/// Why a token opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// It is none that we take.
    #[error("invalid customer token")]
    Invalid,
    /// It was one.
    #[error("expired customer token")]
    Expired,
    /// That cannot be told, or no token can be made, right now.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys of the publisher's identity provider are out of reach.
    #[error("the keys of the identity provider at {0} are out of reach")]
    NoKeys(String),
    /// The seed cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The seed is not 32 bytes in hexadecimal digits.
    #[error("the seed of customer tokens is not 64 hexadecimal digits")]
    BadSeed,
}

impl TokenError {
    /// The error with its causes, for the log. No token is in it.
    pub fn with_causes(&self) -> String {
        match self {
            Self::Store(error) => error.with_causes(),
            error => error.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_issued_up_to_a_revocation_is_worth_nothing() {
        let moment = |text: &str| text.parse::<Timestamp>().unwrap();
        let bearer = Bearer {
            publisher_id: PublisherId::parse("1").unwrap(),
            customer_id: CustomerId::parse("2").unwrap(),
            issued_at: moment("2026-01-01T00:00:05Z"),
        };
        assert!(!bearer.is_revoked(None));
        assert!(!bearer.is_revoked(Some(moment("2026-01-01T00:00:04.9Z"))));
        assert!(bearer.is_revoked(Some(moment("2026-01-01T00:00:05Z"))));
        assert!(bearer.is_revoked(Some(moment("2026-01-01T00:00:06Z"))));
    }
}

//! Sessions of apps: a JWT of a quarter of an hour, and a refresh token that gets the next one, once.

use secrecy::SecretString;

use super::{Kind, TokenError, TokenSigner};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::customer::Customer;
use crate::domain::id::PublisherId;
use crate::store::StoreError;
use crate::store::customers::Customers;
use crate::store::refresh_tokens::RefreshTokens;

/// Begins sessions, and goes on with them.
#[derive(Debug)]
pub struct Sessions {
    signer: TokenSigner,
    refresh_tokens: RefreshTokens,
    customers: Customers,
    clock: Clock,
}

/// What an app is handed.
#[derive(Debug)]
pub struct Session {
    /// Speaks for the customer.
    pub jwt: SecretString,
    /// Gets the next one.
    pub refresh_token: SecretString,
}

impl Sessions {
    /// The sessions of the stack.
    pub fn new(config: &Config) -> Self {
        Self {
            signer: TokenSigner::new(config),
            refresh_tokens: RefreshTokens::new(&config.table),
            customers: Customers::new(&config.table),
            clock: config.clock.clone(),
        }
    }

    /// Begins one.
    ///
    /// # Errors
    /// [`TokenError`] when no token can be made right now.
    pub async fn begin(
        &self,
        publisher: &PublisherId,
        customer: &Customer,
    ) -> Result<Session, TokenError> {
        let now = self.clock.now();
        let refresh_token = self.refresh_tokens.issue(publisher, &customer.id, now).await?;
        Ok(Session { jwt: self.jwt(publisher, customer).await?, refresh_token })
    }

    /// Goes on with one, and uses its refresh token up.
    ///
    /// # Errors
    /// [`TokenError::Expired`] when the token is none, was used, has expired or was revoked; else what
    /// keeps us from telling: the token is good again then, unless the answer alone was lost.
    pub async fn refresh(&self, refresh_token: &str) -> Result<Session, TokenError> {
        let now = self.clock.now();
        let used = self.refresh_tokens.find(refresh_token, now).await?;
        let used = used.ok_or(TokenError::Expired)?;
        let known = self.customers.get(&used.publisher, &used.customer).await?;
        let known = known.ok_or(TokenError::Expired)?;
        if known.tokens_revoked_at.is_some_and(|moment| used.issued_at <= moment) {
            return Err(TokenError::Expired);
        }
        let jwt = self.jwt(&used.publisher, &known.customer).await?;
        match self.refresh_tokens.replace(&used, now).await? {
            Some(refresh_token) => Ok(Session { jwt, refresh_token }),
            None if self.refresh_tokens.find(refresh_token, now).await?.is_some() => {
                Err(StoreError::Contended.into())
            }
            None => Err(TokenError::Expired),
        }
    }

    async fn jwt(
        &self,
        publisher: &PublisherId,
        customer: &Customer,
    ) -> Result<SecretString, TokenError> {
        let email = Some(&customer.email);
        let jwt = self.signer.issue(Kind::Session, publisher, &customer.id, email).await?;
        Ok(SecretString::from(jwt))
    }
}

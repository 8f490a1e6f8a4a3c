//! Who calls, and what they may see: a customer their own, and what their publisher sells.

use std::sync::Arc;

use lambda_http::http::StatusCode;
use lambda_http::{Request, RequestExt};
use usher::credentials;
use usher::customer_token::Bearer;
use usher::domain::account::Account;
use usher::domain::customer::Customer;
use usher::domain::id::PublisherId;
use usher::domain::publisher::Publisher;
use usher::respond::Failure;

use crate::MediaStore;

/// Who calls, in the place of their id: the token of a publisher's identity provider names no id of
/// ours.
const ME: &str = "me";

/// A customer with what is linked to them.
pub(crate) struct Holder {
    pub(crate) bearer: Bearer,
    pub(crate) publisher: Arc<Publisher>,
    pub(crate) accounts: Vec<Account>,
}

impl MediaStore {
    /// Whose token a request comes with. Whether it was revoked is to be seen from the customer. A
    /// path that names a customer must name them, or [`ME`].
    pub(crate) async fn bearer(&self, request: &Request) -> Result<Bearer, Failure> {
        let token = credentials::bearer_token(request.headers())
            .ok_or_else(|| credentials::missing("required JWT"))?;
        let bearer = self.token_verifier.verify(token).await?;
        match request.path_parameters().first("customerId") {
            Some(named) if named != bearer.customer_id.as_str() && named != ME => {
                let message = "The token is another customer's";
                Err(Failure::new(StatusCode::FORBIDDEN, "AUTH0002", message))
            }
            _ => Ok(bearer),
        }
    }

    /// The customer who calls, as a person.
    pub(crate) async fn customer(&self, request: &Request) -> Result<Customer, Failure> {
        let bearer = self.bearer(request).await?;
        self.person(&bearer).await
    }

    /// The customer whom a token speaks for; it is invalid where it was revoked, or they were
    /// erased.
    pub(crate) async fn person(&self, bearer: &Bearer) -> Result<Customer, Failure> {
        Ok(bearer.customer(&self.customers).await?.customer)
    }

    /// The customer who calls, with what is linked to them.
    pub(crate) async fn holder(&self, request: &Request) -> Result<Holder, Failure> {
        let bearer = self.bearer(request).await?;
        let (publisher, accounts) =
            tokio::try_join!(self.publisher(&bearer.publisher_id), async {
                Ok(bearer.accounts(&self.accounts).await?)
            })?;
        Ok(Holder { bearer, publisher, accounts })
    }

    /// Whose catalog a request is about: that of a publisher's middleware, or of a customer's
    /// publisher. An offer's id does not tell, because two publishers may give the same.
    pub(crate) async fn seller(&self, request: &Request) -> Result<Arc<Publisher>, Failure> {
        let publisher = match credentials::publisher_token(request.headers()) {
            Some(token) => self.publisher_of_token(token).await?,
            None => {
                let bearer = self.bearer(request).await?;
                self.person(&bearer).await?;
                bearer.publisher_id
            }
        };
        self.publisher(&publisher).await
    }

    /// Whose a publisher's token is.
    pub(crate) async fn publisher_of_token(&self, token: &str) -> Result<PublisherId, Failure> {
        let publisher = self.publisher_tokens.publisher_of(token).await?;
        publisher.ok_or_else(credentials::invalid_publisher_token)
    }

    pub(crate) async fn publisher(&self, id: &PublisherId) -> Result<Arc<Publisher>, Failure> {
        Ok(self.publishers.of_token(id).await?)
    }
}

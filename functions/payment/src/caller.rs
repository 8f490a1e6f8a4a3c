//! Who posts a receipt: a middleware with the publisher's token, or an app with its customer's JWT
//! (`cleeng-api.md` §1.1). The header that is there tells which.

use lambda_http::Request;
use usher::credentials;
use usher::customer_token::TokenVerifier;
use usher::domain::id::PublisherId;
use usher::respond::Failure;
use usher::store::customers::{Customers, KnownCustomer};
use usher::store::publisher_tokens::PublisherTokens;

/// Who posts a receipt, or asks about one.
pub(crate) enum Caller {
    /// The publisher's middleware, for any of its customers.
    Publisher(PublisherId),
    /// A customer, for themselves.
    Customer(PublisherId, Box<KnownCustomer>),
}

impl Caller {
    pub(crate) fn publisher(&self) -> &PublisherId {
        match self {
            Self::Publisher(publisher) | Self::Customer(publisher, _) => publisher,
        }
    }
}

/// Knows callers by what they carry.
#[derive(Debug)]
pub(crate) struct Callers {
    pub(crate) publisher_tokens: PublisherTokens,
    pub(crate) token_verifier: TokenVerifier,
    pub(crate) customers: Customers,
}

impl Callers {
    pub(crate) async fn identify(&self, request: &Request) -> Result<Caller, Failure> {
        let headers = request.headers();
        if let Some(token) = credentials::publisher_token(headers) {
            let publisher = self.publisher_tokens.publisher_of(token).await?;
            return publisher
                .map(Caller::Publisher)
                .ok_or_else(credentials::invalid_publisher_token);
        }
        let token = credentials::bearer_token(headers);
        let wanted = "required JWT, or X-Publisher-Token";
        let token = token.ok_or_else(|| credentials::missing(wanted))?;
        let bearer = self.token_verifier.verify(token).await?;
        let known = bearer.customer(&self.customers).await?;
        Ok(Caller::Customer(bearer.publisher_id, Box::new(known)))
    }
}

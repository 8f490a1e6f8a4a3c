//! Who asks: the header `X-Publisher-Token`.

use std::sync::Arc;

use lambda_http::Request;
use lambda_http::http::StatusCode;
use usher::domain::publisher::Publisher;
use usher::respond::Failure;

use crate::PublisherApi;

impl PublisherApi {
    /// The publisher whose token it is. Both reads are remembered for a minute.
    pub(crate) async fn authenticate(&self, request: &Request) -> Result<Arc<Publisher>, Failure> {
        let Some(token) = request.headers().get("x-publisher-token") else {
            return Err(unauthorized("AUTH0001", "Missing X-Publisher-Token"));
        };
        let token = token.to_str().unwrap_or_default().trim();
        let invalid = || unauthorized("AUTH0002", "Invalid X-Publisher-Token");
        let publisher = self.publisher_tokens.publisher_of(token).await?;
        let publisher = publisher.ok_or_else(invalid)?;
        self.publishers.find(&publisher).await?.ok_or_else(invalid)
    }
}

fn unauthorized(code: &'static str, message: &str) -> Failure {
    Failure::new(StatusCode::UNAUTHORIZED, code, message)
}

//! Who asks: the header `X-Publisher-Token`.

use std::sync::Arc;

use lambda_http::Request;
use usher::credentials::{invalid_publisher_token, missing, publisher_token};
use usher::domain::publisher::Publisher;
use usher::respond::Failure;

use crate::PublisherApi;

impl PublisherApi {
    /// The publisher whose token it is. Both reads are remembered for a minute.
    pub(crate) async fn authenticate(&self, request: &Request) -> Result<Arc<Publisher>, Failure> {
        let token = publisher_token(request.headers());
        let token = token.ok_or_else(|| missing("X-Publisher-Token"))?;
        let publisher = self.publisher_tokens.publisher_of(token).await?;
        let publisher = publisher.ok_or_else(invalid_publisher_token)?;
        self.publishers.find(&publisher).await?.ok_or_else(invalid_publisher_token)
    }
}

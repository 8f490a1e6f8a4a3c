//! The Lambda binary of API 3.1: `GET /3.1/…`.

use std::sync::Arc;

use lambda_http::service_fn;
use lambda_runtime::{Error, tracing};
use publisher_api::PublisherApi;
use usher::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = Config::from_env().await?;
    config.table.warm().await;
    let handler = Arc::new(PublisherApi::new(&config));
    lambda_http::run(service_fn(move |request| {
        let handler = Arc::clone(&handler);
        async move { Ok::<_, Error>(handler.handle(request).await) }
    }))
    .await
}

//! The Lambda binary of the MediaStore API, and of every path that no other function answers.

use std::sync::Arc;

use lambda_http::service_fn;
use lambda_runtime::{Error, tracing};
use media_store::MediaStore;
use usher::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = Config::from_env().await?;
    config.table.warm().await;
    let handler = Arc::new(MediaStore::new(&config)?);
    lambda_http::run(service_fn(move |request| {
        let handler = Arc::clone(&handler);
        async move { Ok::<_, Error>(handler.handle(request).await) }
    }))
    .await
}

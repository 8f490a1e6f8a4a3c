//! The Lambda binary of `POST /roku/payment` and `GET /roku/payment/{purchaseId}`.

use std::sync::Arc;

use lambda_http::service_fn;
use lambda_runtime::{Error, tracing};
use payment::Payment;
use usher::config::Config;
use usher::metrics::Emitter;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = Config::from_env().await?;
    let metrics = Emitter::start(&config.secrets_prefix)?;
    config.table.warm().await;
    let handler = Arc::new(Payment::new(&config)?);
    lambda_http::run(service_fn(move |request| {
        let handler = Arc::clone(&handler);
        async move {
            let response = handler.handle(request).await;
            metrics.flush();
            Ok::<_, Error>(response)
        }
    }))
    .await
}

//! The Lambda binary that works off the queue of webhooks.

use std::sync::Arc;

use aws_lambda_events::event::sqs::SqsEvent;
use deliver::Deliver;
use lambda_runtime::{Error, LambdaEvent, service_fn, tracing};
use usher::config::Config;
use usher::metrics::Emitter;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = Config::from_env().await?;
    let metrics = Emitter::start(&config.secrets_prefix)?;
    config.table.warm().await;
    let worker = Arc::new(Deliver::new(&config)?);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<SqsEvent>| {
        let worker = Arc::clone(&worker);
        async move {
            let response = worker.handle(event.payload).await;
            metrics.flush();
            Ok::<_, Error>(response)
        }
    }))
    .await
}

//! The Lambda binary that reads the stream of the table.

use std::sync::Arc;

use aws_lambda_events::event::dynamodb::Event;
use lambda_runtime::{Error, LambdaEvent, service_fn, tracing};
use publish::Publish;
use usher::config::Config;
use usher::metrics::Emitter;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = Config::from_env().await?;
    let metrics = Emitter::start(&config.secrets_prefix)?;
    config.table.warm().await;
    let publish = Arc::new(Publish::new(&config));
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Event>| {
        let publish = Arc::clone(&publish);
        async move {
            let response = publish.handle(event.payload).await;
            metrics.flush();
            Ok::<_, Error>(response)
        }
    }))
    .await
}

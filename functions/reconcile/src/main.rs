//! The Lambda binary that runs on a schedule: sends on its way what is due.

use std::sync::Arc;

use lambda_runtime::{Error, LambdaEvent, service_fn, tracing};
use reconcile::Reconcile;
use serde_json::Value;
use usher::config::Config;
use usher::metrics::Emitter;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = Config::from_env().await?;
    let metrics = Emitter::start(&config.secrets_prefix)?;
    config.table.warm().await;
    let reconcile = Arc::new(Reconcile::new(&config)?);
    lambda_runtime::run(service_fn(move |_: LambdaEvent<Value>| {
        let reconcile = Arc::clone(&reconcile);
        async move {
            let run = reconcile.run().await;
            metrics.flush();
            run.map_err(|error| Error::from(error.with_causes()))
        }
    }))
    .await
}

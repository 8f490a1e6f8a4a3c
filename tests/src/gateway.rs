//! Another gateway over the table of a stack, with functions that remember nothing.

use tokio::net::TcpListener;
use usher::config::Config;
use usher::engagement::AccessChecks;
use usher_cli::gateway;
use usher_cli::template::Template;

/// Starts functions that run with `config`, as Lambda starts more of them when there is more to do.
/// Gives the address of their gateway.
pub async fn start(config: &Config) -> String {
    let checks = AccessChecks::new(config);
    let router = gateway::router(&Template::built_in().unwrap(), config, &checks).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

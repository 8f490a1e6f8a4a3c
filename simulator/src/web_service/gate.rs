//! What a request passes before it is answered: the record, the limit, and the faults that spare
//! no request.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::faults::WebServiceFault;
use crate::simulator::Simulator;

pub(super) async fn pass(
    State(simulator): State<Arc<Simulator>>,
    request: Request,
    next: Next,
) -> Response {
    let is_within_limit = simulator.admit(call(request.uri().path()));
    let fault = simulator.web_service_fault();
    match fault {
        Some(WebServiceFault::Down) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Some(WebServiceFault::Gone) => return pending().await,
        Some(WebServiceFault::TooManyRequests) => return too_many_requests(),
        _ => {}
    }
    let answer = if is_within_limit { next.run(request).await } else { too_many_requests() };
    if let Some(WebServiceFault::Slow { seconds }) = fault {
        tokio::time::sleep(Duration::from_secs(seconds.into())).await;
    }
    answer
}

/// The name of the call: what follows the base, which is cut off here.
fn call(path: &str) -> &str {
    path.split('/').nth(1).unwrap_or_default()
}

/// Roku sends no body with it (`roku-pay.md` §3).
fn too_many_requests() -> Response {
    StatusCode::TOO_MANY_REQUESTS.into_response()
}

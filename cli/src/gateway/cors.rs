//! Whose web pages may call the API. API Gateway answers that itself, as the template tells it to,
//! and so does this stand-in.

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::stack::StackError;
use crate::template::{Template, TemplateError};

/// Lets pages of these origins in, of every one where `*` is among them, and none where there are
/// none.
///
/// # Errors
/// [`StackError::Origin`] when one is not an origin; [`StackError::Template`] when the template
/// does not say what pages may send.
pub fn allow(
    router: Router,
    template: &Template,
    origins: &[String],
) -> Result<Router, StackError> {
    if origins.is_empty() {
        return Ok(router);
    }
    let cors = template.cors()?;
    let layer = CorsLayer::new()
        .allow_origin(allowed(origins)?)
        .allow_headers(parsed::<HeaderName>(&cors.allow_headers)?)
        .allow_methods(parsed::<Method>(&cors.allow_methods)?)
        .max_age(Duration::from_secs(cors.max_age));
    Ok(router.layer(layer).layer(from_fn(answer_preflight)))
}

/// API Gateway answers the question before a call with 204.
async fn answer_preflight(request: Request, next: Next) -> Response {
    let is_preflight = request.method() == Method::OPTIONS;
    let mut answer = next.run(request).await;
    if is_preflight {
        *answer.status_mut() = StatusCode::NO_CONTENT;
    }
    answer
}

fn allowed(origins: &[String]) -> Result<AllowOrigin, StackError> {
    if origins.iter().any(|origin| origin == "*") {
        return Ok(AllowOrigin::any());
    }
    let origins = origins.iter().map(|origin| {
        origin.parse::<HeaderValue>().map_err(|_| StackError::Origin(origin.clone()))
    });
    Ok(AllowOrigin::list(origins.collect::<Result<Vec<_>, _>>()?))
}

fn parsed<T: std::str::FromStr>(texts: &[String]) -> Result<Vec<T>, TemplateError> {
    let texts = texts.iter().map(|text| text.parse());
    texts.collect::<Result<_, _>>().map_err(|_| TemplateError::Missing("CorsConfiguration"))
}

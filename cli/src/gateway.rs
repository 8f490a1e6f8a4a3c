//! A stand-in for API Gateway: the routes of the template, answered by the handlers that Lambda
//! runs.

pub mod cors;

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

use access_status::AccessStatus;
use axum::Router;
use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use lambda_http::RequestExt;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use lambda_http::request::RequestContext;
use media_store::MediaStore;
use payment::Payment;
use publisher_api::PublisherApi;
use push_notification::PushNotification;
use serde_json::json;
use usher::config::Config;
use usher::engagement::AccessChecks;

use crate::stack::StackError;
use crate::template::Template;

/// API Gateway takes no larger body.
const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;

type Answer = Pin<Box<dyn Future<Output = lambda_http::Response<lambda_http::Body>> + Send>>;
type Handler = Arc<dyn Fn(lambda_http::Request) -> Answer + Send + Sync>;

/// The routes of the template over the handlers, which count in `checks` whom they let in.
///
/// # Errors
/// When a handler cannot be made, or the template has a route for a function that is not here.
pub fn router(
    template: &Template,
    config: &Config,
    checks: &AccessChecks,
) -> Result<Router, StackError> {
    let handlers = handlers(config, checks)?;
    let handler_of = |function: &str| {
        handlers.get(function).cloned().ok_or_else(|| StackError::NoHandler(function.to_owned()))
    };
    let mut router = Router::new();
    for route in template.routes()? {
        let handler = handler_of(&route.function)?;
        let method = MethodFilter::try_from(route.method.clone())
            .map_err(|method| StackError::NoHandler(method.to_string()))?;
        let key = format!("{} {}", route.method, route.path);
        let run = move |parameters: Result<RawPathParams, RawPathParamsRejection>,
                        request: Request| async move {
            match parameters {
                Ok(parameters) => run(&handler, key, values_of(&parameters), request).await,
                Err(_) => failure(StatusCode::BAD_REQUEST, "Bad Request"),
            }
        };
        router = router.route(&route.path, on(method, run));
    }
    let handler = handler_of(template.default_function()?)?;
    let run = move |request: Request| async move {
        run(&handler, "$default".to_owned(), HashMap::new(), request).await
    };
    Ok(router.fallback(run.clone()).method_not_allowed_fallback(run))
}

fn handlers(
    config: &Config,
    checks: &AccessChecks,
) -> Result<HashMap<&'static str, Handler>, StackError> {
    macro_rules! handler {
        ($handler:expr) => {{
            let handler = Arc::new($handler);
            let run = move |request| -> Answer {
                let handler = Arc::clone(&handler);
                Box::pin(async move { handler.handle(request).await })
            };
            Arc::new(run) as Handler
        }};
    }
    let broken = |error: Box<dyn std::error::Error + Send + Sync>| StackError::Handler(error);
    let access_status = AccessStatus::new(config).map_err(broken)?.counting_with(checks);
    let publisher_api = PublisherApi::new(config).counting_with(checks);
    Ok(HashMap::from([
        ("PushNotificationFunction", handler!(PushNotification::new(config).map_err(broken)?)),
        ("PaymentFunction", handler!(Payment::new(config).map_err(broken)?)),
        ("AccessStatusFunction", handler!(access_status)),
        ("PublisherApiFunction", handler!(publisher_api)),
        ("MediaStoreFunction", handler!(MediaStore::new(config).map_err(broken)?)),
    ]))
}

/// Runs a handler as Lambda does: a panic is one failed request.
async fn run(
    handler: &Handler,
    route_key: String,
    parameters: HashMap<String, Vec<String>>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY_BYTES).await else {
        return failure(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    let mut context = ApiGatewayV2httpRequestContext::default();
    context.http.method = parts.method.clone();
    context.http.path = Some(parts.uri.path().to_owned());
    context.route_key = Some(route_key);
    let body = lambda_http::Body::Binary(body.to_vec());
    let request = lambda_http::Request::from_parts(parts, body)
        .with_path_parameters(parameters)
        .with_request_context(RequestContext::ApiGatewayV2(context));
    match tokio::spawn(handler(request)).await {
        Ok(response) => {
            let (parts, body) = response.into_parts();
            Response::from_parts(parts, Body::from(body.to_vec()))
        }
        Err(_) => failure(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
    }
}

fn values_of(parameters: &RawPathParams) -> HashMap<String, Vec<String>> {
    let mut values: HashMap<String, Vec<String>> = HashMap::new();
    for (name, value) in parameters {
        values.entry(name.to_owned()).or_default().push(value.to_owned());
    }
    values
}

/// What API Gateway answers itself.
fn failure(status: StatusCode, message: &str) -> Response {
    (status, axum::Json(json!({ "message": message }))).into_response()
}

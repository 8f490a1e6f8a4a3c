//! What a request comes with to say who asks: a customer's token, or a publisher's; and how it is
//! refused (`cleeng-api.md` §1.4).

use lambda_http::http::{HeaderMap, StatusCode, header};

use crate::customer_token::TokenError;
use crate::respond::Failure;

/// The token of `Authorization: Bearer`, where there is one.
pub fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim();
    let (scheme, token) = header.split_once(char::is_whitespace)?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The token of `X-Publisher-Token`, where there is one; empty where it is no text.
pub fn publisher_token(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-publisher-token").map(|token| token.to_str().unwrap_or_default().trim())
}

/// There is no token; which one is wanted.
pub fn missing(what: &str) -> Failure {
    Failure::new(StatusCode::UNAUTHORIZED, "AUTH0001", format!("Missing {what}"))
}

/// A publisher's token is none.
pub fn invalid_publisher_token() -> Failure {
    Failure::new(StatusCode::UNAUTHORIZED, "AUTH0002", "Invalid X-Publisher-Token")
}

/// Says why a token opens nothing. What keeps us from telling goes to the log.
impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        let unauthorized = |code, message: &str| Self::new(StatusCode::UNAUTHORIZED, code, message);
        match error {
            TokenError::Expired => unauthorized("AUTH0003", "Expired JWT token"),
            TokenError::Invalid => unauthorized("AUTH0002", "Invalid JWT token"),
            error => {
                tracing::error!(error = error.with_causes(), "token not checked or issued");
                Self::unavailable()
            }
        }
    }
}

//! How an app gets a customer's JWT: from the publisher's middleware, which has signed the customer
//! in, and from there on by itself (`cleeng-api.md` §7, §10.6, §10.8).

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};
use usher::credentials;
use usher::customer_token::TokenError;
use usher::customer_token::session::Session;
use usher::domain::customer::Customer;
use usher::domain::email::Email;
use usher::domain::id::PublisherId;
use usher::respond::{Failure, json};

use crate::MediaStore;

/// A sign-in has less than one kilobyte.
const MAX_BODY_BYTES: usize = 16 * 1024;

impl MediaStore {
    /// `POST /sso/auths` `{customerEmail}`, with the publisher's token in the header or the body.
    /// Who is not a customer yet becomes one. Clients look for the tokens in two places.
    pub(crate) async fn single_sign_on(
        &self,
        request: &Request,
    ) -> Result<Response<Body>, Failure> {
        let body = parse(request.body())?;
        let header = credentials::publisher_token(request.headers());
        let token = header.or_else(|| text(&body, "publisherToken"));
        let token = token.ok_or_else(|| credentials::missing("X-Publisher-Token"))?;
        let publisher = self.publisher_of_token(token).await?;
        let email = text(&body, "customerEmail")
            .ok_or_else(|| bad_request("Invalid request body: customerEmail is missing"))?;
        let email = Email::parse(email)
            .map_err(|why| bad_request(format!("Invalid request body: customerEmail {why}")))?;
        let customer = self.signed_in(&publisher, &email).await?;
        let tokens = described(&self.sessions.begin(&publisher, &customer).await?);
        let mut answer = json!({ "responseData": tokens, "errors": [] });
        if let (Value::Object(answer), Value::Object(tokens)) = (&mut answer, tokens) {
            answer.extend(tokens);
        }
        Ok(json(StatusCode::OK, &answer))
    }

    /// `POST /auths/refresh_token` `{refreshToken}`.
    pub(crate) async fn refresh(&self, request: &Request) -> Result<Value, Failure> {
        let body = parse(request.body())?;
        let token = text(&body, "refreshToken")
            .ok_or_else(|| bad_request("Missing or invalid parameter: refreshToken"))?;
        match self.sessions.refresh(token).await {
            Ok(session) => Ok(described(&session)),
            Err(TokenError::Expired) => {
                let message = "Refresh token is expired or does not exist";
                Err(Failure::new(StatusCode::UNAUTHORIZED, "AUTH0003", message))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn signed_in(&self, publisher: &PublisherId, email: &Email) -> Result<Customer, Failure> {
        let now = self.clock.now();
        let id = self.customers.find_or_register(publisher, email, now).await?;
        let known = self.customers.get(publisher, &id).await?;
        // Erased between the two: the next try registers them anew.
        known.map(|known| known.customer).ok_or_else(Failure::unavailable)
    }
}

fn described(session: &Session) -> Value {
    json!({
        "jwt": session.jwt.expose_secret(),
        "refreshToken": session.refresh_token.expose_secret(),
    })
}

/// Reads a body, whatever its content type says.
fn parse(body: &Body) -> Result<Map<String, Value>, Failure> {
    if body.len() > MAX_BODY_BYTES {
        let message = format!("The body is longer than {MAX_BODY_BYTES} bytes");
        return Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "REQ0001", message));
    }
    serde_json::from_slice(body)
        .map_err(|_| bad_request("Invalid request body: body must be a JSON object"))
}

fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    let text = body.get(name)?.as_str()?.trim();
    Some(text).filter(|text| !text.is_empty())
}

fn bad_request(message: impl Into<String>) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, "REQ0001", message)
}

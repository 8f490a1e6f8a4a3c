//! What Cleeng's clients can ask for and does not happen here. Each refusal says why, to who may
//! know.

use lambda_http::Request;
use lambda_http::http::StatusCode;
use usher::respond::Failure;

use crate::MediaStore;

impl MediaStore {
    /// A change, an order or a cancellation of a plan: Roku has the plan, and no app but its own
    /// changes it. Clients look for this text (`cleeng-api.md` §10.3).
    pub(crate) async fn change_of_plan(&self, request: &Request) -> Failure {
        let message = "Subscription is externally managed";
        self.refusal(request, "PAYMENT_GATEWAY_NOT_SUPPORTED", message).await
    }

    /// A change of the profile.
    pub(crate) async fn profile_change(&self, request: &Request) -> Failure {
        let message = "The publisher keeps customers' profiles: they are not changed here";
        self.refusal(request, "REQ0001", message).await
    }

    /// A refusal for the customer who calls, and none but that for who is nobody.
    async fn refusal(&self, request: &Request, code: &'static str, message: &str) -> Failure {
        match self.customer(request).await {
            Ok(_) => Failure::new(StatusCode::UNPROCESSABLE_ENTITY, code, message),
            Err(failure) => failure,
        }
    }
}

/// Nobody has a password here.
pub(crate) fn passwords() -> Failure {
    let message = "There are no passwords here: sign in with the publisher's identity provider, \
                   or have its backend call POST /sso/auths";
    Failure::new(StatusCode::UNAUTHORIZED, "USER0001", message)
}

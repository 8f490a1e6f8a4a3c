//! A running stack, and the calls that Roku, a middleware and an app make.

use jiff::SignedDuration;
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use usher::domain::event::message::EventMessage;
use usher_cli::catalog_file;
use usher_cli::stack::{Options, Stack};
use uuid::Uuid;

use crate::contract::Contract;
use crate::{event_contract, gateway};

/// A stack with the demo publisher, and a client.
#[derive(Debug)]
pub struct Usher {
    /// The stack.
    pub stack: Stack,
    /// The address of the gateway that is called.
    pub gateway: String,
    http: reqwest::Client,
}

/// What a caller gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The content type.
    pub content_type: String,
    /// The header `ApiKey`, by which Roku knew an acknowledgement before it signed its pushes.
    pub api_key: Option<String>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a body of JSON")
    }

    /// The answer as a snapshot shows it: with indented JSON.
    pub fn shown(&self) -> String {
        let body = serde_json::from_str::<Value>(&self.body);
        let body = body.map_or(self.body.clone(), |body| format!("{body:#}"));
        format!("{} {}\n{body}", self.status, self.content_type)
    }
}

/// Whether nothing in an event says who a customer is.
fn is_nobodys(event: &EventMessage) -> bool {
    let customer = event.data.customer.as_ref();
    customer.is_none_or(|customer| customer.email.is_none() && customer.external_id.is_none())
}

impl Usher {
    /// The demo stack, with the simulator.
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// The demo stack with other options.
    pub async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let mut options = Options::in_memory(catalog_file::demo().unwrap());
        change(&mut options);
        let stack = Stack::start(options).await.unwrap();
        let gateway = stack.gateway.clone();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { stack, gateway, http }
    }

    /// Lets the schedule run once, and the worker until nothing is left to do now. What leaves is as
    /// `asyncapi.yaml` describes it.
    pub async fn tick(&self) {
        self.stack.tick().await;
        // On a machine that is busy a call may take too long, and what did not leave leaves next time.
        for _ in 0..9 {
            if self.stack.publish().await {
                break;
            }
        }
        self.events();
    }

    /// What has left the stack, each event once. Each is as `asyncapi.yaml` describes it.
    pub fn events(&self) -> Vec<EventMessage> {
        let events: Vec<_> =
            self.stack.events().into_iter().filter_map(|detail| detail.event).collect();
        for event in &events {
            event_contract::check(&json!(event));
            assert!(is_nobodys(event), "personal data on the bus: {event:?}");
        }
        events
    }

    /// Lets functions answer from now on that have just started and remember nothing.
    pub async fn start_functions_anew(&mut self) {
        self.gateway = gateway::start(&self.stack.config).await;
    }

    /// Moves the simulator's clock, which is everybody's, ahead.
    pub async fn later(&self, time: SignedDuration) {
        let simulator = self.stack.simulator.as_ref().expect("a simulator");
        simulator.move_clock(simulator.clock().now() + time).await;
    }

    /// Makes any request of the API. The answer is one that `openapi.yaml` describes.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.gateway));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.body(body).send().await.unwrap();
        let header = |name| {
            let value = response.headers().get(name)?.to_str().unwrap();
            Some(value.to_owned())
        };
        let content_type = header("content-type").unwrap_or_default();
        let api_key = header("apikey");
        let status = response.status().as_u16();
        let body = response.text().await.unwrap();
        let answer = Answer { status, content_type, api_key, body };
        Contract::of_this_version().check(&method, path, &answer);
        answer
    }

    /// The publisher's token.
    pub fn token(&self) -> &str {
        self.stack.publisher_token.expose_secret()
    }

    /// Delivers a body to the demo publisher's webhook as Roku would.
    pub async fn deliver(&self, jws: &str) -> Answer {
        let path = "/roku/push-notification/123456789";
        let text = [("content-type", "text/plain")];
        self.request(Method::POST, path, &text, jws.to_owned()).await
    }

    /// Has the simulator sign a push and delivers it.
    pub async fn push(&self, message: &Value) -> Answer {
        let key = Uuid::new_v4().to_string();
        self.deliver(&self.sign(&key, message)).await
    }

    /// Has the simulator sign a push.
    pub fn sign(&self, key: &str, message: &Value) -> String {
        let simulator = self.stack.simulator.as_ref().expect("a simulator");
        simulator.sign(key, &message.to_string())
    }

    /// Posts a receipt of a customer for an offer.
    pub async fn receipt(&self, email: &str, offer: &str, purchase: &str) -> Answer {
        let order = json!({ "purchaseId": purchase, "amount": "$7.99", "total": 7.99, "qty": 1 });
        self.payment(&json!({ "customerEmail": email, "offerId": offer, "order": order })).await
    }

    /// Posts any body to `/roku/payment`.
    pub async fn payment(&self, body: &Value) -> Answer {
        let headers = [("x-publisher-token", self.token()), ("content-type", "application/json")];
        self.request(Method::POST, "/roku/payment", &headers, body.to_string()).await
    }

    /// Asks what became of a receipt.
    pub async fn receipt_status(&self, purchase: &str) -> Answer {
        let headers = [("x-publisher-token", self.token())];
        let path = format!("/roku/payment/{purchase}");
        self.request(Method::GET, &path, &headers, "").await
    }

    /// Makes a JSON-RPC call and gives the whole answer.
    pub async fn rpc(&self, method: &str, params: Value) -> Value {
        let call = json!({ "method": method, "params": params, "jsonrpc": "2.0", "id": 1 });
        let answer = self.request(Method::POST, "/3.0/json-rpc", &[], call.to_string()).await;
        let answer = answer.json();
        if !answer["result"].is_null() {
            Contract::of_this_version().check_result(method, &answer["result"]);
        }
        answer
    }

    /// A token of a registered customer.
    pub async fn customer_token(&self, email: &str) -> String {
        let params = json!({ "publisherToken": self.token(), "customerEmail": email });
        let answer = self.rpc("generateCustomerToken", params).await;
        answer["result"]["token"].as_str().expect("a token").to_owned()
    }

    /// The result of `getAccessStatus`.
    pub async fn access(&self, email: &str, offer: &str) -> Value {
        let token = self.customer_token(email).await;
        let params = json!({ "customerToken": token, "offerId": offer });
        self.rpc("getAccessStatus", params).await["result"].clone()
    }

    /// Whether a customer may watch an offer.
    pub async fn may_watch(&self, email: &str, offer: &str) -> bool {
        self.access(email, offer).await["accessGranted"] == true
    }

    /// The tags that are open to a customer.
    pub async fn tags(&self, email: &str) -> Value {
        let token = self.customer_token(email).await;
        let params = json!({ "customerToken": token, "publisherToken": self.token() });
        self.rpc("getAccessibleTags", params).await["result"]["tags"].clone()
    }
}

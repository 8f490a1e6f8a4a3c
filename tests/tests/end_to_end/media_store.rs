//! The MediaStore API, as an app and a web page call it for their customer.

mod callers;
mod customers;
mod offers;
mod purchases;
mod sign_in;
mod switches;
mod transactions;
mod web_pages;

use reqwest::Method;
use serde_json::{Value, json};
use usher::domain::id::{CustomerId, PublisherId};
use usher::store::customers::Customers;
use usher_tests::samples::ROKU_CUSTOMER;
use usher_tests::{Answer, Usher, jwt};

const ANN: &str = "ann@example.com";

/// An app in which Ann is signed in. It is the tenth of January, until the clock is moved.
struct App {
    usher: Usher,
    ann: String,
    jwt: String,
    refresh_token: String,
}

impl App {
    async fn start() -> Self {
        let begins_at = Some("2024-01-10T00:00:00Z".parse().unwrap());
        let usher = Usher::with(|options| options.begins_at = begins_at).await;
        let tokens = sign_in(&usher, ANN).await;
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        let (token, refresh_token) = (text("jwt"), text("refreshToken"));
        Self { usher, ann: jwt::customer(&token), jwt: token, refresh_token }
    }

    /// An app of whose customer bought a plan and showed the receipt. Gives the purchase's id too.
    async fn subscribed(product: &str) -> (Self, String) {
        let app = Self::start().await;
        let purchase = app.buy(product, false).await;
        (app, purchase)
    }

    async fn buy(&self, product: &str, is_trial: bool) -> String {
        let roku = self.usher.stack.simulator.clone().unwrap();
        let (order, _) = roku.buy(ROKU_CUSTOMER, product, is_trial).await.unwrap();
        self.usher.receipt(ANN, &product.replace('-', "_"), &order.purchase_id).await;
        order.purchase_id
    }

    /// Asks with Ann's token; `{ann}` in the path is her id.
    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "").await
    }

    async fn send(&self, method: Method, path: &str, body: &str) -> Answer {
        let (path, bearer) = (path.replace("{ann}", &self.ann), format!("Bearer {}", self.jwt));
        let headers = [("authorization", bearer.as_str())];
        self.usher.request(method, &path, &headers, body.to_owned()).await
    }

    /// What is asked for, where it is given.
    async fn data(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.json()["errors"], json!([]));
        answer.json()["responseData"].clone()
    }

    fn customers(&self) -> (Customers, PublisherId, CustomerId) {
        let customers = Customers::new(&self.usher.stack.config.table);
        let publisher = self.usher.stack.publisher.id.clone();
        (customers, publisher, CustomerId::parse(&self.ann).unwrap())
    }
}

/// Has the publisher's middleware sign a customer in, and gives the tokens.
async fn sign_in(usher: &Usher, email: &str) -> Value {
    let body = json!({ "customerEmail": email }).to_string();
    let headers = [("x-publisher-token", usher.token())];
    let answer = usher.request(Method::POST, "/sso/auths", &headers, body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["responseData"].clone()
}

/// Values that are new in each run.
const DRAWN: [&str; 11] = [
    "id",
    "customerId",
    "subscriptionId",
    "transactionId",
    "targetId",
    "transactionExternalData",
    "externalPaymentId",
    "pendingSwitchId",
    "jwt",
    "refreshToken",
    "kid",
];

/// An answer for a snapshot: what was drawn in this run is named and not shown.
fn shown(mut answer: Answer) -> String {
    if let Ok(mut body) = serde_json::from_str(&answer.body) {
        name_drawn(&mut body);
        answer.body = body.to_string();
    }
    answer.shown()
}

fn name_drawn(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(name_drawn),
        Value::Object(members) => {
            for (name, value) in members {
                let is_id_of_offer = |id: &str| name == "id" && id.starts_with('S');
                let is_offer = value.as_str().is_some_and(is_id_of_offer);
                if DRAWN.contains(&name.as_str()) && !value.is_null() && !is_offer {
                    *value = json!(format!("[{name}]"));
                }
                name_drawn(value);
            }
        }
        _ => {}
    }
}

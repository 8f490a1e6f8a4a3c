//! What tests begin with: a Roku whose clock stands still, its address, and a webhook that listens.

use std::sync::Arc;

use axum::Router;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use reqwest::{RequestBuilder, StatusCode};
use roku_simulator::{Account, Period, Product, Simulator};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

pub(crate) const ANN: &str = "2df58f54b4f7540ca3aa31ce8bec1fe7";
const BASE: &str = "listen/transaction-service.svc";
/// When every test begins: the day of Roku's samples.
pub(crate) const BEGINNING: &str = "2022-07-11T19:50:18Z";

/// Three plans of a month, one of a day and one of a year, and a film.
pub(crate) fn account() -> Account {
    let product = |code: &str, cents: i64, period: Option<Period>| Product {
        code: code.to_owned(),
        name: format!("{code}_name"),
        price: Decimal::new(cents, 2),
        group: period.map(|_| "plans".to_owned()),
        period,
    };
    let month = Some(Period::Months(1));
    let products = vec![
        product("daily", 99, Some(Period::Days(1))),
        product("basic", 799, month),
        product("premium", 1199, month),
        product("gold", 1999, month),
        product("yearly", 9999, Some(Period::Months(12))),
        product("film", 399, None),
    ];
    // Tests ask as fast as they can.
    Account { products, requests_per_second: None, ..Account::default() }
}

pub(crate) struct Stage {
    pub(crate) roku: Arc<Simulator>,
    url: String,
    http: reqwest::Client,
    pushes: mpsc::UnboundedReceiver<Value>,
}

impl Stage {
    /// Nothing has been bought.
    pub(crate) async fn begin() -> Self {
        Self::begin_with(account()).await
    }

    pub(crate) async fn begin_with(account: Account) -> Self {
        Self::around(Simulator::stopped_at(account, moment(BEGINNING))).await
    }

    /// The stage of a Roku that goes on where another was.
    pub(crate) async fn around(roku: Arc<Simulator>) -> Self {
        let (webhook, pushes) = webhook().await;
        roku.set_push_url(&webhook);
        let url = serve_on_free_port(|listener| {
            tokio::spawn(Arc::clone(&roku).serve(listener));
        })
        .await;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { roku, url, http, pushes }
    }

    /// Ann has bought a product. What was pushed about that is out of the way.
    pub(crate) async fn bought(product: &str) -> (Self, String) {
        Self::begin().await.with(product).await
    }

    pub(crate) async fn with(mut self, product: &str) -> (Self, String) {
        let (order, _) = self.roku.buy(ANN, product, false).await.unwrap();
        self.heard();
        (self, order.purchase_id)
    }

    /// Days pass. Gives the types of what was pushed.
    pub(crate) async fn pass_days(&mut self, days: i64) -> Vec<String> {
        self.roku.move_clock(later(self.roku.clock().now(), days)).await;
        self.heard_types()
    }

    /// What was pushed since it was last asked.
    pub(crate) fn heard(&mut self) -> Vec<Value> {
        std::iter::from_fn(|| self.pushes.try_recv().ok()).collect()
    }

    /// The only push since it was last asked.
    pub(crate) fn heard_one(&mut self) -> Value {
        let [push] = <[Value; 1]>::try_from(self.heard()).unwrap();
        push
    }

    pub(crate) fn heard_types(&mut self) -> Vec<String> {
        types(&self.heard())
    }

    /// Roku's answer to validate-transaction.
    pub(crate) async fn validate(&self, transaction: &str) -> Value {
        let text = self.validate_as_text(transaction).await;
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) async fn validate_as_text(&self, transaction: &str) -> String {
        self.ask(&account().api_key, transaction).await.1
    }

    /// The status and the text of validate-transaction, under any API key.
    pub(crate) async fn ask(&self, key: &str, transaction: &str) -> (StatusCode, String) {
        sent(self.asking_with(key, transaction)).await
    }

    /// What Roku says of a purchase: `isEntitled`, `cancelled`, `purchaseStatus`, and whether
    /// `expirationDate` is ahead.
    pub(crate) async fn standing(&self, transaction: &str) -> (bool, bool, String, bool) {
        let answer = self.validate(transaction).await;
        let flag = |name: &str| answer[name].as_bool().unwrap();
        let status = answer["purchaseStatus"].as_str().unwrap().to_owned();
        let is_ahead = millisecond(&answer["expirationDate"]) > self.now().as_millisecond();
        (flag("isEntitled"), flag("cancelled"), status, is_ahead)
    }

    /// Posts to a control, and gives its status and JSON.
    pub(crate) async fn post(&self, path: &str, body: impl ToString) -> (u16, Value) {
        let request = self.http.post(format!("{}{path}", self.url)).body(body.to_string());
        let (status, text) = sent(request).await;
        (status.as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (_, text) = sent(self.http.get(format!("{}{path}", self.url))).await;
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) async fn put(&self, path: &str, body: impl ToString) -> u16 {
        let request = self.http.put(format!("{}{path}", self.url)).body(body.to_string());
        sent(request).await.0.as_u16()
    }

    pub(crate) async fn delete(&self, path: &str) -> u16 {
        sent(self.http.delete(format!("{}{path}", self.url))).await.0.as_u16()
    }

    /// Takes something back, and gives what came of that.
    pub(crate) async fn take_back(&self, path: &str) -> Value {
        let (_, text) = sent(self.http.delete(format!("{}{path}", self.url))).await;
        serde_json::from_str(&text).unwrap()
    }

    /// Roku's answer to one of the calls that the publisher posts.
    pub(crate) async fn call(&self, call: &str, body: Value) -> Value {
        self.post(&format!("/{BASE}/{call}"), body).await.1
    }

    /// Roku's answer to validate-refund.
    pub(crate) async fn validate_refund(&self, refund: &str) -> Value {
        self.get(&format!("/{BASE}/validate-refund/{}/{refund}", account().api_key)).await
    }

    /// A request of validate-transaction that is not sent yet.
    pub(crate) fn asking(&self, transaction: &str) -> RequestBuilder {
        self.asking_with(&account().api_key, transaction)
    }

    fn asking_with(&self, key: &str, transaction: &str) -> RequestBuilder {
        self.http.get(format!("{}/{BASE}/validate-transaction/{key}/{transaction}", self.url))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.roku.clock().now()
    }
}

async fn sent(request: RequestBuilder) -> (StatusCode, String) {
    let answer = request.send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

/// A webhook that acknowledges everything, and what it hears.
async fn webhook() -> (String, mpsc::UnboundedReceiver<Value>) {
    let (heard, hear) = mpsc::unbounded_channel();
    let receive = move |jws: String| async move {
        heard.send(message(&claims(&jws))).unwrap();
        StatusCode::OK
    };
    let router = Router::new().route("/push", post(receive));
    let url = serve_on_free_port(|listener| {
        tokio::spawn(async move { axum::serve(listener, router).await });
    })
    .await;
    (format!("{url}/push"), hear)
}

pub(crate) async fn serve_on_free_port(serve: impl FnOnce(TcpListener)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    serve(listener);
    url
}

pub(crate) fn claims(jws: &str) -> Value {
    let claims = URL_SAFE_NO_PAD.decode(jws.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

pub(crate) fn message(claims: &Value) -> Value {
    let message = URL_SAFE_NO_PAD.decode(claims["x-Roku-message"].as_str().unwrap()).unwrap();
    serde_json::from_slice(&message).unwrap()
}

pub(crate) fn types(pushes: &[Value]) -> Vec<String> {
    pushes.iter().map(|push| push["transactionType"].as_str().unwrap().to_owned()).collect()
}

pub(crate) fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The moment that a push gives in a field.
pub(crate) fn moment_of(push: &Value, field: &str) -> Timestamp {
    moment(push[field].as_str().unwrap())
}

pub(crate) fn later(moment: Timestamp, days: i64) -> Timestamp {
    moment.checked_add(SignedDuration::from_hours(24 * days)).unwrap()
}

/// The moment in a date of the web service: `/Date(1581033062000+0000)/`.
pub(crate) fn millisecond(date: &Value) -> i64 {
    let date = date.as_str().unwrap();
    date.strip_prefix("/Date(").unwrap().strip_suffix("+0000)/").unwrap().parse().unwrap()
}

/// Amounts as JSON numbers, from cents.
pub(crate) fn dollars(cents: i64) -> Value {
    json!(f64::from(i32::try_from(cents).unwrap()) / 100.0)
}

//! The story that `usher demo` tells: buy, renew, move up, move down, cancel. Everything goes over
//! HTTP to a running stack, as a device, a middleware and Roku would do it.

use std::cell::Cell;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use roku_simulator::{Delivery, Order, Simulator};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::commands::Failure;
use crate::stack::Stack;

const CUSTOMER: &str = "ann@example.com";
const ROKU_CUSTOMER: &str = "2df58f54b4f7540ca3aa31ce8bec1fe7";
const BASIC: &str = "S123456789_US";
const PREMIUM: &str = "S223456789_US";
/// Access that takes longer than this to open is a fault, not a wait.
const PATIENCE: Duration = Duration::from_secs(5);

/// How the story is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// To a person.
    Text,
    /// To a program: an object on each line.
    JsonLines,
}

/// Tells the story.
pub(crate) async fn tell(stack: &Stack, format: Format) -> Result<(), Failure> {
    let story = Story::begin(stack, format)?;
    let (order, opened_in) = story.buy().await?;
    story.note("buys Basic on a Roku device", "$7.99 a month; Roku pushes a signed Sale");
    story.note("the app posts the receipt", &format!("access in {} ms", opened_in.as_millis()));
    story.expect("Basic", &["basic"]).await?;

    story.delivered(&story.roku.renew(&order.purchase_id).await?)?;
    story.note("a month has passed", "Roku charges again and pushes the renewal");
    story.expect("Basic", &["basic"]).await?;

    story.pass_days(10).await?;
    let (order, pushes) = story.roku.upgrade(ROKU_CUSTOMER, &product(PREMIUM)).await?;
    story.delivered(&pushes)?;
    let charged = format!("charged {}: $11.99 less the rest of Basic", order.total);
    story.note("moves up to Premium", &charged);
    story.expect("Premium", &["basic", "premium"]).await?;

    story.pass_days(10).await?;
    let (order, pushes) = story.roku.downgrade(ROKU_CUSTOMER, &product(BASIC)).await?;
    story.delivered(&pushes)?;
    story.note("moves down to Basic", "not before Premium's term ends: a pending change");
    story.expect("Premium", &["basic", "premium"]).await?;

    story.delivered(&story.roku.renew(&order.purchase_id).await?)?;
    story.note("Premium's term has ended", "Roku charges $7.99 for Basic: the change is in force");
    story.expect("Basic", &["basic"]).await?;

    story.pass_days(3).await?;
    story.delivered(&story.roku.cancel(&order.purchase_id).await?)?;
    story.note("cancels", "access lasts to the end of the paid term");
    story.expect("Basic", &["basic"]).await?;

    story.pass_days(31).await?;
    story.note("the term has ended", "nobody had to be told: the clock decides");
    story.expect("nothing", &[]).await?;
    story.end();
    Ok(())
}

struct Story<'a> {
    stack: &'a Stack,
    format: Format,
    roku: std::sync::Arc<Simulator>,
    http: reqwest::Client,
    began: Instant,
    /// How many events have been shown.
    shown: Cell<usize>,
}

impl<'a> Story<'a> {
    fn begin(stack: &'a Stack, format: Format) -> Result<Self, Failure> {
        let roku = stack.simulator.clone().ok_or("the story needs the simulator")?;
        let http = reqwest::Client::builder().no_proxy().build()?;
        if format == Format::Text {
            say("One subscription, from purchase to the end. The clock is the simulator's.\n");
        }
        Ok(Self { stack, format, roku, http, began: Instant::now(), shown: Cell::new(0) })
    }

    /// Buys, posts the receipt, and waits until access is open. Gives the time from the receipt to
    /// access.
    async fn buy(&self) -> Result<(Order, Duration), Failure> {
        let (order, pushes) = self.roku.buy(ROKU_CUSTOMER, &product(BASIC), false).await?;
        self.delivered(&pushes)?;
        let posted = Instant::now();
        let receipt = json!({ "customerEmail": CUSTOMER, "offerId": BASIC, "order": order });
        let token = self.stack.publisher_token.expose_secret();
        let url = format!("{}/roku/payment", self.stack.gateway);
        let answer = self.http.post(url).header("X-Publisher-Token", token).json(&receipt);
        let answer = answer.send().await?;
        if answer.status() != 200 {
            return Err(format!("the receipt was answered {}", answer.text().await?).into());
        }
        while !self.has_access(BASIC).await? {
            if posted.elapsed() > PATIENCE {
                return Err("access did not open".into());
            }
        }
        Ok((order, posted.elapsed()))
    }

    async fn pass_days(&self, days: i64) -> Result<(), Failure> {
        let to = self.roku.clock().now().checked_add(SignedDuration::from_hours(24 * days))?;
        self.delivered(&self.roku.move_clock(to).await)
    }

    /// Every push must have been answered 200.
    #[expect(clippy::unused_self, reason = "reads as a step of the story")]
    fn delivered(&self, pushes: &[Delivery]) -> Result<(), Failure> {
        match pushes.iter().find(|push| !push.is_acknowledged()) {
            Some(push) => Err(format!("a push was answered {push:?}").into()),
            None => Ok(()),
        }
    }

    /// Compares what the customer may watch with what they should: the plan they hold, alone, and
    /// its tags.
    async fn expect(&self, plan: &str, tags: &[&str]) -> Result<(), Failure> {
        let held = match (self.has_access(BASIC).await?, self.has_access(PREMIUM).await?) {
            (true, false) => "Basic",
            (false, true) => "Premium",
            (false, false) => "nothing",
            (true, true) => "both plans",
        };
        let customer_token = self.customer_token().await?;
        let params = json!({ "customerToken": customer_token, "publisherToken": self.token() });
        let open = self.call("getAccessibleTags", params).await?["tags"].clone();
        if held != plan || open != json!(tags) {
            let found = format!("{held} and the tags {open}");
            return Err(format!("expected access to {plan} and {tags:?}, found {found}").into());
        }
        let line = format!("              ✓ may watch: {plan} {}", tags.join(", "));
        self.say(&line, &json!({ "at": self.roku.clock().now(), "mayWatch": plan, "tags": tags }));
        self.show_events().await;
        Ok(())
    }

    /// Shows what has left as events since the last step, as webhooks and reports get it.
    async fn show_events(&self) {
        self.stack.tick().await;
        let events = self.stack.events();
        let news = events.iter().skip(self.shown.replace(events.len()));
        for event in news.filter_map(|detail| detail.event.as_ref()) {
            let paid = event.data.transaction.as_ref().and_then(|paid| paid.total);
            let paid = paid.map(|total| format!(" ${total}")).unwrap_or_default();
            self.say(&format!("              → {}{paid}", event.kind), &json!({ "event": event }));
        }
    }

    async fn has_access(&self, offer: &str) -> Result<bool, Failure> {
        let params = json!({ "customerToken": self.customer_token().await?, "offerId": offer });
        Ok(self.call("getAccessStatus", params).await?["accessGranted"] == true)
    }

    /// A fresh token each time: the story is longer than a token's life.
    async fn customer_token(&self) -> Result<Value, Failure> {
        let params = json!({ "publisherToken": self.token(), "customerEmail": CUSTOMER });
        Ok(self.call("generateCustomerToken", params).await?["token"].clone())
    }

    async fn call(&self, method: &str, params: Value) -> Result<Value, Failure> {
        let call = json!({ "method": method, "params": params, "jsonrpc": "2.0", "id": 1 });
        let url = format!("{}/3.0/json-rpc", self.stack.gateway);
        let answer: Value = self.http.post(url).json(&call).send().await?.json().await?;
        match &answer["error"] {
            Value::Null => Ok(answer["result"].clone()),
            error => Err(format!("{method} failed: {error}").into()),
        }
    }

    fn token(&self) -> &str {
        self.stack.publisher_token.expose_secret()
    }

    fn note(&self, what: &str, how: &str) {
        let now = self.roku.clock().now();
        let line = format!("  {}  {what}: {how}", day(now));
        self.say(&line, &json!({ "at": now, "what": what, "how": how }));
    }

    fn end(&self) {
        let took = self.began.elapsed().as_millis();
        let line = format!("\nEvery step was as it should be. {took} ms.");
        self.say(&line, &json!({ "asItShouldBe": true, "tookMs": took }));
    }

    fn say(&self, line: &str, told: &Value) {
        match self.format {
            Format::Text => say(line),
            Format::JsonLines => say(&told.to_string()),
        }
    }
}

fn product(offer: &str) -> String {
    offer.replace('_', "-")
}

fn day(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d").to_string()
}

#[expect(clippy::print_stdout, reason = "who runs it reads it")]
fn say(line: &str) {
    println!("{line}");
}

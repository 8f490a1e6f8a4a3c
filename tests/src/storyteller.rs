//! Tells a story of the corpus to a running stack, over HTTP: Roku signs and pushes, an app shows
//! receipts, Roku answers when it is asked, and the customers try to watch. What happened leaves on
//! the stack's bus.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use push_notification::PushNotification;
use reconcile::Reconcile;
use roku_simulator::Simulator;
use serde_json::{Map, Value, json};
use usher::domain::account::Account;
use usher::domain::event::history::of_history;
use usher::domain::event::message::EventMessage;
use usher::domain::fact::Fact;
use usher::domain::fold::fold;
use usher::domain::id::{RokuCustomerId, RokuProductId};
use usher::domain::publisher::Settings;
use usher::domain::subscription::SubscriptionId;
use usher::store::histories::{Histories, History};
use usher_cli::catalog_file;
use usher_cli::replay::{Keys, Outcome, replay};
use usher_cli::story::{Expectation, Receipt, Step, Story};

use crate::Usher;

/// How the pushes of a story reach the stack. Receipts and Roku's answers always come when they
/// come: they are dated by our own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// Each at its time.
    AsTold,
    /// All at the end, the last one first, each of them twice.
    LateAndBackwards,
    /// All at the end, decoded, from a file that begins in the middle.
    Replayed,
}

/// A stack that a story is told to.
pub struct Storyteller {
    usher: Usher,
    simulator: Arc<Simulator>,
    /// The Roku accounts of the story.
    roku_customers: BTreeSet<String>,
    /// Who holds them.
    holders: HashMap<String, String>,
    /// The schedule, which tells what the clock brings.
    schedule: Reconcile,
}

/// What a story adds up to.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The accounts.
    pub accounts: BTreeMap<String, Account>,
    /// The events that left at each step; all at the last one, where they came late.
    pub events: Vec<Vec<EventMessage>>,
}

impl Storyteller {
    /// A stack whose publisher sells what `catalog.toml` of the corpus says, at the moment when the
    /// story begins.
    pub async fn new(corpus: &Path, story: &Story) -> Self {
        let mut publisher = catalog_file::read(&corpus.join("catalog.toml")).unwrap();
        publisher.settings = with(&publisher.settings, &story.settings);
        let begins_at = story.steps.first().map(|step| step.at);
        let usher = Usher::with(|options| {
            options.publisher = publisher;
            options.begins_at = begins_at;
        })
        .await;
        let simulator = usher.stack.simulator.clone().unwrap();
        let schedule = Reconcile::new(&usher.stack.config).unwrap();
        let (roku_customers, holders) = (BTreeSet::new(), HashMap::new());
        Self { usher, simulator, roku_customers, holders, schedule }
    }

    /// Tells the story and checks what must be true: at every step where it is told as it is, else
    /// at the end. Gives what it adds up to.
    ///
    /// # Panics
    /// When something is not as the story says.
    pub async fn tell(mut self, story: &Story, telling: Telling) -> Told {
        let (last, keys) = (story.steps.len() - 1, keys(story));
        let mut events = Vec::new();
        for (place, step) in story.steps.iter().enumerate() {
            self.simulator.move_clock(step.at).await;
            let is_looked_at = telling == Telling::AsTold || place == last;
            if is_looked_at {
                self.schedule.run().await.unwrap();
            }
            match (&step.push, &step.receipt, &step.answer) {
                (Some(push), ..) => {
                    self.remember(push, "customerId");
                    if telling == Telling::AsTold {
                        self.deliver(&keys[&place], push).await;
                    }
                }
                (None, Some(receipt), Some(answer)) => self.show(receipt, answer, step).await,
                (None, None, Some(answer)) => self.ask_again(answer).await,
                _ => {}
            }
            if place == last {
                self.deliver_late(story, telling, &keys).await;
                // What the clock has brought since the last of it is told by the schedule.
                self.schedule.run().await.unwrap();
            }
            if !is_looked_at {
                continue;
            }
            if let Some(expected) = &step.expect {
                self.check(expected, step.at).await;
            }
            events.push(self.left(events.iter().map(Vec::len).sum()).await);
        }
        let accounts = self.accounts().await;
        if telling != Telling::AsTold {
            self.check_nothing_is_untold(story, &events.concat()).await;
        }
        Told { accounts, events }
    }

    /// What leaves, and had not left yet.
    async fn left(&self, known: usize) -> Vec<EventMessage> {
        self.usher.stack.publish().await;
        self.usher.events().split_off(known)
    }

    /// However late it was heard of: what is true in the end has been told of the purchase.
    async fn check_nothing_is_untold(&self, story: &Story, left: &[EventMessage]) {
        let publisher = &self.usher.stack.publisher;
        let now = story.steps.last().expect("a step").at;
        let told: HashSet<_> =
            left.iter().map(|event| (subscription_of(event), event.kind)).collect();
        for facts in self.facts().await.into_values() {
            for event in of_history(&facts, publisher, now) {
                let number = event.purchase.map(|id| SubscriptionId::of(&publisher.id, &id).get());
                let kind = event.what.kind();
                assert!(told.contains(&(number, kind)), "{kind} at {} is not told", event.at);
            }
        }
    }

    async fn deliver_late(&self, story: &Story, telling: Telling, keys: &HashMap<usize, String>) {
        let pushes = story.steps.iter().enumerate().rev();
        let pushes: Vec<_> = pushes
            .filter_map(|(place, step)| Some((keys.get(&place)?, step.push.as_ref()?)))
            .collect();
        match telling {
            Telling::AsTold => {}
            Telling::LateAndBackwards => {
                for (key, push) in pushes.iter().chain(&pushes) {
                    self.deliver(key, push).await;
                }
            }
            Telling::Replayed => {
                let (late, early) = pushes.split_at(pushes.len() / 2);
                let lines = early
                    .iter()
                    .chain(late)
                    .map(|(key, push)| format!("{}\n", json!({ "key": key, "message": push })));
                let file: String = lines.collect();
                let handler = PushNotification::new(&self.usher.stack.config).unwrap();
                let publisher = &self.usher.stack.publisher;
                let (keys, mut outcome) = (Keys::OfHandler, Outcome::default());
                let replayed =
                    replay(&handler, publisher, &keys, file.as_bytes(), &mut outcome, |_| {});
                replayed.await.unwrap();
                assert_eq!(outcome.refused, []);
            }
        }
    }

    async fn deliver(&self, key: &str, push: &Map<String, Value>) {
        let answer = self.usher.deliver(&self.usher.sign(key, &json!(push))).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, text(push, "responseKey")));
    }

    async fn show(&mut self, receipt: &Receipt, answer: &Map<String, Value>, step: &Step) {
        self.simulator.script_answer(&receipt.purchase_id, json!(answer));
        self.remember(answer, "rokuCustomerId");
        let (customer, purchase) = (&receipt.customer, &receipt.purchase_id);
        let taken = self.usher.receipt(customer, &receipt.offer, purchase).await;
        assert_eq!(taken.status, 200, "{}", taken.body);
        let status = self.usher.receipt_status(purchase).await.json();
        let became = [&status["status"], &status["reason"]].map(|word| word.as_str());
        let became = became.into_iter().flatten().collect::<Vec<_>>().join(" ");
        assert_eq!(Some(became.as_str()), step.becomes.as_deref(), "at {}", step.at);
        if became == "granted" {
            let account = text(answer, "rokuCustomerId").to_owned();
            self.holders.insert(account, customer.clone());
        }
    }

    /// Roku is asked about a purchase again, by its holder's app.
    async fn ask_again(&mut self, answer: &Map<String, Value>) {
        let (transaction, account) =
            (text(answer, "transactionId"), text(answer, "rokuCustomerId"));
        self.simulator.script_answer(transaction, json!(answer));
        let product = RokuProductId::parse(text(answer, "productId")).unwrap();
        let offer = self.usher.stack.publisher.catalog.offer_of(&product);
        let offer = offer.map_or("S123456789_US", |offer| offer.id.as_str());
        let holder = self.holders.get(account).expect("a granted receipt comes first").clone();
        let taken = self.usher.receipt(&holder, offer, transaction).await;
        assert_eq!(taken.status, 200, "{}", taken.body);
        let status = self.usher.receipt_status(transaction).await.json();
        assert_ne!(status["status"], "processing", "Roku was asked");
    }

    fn remember(&mut self, told: &Map<String, Value>, field: &str) {
        if let Some(roku_customer) = told.get(field).and_then(Value::as_str) {
            self.roku_customers.insert(roku_customer.to_owned());
        }
    }

    async fn check(&self, expected: &Expectation, at: Timestamp) {
        let mut states = BTreeMap::new();
        for account in self.accounts().await.into_values() {
            let purchases = account.purchases.iter();
            states.extend(purchases.map(|(id, one)| (id.to_string(), one.state.to_string())));
        }
        assert_eq!(states, expected.purchases, "at {at}");
        for (customer, offers) in &expected.watch {
            for (offer, access) in offers {
                let found = self.access(customer, offer).await;
                assert_eq!(found, to_the_second(access), "{customer} watches {offer} at {at}");
            }
        }
    }

    /// Each Roku account as it is stored, which is what all of its facts add up to.
    async fn accounts(&self) -> BTreeMap<String, Account> {
        let mut accounts = BTreeMap::new();
        for (roku_customer, found) in self.histories().await {
            assert_eq!(found.account, fold(found.facts), "{roku_customer}");
            accounts.insert(roku_customer, found.account);
        }
        accounts
    }

    async fn facts(&self) -> BTreeMap<String, Vec<Fact>> {
        let histories = self.histories().await.into_iter();
        histories.map(|(roku_customer, found)| (roku_customer, found.facts)).collect()
    }

    async fn histories(&self) -> BTreeMap<String, History> {
        let stored = Histories::new(&self.usher.stack.config.table);
        let publisher = &self.usher.stack.publisher.id;
        let mut histories = BTreeMap::new();
        for roku_customer in &self.roku_customers {
            let id = RokuCustomerId::parse(roku_customer).unwrap();
            let found = stored.of_roku_customer(publisher, &id).await.unwrap();
            histories.extend(found.map(|found| (roku_customer.clone(), found)));
        }
        histories
    }

    async fn access(&self, customer: &str, offer: &str) -> String {
        let who = json!({ "publisherToken": self.usher.token(), "customerEmail": customer });
        let token = self.usher.rpc("generateCustomerToken", who).await["result"]["token"].clone();
        if token.is_null() {
            return "no".to_owned(); // nobody knows this customer
        }
        let params = json!({ "customerToken": token, "offerId": offer });
        let access = self.usher.rpc("getAccessStatus", params).await["result"].clone();
        match (access["grantType"].as_str(), access["expiresAt"].as_i64()) {
            (None, _) => "no".to_owned(),
            (Some(grant), None) => grant.to_owned(),
            (Some(grant), Some(end)) => {
                format!("{grant} until {}", Timestamp::from_second(end).unwrap())
            }
        }
    }
}

fn subscription_of(event: &EventMessage) -> Option<u32> {
    event.data.subscription.as_ref().map(|subscription| subscription.id)
}

/// The message key of every push, by its place in the story.
fn keys(story: &Story) -> HashMap<usize, String> {
    let pushes = story.steps.iter().enumerate().filter(|(_, step)| step.push.is_some());
    pushes.map(|(place, _)| place).zip(story.pushes().map(|(key, _)| key)).collect()
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// What the API tells is to the second.
fn to_the_second(access: &str) -> String {
    let Some((grant, end)) = access.split_once(" until ") else { return access.to_owned() };
    let end: Timestamp = end.parse().unwrap();
    format!("{grant} until {}", Timestamp::from_second(end.as_second()).unwrap())
}

fn with(settings: &Settings, own: &Map<String, Value>) -> Settings {
    let mut all = json!(settings);
    all.as_object_mut().unwrap().extend(own.clone());
    serde_json::from_value(all).unwrap()
}

//! A publisher whose customers hold what a test says, at a moment that stands still.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::Value;
use usher::domain::catalog::Catalog;
use usher::domain::customer::Profile;
use usher::domain::email::Email;
use usher::domain::id::{CustomerId, PublisherId};
use usher::domain::offer::{Offer, OfferId};
use usher::store::customers::{Customers, Registered};
use usher::store::publisher_tokens::PublisherTokens;
use usher::store::publishers::Publishers;
use usher_cli::catalog_file;
use usher_cli::stack::Stack;
use usher_tests::samples::Push;
use usher_tests::wire::dynamodb;
use usher_tests::{Answer, Usher};

pub(super) const NOW: &str = "2026-03-05T12:00:00Z";

/// The publisher.
pub(super) struct Shop {
    pub(super) usher: Usher,
    publisher: PublisherId,
    database: Client,
}

/// The demo's offers, and a pass.
fn catalog() -> Catalog {
    let mut offers = catalog_file::demo().unwrap().catalog.offers().to_vec();
    let pass = OfferId::parse("P123456789_US").unwrap();
    let title = "The season".to_owned();
    offers.push(Offer { id: pass, title, period: None, group: None, ..offers[0].clone() });
    Catalog::new(offers).unwrap()
}

pub(super) fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

impl Shop {
    pub(super) async fn open() -> Self {
        let usher = Usher::with(|options| {
            options.begins_at = Some(at(NOW));
            options.publisher.catalog = catalog();
        });
        let usher = usher.await;
        let database = dynamodb(&usher.stack.dynamodb).await;
        Self { usher, publisher: PublisherId::parse("123456789").unwrap(), database }
    }

    /// A customer, with all of a profile.
    pub(super) async fn register(&self, email: &str) -> CustomerId {
        let text = |text: &str| Some(text.to_owned());
        let profile = Profile {
            external_id: text(&format!("own-{email}")),
            first_name: text("Ann"),
            last_name: text("Example"),
            locale: text("en_US"),
            country: text("US"),
            currency: text("USD"),
        };
        let email = Email::parse(email).unwrap();
        let customers = Customers::new(&self.usher.stack.config.table);
        let registered =
            customers.register(&self.publisher, &email, &profile, at("2026-01-01T00:00:00Z"));
        match registered.await.unwrap() {
            Registered::New(customer) | Registered::Exists(customer) => customer,
        }
    }

    /// Delivers a push.
    pub(super) async fn told(&self, key: &str, push: &Push) {
        let answer = self.usher.deliver(&self.usher.sign(key, &push.message())).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// Links a Roku account to a customer, as a receipt does.
    pub(super) async fn link(&self, roku_customer: &str, holder: &CustomerId) {
        let text = |text: String| AttributeValue::S(text);
        let request = self.database.update_item().table_name(Stack::TABLE);
        let request = request
            .key("pk", text(format!("ROKU#{}#{roku_customer}", self.publisher)))
            .key("sk", text("ACCOUNT".to_owned()))
            .update_expression("SET linked_to = :holder")
            .condition_expression("attribute_exists(version)")
            .expression_attribute_values(
                ":holder",
                text(format!("CUST#{}#{holder}", self.publisher)),
            );
        request.send().await.unwrap();
    }

    /// The token of another publisher with the same catalog.
    pub(super) async fn other_publishers_token(&self) -> String {
        let table = &self.usher.stack.config.table;
        let mut other = catalog_file::demo().unwrap();
        other.id = PublisherId::parse("987654321").unwrap();
        Publishers::new(table).save(&other).await.unwrap();
        let issued = PublisherTokens::new(table).issue(&other.id, None, at(NOW)).await.unwrap();
        issued.expose_secret().to_owned()
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.get_as(self.usher.token(), path).await
    }

    pub(super) async fn get_as(&self, token: &str, path: &str) -> Answer {
        self.usher.request(Method::GET, path, &[("x-publisher-token", token)], "").await
    }

    /// The body of an answer 200.
    pub(super) async fn found(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }
}

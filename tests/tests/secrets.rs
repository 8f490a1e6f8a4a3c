//! Nothing that is secret or personal reaches a log, whatever happens.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

use std::io::Write;
use std::sync::{Arc, Mutex};

use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::json;
use usher::domain::email::Email;
use usher::domain::event::EventType;
use usher::domain::webhook::sample::sample;
use usher::domain::webhook::{Endpoint, EndpointId, Format, Reach, State, TypeFilter, WebhookUrl};
use usher::queue::Sender;
use usher::secrets::webhook_secrets::{WebhookSecret, WebhookSecretWriter};
use usher::store::customers::Customers;
use usher::store::webhooks::Endpoints;
use usher_tests::Usher;
use usher_tests::foreign_roku::{ForeignRoku, Script};
use usher_tests::samples::{self, BASIC_PRODUCT, push};
use usher_tests::wire::{Fault, Wire};

/// Everything that was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Session {
    jwt: String,
    bearer: String,
    used: String,
    refresh_token: String,
}

/// Signs the customer in, and goes on once.
async fn sessions(usher: &Usher) -> Session {
    let who = json!({ "customerEmail": "secret.person@example.com" }).to_string();
    let headers = [("x-publisher-token", usher.token())];
    let begun = usher.request(Method::POST, "/sso/auths", &headers, who).await.json();
    let used = begun["refreshToken"].as_str().unwrap().to_owned();
    let refresh = json!({ "refreshToken": used }).to_string();
    let next = usher.request(Method::POST, "/auths/refresh_token", &[], refresh).await.json();
    let text = |name: &str| next["responseData"][name].as_str().unwrap().to_owned();
    let jwt = text("jwt");
    Session { bearer: format!("Bearer {jwt}"), jwt, used, refresh_token: text("refreshToken") }
}

/// Tells an event of the customer to an address where nobody listens. Gives the secret that it was
/// signed with.
async fn webhook_secret(usher: &Usher) -> WebhookSecret {
    let config = &usher.stack.config;
    let publisher = &usher.stack.publisher.id;
    let url = "http://127.0.0.1:9/webhook-path?key=webhook-key";
    let endpoint = Endpoint {
        id: EndpointId::from_random([7; 16]),
        url: WebhookUrl::parse(url, Reach::ThisMachineToo).unwrap(),
        types: TypeFilter::ALL,
        format: Format::Usher,
        state: State::Enabled,
        created_at: config.clock.now(),
        failing_since: None,
        last_success_at: None,
        last_failure_at: None,
    };
    let (client, prefix) = (config.secrets_manager.clone(), config.secrets_prefix.clone());
    let writer = WebhookSecretWriter::new(client, prefix);
    let secret = writer.create(publisher, &endpoint.id).await.unwrap();
    Endpoints::new(&config.table).add(publisher, &endpoint).await.unwrap();
    let email = Email::parse("secret.person@example.com").unwrap();
    let customer = Customers::new(&config.table).find(publisher, &email).await.unwrap().unwrap();
    let mut event = sample(EventType::Renewed, publisher, config.clock.now());
    event.data.customer.as_mut().unwrap().id = customer;
    let queue = Sender::new(&config.sqs, &config.queues.webhooks);
    queue.send(&serde_json::to_string(&event).unwrap()).await.unwrap();
    usher.tick().await;
    secret
}

#[tokio::test]
async fn logs_hold_no_secret_and_nobodys_data() {
    let log = Log::default();
    let writer = log.clone();
    // Our own crates at every level; the libraries at the most talkative that the template offers.
    let levels = "debug,usher=trace,push_notification=trace,payment=trace,access_status=trace,\
        media_store=trace,publisher_api=trace,verify=trace,reconcile=trace,deliver=trace";
    // Without the time, whose digits may be anybody's postcode.
    tracing_subscriber::fmt()
        .without_time()
        .with_env_filter(levels)
        .with_writer(move || writer.clone())
        .init();

    let roku = ForeignRoku::start().await;
    let mut usher = Usher::with(|options| {
        options.roku = Some(roku.base());
        options.roku_keys = Some(roku.keys());
        options.roku_api_key = ForeignRoku::API_KEY.into();
    })
    .await;
    let (wire, gateway) = Wire::in_front_of(&usher.stack).await;
    usher.gateway = gateway;
    roku.knows("good", BASIC_PRODUCT, json!({}));
    roku.answer("broken", Script::Says(500, String::new()));
    roku.answer("odd", Script::Says(200, "{".to_owned()));

    let signup = samples::all().into_iter().find(|sample| sample.contains_key("firstName"));
    let signup = json!(signup.unwrap());
    usher.deliver(&roku.sign(&signup)).await;
    usher.deliver("not signed").await;
    for purchase in ["good", "good", "broken", "odd", "unknown"] {
        usher.receipt("secret.person@example.com", "S123456789_US", purchase).await;
    }
    usher.tick().await;
    let token = usher.customer_token("secret.person@example.com").await;
    usher.access("secret.person@example.com", "S123456789_US").await;
    let session = sessions(&usher).await;
    let check = json!({ "customerToken": token, "offerId": "S123456789_US" });
    for (method, name, place) in [
        ("getAccessStatus", "ipAddress", "203.0.113.77"),
        ("getAccessStatusForDevice", "deviceId", "living-room"),
    ] {
        let mut check = check.clone();
        check[name] = json!(place);
        usher.rpc(method, check).await;
    }
    wire.arm(0, Fault::LostOnTheWay);
    usher.request(Method::GET, "/customers/me", &[("authorization", &session.bearer)], "").await;
    usher.receipt("other.person@example.com", "S123456789_US", "good").await;
    let jws = roku.sign(&push("Sale", "x", BASIC_PRODUCT).message());
    usher.deliver(&jws).await;

    let webhook_secret = webhook_secret(&usher).await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("receipt settled"), "something was logged: {log}");
    assert!(log.contains("store failed"), "failures were logged: {log}");
    assert!(log.contains("question put off"), "the worker's, too: {log}");
    assert!(log.contains("not delivered"), "and that of the webhooks: {log}");
    for secret in [
        webhook_secret.expose_secret(),
        "webhook-path",
        "webhook-key",
        ForeignRoku::API_KEY,
        usher.token(),
        &token,
        &session.jwt,
        &session.used,
        &session.refresh_token,
        "203.0.113.77",
        "living-room",
        "secret.person",
        "other.person",
        "Ann",
        "95032",
        "763edc77",
        jws.rsplit('.').next().unwrap(),
    ] {
        assert!(!log.contains(secret), "{secret} was logged: {log}");
    }
}

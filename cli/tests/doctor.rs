//! `usher doctor` and `usher dead-letters`, run as a person runs them, on a stack whose clock is
//! moved.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

use std::process::{Command, Output};

use jiff::SignedDuration;
use roku_simulator::WebServiceFault;
use serde_json::{Value, json};
use usher::domain::catalog::Catalog;
use usher::domain::id::RokuProductId;
use usher::domain::publisher::Publisher;
use usher::queue::Backoff;
use usher::secrets::rotation::RokuApiKeyRotation;
use usher::store::publishers::Publishers;
use usher_cli::background::Background;
use usher_tests::Usher;
use usher_tests::samples::{BASIC_PRODUCT, ROKU_CUSTOMER, days, push};

const ANN: &str = "ann@example.com";
const BASIC: &str = "S123456789_US";

/// A stack whose clock stands still.
async fn stopped() -> Usher {
    Usher::with(|options| options.begins_at = Some("2026-03-01T12:00:00Z".parse().unwrap())).await
}

fn usher(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_usher"))
        .args(arguments)
        .env_remove("TABLE_NAME")
        .env_remove("RECEIPTS_QUEUE_URL")
        .env_remove("ACCOUNTS_QUEUE_URL")
        .env_remove("WEBHOOKS_QUEUE_URL")
        .env_remove("USHER_PUBLISHER")
        .env_remove("SECRETS_PREFIX")
        .output()
        .unwrap()
}

/// Runs `usher doctor` in the time of a stack.
fn doctor(on: &Usher, more: &[&str]) -> Output {
    let stack = &on.stack;
    let table = format!("--local={}", stack.dynamodb);
    let now = stack.config.clock.now().to_string();
    let whom = ["doctor", &table, "--roku-keys", &stack.roku.keys_url, "--at", &now];
    usher(&[&whom, &queues(on)[..], more].concat())
}

fn queues(on: &Usher) -> [&str; 6] {
    let queues = &on.stack.config.queues;
    [
        "--receipts-queue",
        &queues.receipts,
        "--accounts-queue",
        &queues.accounts,
        "--webhooks-queue",
        &queues.webhooks,
    ]
}

/// What it finds: what it looked at, and whether that is well.
fn findings(on: &Usher) -> Vec<(String, bool)> {
    let output = doctor(on, &["--json"]);
    let found: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let found: Vec<(String, bool)> = found
        .iter()
        .map(|one| (one["what"].as_str().unwrap().to_owned(), one["ok"].as_bool().unwrap()))
        .collect();
    let all_is_well = found.iter().all(|(_, is_well)| *is_well);
    assert_eq!(output.status.code(), Some(if all_is_well { 0 } else { 3 }), "{found:?}");
    found
}

/// What is not well.
fn wrong(on: &Usher) -> Vec<String> {
    findings(on).into_iter().filter(|(_, is_well)| !is_well).map(|(what, _)| what).collect()
}

fn text(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).unwrap()
}

/// Ann shows a receipt on a day when Roku is down. Gives the purchase.
async fn receipt_on_a_bad_day(usher: &Usher) -> String {
    let roku = usher.stack.simulator.clone().unwrap();
    let (order, _) = roku.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    roku.break_web_services(WebServiceFault::Down);
    assert_eq!(usher.receipt(ANN, BASIC, &order.purchase_id).await.status, 200);
    order.purchase_id
}

async fn status(usher: &Usher, purchase: &str) -> Value {
    usher.receipt_status(purchase).await.json()["status"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_tick_all_is_well_and_without_ticks_it_is_told_what_is_not() {
    let usher = stopped().await;
    assert_eq!(wrong(&usher), ["Roku's public keys"], "never fetched");
    usher.tick().await;
    let looked_at = [
        "dead letters",
        "receipts on their way",
        "accounts on their way",
        "webhooks on their way",
        "oldest question due",
        "Roku's public keys",
    ];
    assert_eq!(findings(&usher), looked_at.map(|what| (what.to_owned(), true)));
    let output = doctor(&usher, &[]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stdout).matches('✓').count(), 6, "{output:?}");

    // The schedule stops while something is due: nothing is sent, and no key is fetched.
    let purchase = receipt_on_a_bad_day(&usher).await;
    usher.later(SignedDuration::from_hours(11)).await;
    assert_eq!(wrong(&usher), ["oldest question due", "Roku's public keys"]);
    let told = text(&doctor(&usher, &[]).stdout);
    assert!(told.contains("ReconcileFunction runs every minute"), "{told}");

    usher.stack.simulator.as_ref().unwrap().mend_web_services();
    usher.tick().await;
    assert_eq!(status(&usher, &purchase).await, "granted");
    assert_eq!(wrong(&usher), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_told_and_brought_back() {
    let on_their_way = |stack: &Usher| {
        let told = text(&doctor(stack, &[]).stdout);
        told.lines().find(|line| line.contains("receipts on their way")).unwrap().to_owned()
    };
    let stack = stopped().await;
    let purchase = receipt_on_a_bad_day(&stack).await;
    stack.tick().await;
    let workers = Background::new(&stack.stack.config).unwrap();
    for _ in 1..Backoff::RECEIPTS.max_receives() {
        stack.later(SignedDuration::from_mins(1)).await;
        workers.work_off().await;
    }
    stack.tick().await;
    assert_eq!(wrong(&stack), [""; 0], "it was asked about for the last time");
    stack.later(SignedDuration::from_mins(1)).await;
    workers.work_off().await;
    assert_eq!(wrong(&stack), ["dead letters"]);
    let output = doctor(&stack, &[]);
    assert_eq!(output.status.code(), Some(3));
    let told = text(&output.stdout);
    assert!(told.contains("✗ dead letters: 1"), "{told}");
    assert!(told.contains("usher dead-letters redrive"), "{told}");
    let why = text(&output.stderr);
    assert!(why.contains("1 of 6 are not as they should be"), "{why}");

    stack.stack.simulator.as_ref().unwrap().mend_web_services();
    let redrive = || usher(&[&["dead-letters", "redrive"], &queues(&stack)[..]].concat());
    let output = redrive();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(text(&output.stdout), "Dead letters on their way again: 1.\n");
    assert_eq!(text(&redrive().stdout), "There are no dead letters.\n");
    assert_eq!(wrong(&stack), [""; 0]);
    let expected = "1 waiting, 0 delayed, 0 being asked or paused";
    assert!(on_their_way(&stack).contains(expected), "{}", on_their_way(&stack));

    stack.later(SignedDuration::from_mins(1)).await;
    stack.tick().await;
    assert_eq!(status(&stack, &purchase).await, "granted");
    assert!(stack.may_watch(ANN, BASIC).await);
    let nothing = "0 waiting, 0 delayed, 0 being asked or paused";
    assert!(on_their_way(&stack).contains(nothing), "{}", on_their_way(&stack));
}

#[test]
fn what_cannot_be_examined_is_told() {
    let nowhere = "http://127.0.0.1:9";
    let queue = format!("{nowhere}/000000000000/usher-receipts");
    let table = format!("--local={nowhere}");
    let queues = ["--receipts-queue", &queue, "--accounts-queue", &queue];
    let output = usher(&[&["doctor", &table], &queues[..]].concat());
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let told = text(&output.stdout);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 6, "one check hides no other: {told}");
    for line in lines {
        let begins = line.starts_with('✗') && line.contains(": could not be examined: the ");
        assert!(begins && line.chars().count() < 160, "{line}");
    }
    assert!(text(&output.stderr).contains("6 of 6 are not"), "{output:?}");

    // Nobody says which queues; and there is no table of that name.
    let output = usher(&["doctor", &table, "--publisher", "123456789", "--json"]);
    let found: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let examined: Vec<&Value> = found.iter().map(|one| &one["examined"]).collect();
    assert_eq!(examined, [false; 9], "{found:?}");

    let output = usher(&["dead-letters", "redrive"]);
    assert_eq!(output.status.code(), Some(1));
    let why = text(&output.stderr);
    assert!(why.contains("name the queues: --receipts-queue URL"), "{why}");
}

/// What `usher doctor` finds of the demo publisher, and its secrets at the stack's Secrets Manager.
fn of_publisher(on: &Usher, publisher: &str) -> Vec<Value> {
    let secrets = ["--secrets-manager", &on.stack.secrets_manager];
    let output = doctor(on, &[&["--publisher", publisher, "--json"], &secrets[..]].concat());
    let found: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    found[6..].to_vec()
}

/// The one finding of a kind.
fn one(findings: &[Value], what: &str) -> Value {
    let found: Vec<&Value> = findings.iter().filter(|one| one["what"] == what).collect();
    assert_eq!(found.len(), 1, "{what}: {findings:#?}");
    found[0].clone()
}

/// Delivers a sale of a product in a channel.
async fn sold(usher: &Usher, product: &str, channel: &str) {
    let now = usher.stack.config.clock.now();
    let sale = push("Sale", product, product).at(now, days(now, 30)).with("channelId", channel);
    assert_eq!(usher.push(&sale.message()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_is_examined_who_is_well() {
    let usher = stopped().await;
    sold(&usher, BASIC_PRODUCT, "1143791").await;
    let found = of_publisher(&usher, "123456789");
    let what: Vec<&str> = found.iter().map(|one| one["what"].as_str().unwrap()).collect();
    let expected =
        ["settings", "unmapped products", "last push", "pushes set aside", "Roku API key"];
    assert_eq!(what, expected);
    assert!(found.iter().all(|one| one["ok"] == true), "{found:#?}");
    let last = &one(&found, "last push")["values"];
    let expected = json!({ "channel": "1143791", "lastPushAt": "2026-03-01T12:00:00Z" });
    assert_eq!(*last, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_nobody_mapped_is_told_until_it_is_mapped() {
    let usher = stopped().await;
    sold(&usher, "gold-plan", "1143791").await;
    let found = one(&of_publisher(&usher, "123456789"), "unmapped products");
    let seen = json!([{ "product": "gold-plan", "lastSeen": "2026-03-01T12:00:00Z" }]);
    assert_eq!((&found["ok"], &found["values"]["products"]), (&json!(false), &seen));
    assert!(found["todo"].as_str().unwrap().contains("roku_product"), "{found}");

    let mut offers = usher.stack.publisher.catalog.offers().to_vec();
    offers[0].roku_product = Some(RokuProductId::parse("gold-plan").unwrap());
    let catalog = Catalog::new(offers).unwrap();
    let mapped = Publisher { catalog, ..usher.stack.publisher.clone() };
    Publishers::new(&usher.stack.config.table).save(&mapped).await.unwrap();
    let found = one(&of_publisher(&usher, "123456789"), "unmapped products");
    assert_eq!((&found["ok"], &found["values"]["products"]), (&json!(true), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_silent_that_was_never_heard_of_or_not_for_a_week() {
    let usher = stopped().await;
    let silent = |found: &[Value]| one(found, "last push")["ok"] == false;
    let found = of_publisher(&usher, "123456789");
    assert!(silent(&found) && one(&found, "last push")["values"]["lastPushAt"].is_null());
    assert!(one(&found, "last push")["todo"].as_str().unwrap().contains("push notification URL"));
    sold(&usher, BASIC_PRODUCT, "1143791").await;
    usher.later(SignedDuration::from_hours(7 * 24)).await;
    assert!(!silent(&of_publisher(&usher, "123456789")));
    usher.later(SignedDuration::from_secs(1)).await;
    assert!(silent(&of_publisher(&usher, "123456789")));
}

#[tokio::test(flavor = "multi_thread")]
async fn pushes_set_aside_are_counted_for_a_week_and_foreign_channels_named() {
    let usher = stopped().await;
    let counts = |found: &[Value]| {
        let aside = one(found, "pushes set aside");
        let values = &aside["values"];
        (aside["ok"].clone(), values["unreadable"].clone(), values["foreignChannel"].clone())
    };
    let test = usher.stack.simulator.as_ref().unwrap().push_text("Hello").await;
    assert!(test.iter().all(|push| push.is_acknowledged()));
    let unreadable_only = (json!(true), json!(1), json!(0));
    assert_eq!(counts(&of_publisher(&usher, "123456789")), unreadable_only);
    sold(&usher, BASIC_PRODUCT, "42").await;
    let found = of_publisher(&usher, "123456789");
    assert_eq!(counts(&found), (json!(false), json!(1), json!(1)));
    let aside = one(&found, "pushes set aside");
    assert_eq!(aside["values"]["channels"], json!(["42"]));
    assert!(aside["todo"].as_str().unwrap().contains("channels 42"), "{aside}");
    let mut named = usher.stack.publisher.clone();
    named.settings.channels.push("42".to_owned());
    Publishers::new(&usher.stack.config.table).save(&named).await.unwrap();
    let aside = one(&of_publisher(&usher, "123456789"), "pushes set aside");
    assert_eq!((&aside["ok"], &aside["values"]["namedSince"]), (&json!(true), &json!(1)));
    usher.later(SignedDuration::from_hours(7 * 24 + 1)).await;
    let nothing = (json!(true), json!(0), json!(0));
    assert_eq!(counts(&of_publisher(&usher, "123456789")), nothing);
}

#[tokio::test(flavor = "multi_thread")]
async fn api_keys_are_told_of_and_not_told() {
    let usher = stopped().await;
    let config = &usher.stack.config;
    let publisher = &usher.stack.publisher.id;
    let key = || one(&of_publisher(&usher, "123456789"), "Roku API key");
    assert_eq!(key()["values"]["hasExpiring"], false);
    let secrets = config.secrets_manager.clone();
    let rotation = RokuApiKeyRotation::new(secrets, config.secrets_prefix.clone());
    rotation.rotate(publisher, "hush".into()).await.unwrap();
    let rotated = key();
    let values = &rotated["values"];
    assert_eq!((&rotated["ok"], &values["hasExpiring"]), (&json!(true), &json!(true)));
    let at: jiff::Timestamp = values["rotatedAt"].as_str().unwrap().parse().unwrap();

    let write = |text: String| {
        let put = config.secrets_manager.put_secret_value();
        put.secret_id("usher/roku-api-key/123456789").secret_string(text).send()
    };
    let old = usher.stack.config.clock.now() - SignedDuration::from_hours(30 * 24 + 1);
    for (since, is_droppable) in [(old, true), (at, false)] {
        let keys = json!({ "active": "hush1", "expiring": "hush2", "rotated_at": since });
        write(keys.to_string()).await.unwrap();
        assert_eq!(key()["values"]["isDroppable"], is_droppable, "{since}");
        assert_eq!(key()["ok"], true, "it does no harm");
    }
    write("[hush]".to_owned()).await.unwrap();
    let told = key();
    assert!(told["found"].as_str().unwrap().contains("is neither a key nor"), "{told}");
    for told in [rotated, told] {
        assert!(!told.to_string().contains("hush"), "{told}");
    }

    let found = of_publisher(&usher, "222222222");
    let missing = one(&found, "Roku API key");
    assert_eq!((&missing["ok"], &missing["examined"]), (&json!(false), &json!(true)));
    assert!(missing["todo"].as_str().unwrap().contains("rotate-key 222222222"), "{missing}");
    let unknown = one(&found, "publisher");
    assert_eq!(unknown["examined"], false);
    assert!(unknown["found"].as_str().unwrap().contains("usher publisher create"), "{unknown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_aws_refuses_is_told_in_a_line() {
    let usher = stopped().await;
    let nowhere = ["--secrets-manager", "http://127.0.0.1:9"];
    let output = doctor(&usher, &[&["--publisher", "123456789", "--json"], &nowhere[..]].concat());
    let found: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let key = one(&found, "Roku API key");
    let why = key["found"].as_str().unwrap();
    assert!(why.starts_with("could not be examined: the secret usher/roku-api-key"), "{why}");
    assert_eq!(one(&found, "unmapped products")["examined"], true);

    // A DynamoDB that is another service refuses.
    let table = format!("--local={}", usher.stack.secrets_manager);
    let output = Command::new(env!("CARGO_BIN_EXE_usher"))
        .args(["doctor", &table, "--json"])
        .args(queues(&usher))
        .output()
        .unwrap();
    let found: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let due = one(&found, "oldest question due");
    let why = due["found"].as_str().unwrap();
    let expected = "could not be examined: the table cannot be used: InvalidRequestException: a \
                    secret must be named";
    assert_eq!(why, expected);
    assert_eq!(one(&found, "dead letters")["ok"], true);
}

//! `usher report`, run as a person runs it: on the table of a stack whose clock is moved, and on files.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

use std::path::PathBuf;
use std::process::{Command, Output};

use jiff::SignedDuration;
use serde_json::Value;
use usher_tests::Usher;
use usher_tests::samples::{BASIC_PRODUCT, ROKU_CUSTOMER};

const ANN: &str = "ann@example.com";
const BASIC: &str = "S123456789_US";

/// A file that is there for the time of a test.
struct Scratch(PathBuf);

impl Scratch {
    fn named(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("usher-report-{}-{name}", std::process::id())))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
    let command = command.arg("report").args(arguments);
    command.env_remove("TABLE_NAME").env_remove("USHER_PUBLISHER").output().unwrap()
}

fn report(on: &Usher, arguments: &[&str]) -> String {
    let table = format!("--local={}", on.stack.dynamodb);
    let now = on.stack.config.clock.now().to_string();
    let place = ["--publisher", "123456789", &table, "--at", &now];
    let output = run(&[arguments, &place].concat());
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(on: &Usher, arguments: &[&str]) -> Vec<Value> {
    serde_json::from_str(&report(on, &[arguments, &["--json"]].concat())).unwrap()
}

/// Ann has bought Basic on the first of March, and two months have passed.
async fn two_months_of_ann() -> Usher {
    let begins_at = Some("2096-03-01T12:00:00Z".parse().unwrap());
    let usher = Usher::with(|options| options.begins_at = begins_at).await;
    let roku = usher.stack.simulator.clone().unwrap();
    let (order, _) = roku.buy(ROKU_CUSTOMER, BASIC_PRODUCT, false).await.unwrap();
    usher.receipt(ANN, BASIC, &order.purchase_id).await;
    for _ in 0..60 {
        usher.later(SignedDuration::from_hours(24)).await;
        usher.tick().await;
    }
    usher
}

#[tokio::test(flavor = "multi_thread")]
async fn what_roku_charged_is_reported_from_the_table() {
    let usher = two_months_of_ann().await;
    let charges = json(&usher, &["transactions"]);
    let told = |row: &Value| {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        (text("month"), text("kind"), text("offer_id"), text("currency"))
    };
    let expected = |month: &str, kind: &str| {
        (month.to_owned(), kind.to_owned(), BASIC.to_owned(), "USD".to_owned())
    };
    let charges_told: Vec<_> = charges.iter().map(told).collect();
    assert_eq!(charges_told, [expected("2096-03", "initial"), expected("2096-04", "renewal")]);
    let total = |row: &Value| row["total_micros"].as_i64().unwrap();
    let both: i64 = charges.iter().map(total).sum();

    let months = json(&usher, &["monthly"]);
    let number = |row: &Value, name: &str| row[name].as_i64().unwrap();
    let figures = |name: &str| months.iter().map(|row| number(row, name)).collect::<Vec<_>>();
    assert_eq!(figures("new_subscriptions"), [1, 0]);
    assert_eq!(figures("renewals"), [0, 1]);
    assert_eq!(figures("paying_at_end"), [1, 1]);
    assert_eq!(figures("mrr_micros"), [7_990_000, 7_990_000]);
    assert_eq!(figures("charged_micros").iter().sum::<i64>(), both);

    let subscriptions = json(&usher, &["subscriptions"]);
    assert_eq!(subscriptions.len(), 1);
    assert_eq!(subscriptions[0]["payments"], 2);
    assert_eq!(subscriptions[0]["charged_micros"], both);
    assert_eq!(subscriptions[0]["status"], "active");

    // One month, one offer, and none of another.
    assert_eq!(json(&usher, &["transactions", "--from", "2096-04"]).len(), 1);
    assert_eq!(json(&usher, &["transactions", "--to", "2096-03"]).len(), 1);
    assert_eq!(json(&usher, &["transactions", "--offer", "S123456789"]).len(), 2);
    assert_eq!(json(&usher, &["transactions", "--offer", "S1"]).len(), 0);

    // As it was in March.
    let table = format!("--local={}", usher.stack.dynamodb);
    let then = ["--publisher", "123456789", &table, "--at", "2096-03-15T00:00:00Z", "--json"];
    let output = run(&[&["transactions"], &then[..]].concat());
    let march: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(march.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_a_customer_is_is_told_where_it_is_asked_for() {
    let usher = two_months_of_ann().await;
    let csv = report(&usher, &["subscriptions", "--format", "csv"]);
    assert!(!csv.contains(ANN), "{csv}");
    let csv = report(&usher, &["subscriptions", "--format", "csv", "--with-personal-data"]);
    let header = csv.lines().next().unwrap();
    assert!(header.contains("Customer ID,Customer email,Customer first name"), "{header}");
    assert!(csv.contains(ANN), "{csv}");
    let source = ["subscriptions", "--format", "csv", "--names", "source"];
    let csv = report(&usher, &source);
    assert!(csv.starts_with("subscription_id,publisher_id,channel_id,"), "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chart_goes_to_a_file_that_only_its_owner_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let usher = two_months_of_ann().await;
    let chart = Scratch::named("chart.png");
    report(&usher, &["monthly", "--format", "png", "--output", chart.path()]);
    let bytes = std::fs::read(&chart.0).unwrap();
    assert!(bytes.starts_with(b"\x89PNG"));
    assert_eq!(chart.0.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let svg = report(&usher, &["monthly", "--format", "svg"]);
    assert!(svg.contains("MRR, 2096-04: 7.99 USD"), "{svg}");
}

#[test]
fn files_of_rows_need_no_table() {
    let row = r#"{"event_id":"1","event_type":"transaction.charged",
        "occurred_at":"2026-01-05T10:00:00.000Z","day":"2026-01-05","week":"2026-W02",
        "month":"2026-01","publisher_id":"9","total_micros":10800000,"tax_micros":800000,
        "currency":"USD","external_transaction_id":"a","transaction_kind":"initial"}"#;
    let row = row.replace('\n', "");
    let file = Scratch::named("rows.jsonl");
    std::fs::write(&file.0, format!("{row}\n{row}\n")).unwrap();
    let output = run(&["transactions", "--events", file.path(), "--format", "json"]);
    assert!(output.status.success(), "{output:?}");
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["Transaction price incl. tax"], "10.80");
    assert_eq!(rows[0]["Transaction price excl. tax"], "10.00");

    std::fs::write(&file.0, format!("{row}\nno row\n")).unwrap();
    let output = run(&["transactions", "--events", file.path()]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("rows.jsonl: line 2: "), "{told}");
}

#[test]
fn what_has_no_such_form_is_refused_before_anything_is_read() {
    for (arguments, why) in [
        (&["transactions", "--format", "svg"][..], "only the monthly figures have a chart"),
        (&["engagement", "--offer", "S1_US"], "leave out --offer"),
        (&["monthly", "--from", "2026-13"], "must be a month as in 2026-01"),
    ] {
        let output = run(&[arguments, &["--events", "nowhere"]].concat());
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(why), "{told}");
    }
}

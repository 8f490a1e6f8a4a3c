//! The binary `usher`, run as a person runs it.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};
use usher_tests::foreign_roku::ForeignRoku;
use usher_tests::samples::{BASIC_PRODUCT, days, push};

const BASIC: &str = "S123456789_US";

fn usher(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_usher")).args(arguments).output().unwrap()
}

/// `usher local --json`, until it is dropped.
struct Local {
    process: Child,
    line: Value,
}

impl Local {
    fn start(arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_usher"))
            .args(["local", "--json", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { process, line: serde_json::from_str(&line).unwrap() }
    }

    fn text(&self, field: &str) -> &str {
        self.line[field].as_str().unwrap()
    }

    async fn post(&self, path: &str, body: String) -> reqwest::Response {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.post(format!("{}{path}", self.text("gateway"))).body(body);
        request.header("x-publisher-token", self.text("publisherToken")).send().await.unwrap()
    }

    async fn rpc(&self, method: &str, params: Value) -> Value {
        let call = json!({ "method": method, "params": params, "jsonrpc": "2.0", "id": 1 });
        let answer: Value =
            self.post("/3.0/json-rpc", call.to_string()).await.json().await.unwrap();
        answer["result"].clone()
    }

    async fn may_watch(&self, email: &str, offer: &str) -> bool {
        let publisher_token = self.text("publisherToken");
        let who = json!({ "publisherToken": publisher_token, "customerEmail": email });
        let token = self.rpc("generateCustomerToken", who).await["token"].clone();
        let check = json!({ "customerToken": token, "offerId": offer });
        self.rpc("getAccessStatus", check).await["accessGranted"] == true
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// A file of this test alone, in cargo's folder for such.
fn scratch(name: &str) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    for suffix in ["", "-wal", "-shm"] {
        let mut old = file.clone().into_os_string();
        old.push(suffix);
        drop(std::fs::remove_file(old));
    }
    file
}

#[test]
fn the_demo_tells_the_story_and_says_that_it_is_true() {
    let output = usher(&["demo"]);
    let story = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{story}");
    for step in ["buys Basic", "access in", "moves up to Premium", "pending change", "cancels"] {
        assert!(story.contains(step), "{step}: {story}");
    }
    assert!(story.contains("Every step was as it should be"), "{story}");
}

#[tokio::test]
async fn local_prints_one_line_of_json_and_serves_a_roku_that_is_not_ours() {
    let roku = ForeignRoku::start().await;
    let (base, keys) = (roku.base(), roku.keys());
    let local = Local::start(&[
        "--roku",
        &base,
        "--roku-keys",
        &keys,
        "--roku-api-key",
        ForeignRoku::API_KEY,
    ]);
    let fields: Vec<&String> = local.line.as_object().unwrap().keys().collect();
    let expected = ["dynamodb", "gateway", "publisherId", "publisherToken", "simulator", "table"];
    assert_eq!(fields, expected);
    assert_eq!(local.text("publisherId"), "123456789");
    assert_eq!(local.line["simulator"], Value::Null);

    roku.knows("first", BASIC_PRODUCT, json!({}));
    let order = json!({ "purchaseId": "first" });
    let receipt = json!({ "customerEmail": "ann@example.com", "offerId": BASIC, "order": order });
    assert_eq!(local.post("/roku/payment", receipt.to_string()).await.status(), 200);
    assert!(local.may_watch("ann@example.com", BASIC).await);

    let now = usher::clock::Clock::system().now();
    let end = push("UpgradeCancellation", "first", BASIC_PRODUCT).at(now, days(now, 9)).message();
    let answer = local.post("/roku/push-notification/123456789", roku.sign(&end)).await;
    assert_eq!(answer.status(), 200);
    assert!(!local.may_watch("ann@example.com", BASIC).await);
}

#[tokio::test]
async fn local_keeps_its_table_in_a_file_and_sells_what_a_catalog_says() {
    let (data, catalog) = (scratch("table.db"), scratch("catalog.toml"));
    let text = include_str!("../demo-catalog.toml").replace("123456789\"", "222222222\"");
    std::fs::write(&catalog, text.replace("\"S123456789_US\"", "\"S777777777_US\"")).unwrap();
    let arguments = ["--data", data.to_str().unwrap(), "--catalog", catalog.to_str().unwrap()];
    let local = Local::start(&arguments);
    assert_eq!(local.text("publisherId"), "222222222");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let buy = client.post(format!("{}/device/buy", local.text("simulator")));
    let bought: Value =
        buy.body(r#"{"product":"S777777777-US"}"#).send().await.unwrap().json().await.unwrap();
    assert_eq!(bought["pushes"][0]["status"], 200, "{bought}");
    let offer = "S777777777_US";
    let receipt = json!({
        "customerEmail": "ann@example.com", "offerId": offer, "order": bought["order"],
    });
    assert_eq!(local.post("/roku/payment", receipt.to_string()).await.status(), 200);
    assert!(local.may_watch("ann@example.com", offer).await);
    drop(local);

    let again = Local::start(&arguments);
    assert!(again.may_watch("ann@example.com", offer).await);
}

#[test]
fn a_catalog_is_checked_and_its_mistakes_are_told() {
    let good = scratch("good.toml");
    std::fs::write(&good, include_str!("../demo-catalog.toml")).unwrap();
    let output = usher(&["catalog", "check", good.to_str().unwrap()]);
    assert!(output.status.success());
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("S123456789-US"), "{shown}");

    let bad = scratch("bad.toml");
    let collision = include_str!("../demo-catalog.toml")
        .replace("title = \"Premium monthly\"", "title = \"x\"\nroku_product = \"S123456789-US\"");
    std::fs::write(&bad, collision).unwrap();
    let output = usher(&["catalog", "check", bad.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    let both = "offers S123456789_US and S223456789_US both claim the Roku product S123456789-US";
    assert!(told.contains(both), "{told}");
}

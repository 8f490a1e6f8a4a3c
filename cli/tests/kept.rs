//! `usher local --data FILE` is stopped, or killed, and started again: nothing is lost.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const ANN: &str = "ann@example.com";
const PUBLISHER: &str = "222222222";
const PLAN: &str = "S777777777_US";
/// What takes longer is a fault.
const PATIENCE: Duration = Duration::from_secs(60);

fn usher(arguments: &[&str], input: &str) -> Output {
    let mut process = Command::new(env!("CARGO_BIN_EXE_usher"))
        .args(arguments)
        .env_remove("ROKU_API_KEY")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    process.wait_with_output().unwrap()
}

fn succeed(arguments: &[&str], input: &str) -> String {
    let output = usher(arguments, input);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The file of a table that is not there yet, nor anything beside it.
fn new_file(name: &str) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let files = ["", "-wal", "-shm", ".local.json", ".roku.json", ".events.jsonl", ".lock"];
    for suffix in files {
        drop(std::fs::remove_file(beside(&file, suffix)));
    }
    file
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", file.display()))
}

/// The demo catalog as another publisher's, with another id for Basic.
fn catalog(publisher: &str, plan: &str) -> String {
    let text = include_str!("../demo-catalog.toml");
    let text = text.replace("publisher = \"123456789\"", &format!("publisher = \"{publisher}\""));
    text.replace("\"S123456789_US\"", &format!("\"{plan}\""))
}

/// How a process ends.
#[derive(Debug, Clone, Copy)]
enum End {
    /// It is asked to.
    Terminate,
    /// It is not asked.
    Kill,
}

/// A running `usher local --data FILE`.
struct Local {
    process: Child,
    line: Value,
    file: PathBuf,
    http: reqwest::Client,
}

impl Local {
    fn start(file: &Path, arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_usher"))
            .args(["local", "--json", "--listen", "127.0.0.1:0", "--data"])
            .arg(file)
            .args(arguments)
            .env_remove("ROKU_API_KEY")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let line = serde_json::from_str(&line).unwrap();
        Self { process, line, file: file.to_owned(), http }
    }

    fn end(mut self, end: End) {
        match end {
            End::Kill => self.process.kill().unwrap(),
            End::Terminate => {
                let process = self.process.id().to_string();
                assert!(Command::new("kill").arg(process).status().unwrap().success());
            }
        }
        let status = self.process.wait().unwrap();
        assert_eq!(status.success(), matches!(end, End::Terminate), "{status}");
    }

    fn text(&self, field: &str) -> &str {
        self.line[field].as_str().unwrap()
    }

    /// A command's argument for a part of this.
    fn at(&self, field: &str) -> String {
        format!("--local={}", self.text(field))
    }

    /// Applies a catalog as a person does.
    fn apply(&self, text: &str) {
        let file = beside(&self.file, ".toml");
        std::fs::write(&file, text).unwrap();
        succeed(&["catalog", "apply", file.to_str().unwrap(), &self.at("dynamodb")], "");
    }

    async fn roku(&self, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.text("simulator"));
        let request = if body.is_null() { self.http.get(url) } else { self.http.post(url) };
        request.body(body.to_string()).send().await.unwrap().json().await.unwrap()
    }

    async fn now(&self) -> Timestamp {
        self.roku("/clock", Value::Null).await["now"].as_str().unwrap().parse().unwrap()
    }

    async fn pass_days(&self, days: u16) -> Value {
        self.roku("/clock/advance", json!({ "days": days })).await["pushes"].clone()
    }

    /// Buys what a customer has not, once Roku sells it.
    async fn buy(&self, product: &str) -> String {
        let began = Instant::now();
        loop {
            let bought = self.roku("/device/buy", json!({ "product": product })).await;
            if let Some(purchase) = bought["order"]["purchaseId"].as_str() {
                assert_eq!(bought["pushes"][0]["status"], 200, "{bought}");
                return purchase.to_owned();
            }
            assert!(began.elapsed() < PATIENCE, "{bought}");
        }
    }

    async fn receipt(&self, email: &str, purchase: &str) {
        let receipt = json!({
            "customerEmail": email, "offerId": PLAN, "order": { "purchaseId": purchase },
        });
        let request = self.http.post(format!("{}/roku/payment", self.text("gateway")));
        let request = request.header("x-publisher-token", self.text("publisherToken"));
        let answer = request.body(receipt.to_string()).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    }

    async fn receipt_status(&self, purchase: &str) -> Value {
        let request = self.http.get(format!("{}/roku/payment/{purchase}", self.text("gateway")));
        let request = request.header("x-publisher-token", self.text("publisherToken"));
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["status"].clone()
    }

    async fn rpc(&self, method: &str, params: Value) -> Value {
        let call = json!({ "method": method, "params": params, "jsonrpc": "2.0", "id": 1 });
        let request = self.http.post(format!("{}/3.0/json-rpc", self.text("gateway")));
        let answer = request.body(call.to_string()).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["result"].clone()
    }

    async fn customer_token(&self, email: &str) -> Value {
        let who = json!({ "publisherToken": self.text("publisherToken"), "customerEmail": email });
        self.rpc("generateCustomerToken", who).await["token"].clone()
    }

    async fn may_watch(&self, customer_token: &Value) -> bool {
        let check = json!({ "customerToken": customer_token, "offerId": PLAN });
        self.rpc("getAccessStatus", check).await["accessGranted"] == true
    }

    /// Rotates the publisher's Roku API key, and tells what came of it.
    fn rotate_key(&self, key: &str) -> Value {
        let secrets = self.text("secretsManager");
        let command = ["publisher", "rotate-key", PUBLISHER, "--json", "--unchecked"];
        let told = succeed(&[&command[..], &["--secrets-manager", secrets]].concat(), key);
        serde_json::from_str::<Value>(&told).unwrap()["outcome"].clone()
    }

    /// Waits until what happened at Roku is written down, as happens within an instant.
    fn wait_until_written(&self, what: &str) {
        let began = Instant::now();
        let file = beside(&self.file, ".roku.json");
        while !std::fs::read_to_string(&file).unwrap().contains(what) {
            assert!(began.elapsed() < PATIENCE, "{what} is not in {}", file.display());
        }
    }
}

/// A test that fails leaves nothing running.
impl Drop for Local {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[tokio::test]
async fn a_publisher_is_set_up_from_nothing_and_is_there_after_every_end() {
    for (end, name) in [(End::Terminate, "terminated.db"), (End::Kill, "killed.db")] {
        let file = new_file(name);

        // Given a publisher of whom nothing is known, and a catalog that is applied
        let local = Local::start(&file, &["--publisher", PUBLISHER]);
        assert_eq!(local.text("publisherId"), PUBLISHER);
        let unknown = local.roku("/device/buy", json!({ "product": "S777777777-US" })).await;
        assert_eq!(unknown["message"], "there is no product S777777777-US");
        local.apply(&catalog(PUBLISHER, PLAN));
        let first = local.buy("S777777777-US").await;
        local.receipt(ANN, &first).await;
        let ann = local.customer_token(ANN).await;
        assert!(local.may_watch(&ann).await);
        // … a key, days that pass, and a purchase of which no receipt is shown yet
        assert_eq!(local.rotate_key("INVENTED"), "replaced");
        local.pass_days(10).await;
        let second = local.buy("S777777777-US").await;
        local.wait_until_written(&second);
        let before = local.now().await;
        let keys = local.roku("/keys/partner-jwks.json", Value::Null).await;
        let token = local.text("publisherToken").to_owned();

        // When it ends and starts again, for whom it ran last
        local.end(end);
        let again = Local::start(&file, &[]);

        // Then all is there
        assert_eq!(again.text("publisherId"), PUBLISHER);
        assert_eq!(again.text("publisherToken"), token);
        assert!(again.may_watch(&ann).await, "{end:?}");
        assert_eq!(again.roku("/keys/partner-jwks.json", Value::Null).await, keys);
        let after = again.now().await;
        let is_close = after >= before && after < before + SignedDuration::from_mins(2);
        assert!(is_close, "{end:?}: {before} {after}");
        // … Roku knows what was bought, and takes the key before the invented one
        again.receipt("ben@example.com", &second).await;
        assert_eq!(again.receipt_status(&second).await, "granted");
        assert_eq!(again.rotate_key("INVENTED"), "already_active");
        // … and terms go on
        let pushes = again.pass_days(25).await;
        assert_eq!(pushes.as_array().unwrap().len(), 1, "{pushes}");
        assert_eq!(pushes[0]["status"], 200);
        assert!(again.may_watch(&again.customer_token(ANN).await).await, "renewed");
        again.end(End::Terminate);
    }
}

#[tokio::test]
async fn what_was_applied_is_not_saved_over_unless_a_catalog_is_named() {
    // Given the demo publisher with another catalog
    let file = new_file("applied.db");
    let local = Local::start(&file, &[]);
    local.buy("S123456789-US").await;
    local.apply(&catalog("123456789", PLAN));
    local.buy("S777777777-US").await;
    local.end(End::Terminate);

    // When it starts again, then it sells what was applied
    let again = Local::start(&file, &[]);
    again.buy("S777777777-US").await;
    let gone = again.roku("/device/buy", json!({ "product": "S123456789-US" })).await;
    assert_eq!(gone["message"], "there is no product S123456789-US");
    again.end(End::Terminate);

    // And what a catalog says that is named
    let named = beside(&file, ".named.toml");
    std::fs::write(&named, catalog("123456789", "S123456789_US")).unwrap();
    let named = Local::start(&file, &["--catalog", named.to_str().unwrap()]);
    named.buy("S123456789-US").await;
    named.end(End::Terminate);
}

#[tokio::test]
async fn a_receipt_that_waited_for_roku_is_granted_after_a_kill() {
    // Given a receipt that Roku does not answer
    let file = new_file("waiting.db");
    let local = Local::start(&file, &["--publisher", PUBLISHER]);
    local.apply(&catalog(PUBLISHER, PLAN));
    let purchase = local.buy("S777777777-US").await;
    let broken = local.http.put(format!("{}/faults/web-services", local.text("simulator")));
    broken.body(r#"{"fault":"down"}"#).send().await.unwrap();
    local.receipt(ANN, &purchase).await;
    local.wait_until_written("\"down\"");

    // When all is killed and starts again, and Roku is back
    local.end(End::Kill);
    let again = Local::start(&file, &[]);
    assert_eq!(again.receipt_status(&purchase).await, "processing");
    let mended = again.http.delete(format!("{}/faults/web-services", again.text("simulator")));
    assert_eq!(mended.send().await.unwrap().status(), 204, "it was still broken");

    // Then it is granted within a minute
    let began = Instant::now();
    while again.receipt_status(&purchase).await != "granted" {
        assert!(began.elapsed() < PATIENCE);
    }
    assert!(again.may_watch(&again.customer_token(ANN).await).await);
    again.end(End::Terminate);
}

#[tokio::test]
async fn an_invented_api_key_is_refused_until_roku_has_it_too() {
    let file = new_file("api-key.db");
    let arguments = ["--publisher", PUBLISHER];
    let local = Local::start(&file, &arguments);
    local.apply(&catalog(PUBLISHER, PLAN));
    let purchase = local.buy("S777777777-US").await;
    // Given that nothing is left of the key that Roku takes
    assert_eq!(local.rotate_key("INVENTED1"), "replaced");
    assert_eq!(local.rotate_key("INVENTED2"), "replaced");
    local.end(End::Terminate);

    // When a receipt is shown, then Roku refuses the key
    let again = Local::start(&file, &arguments);
    again.receipt(ANN, &purchase).await;
    assert_eq!(again.receipt_status(&purchase).await, "processing");

    // And when Roku has it, the receipt is granted, now and after another start
    let simulator = again.text("simulator").to_owned();
    succeed(&["simulate", "rotate-api-key", "INVENTED2", "--simulator", &simulator], "");
    let began = Instant::now();
    while again.receipt_status(&purchase).await != "granted" {
        assert!(began.elapsed() < PATIENCE);
    }
    let other = again.buy("S777777777-US").await;
    again.end(End::Terminate);
    let third = Local::start(&file, &[]);
    third.receipt("ben@example.com", &other).await;
    assert_eq!(third.receipt_status(&other).await, "granted");
    third.end(End::Terminate);
}

#[test]
fn files_are_private_one_process_has_them_and_what_is_no_state_is_told_and_left() {
    let file = new_file("private.db");
    let start =
        || usher(&["local", "--listen", "127.0.0.1:0", "--data", file.to_str().unwrap()], "");
    let local = Local::start(&file, &[]);
    for suffix in [".local.json", ".roku.json", ".events.jsonl"] {
        let mode = std::fs::metadata(beside(&file, suffix)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{suffix}");
    }
    let refused = start();
    assert_eq!(refused.status.code(), Some(1));
    let why = String::from_utf8(refused.stderr).unwrap();
    assert!(why.contains("another `usher local` runs on"), "{why}");
    local.end(End::Terminate);

    for (suffix, text) in [
        (".local.json", "{\"version\":\"1\",\"secrets\":{\"hush\":7}}"),
        (".local.json", "{\"version\":\"2\"}"),
        (".local.json", ""),
        (".roku.json", "{\"version\":\"1\",\"apiKeys\":\"hush\"}"),
    ] {
        let broken = beside(&file, suffix);
        let good = std::fs::read(&broken).unwrap();
        std::fs::write(&broken, text).unwrap();
        let refused = start();
        assert_eq!(refused.status.code(), Some(1));
        let why = String::from_utf8(refused.stderr).unwrap();
        let names_it = why.contains(broken.to_str().unwrap()) && why.contains("move it away");
        assert!(names_it && !why.contains("hush"), "{why}");
        assert_eq!(std::fs::read_to_string(&broken).unwrap(), text);
        std::fs::write(&broken, good).unwrap();
    }
    Local::start(&file, &[]).end(End::Terminate);
}

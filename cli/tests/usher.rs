//! The binary `usher`, run as a person runs it.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use usher::domain::id::PublisherId;
use usher::secrets::Secrets;
use usher::secrets::roku_api_keys::RokuApiKeys;
use usher_cli::catalog_file;
use usher_cli::stack::{Options, Stack};
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

#[test]
fn the_demo_tells_the_story_to_a_program() {
    let output = usher(&["demo", "--json"]);
    assert!(output.status.success(), "{output:?}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let steps: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let open = steps.iter().filter_map(|step| step["mayWatch"].as_str());
    let expected = ["Basic", "Basic", "Premium", "Premium", "Basic", "Basic", "nothing"];
    assert_eq!(open.collect::<Vec<_>>(), expected);
    assert_eq!(steps.last().unwrap()["asItShouldBe"], true);
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
    let expected = [
        "accountsQueue",
        "dynamodb",
        "gateway",
        "publisherId",
        "publisherToken",
        "receiptsQueue",
        "secretsManager",
        "simulator",
        "table",
        "webhooksQueue",
    ];
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

/// Ann has bought Basic through the simulator and shown the receipt.
async fn ann_has_basic(local: &Local) -> (String, String) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let buy = client.post(format!("{}/device/buy", local.text("simulator")));
    let bought: Value =
        buy.body(r#"{"product":"S123456789-US"}"#).send().await.unwrap().json().await.unwrap();
    let receipt = json!({
        "customerEmail": "ann@example.com", "offerId": BASIC, "order": bought["order"],
    });
    assert_eq!(local.post("/roku/payment", receipt.to_string()).await.status(), 200);
    let text = |field: &str| bought["order"][field].as_str().unwrap().to_owned();
    (text("rokuCustomerId"), text("purchaseId"))
}

/// Runs a command on the table of a running `usher local`.
fn on(local: &Local, arguments: &[&str]) -> Output {
    let table = format!("--local={}", local.text("dynamodb"));
    usher(&[arguments, &["--publisher", "123456789", &table]].concat())
}

fn printed(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn a_customer_is_looked_up_and_a_change_of_plan_quoted() {
    let local = Local::start(&[]);
    let (roku_customer, _) = ann_has_basic(&local).await;
    let shown = printed(&on(&local, &["customer", "show", "ann@example.com", "--json"]));
    let account = &shown["accounts"][0];
    assert_eq!(account["rokuCustomer"], roku_customer.as_str());
    let purchase = &account["purchases"][0];
    assert_eq!((&purchase["offer"], &purchase["open"]), (&json!(BASIC), &json!(true)));
    let told: Vec<&Value> =
        account["timeline"].as_array().unwrap().iter().map(|entry| &entry["kind"]).collect();
    assert!(told.contains(&&json!("Sale")) && told.contains(&&json!("answer")), "{told:?}");
    // Whatever the person at the telephone has.
    let customer = account["customer"].as_str().unwrap();
    for who in [customer, purchase["purchase"].as_str().unwrap(), &roku_customer] {
        let again = printed(&on(&local, &["customer", "show", who, "--json"]));
        assert_eq!(again["accounts"][0]["purchases"][0]["purchase"], purchase["purchase"], "{who}");
    }
    let text = on(&local, &["customer", "show", "ann@example.com"]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("bought S123456789-US, 7.99 USD charged"), "{text}");
    let nobody = on(&local, &["customer", "show", "nobody@example.com"]);
    assert_eq!(nobody.status.code(), Some(1));
    let why = String::from_utf8(nobody.stderr).unwrap();
    assert!(why.contains("no customer is registered with this e-mail address"), "{why}");

    let ask = ["quote", "--customer", "ann@example.com", "--to", "S223456789_US"];
    let quote = printed(&on(&local, &[&ask[..], &["--json"]].concat()));
    assert_eq!((&quote["from"], &quote["direction"]), (&json!(BASIC), &json!("upgrade")));
    assert_eq!(quote["nextCharge"], "11.99");
    let charge: f64 = quote["chargeNow"].as_str().unwrap().parse().unwrap();
    assert!((4.0..=4.01).contains(&charge), "nothing of the term is used yet: {charge}");
    let text = String::from_utf8(on(&local, &ask).stdout).unwrap();
    assert!(text.contains("upgrade, at once"), "{text}");
    let same = on(&local, &["quote", "--customer", "ann@example.com", "--to", BASIC]);
    let told = String::from_utf8(same.stderr).unwrap();
    assert!(told.contains("already has this offer"), "{told}");
}

#[tokio::test]
async fn pushes_are_replayed_from_a_file_and_bad_lines_are_told() {
    let local = Local::start(&[]);
    let (roku_customer, purchase) = ann_has_basic(&local).await;
    let now = usher::clock::Clock::system().now();
    let later = days(now, 1);
    let upgrade = push("UpgradeSale", "up", "S223456789-US").at(later, days(now, 30));
    let left = push("UpgradeCancellation", &purchase, BASIC_PRODUCT).at(later, days(now, 30));
    let own = |push: usher_tests::samples::Push| push.with("customerId", roku_customer.clone());
    let (upgrade, left) = (own(upgrade).message(), own(left).message());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let sign = client.post(format!("{}/pushes/sign", local.text("simulator")));
    let signed = sign.body(upgrade.to_string()).send().await.unwrap().text().await.unwrap();
    let foreign = json!({ "key": "k", "message": own(push("Sale", "x", "y")).with("channelId", "7").message() });
    let lines = [&signed, &left.to_string(), "", &left.to_string(), &foreign.to_string()];
    let file = scratch("pushes.jsonl");
    std::fs::write(&file, lines.join("\n")).unwrap();
    let keys = format!("{}/keys/partner-jwks.json", local.text("simulator"));
    let replay = ["replay", file.to_str().unwrap(), "--roku-keys", &keys, "--json"];
    let told = printed(&on(&local, &replay));
    assert_eq!((&told["kept"], &told["repeated"]), (&json!(2), &json!(1)), "{told}");
    assert_eq!(told["setAside"], json!([{ "line": 5, "why": "foreign_channel" }]));
    assert!(local.may_watch("ann@example.com", "S223456789_US").await);
    assert!(!local.may_watch("ann@example.com", BASIC).await);
    // Roku's sample charges the whole price and credits nothing for the rest of Basic.
    let shown = printed(&on(&local, &["customer", "show", &purchase, "--json"]));
    let purchases = shown["accounts"][0]["purchases"].as_array().unwrap();
    let up = purchases.iter().find(|one| one["purchase"] == "up").unwrap();
    assert_eq!(up["replaces"], purchase.as_str());
    assert_eq!(up["chargedOtherThanComputed"]["charge"], "13.99", "{up}");
    let again = printed(&on(&local, &replay));
    assert_eq!((&again["kept"], &again["repeated"]), (&json!(0), &json!(3)), "{again}");

    // What is no push is told by its line, and the rest is taken.
    let forged = ForeignRoku::start().await.sign(&upgrade);
    let long = format!("{{\"x\":\"{}\"}}", "x".repeat(300_000));
    let bad = [forged.as_bytes(), b"{", b"hello", b"[]", b"\xff\xfe", long.as_bytes()].join(&b'\n');
    std::fs::write(&file, [&bad, &b"\n"[..], signed.as_bytes()].concat()).unwrap();
    let output = on(&local, &replay);
    assert_eq!(output.status.code(), Some(3));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let refused = told["refused"].as_array().unwrap().iter().map(|line| &line["line"]);
    assert_eq!(refused.collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6], "{told}");
    assert_eq!(told["repeated"], 1, "{told}");
}

#[test]
fn a_running_simulator_is_told_what_to_do() {
    let local = Local::start(&[]);
    let simulate = |arguments: &[&str]| {
        let url = local.text("simulator");
        usher(&[&["simulate"], arguments, &["--simulator", url]].concat())
    };
    for (arguments, said) in [
        (&["fault", "web-services", "slow", "--seconds", "3"][..], "are broken: slow"),
        (&["fault", "web-services", "xml"], "are broken: xml"),
        (&["fault", "pushes", "late"], "are broken: late"),
        (&["invalidate-keys"], "pushes delivered: 0"),
        (&["fault", "pushes", "none"], "are mended; pushes delivered: 1, acknowledged: 1"),
        (&["rotate-signing-key", "--withdraw-old"], "the key before it is withdrawn"),
        (&["rotate-api-key", "0123456789ABCDEF"], "the new API key is active"),
        (&["expire-api-key"], "the old API key has expired"),
        (&["allow"], "pushes are delivered again"),
    ] {
        let output = simulate(arguments);
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && told.contains(said), "{arguments:?}: {output:?}");
    }
    let status = printed(&simulate(&["status", "--json"]));
    assert_eq!(status["faults"]["webServices"], json!({ "fault": "xml" }));
    assert_eq!(
        (&status["pushUrl"]["denied"], &status["requests"]["total"]),
        (&json!(false), &json!(0))
    );

    for (arguments, field, value) in [
        (&["fault", "pushes", "late"][..], "fault", json!("late")),
        (&["invalidate-keys"], "pushes", json!([])),
        (&["fault", "pushes", "none"], "fault", json!(null)),
        (&["allow"], "denied", json!(false)),
    ] {
        let told = printed(&simulate(&[arguments, &["--json"]].concat()));
        assert_eq!(told[field], value, "{arguments:?}: {told}");
    }

    let old = ["replay", "--from", "2020-01-01T00:00:00Z", "--to", "2020-01-02T00:00:00Z"];
    let refused = simulate(&old);
    let why = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && why.contains("at most 90 days before now"), "{why}");
    let nowhere = usher(&["simulate", "status", "--simulator", "http://127.0.0.1:9"]);
    let why = String::from_utf8_lossy(&nowhere.stderr);
    assert!(!nowhere.status.success(), "{nowhere:?}");
    assert!(why.contains("no simulator listens at http://127.0.0.1:9"), "{why}");
}

#[test]
fn the_corpus_is_written_as_roku_would_sign_it() {
    use usher::roku::push::{PublicKeySet, UnverifiedPush};
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus");
    let out = scratch("signed-corpus");
    let output = usher(&["simulate", "sign", corpus, "--out", out.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read = |file: &str| std::fs::read_to_string(out.join(file)).unwrap();
    let keys = PublicKeySet::parse(&read("jwks.json")).unwrap();
    let now = usher::clock::Clock::system().now();
    let verified = |jws: &str| UnverifiedPush::parse(jws).unwrap().verify(&keys, now).unwrap();
    let types: Vec<String> = read("upgrade.jws")
        .lines()
        .map(|jws| verified(jws).notification().unwrap().transaction_type.to_string())
        .collect();
    assert!(types.contains(&"UpgradeCancellation".to_owned()), "{types:?}");

    // And replayed with the key set that lies beside it.
    let local = Local::start(&[]);
    let path = |name: &str| out.join(name).to_str().unwrap().to_owned();
    let (pushes, keys) = (path("upgrade.jws"), path("jwks.json"));
    let told = printed(&on(&local, &["replay", &pushes, "--roku-keys", &keys, "--json"]));
    assert_eq!(told["kept"], types.len(), "{told}");
    let who = "2df58f54b4f7540ca3aa31ce8bec1fe7";
    let show = |at: &[&str]| on(&local, &[&["customer", "show", who, "--json"], at].concat());
    let states = |output: &Output| -> Vec<String> {
        let purchases = printed(output)["accounts"][0]["purchases"].as_array().unwrap().clone();
        purchases.iter().map(|one| one["standing"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(states(&show(&["--at", "2024-01-11T00:00:00Z"])), ["current"], "as it was then");
    assert!(states(&show(&[])).contains(&"replaced".to_owned()));
}

async fn stack_with_key(key: &str) -> Stack {
    let mut options = Options::in_memory(catalog_file::demo().unwrap());
    options.roku_api_key = key.into();
    Stack::start(options).await.unwrap()
}

/// Rotates to the key that is written to standard input, whatever Roku says to it.
fn rotate_key(stack: &Stack, publisher: &str, input: &str) -> Output {
    let secrets = format!("--secrets-manager={}", stack.secrets_manager);
    let mut process = Command::new(env!("CARGO_BIN_EXE_usher"))
        .args(["publisher", "rotate-key", publisher, "--unchecked", "--json", &secrets])
        .env_remove("ROKU_API_KEY")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    process.wait_with_output().unwrap()
}

fn outcome(output: &Output) -> (String, bool) {
    let told = printed(output);
    (told["outcome"].as_str().unwrap().to_owned(), told["expiringDropped"].as_bool().unwrap())
}

fn shown(keys: &RokuApiKeys) -> (&str, Option<&str>) {
    (keys.active.expose_secret(), keys.expiring.as_ref().map(ExposeSecret::expose_secret))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_rotated_and_a_running_function_reads_it_anew_once_a_minute() {
    let stack = stack_with_key("FIRST").await;
    let publisher = &stack.publisher.id;
    let function = Secrets::new(&stack.config);
    assert_eq!(shown(&function.roku_api_keys(publisher).await.unwrap()), ("FIRST", None));

    let rotated = rotate_key(&stack, publisher.as_str(), " SECOND \r\nof the first line only\n");
    assert_eq!(outcome(&rotated), ("replaced".to_owned(), false));
    let known = function.roku_api_keys(publisher).await.unwrap();
    assert_eq!(shown(&known), ("FIRST", None), "for five minutes");
    let both = ("SECOND", Some("FIRST"));
    let reloaded = function.reload_roku_api_keys(publisher).await.unwrap().unwrap();
    assert_eq!(shown(&reloaded), both);
    assert_eq!(shown(&function.roku_api_keys(publisher).await.unwrap()), both);

    rotate_key(&stack, publisher.as_str(), "THIRD");
    assert!(function.reload_roku_api_keys(publisher).await.unwrap().is_none());
    assert_eq!(shown(&function.roku_api_keys(publisher).await.unwrap()), both);
    let other = Secrets::new(&stack.config);
    assert_eq!(shown(&other.roku_api_keys(publisher).await.unwrap()), ("THIRD", Some("SECOND")),);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rotation_did_is_told_and_no_key_is() {
    let stack = stack_with_key("hush1").await;
    for (publisher, key, expected) in [
        ("123456789", "hush1", ("already_active", false)),
        ("123456789", "hush2", ("replaced", false)),
        ("123456789", "hush2", ("already_active", false)),
        ("123456789", "hush3", ("replaced", true)),
        ("123456789", "hush2", ("replaced", false)),
        ("222222222", "hush1", ("first", false)),
        ("222222222", "hush2", ("replaced", false)),
    ] {
        let output = rotate_key(&stack, publisher, key);
        let (told, dropped) = outcome(&output);
        assert_eq!((told.as_str(), dropped), expected, "{publisher} {key}");
        assert!(!String::from_utf8(output.stdout).unwrap().contains("hush"));
    }

    // From the environment, whatever standard input is; and in words.
    let secrets = format!("--secrets-manager={}", stack.secrets_manager);
    let output = Command::new(env!("CARGO_BIN_EXE_usher"))
        .args(["publisher", "rotate-key", "123456789", "--unchecked", &secrets])
        .env("ROKU_API_KEY", "hush4")
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    for words in ["usher/roku-api-key/123456789", "expiring before is dropped", "5 minutes"] {
        assert!(told.contains(words), "{told}");
    }
    assert!(!told.contains("hush"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_rotated_to_what_is_no_key_or_over_what_holds_none() {
    let stack = stack_with_key("hush1").await;
    let long = "hush".repeat(2_000);
    for (input, why) in [
        ("", "the key from standard input must not be empty"),
        ("\nhush2", "must not be empty"),
        ("hush 2", "must not have white space"),
        (&long, "must not be longer than 128 characters"),
    ] {
        let output = rotate_key(&stack, "123456789", input);
        assert_eq!(output.status.code(), Some(1));
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(why) && !told.contains("hush"), "{told}");
    }
    let secrets = Secrets::new(&stack.config);
    let known = secrets.roku_api_keys(&stack.publisher.id).await.unwrap();
    assert_eq!(shown(&known), ("hush1", None));

    let keep = |name: &str| stack.config.secrets_manager.create_secret().name(name);
    let broken = keep("usher/roku-api-key/1").secret_string(r#"{"key":"hush"}"#);
    broken.send().await.unwrap();
    let output = rotate_key(&stack, "1", "hush2");
    let told = String::from_utf8(output.stderr).unwrap();
    let why = "usher/roku-api-key/1 cannot be used: it is neither a key nor";
    assert!(told.contains(why) && !told.contains("hush"), "{told}");
    let one = PublisherId::parse("1").unwrap();
    assert!(secrets.roku_api_keys(&one).await.unwrap_err().to_string().contains(why));

    // A secret without a value is as good as none.
    let two = PublisherId::parse("2").unwrap();
    keep("usher/roku-api-key/2").send().await.unwrap();
    let missing = secrets.roku_api_keys(&two).await.unwrap_err();
    assert_eq!(missing.to_string(), "there is no secret usher/roku-api-key/2");
    assert_eq!(outcome(&rotate_key(&stack, "2", "hush2")), ("first".to_owned(), false));
    assert_eq!(shown(&secrets.roku_api_keys(&two).await.unwrap()), ("hush2", None));
}

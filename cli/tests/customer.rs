//! `usher customer` and `usher signing-key`, run as a person runs them, on a stack whose clock is moved.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

use std::process::{Command, Output};

use jiff::SignedDuration;
use roku_simulator::WebServiceFault;
use serde_json::{Value, json};
use usher::domain::email::Email;
use usher::store::customers::Customers;
use usher_tests::Usher;
use usher_tests::samples::{BASIC_PRODUCT, ROKU_CUSTOMER, days, push};

const ANN: &str = "ann@example.com";
const BEN: &str = "ben@example.com";
const BASIC: &str = "S123456789_US";

/// A stack whose clock stands still, after the clock of this machine.
async fn stopped() -> Usher {
    Usher::with(|options| options.begins_at = Some("2126-03-01T12:00:00Z".parse().unwrap())).await
}

fn show(on: &Usher, who: &str, more: &[&str]) -> Output {
    let table = format!("--local={}", on.stack.dynamodb);
    Command::new(env!("CARGO_BIN_EXE_usher"))
        .args(["customer", "show", who, "--publisher", "123456789", &table])
        .args(more)
        .env_remove("TABLE_NAME")
        .output()
        .unwrap()
}

/// Runs a command about a customer at the stack's own time.
fn change(on: &Usher, command: &str, who: &str, more: &[&str]) -> Output {
    let table = format!("--local={}", on.stack.dynamodb);
    let now = on.stack.config.clock.now().to_string();
    Command::new(env!("CARGO_BIN_EXE_usher"))
        .args(["customer", command, who, "--publisher", "123456789", &table, "--at", &now])
        .args(more)
        .env_remove("TABLE_NAME")
        .output()
        .unwrap()
}

fn shown(on: &Usher, who: &str) -> Value {
    let output = show(on, who, &["--json"]);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).unwrap()
}

/// Buys Basic on a device; gives the purchase.
async fn buy(usher: &Usher, roku_customer: &str) -> String {
    let roku = usher.stack.simulator.clone().unwrap();
    roku.buy(roku_customer, BASIC_PRODUCT, false).await.unwrap().0.purchase_id
}

/// The lines of a text with every id that differs from run to run by its name.
fn with_names(told: &str, names: &[(&str, &str)]) -> String {
    names.iter().fold(told.to_owned(), |told, (id, name)| told.replace(id, name))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_open_comes_first_and_is_the_same_by_whichever_id() {
    let usher = stopped().await;
    let purchase = buy(&usher, ROKU_CUSTOMER).await;
    usher.receipt(ANN, BASIC, &purchase).await;
    let ann = shown(&usher, ANN);
    let until = &ann["open"]["offers"][0]["until"];
    let offer = json!({
        "offer": BASIC, "title": "Basic monthly", "until": until, "by": "purchase",
    });
    assert_eq!(ann["open"], json!({ "offers": [offer], "tags": ["basic"] }));
    assert_eq!(ann["receipts"][0]["outcome"], "granted");
    assert_eq!(ann["receipts"][0]["rokuCustomer"], ROKU_CUSTOMER);
    let charge = &ann["accounts"][0]["charges"][0];
    assert_eq!((&charge["kind"], &charge["refunded"]), (&json!("initial"), &Value::Null));
    assert!(charge["total"].as_str().is_some_and(|total| total.starts_with("7.99")), "{charge}");
    let customer = ann["customer"].as_str().unwrap();
    for who in [customer, &purchase, ROKU_CUSTOMER] {
        assert_eq!(shown(&usher, who), ann, "{who}");
    }
    let told = text(&show(&usher, ANN, &[]).stdout);
    let names = [(customer, "ANN"), (&purchase, "PURCHASE"), (ROKU_CUSTOMER, "ROKU")];
    let begins = "Customer ANN, ann@example.com, as of 2126-03-01T12:00:00Z\n\n\
        open now\n\
        offer          title          term ends             by\n\
        S123456789_US  Basic monthly  2126-04-01T12:00:00Z  purchase\n\
        tags: basic\n\n\
        receipts\n";
    let told = with_names(&told, &names);
    assert!(told.starts_with(begins), "{told}");
    for line in [
        "PURCHASE  S123456789_US  2126-03-01T12:00:00Z  granted  -",
        "PURCHASE  S123456789-US  S123456789_US  yes        current   current until \
         2126-04-01T12:00:00Z",
        "2126-03-01T12:00:00Z  bought S123456789-US, 7.99 USD charged → current until \
         2126-04-01T12:00:00Z",
    ] {
        assert!(told.lines().any(|told| told == line), "{line}: {told}");
    }

    // As it was before she bought.
    let before = show(&usher, ANN, &["--json", "--at", "2126-03-01T11:59:59Z"]);
    let before: Value = serde_json::from_slice(&before.stdout).unwrap();
    assert_eq!((&before["receipts"], &before["accounts"]), (&json!([]), &json!([])));
    assert_eq!(before["open"]["offers"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_shown_receipts_only_is_told_with_what_they_wait_for() {
    let usher = stopped().await;
    usher.receipt(ANN, BASIC, "unheard-of").await;
    usher.later(SignedDuration::from_secs(5)).await;
    let roku = usher.stack.simulator.clone().unwrap();
    roku.break_web_services(WebServiceFault::Down);
    usher.receipt(ANN, BASIC, "slow").await;
    let ann = shown(&usher, ANN);
    assert_eq!((&ann["accounts"], &ann["open"]["offers"]), (&json!([]), &json!([])));
    let became =
        |receipt: &Value| ["transaction", "outcome", "reason"].map(|field| receipt[field].clone());
    let expected = [
        [json!("unheardof"), json!("rejected"), json!("unknown_to_roku")],
        [json!("slow"), json!("processing"), Value::Null],
    ];
    let receipts: Vec<_> = ann["receipts"].as_array().unwrap().iter().map(became).collect();
    assert_eq!(receipts, expected);
    let customer = ann["customer"].as_str().unwrap();
    for who in [customer, "unheard-of", "slow"] {
        assert_eq!(shown(&usher, who), ann, "{who}");
    }
    let told = text(&show(&usher, ANN, &[]).stdout);
    let expected = "Customer ANN, ann@example.com, as of 2126-03-01T12:00:05Z\n\n\
        open now: nothing\n\n\
        receipts\n\
        transaction  offer          received              outcome                    waits for\n\
        unheardof    S123456789_US  2126-03-01T12:00:00Z  rejected: unknown_to_roku  \
        Roku to know it: asked again at 2126-03-01T12:01:00Z\n\
        slow         S123456789_US  2126-03-01T12:00:05Z  processing                 \
        Roku's answer: it is asked until it gives one\n\n\
        No Roku account is linked to the customer yet. None of the receipts has been granted.\n";
    assert_eq!(with_names(&told, &[(customer, "ANN")]), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_nobody_holds_opens_nothing() {
    let usher = stopped().await;
    let purchase = buy(&usher, ROKU_CUSTOMER).await;
    let nobodys = shown(&usher, ROKU_CUSTOMER);
    assert_eq!((&nobodys["customer"], &nobodys["open"]["offers"]), (&Value::Null, &json!([])));
    let told = text(&show(&usher, &purchase, &[]).stdout);
    assert!(told.starts_with("Nobody's Roku account"), "{told}");
    assert!(told.contains("linked to nobody: no receipt was granted for it"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_as_what_they_were_asked_for() {
    let usher = stopped().await;
    for (who, why) in [
        ("nobody@example.com", "no customer is registered with this e-mail address"),
        ("a@b@c", "must be an e-mail address"),
        ("123", "no customer with a receipt or a Roku purchase has this id"),
        ("unheard-of", "nor has Roku told of it"),
    ] {
        let output = show(&usher, who, &[]);
        assert_eq!(output.status.code(), Some(1), "{who}");
        let told = text(&output.stderr);
        assert!(told.contains(&format!("usher: {who}: ")) && told.contains(why), "{told}");
    }
    let customers = Customers::new(&usher.stack.config.table);
    let ben = Email::parse(BEN).unwrap();
    customers
        .find_or_register(&usher.stack.publisher.id, &ben, usher.stack.config.clock.now())
        .await
        .unwrap();
    let told = text(&show(&usher, BEN, &[]).stdout);
    assert!(told.contains("registered and has shown no receipt"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_comes_again_under_another_key_is_one_event() {
    let usher = stopped().await;
    let now = usher.stack.config.clock.now();
    let sale = push("Sale", "abc", BASIC_PRODUCT).at(now, days(now, 30)).message();
    for _ in 0..2 {
        assert_eq!(usher.push(&sale).await.status, 200);
    }
    let timeline = shown(&usher, ROKU_CUSTOMER)["accounts"][0]["timeline"].clone();
    assert_eq!((timeline.as_array().unwrap().len(), &timeline[0]["told"]), (1, &json!(2)));
    let told = text(&show(&usher, ROKU_CUSTOMER, &[]).stdout);
    assert_eq!(told.matches("(told 2 times)").count(), 1, "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_signed_out_signs_in_again() {
    let usher = stopped().await;
    usher.receipt(ANN, BASIC, &buy(&usher, ROKU_CUSTOMER).await).await;
    let token = usher.customer_token(ANN).await;
    let check = json!({ "customerToken": token, "offerId": BASIC });
    assert_eq!(usher.rpc("getAccessStatus", check.clone()).await["result"]["accessGranted"], true);

    let output = change(&usher, "revoke-tokens", ANN, &["--json"]);
    assert!(output.status.success(), "{output:?}");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["customer"], shown(&usher, ANN)["customer"]);
    assert_eq!(usher.rpc("getAccessStatus", check).await["error"]["code"], 1);
    usher.later(SignedDuration::from_secs(2)).await;
    assert!(usher.may_watch(ANN, BASIC).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_forgotten_leaves_the_money_and_nothing_of_themselves() {
    let usher = stopped().await;
    let purchase = buy(&usher, ROKU_CUSTOMER).await;
    usher.receipt(ANN, BASIC, &purchase).await;
    let token = usher.customer_token(ANN).await;

    let output = change(&usher, "delete", ANN, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("add --yes"), "{output:?}");
    assert!(usher.may_watch(ANN, BASIC).await, "nothing was done");

    let output = change(&usher, "delete", ANN, &["--yes"]);
    assert!(output.status.success(), "{output:?}");
    let check = json!({ "customerToken": token, "offerId": BASIC });
    assert_eq!(usher.rpc("getAccessStatus", check).await["error"]["code"], 1);
    let by_email = json!({ "publisherToken": usher.token(), "customerEmail": ANN });
    assert_eq!(usher.rpc("generateCustomerToken", by_email).await["error"]["code"], 10);
    assert!(text(&change(&usher, "delete", ANN, &["--yes"]).stderr).contains("no customer"));
    let everything = whole_table(&usher).await;
    assert!(!everything.to_lowercase().contains("ann@"), "{everything}");
    assert!(everything.contains(&purchase.replace('-', "")), "what Roku told stays");

    // Who comes back is a new customer, and their purchase is theirs again.
    usher.receipt(ANN, BASIC, &purchase).await;
    assert!(usher.may_watch(ANN, BASIC).await);
}

/// Every item of the table, as text.
async fn whole_table(usher: &Usher) -> String {
    let database = usher_tests::wire::dynamodb(&usher.stack.dynamodb).await;
    let answer = database.scan().table_name("usher").send().await.unwrap();
    format!("{:?}", answer.items())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_signing_key_is_rotated_and_nobody_notices() {
    let mut usher = stopped().await;
    usher.receipt(ANN, BASIC, &buy(&usher, ROKU_CUSTOMER).await).await;
    let old = usher.customer_token(ANN).await;
    let table = format!("--local={}", usher.stack.dynamodb);
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
        let output = command.args(arguments).args([&table, "--json"]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let secrets = usher.stack.secrets_manager.clone();
    let rotated = run(&["signing-key", "rotate", "--secrets-manager", &secrets]);
    let kid_of = |token: &str| {
        let header = token.split('.').next().unwrap();
        let header = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, header);
        serde_json::from_slice::<Value>(&header.unwrap()).unwrap()["kid"].clone()
    };
    assert_eq!(kid_of(&old), rotated["old"]);
    usher.start_functions_anew().await;
    let new = usher.customer_token(ANN).await;
    assert_eq!(kid_of(&new), rotated["new"]);
    for token in [&old, &new] {
        let check = json!({ "customerToken": token, "offerId": BASIC });
        let told = usher.rpc("getAccessStatus", check).await;
        assert_eq!(told["result"]["accessGranted"], true, "{told}");
    }
    let keys = run(&["signing-key", "list"]);
    assert_eq!(keys.as_array().map(Vec::len), Some(2), "{keys}");
}

//! `usher import`, run as a person runs it, on a running stack.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use jiff::SignedDuration;
use roku_simulator::WebServiceFault;
use serde_json::{Value, json};
use usher_tests::Usher;
use usher_tests::foreign_roku::{ForeignRoku, Script};
use usher_tests::samples::{BASIC_PRODUCT, PREMIUM_PRODUCT, ROKU_CUSTOMER};

const ANN: &str = "ann@example.com";
const BEN: &str = "ben@example.com";
const BASIC: &str = "S123456789_US";
const PREMIUM: &str = "S223456789_US";

/// A CSV file of one test, in cargo's folder for such, with no report yet.
fn file(name: &str, rows: &[&str]) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    drop(fs::remove_file(report_of(&file)));
    fs::write(&file, rows.join("\n") + "\n").unwrap();
    file
}

fn report_of(file: &Path) -> PathBuf {
    PathBuf::from(format!("{}.report.csv", file.display()))
}

/// What the report says: line, transaction, outcome and reason of each row.
fn report(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(report_of(file)).unwrap();
    let rows = text.lines().skip(1);
    rows.map(|row| row.split(',').take(4).collect::<Vec<_>>().join(",")).collect()
}

fn command(on: &Usher, file: &Path, more: &[&str]) -> Command {
    let stack = &on.stack;
    let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
    command
        .arg("import")
        .arg(file)
        .args(["--publisher", "123456789", "--json"])
        .arg(format!("--local={}", stack.dynamodb))
        .args(["--secrets-manager", &stack.secrets_manager, "--roku", &stack.roku.url])
        .args(more)
        .env_remove("TABLE_NAME")
        .env_remove("SECRETS_PREFIX")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn import(on: &Usher, file: &Path, more: &[&str]) -> Output {
    command(on, file, more).output().unwrap()
}

/// The exit code, and the summary.
fn told(output: &Output) -> (i32, Value) {
    let summary = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code().unwrap(), summary)
}

/// Why it could not begin, or not go on.
fn why(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Somebody buys a product; the nth Roku customer. Gives the purchase.
async fn bought(on: &Usher, nth: u32, product: &str) -> String {
    let simulator = on.stack.simulator.as_ref().unwrap();
    let customer = format!("{nth:032x}");
    simulator.buy(&customer, product, false).await.unwrap().0.purchase_id
}

fn questions(on: &Usher) -> u64 {
    on.stack.simulator.as_ref().unwrap().requests().total
}

#[tokio::test(flavor = "multi_thread")]
async fn each_row_is_granted_rejected_or_invalid_and_the_report_tells_which_and_why() {
    let usher = Usher::start().await;
    let ended = bought(&usher, 1, BASIC_PRODUCT).await;
    usher.stack.simulator.as_ref().unwrap().cancel(&ended).await.unwrap();
    usher.later(SignedDuration::from_hours(24 * 32)).await;
    let ann = bought(&usher, 2, BASIC_PRODUCT).await;
    let ben = bought(&usher, 3, PREMIUM_PRODUCT).await;
    let cyd = bought(&usher, 4, BASIC_PRODUCT).await;
    let rows = [
        "Name,Customer E-Mail,offerId,TRANSACTIONID",
        &format!("\"Ann, of course\",{ANN},,{ann}"),
        &format!("Ben,{BEN},{PREMIUM},{}", ben.to_uppercase()),
        "",
        &format!("Cyd,cyd@example.com,{PREMIUM},{cyd}"),
        "Dan,dan@example.com,,no-such-purchase",
        &format!("Eve,eve@example.com,,{ended}"),
        &format!("Fay,fay,,{cyd}"),
        "Gil,gil@example.com,,gil@example.com",
        "Hal,hal@example.com",
    ];
    let file = file("mixed.csv", &rows);
    let output = import(&usher, &file, &[]);
    let (code, summary) = told(&output);
    assert_eq!(code, 3, "{output:?}");
    let expected = json!({
        "rows": 8, "doneBefore": 0, "granted": 2,
        "rejected": { "product_of_another_offer": 1, "unknown_to_roku": 1, "not_entitled": 1 },
        "invalid": { "email_invalid": 1, "transaction_invalid": 1, "transaction_missing": 1 },
        "unanswered": {}, "report": report_of(&file).to_str().unwrap(),
    });
    assert_eq!(summary, expected);
    assert_eq!(
        report(&file),
        [
            format!("2,{ann},granted,"),
            format!("3,{},granted,", ben.to_uppercase()),
            format!("5,{cyd},rejected,product_of_another_offer"),
            "6,no-such-purchase,rejected,unknown_to_roku".to_owned(),
            format!("7,{ended},rejected,not_entitled"),
            format!("8,{cyd},invalid,email_invalid"),
            "9,,invalid,transaction_invalid".to_owned(),
            "10,,invalid,transaction_missing".to_owned(),
        ]
    );
    let text = fs::read_to_string(report_of(&file)).unwrap();
    assert!(!text.contains('@'), "an address: {text}");
    assert!(usher.may_watch(ANN, BASIC).await);
    assert!(usher.may_watch(BEN, PREMIUM).await);
    assert!(!usher.may_watch("cyd@example.com", PREMIUM).await);
    assert!(!usher.may_watch("eve@example.com", BASIC).await);

    // Done is done; and the app that shows the receipt later finds it granted.
    let asked = questions(&usher);
    let (code, summary) = told(&import(&usher, &file, &[]));
    assert_eq!((code, &summary["rows"], &summary["doneBefore"]), (3, &json!(8), &json!(8)));
    assert_eq!(usher.receipt(ANN, BASIC, &ann).await.status, 200);
    assert_eq!(usher.receipt_status(&ann).await.json()["status"], "granted");
    assert_eq!(questions(&usher), asked);

    let again = import(&usher, &file, &["--restart"]);
    assert_eq!(told(&again).1, expected);
    assert!(questions(&usher) > asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_granted_is_success() {
    let usher = Usher::start().await;
    let ann = bought(&usher, 1, BASIC_PRODUCT).await;
    let file = file("granted.csv", &["email,transactionId", &format!("{ANN},{ann}")]);
    let (code, summary) = told(&import(&usher, &file, &[]));
    assert_eq!((code, &summary["granted"]), (0, &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_cut_off_goes_on_where_it_stopped() {
    let usher = Usher::start().await;
    let mut rows = vec!["email,transactionId".to_owned()];
    for nth in 0..14 {
        rows.push(format!("{nth}@example.com,{}", bought(&usher, nth, BASIC_PRODUCT).await));
    }
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let file = file("cut.csv", &rows);
    assert_eq!(told(&import(&usher, &file, &[])).0, 0);
    let whole = fs::read_to_string(report_of(&file)).unwrap();

    let ninth = whole.match_indices('\n').nth(9).unwrap().0;
    for (cut, done) in [(ninth + 1, 9), (ninth + 9, 9), (ninth, 8), (20, 0)] {
        fs::write(report_of(&file), &whole[..cut]).unwrap();
        let asked = questions(&usher);
        let (code, summary) = told(&import(&usher, &file, &[]));
        assert_eq!((code, &summary["doneBefore"]), (0, &json!(done)), "cut at {cut}");
        assert_eq!(questions(&usher) - asked, 14 - done, "cut at {cut}");
        assert_eq!(fs::read_to_string(report_of(&file)).unwrap(), whole, "cut at {cut}");
    }
    for nth in [0, 8, 9, 13] {
        assert!(usher.may_watch(&format!("{nth}@example.com"), BASIC).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_gone_on_with_for_the_same_file_and_target_alone() {
    let usher = Usher::start().await;
    let rows = ["email,transactionId", "a@b,one", "a@b,two"];
    let path = file("same.csv", &rows);
    assert_eq!(told(&import(&usher, &path, &[])).0, 3);
    let whole = fs::read_to_string(report_of(&path)).unwrap();

    for changed in
        [["email,transactionId", "a@b,one", "a@b,2"], ["email,transactionId", "", "a@b,one"]]
    {
        fs::write(&path, changed.join("\n")).unwrap();
        let told = why(&import(&usher, &path, &[]));
        assert!(told.contains("the report is of another file"), "{told}");
        assert!(told.contains("--restart"), "{told}");
    }
    fs::write(&path, "email,transactionId\na@b,one\n").unwrap();
    let told_fewer = why(&import(&usher, &path, &[]));
    assert!(told_fewer.contains("the file has fewer rows"), "{told_fewer}");

    // Of another table, of nothing at all, and of no import.
    fs::write(&path, rows.join("\n")).unwrap();
    let elsewhere = whole.replace(&usher.stack.dynamodb, "usher-sandbox");
    for (report, expected) in [
        (elsewhere.as_str(), "for publisher 123456789 into usher-sandbox"),
        ("a,b\n1,2\n", "is no report of an import"),
        ("lin,\n", "is no report of an import"),
    ] {
        fs::write(report_of(&path), report).unwrap();
        let told = why(&import(&usher, &path, &[]));
        assert!(told.contains(expected), "{told}");
        assert_eq!(fs::read_to_string(report_of(&path)).unwrap(), report, "left alone");
    }
    let told_itself =
        why(&import(&usher, &path, &["--restart", "--report", path.to_str().unwrap()]));
    assert!(told_itself.contains("is no report of an import"), "{told_itself}");
    assert_eq!(fs::read_to_string(&path).unwrap(), rows.join("\n"));

    let no_header = file("no-header.csv", &["a@b,one"]);
    let told_header = why(&import(&usher, &no_header, &[]));
    assert!(told_header.contains("must name a column email"), "{told_header}");
    assert!(!report_of(&no_header).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_roku_is_down_it_waits_and_then_stops_and_nothing_is_lost() {
    let usher = Usher::start().await;
    let simulator = usher.stack.simulator.clone().unwrap();
    let (ann, ben) =
        (bought(&usher, 1, BASIC_PRODUCT).await, bought(&usher, 2, BASIC_PRODUCT).await);
    let rows = ["email,transactionId", ",1", &format!("{ANN},{ann}"), &format!("{BEN},{ben}")];
    let file = file("down.csv", &rows);
    simulator.break_web_services(WebServiceFault::Down);
    let output = import(&usher, &file, &["--patience", "1s"]);
    let told_why = why(&output);
    assert!(told_why.contains("line 3: Roku"), "{told_why}");
    assert!(told_why.contains("the same command goes on"), "{told_why}");
    assert_eq!(told(&output).1["rows"], 1);
    assert_eq!(report(&file), ["2,1,invalid,email_missing"]);

    // Down, and back before its patience ends.
    let asked = questions(&usher);
    let running = command(&usher, &file, &[]).spawn().unwrap();
    while questions(&usher) == asked {
        tokio::task::yield_now().await;
    }
    simulator.mend_web_services();
    let (code, summary) = told(&running.wait_with_output().unwrap());
    assert_eq!((code, &summary["granted"], &summary["doneBefore"]), (3, &json!(2), &json!(1)));
    assert!(usher.may_watch(ANN, BASIC).await);
    assert!(usher.may_watch(BEN, BASIC).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_another_customer_stays_whatever_receipts_may_do() {
    let usher = Usher::start().await;
    let ann = bought(&usher, 1, BASIC_PRODUCT).await;
    usher.receipt(ANN, BASIC, &ann).await;
    let file = file("held.csv", &["email,transactionId", &format!("{BEN},{ann}")]);
    assert_eq!(told(&import(&usher, &file, &[])).0, 3);
    assert_eq!(report(&file), [format!("2,{ann},rejected,held_by_another_customer")]);
    assert!(usher.may_watch(ANN, BASIC).await);
    assert!(!usher.may_watch(BEN, BASIC).await);
    // What Ann's app showed is what it was.
    assert_eq!(usher.receipt_status(&ann).await.json()["status"], "granted");

    assert_eq!(told(&import(&usher, &file, &["--restart", "--transfer"])).0, 0);
    assert!(usher.may_watch(BEN, BASIC).await);
    assert!(!usher.may_watch(ANN, BASIC).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_gets_no_answer_does_not_stop_the_others_and_a_product_may_have_no_offer() {
    let roku = ForeignRoku::start().await;
    let usher = Usher::with(|options| {
        options.roku = Some(roku.base());
        options.roku_keys = Some(roku.keys());
        options.roku_api_key = ForeignRoku::API_KEY.into();
    })
    .await;
    roku.answer("broken", Script::Says(200, "<html>".to_owned()));
    roku.knows("odd", "unmapped", json!({ "rokuCustomerId": "2" }));
    roku.knows("good", BASIC_PRODUCT, json!({ "rokuCustomerId": ROKU_CUSTOMER }));
    let rows = ["email,purchaseId", "a@b,broken", "c@d,odd", &format!("{ANN},good")];
    let file = file("broken.csv", &rows);
    assert_eq!(told(&import(&usher, &file, &[])).0, 3);
    let expected =
        ["2,broken,unanswered,no_answer", "3,odd,rejected,product_of_no_offer", "4,good,granted,"];
    assert_eq!(report(&file), expected);
    assert!(usher.may_watch(ANN, BASIC).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_roku_does_not_accept_is_told_at_once() {
    let roku = ForeignRoku::start().await;
    let usher = Usher::with(|options| {
        options.roku = Some(roku.base());
        options.roku_keys = Some(roku.keys());
        options.roku_api_key = "wrong".into();
    })
    .await;
    let file = file("wrong-key.csv", &["email,transactionId", "a@b,1"]);
    let told = why(&import(&usher, &file, &[]));
    assert!(told.contains("line 2: Roku does not accept the API key"), "{told}");
    assert_eq!(report(&file), [""; 0]);
}

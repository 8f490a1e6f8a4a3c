//! A publisher is set up with `usher`, run as a person runs it: its settings, its tokens, its
//! catalog, its API key.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

use std::path::PathBuf;
use std::process::{Command, Output};

use roku_simulator::WebServiceFault;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use usher::domain::id::PublisherId;
use usher::domain::publisher::Settings;
use usher::secrets::Secrets;
use usher::store::publishers::Publishers;
use usher_tests::Usher;

const OWN: &str = "555";

fn usher(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
    command.args(arguments).env_remove("TABLE_NAME").env_remove("ROKU_API_KEY");
    command.output().unwrap()
}

/// Runs a command on the table of a stack.
fn on(stack: &Usher, arguments: &[&str]) -> Output {
    let table = format!("--local={}", stack.stack.dynamodb);
    usher(&[arguments, &[&table]].concat())
}

fn in_json(stack: &Usher, arguments: &[&str]) -> Value {
    let output = on(stack, &[arguments, &["--json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn in_text(stack: &Usher, arguments: &[&str]) -> String {
    let output = on(stack, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Why a command failed.
fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A catalog of a publisher, in a file of one test alone.
fn catalog(name: &str, text: &str) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, text).unwrap();
    file
}

fn offer(id: &str, price: &str) -> String {
    let id = format!("[[offers]]\nid = \"{id}\"\ntitle = \"Plan\"\nprice = \"{price}\"");
    format!("{id}\ncurrency = \"USD\"\nperiod = \"month\"\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_is_made_once_and_changed_setting_by_setting() {
    let stack = Usher::start().await;
    let nobody = refusal(&on(&stack, &["publisher", "show", OWN]));
    assert!(nobody.contains("usher publisher create 555 --channel CHANNEL"), "{nobody}");
    let create = ["publisher", "create", OWN];
    let no_channel = refusal(&on(&stack, &create));
    assert!(no_channel.contains("channels must name at least one"), "{no_channel}");

    let made = in_json(&stack, &[&create[..], &["--channel", "1", "--grace-days", "3"]].concat());
    assert_eq!((&made["publisherId"], &made["settings"]["grace_days"]), (&json!(OWN), &json!(3)));
    let again = refusal(&on(&stack, &[&create[..], &["--channel", "9"]].concat()));
    assert!(again.contains("there is a publisher 555 already"), "{again}");

    let set = ["publisher", "set", OWN];
    let nothing = refusal(&on(&stack, &set));
    assert!(nothing.contains("name what to set"), "{nothing}");
    let channels = ["--channel", "2", "--channel", "3", "--transfer", "keep"];
    let told = in_text(&stack, &[&set[..], &channels].concat());
    let changes = "channels: 1 → 2, 3\ntransfer: transfer → keep\n";
    assert!(told.starts_with(changes), "{told}");
    let same = in_json(&stack, &[&set[..], &channels].concat());
    assert_eq!(same["changes"], json!([]));
    let risky = in_json(&stack, &[&set[..], &["--unsigned-pushes", "true"]].concat());
    assert!(risky["warnings"][0].as_str().unwrap().contains("API key"), "{risky}");

    let shown = in_json(&stack, &["publisher", "show", OWN]);
    let settings = json!({
        "channels": ["2", "3"],
        "transfer": "keep",
        "renewal_leeway_hours": 6,
        "grace_days": 3,
        "revoke_on_chargeback": false,
        "unsigned_pushes": true,
    });
    for (setting, value) in settings.as_object().unwrap() {
        assert_eq!(&shown["settings"][setting], value, "{setting}");
    }
    assert_eq!((&shown["offers"], &shown["tokens"]), (&json!(0), &json!([])));
    let text = in_text(&stack, &["publisher", "show", OWN]);
    assert!(text.contains("tokens: none yet: usher token create 555"), "{text}");
    let demo = in_json(&stack, &["publisher", "show", "123456789"]);
    assert_eq!((&demo["offers"], &demo["settings"]["transfer"]), (&json!(3), &json!("transfer")));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_make_a_publisher_at_once_one_does() {
    let stack = Usher::start().await;
    let publishers = Publishers::new(&stack.stack.config.table);
    let id = PublisherId::parse(OWN).unwrap();
    let [one, other] = ["1", "2"].map(|channel| Settings::of_channels(vec![channel.to_owned()]));
    let made = tokio::join!(publishers.create(&id, &one), publishers.create(&id, &other));
    let made = (made.0.unwrap(), made.1.unwrap());
    assert!(made.0 != made.1, "{made:?}");
    let kept = publishers.find(&id).await.unwrap().unwrap();
    assert_eq!(kept.settings, if made.0 { one } else { other });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_listed_by_its_name_and_refused_once_it_is_revoked() {
    let mut stack = Usher::start().await;
    in_text(&stack, &["publisher", "create", OWN, "--channel", "1"]);
    let named = in_json(&stack, &["token", "create", OWN, "--name", "middleware"]);
    let plain = in_text(&stack, &["token", "issue", OWN]);
    assert_eq!(plain.trim().len(), 48, "the token and nothing else");

    let list = in_json(&stack, &["token", "list", OWN]);
    let names: Vec<&Value> = list.as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, [&json!("middleware"), &Value::Null], "the oldest first");
    assert_eq!(list[0]["id"], named["id"]);
    let text = in_text(&stack, &["token", "list", OWN]);
    let token = named["token"].as_str().unwrap();
    assert!(text.contains("middleware") && !text.contains(token), "{text}");

    // Who is let in is told that there is no such customer.
    let opens = async |stack: &Usher, token: &str| {
        let params = json!({ "publisherToken": token, "customerEmail": "ann@example.com" });
        match stack.rpc("generateCustomerToken", params).await["error"]["code"].as_i64() {
            Some(10) => true,
            code => {
                assert_eq!(code, Some(3), "the token is none");
                false
            }
        }
    };
    assert!(opens(&stack, token).await);
    let id = named["id"].as_str().unwrap();
    let others = refusal(&on(&stack, &["token", "revoke", "123456789", id]));
    assert!(others.contains("has no token"), "{others}");
    let told = in_text(&stack, &["token", "revoke", OWN, id]);
    assert!(told.contains("up to a minute"), "{told}");
    assert!(opens(&stack, token).await, "a function that knows it");
    stack.start_functions_anew().await;
    assert!(!opens(&stack, token).await);
    assert!(opens(&stack, plain.trim()).await, "the other one stays");
    let list = in_json(&stack, &["token", "list", OWN]);
    assert_eq!(list.as_array().unwrap().len(), 1);
    let pasted = refusal(&on(&stack, &["token", "revoke", OWN, plain.trim()]));
    assert!(pasted.contains("hexadecimal") && !pasted.contains(plain.trim()), "{pasted}");
    let again = refusal(&on(&stack, &["token", "revoke", OWN, id]));
    assert!(again.contains("usher token list 555"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalog_is_compared_applied_and_shown() {
    let stack = Usher::start().await;
    let text = format!("publisher = \"555\"\n{}{}", offer("S1_US", "7.99"), offer("S2_US", "9.99"));
    let file = catalog("own-catalog.toml", &text);
    let file = file.to_str().unwrap();
    for command in ["apply", "diff"] {
        let nobody = refusal(&on(&stack, &["catalog", command, file]));
        assert!(nobody.contains("usher publisher create 555"), "{nobody}");
    }
    in_text(&stack, &["publisher", "create", OWN, "--channel", "1", "--grace-days", "3"]);
    let diff = on(&stack, &["catalog", "diff", file]);
    assert_eq!(diff.status.code(), Some(3));
    assert_eq!(String::from_utf8(diff.stdout).unwrap(), "+ offer S1_US\n+ offer S2_US\n");
    let applied = in_json(&stack, &["catalog", "apply", file]);
    assert_eq!((&applied["added"], &applied["isNew"]), (&json!(["S1_US", "S2_US"]), &json!(false)));
    let diff = on(&stack, &["catalog", "diff", file]);
    assert!(diff.status.success(), "{diff:?}");
    assert_eq!(String::from_utf8(diff.stdout).unwrap(), "nothing changes\n");

    // Settings of the file take the place of those of the table; without, those stay.
    let settings = "publisher = \"555\"\n[settings]\nchannels = [\"2\"]\n";
    let with_settings = catalog("own-settings.toml", settings);
    let other = format!("{settings}{}", offer("S1_US", "8.99"));
    std::fs::write(&with_settings, other).unwrap();
    let diff = on(&stack, &["catalog", "diff", with_settings.to_str().unwrap()]);
    let told = String::from_utf8(diff.stdout).unwrap();
    let expected = "~ settings.channels: 1 → 2\n~ settings.grace_days: 3 → 16\n- offer S2_US\n\
                    ~ offer S1_US, price: 7.99 → 8.99\n";
    assert_eq!(told, expected);
    let told = in_text(&stack, &["catalog", "apply", with_settings.to_str().unwrap()]);
    assert!(told.starts_with(expected), "{told}");
    in_text(&stack, &["catalog", "apply", file]);
    let shown = in_json(&stack, &["publisher", "show", OWN]);
    assert_eq!((&shown["settings"]["channels"], &shown["offers"]), (&json!(["2"]), &json!(2)));

    let sold = in_json(&stack, &["catalog", "show", OWN]);
    let first = &sold["offers"][0];
    assert_eq!((&first["rokuProduct"], &first["price"]), (&json!("S1-US"), &json!("7.99")));
    let table = in_text(&stack, &["catalog", "show", "123456789"]);
    for word in ["Basic monthly", "7.99 USD", "month", "basic, premium", "plans", "S123456789-US"] {
        assert!(table.contains(word), "{table}");
    }
}

#[test]
fn what_of_a_catalog_should_be_looked_at_is_told_by_the_check() {
    let text = format!("publisher = \"1\"\n{}", offer("S1_US", "7.99"));
    let file = catalog("odd.toml", &text.replace("period = \"month\"\n", ""));
    let file = file.to_str().unwrap();
    let output = usher(&["catalog", "check", file]);
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("warning: offer S1_US is a subscription without a period"), "{told}");
    let output = usher(&["catalog", "check", file, "--json"]);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["warnings"].as_array().map(Vec::len), Some(1), "{told}");

    let local = refusal(&usher(&["local", "--catalog", file, "--listen", "127.0.0.1:0"]));
    assert!(local.contains("no [settings] in the catalog"), "{local}");
}

/// Rotates the demo publisher's key, with Roku where the stack has it.
fn rotate(stack: &Usher, key: &str, more: &[&str]) -> Output {
    let secrets = format!("--secrets-manager={}", stack.stack.secrets_manager);
    let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
    command.args(["publisher", "rotate-key", "123456789", "--json", &secrets]).args(more);
    command.env("ROKU_API_KEY", key).output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_stored_once_roku_takes_it() {
    let stack = Usher::start().await;
    let roku = stack.stack.simulator.clone().unwrap();
    let at_roku = ["--roku", &stack.stack.roku.url];
    let active = async || {
        let keys = Secrets::new(&stack.stack.config).roku_api_keys(&stack.stack.publisher.id).await;
        keys.unwrap().active.expose_secret().to_owned()
    };
    let old = active().await;

    let refused = refusal(&rotate(&stack, "hush", &at_roku));
    assert!(refused.contains("Roku does not take the key from ROKU_API_KEY"), "{refused}");
    assert!(refused.contains("nothing was stored") && !refused.contains("hush"), "{refused}");
    roku.break_web_services(WebServiceFault::Down);
    let down = refusal(&rotate(&stack, "hush", &at_roku));
    assert!(down.contains("HTTP status 503") && down.contains("--unchecked"), "{down}");
    assert_eq!(active().await, old);
    let stored = rotate(&stack, "hush", &["--unchecked"]);
    assert!(stored.status.success(), "{stored:?}");
    assert_eq!(active().await, "hush");

    roku.mend_web_services();
    roku.rotate_api_key("NEW").unwrap();
    let stored = rotate(&stack, "NEW", &at_roku);
    let told: Value = serde_json::from_slice(&stored.stdout).unwrap();
    assert_eq!((&told["outcome"], &told["askedRoku"]), (&json!("replaced"), &json!(true)));
    assert_eq!(active().await, "NEW");
}

#[test]
fn every_shell_is_told_what_completes_a_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = usher(&["completions", shell]);
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && script.contains("rotate-key"), "{shell}");
    }
}

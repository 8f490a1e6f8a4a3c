//! `openapi.yaml` describes this API, all of it and nothing else. That answers are as it says every
//! other test checks (`usher_tests::contract`).

use reqwest::Method;
use serde_json::{Value, json};
use usher_cli::template::Template;
use usher_tests::contract::Contract;
use usher_tests::wire::{Fault, usher_behind_a_wire};
use usher_tests::{Usher, jwt};

const ANN: &str = "ann@example.com";

/// Where the JSON-RPC methods have their names.
const METHODS: &str = include_str!("../../../functions/access-status/src/methods.rs");

fn description() -> &'static Value {
    Contract::of_this_version().description()
}

#[test]
fn it_has_the_routes_of_the_template_and_the_version_of_the_workspace() {
    let routes = Template::built_in().unwrap().routes().unwrap();
    let mut routes: Vec<_> =
        routes.into_iter().map(|route| (route.method.to_string(), route.path)).collect();
    let mut described = Contract::of_this_version().routes();
    routes.sort_unstable();
    described.sort_unstable();
    assert_eq!(described, routes);
    assert_eq!(description()["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn it_has_the_parameters_and_the_result_of_every_method_of_json_rpc() {
    let arms = METHODS.lines().filter_map(|line| line.trim().split_once("\" => self."));
    let mut answered: Vec<_> = arms.map(|(name, _)| name.trim_start_matches('"')).collect();
    answered.sort_unstable();
    assert!(answered.contains(&"getAccessStatus"), "the methods are where they were");
    assert_eq!(schemas_ending_with("Params"), answered);
    assert_eq!(schemas_ending_with("Result"), answered);

    let calls = description()["components"]["schemas"]["JsonRpcCall"]["oneOf"].as_array().unwrap();
    let mut callable: Vec<_> =
        calls.iter().filter_map(|call| call["properties"]["method"]["const"].as_str()).collect();
    callable.sort_unstable();
    assert_eq!(callable, answered);
}

/// The names before an ending, in order. Those of methods begin with a small letter.
fn schemas_ending_with(ending: &str) -> Vec<&'static str> {
    let schemas = description()["components"]["schemas"].as_object().unwrap();
    let names = schemas.keys().filter_map(|name| name.strip_suffix(ending));
    let mut names: Vec<_> =
        names.filter(|name| name.starts_with(|first: char| first.is_lowercase())).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn every_method_of_json_rpc_that_it_has_is_answered() {
    let usher = Usher::start().await;
    for method in schemas_ending_with("Result") {
        let answer = usher.rpc(method, json!({})).await;
        assert_ne!(answer["error"]["code"], -32601, "{method}");
    }
}

/// The routes that need no store to say what they have to say.
const WITHOUT_STORE: [(&str, &str); 5] = [
    ("POST", "/3.0/json-rpc"),
    ("POST", "/api/3.0/json-rpc"),
    ("POST", "/auths"),
    ("POST", "/customers"),
    ("GET", "/locales"),
];

#[tokio::test]
async fn while_the_store_is_down_every_route_answers_as_it_says() {
    let (usher, wire) = usher_behind_a_wire().await;
    let ann = json!({ "publisherToken": usher.token(), "customerData": { "email": ANN } });
    let ann = usher.rpc("registerCustomer", ann).await["result"]["token"].clone();
    let ann = ann.as_str().unwrap();
    let bearer = format!("Bearer {ann}");
    let headers = [("x-publisher-token", usher.token()), ("authorization", bearer.as_str())];
    let body = json!({
        "customerEmail": ANN, "refreshToken": "1",
        "offerId": "S123456789_US", "order": { "purchaseId": "1" },
    });
    wire.arm(0, Fault::LostOnTheWay);
    for (method, route) in Contract::of_this_version().routes() {
        let path = route.replace("{customerId}", &jwt::customer(ann));
        let path = path.replace("{publisherId}", "123456789").replace(['{', '}'], "");
        let verb = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = usher.request(verb, &path, &headers, body.to_string()).await;
        let is_unavailable = answer.status == 503;
        let needs_store = !WITHOUT_STORE.contains(&(method.as_str(), route.as_str()));
        assert_eq!(is_unavailable, needs_store, "{method} {route}: {}", answer.body);
    }
}

#[test]
fn its_examples_are_as_it_says() {
    let mut examples = Vec::new();
    collect_examples(description(), "", &mut examples);
    assert!(examples.len() > 20, "examples are found");
    for (schema, example) in examples {
        Contract::of_this_version().hold(&schema, example, "an example");
    }
}

#[test]
fn no_word_of_it_is_a_key_without_a_value() {
    assert_eq!(keys_without_value(description()), Vec::<&str>::new(), "a comma wants quotes");
}

/// What YAML makes of `{ description: One, two }`.
fn keys_without_value(value: &Value) -> Vec<&str> {
    let list = value.as_array().into_iter().flatten().map(|one| ("", one));
    let members = value.as_object().into_iter().flatten().map(|(key, one)| (key.as_str(), one));
    let members = members.filter(|(key, _)| !["example", "examples", "enum"].contains(key));
    let found = list.chain(members).map(|(key, one)| match one {
        Value::Null => vec![key],
        one => keys_without_value(one),
    });
    found.flatten().collect()
}

/// Every example, with the place of the schema that stands beside it.
fn collect_examples<'a>(value: &'a Value, at: &str, found: &mut Vec<(String, &'a Value)>) {
    let Some(members) = value.as_object() else { return };
    if members.contains_key("schema") {
        let several = value["examples"].as_object();
        let several = several.into_iter().flatten().map(|(_, example)| &example["value"]);
        let all = members.get("example").into_iter().chain(several);
        found.extend(all.map(|example| (format!("{at}/schema"), example)));
    }
    for (key, member) in members {
        let key = key.replace('~', "~0").replace('/', "~1");
        collect_examples(member, &format!("{at}/{key}"), found);
    }
}

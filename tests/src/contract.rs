//! The API as `openapi.yaml` describes it. Every answer that a test gets is held against it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::{Draft, Registry, Validator};
use reqwest::Method;
use serde_json::{Value, json};

use crate::Answer;

/// The description. It is read when a test runs: a word in it builds nothing anew.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi.yaml");

/// The address that the description has among schemas.
const ADDRESS: &str = "urn:usher";

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::read);

/// The description, and the schemas in it that were needed so far.
#[derive(Debug)]
pub struct Contract {
    description: Value,
    registry: Registry<'static>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Contract {
    /// The description in this repository.
    pub fn of_this_version() -> &'static Self {
        &CONTRACT
    }

    fn read() -> Self {
        let text = std::fs::read_to_string(FILE).expect("openapi.yaml");
        let description: Value = serde_saphyr::from_str(&text).expect("openapi.yaml is YAML");
        let registry = Registry::new().draft(Draft::Draft202012);
        let registry = registry.add(ADDRESS, description.clone()).expect("an address");
        let registry = registry.prepare().expect("sound references");
        Self { description, registry, validators: Mutex::default() }
    }

    /// The description as it is written.
    pub fn description(&self) -> &Value {
        &self.description
    }

    /// Every route that is described, as method and path.
    pub fn routes(&self) -> Vec<(String, String)> {
        let methods = |(path, item): (&String, &Value)| {
            let methods = METHODS.into_iter().filter(|method| item.get(method).is_some());
            methods.map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
        };
        self.paths().flat_map(methods).collect()
    }

    /// Holds an answer against the description of its route.
    ///
    /// # Panics
    /// When the route, the status or the content type is not described, or the body is not as the
    /// description says. What no route is for is answered with 404 and a failure.
    pub fn check(&self, method: &Method, path: &str, answer: &Answer) {
        let asked = format!("{method} {path} is answered {}", answer.status);
        let Some(operation) = self.operation(method, path) else {
            assert_eq!(answer.status, 404, "{asked}, and openapi.yaml has no such route");
            return self.hold("/components/schemas/Failure", &answer.json(), &asked);
        };
        let response = self.resolved(format!("{operation}/responses/{}", answer.status));
        let media_type = answer.content_type.split(';').next().unwrap_or_default();
        let is_json = media_type == "application/json";
        let body = if is_json { answer.json() } else { json!(answer.body) };
        self.hold(&format!("{response}/content/{}/schema", escaped(media_type)), &body, &asked);
    }

    /// Holds the result of a JSON-RPC method against its schema, `{method}Result`.
    ///
    /// # Panics
    /// When there is no such schema, or the result is not as it says.
    pub fn check_result(&self, method: &str, result: &Value) {
        self.hold(&format!("/components/schemas/{method}Result"), result, method);
    }

    /// Holds a value against the schema at a place of the description, a JSON pointer.
    ///
    /// # Panics
    /// When there is no such place, or the value is not as the schema says.
    pub fn hold(&self, at: &str, value: &Value, what: &str) {
        let validator = self.validator(at, what);
        let faults = validator.iter_errors(value);
        let faults: Vec<_> =
            faults.map(|fault| format!("{} {fault}", fault.instance_path())).collect();
        assert!(faults.is_empty(), "{what}: {at}\n{}\n{value:#}", faults.join("\n"));
    }

    fn validator(&self, at: &str, what: &str) -> Arc<Validator> {
        assert!(self.description.pointer(at).is_some(), "{what}: openapi.yaml has no {at}");
        let make = || {
            // Braces may not stand in an address.
            let place = at.replace('{', "%7B").replace('}', "%7D");
            let schema = json!({ "$ref": format!("{ADDRESS}#{place}") });
            let options = jsonschema::options().with_registry(&self.registry);
            let options = options.should_validate_formats(true);
            Arc::new(options.build(&schema).expect("a sound schema"))
        };
        let mut validators = self.validators.lock().unwrap();
        Arc::clone(validators.entry(at.to_owned()).or_insert_with(make))
    }

    /// Where the route is described that fits best: with as few parameters as possible.
    fn operation(&self, method: &Method, path: &str) -> Option<String> {
        let path = path.split('?').next().unwrap_or_default();
        let fitting = self.paths().map(|(route, _)| route).filter(|route| fits(route, path));
        let route = fitting.min_by_key(|route| route.matches('{').count())?;
        let at = format!("/paths/{}/{}", escaped(route), method.as_str().to_lowercase());
        self.description.pointer(&at).is_some().then_some(at)
    }

    /// A place, or the one that is meant where only a reference stands.
    fn resolved(&self, at: String) -> String {
        let found = self.description.pointer(&at).unwrap_or(&Value::Null);
        found["$ref"].as_str().map_or(at, |meant| meant.trim_start_matches('#').to_owned())
    }

    fn paths(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.description["paths"].as_object().expect("paths").iter()
    }
}

fn fits(route: &str, path: &str) -> bool {
    let is_same = |(wanted, found): (&str, &str)| {
        wanted == found || (wanted.starts_with('{') && !found.is_empty())
    };
    route.split('/').count() == path.split('/').count()
        && route.split('/').zip(path.split('/')).all(is_same)
}

/// A key as it stands in a JSON pointer.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

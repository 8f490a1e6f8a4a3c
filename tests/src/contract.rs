//! The API as `openapi.yaml` describes it. Every answer that a test gets is held against it.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use jsonschema::{Draft, Registry, Validator};
use reqwest::Method;
use serde_json::{Value, json};

use crate::Answer;

/// The address that the description has among schemas.
const ADDRESS: &str = "urn:usher";

static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::read);

/// The description, and the checks that were made of it.
pub struct Contract {
    description: Value,
    registry: Registry<'static>,
    validators: Mutex<HashMap<String, &'static Validator>>,
}

impl Contract {
    /// The description in this repository.
    pub fn of_this_version() -> &'static Self {
        &CONTRACT
    }

    fn read() -> Self {
        let description: Value =
            serde_saphyr::from_str(include_str!("../../openapi.yaml")).expect("openapi.yaml");
        let registry = Registry::new().draft(Draft::Draft202012);
        let registry = registry.add(ADDRESS, description.clone()).expect("an address");
        let registry = registry.prepare().expect("sound references");
        Self { description, registry, validators: Mutex::default() }
    }

    /// Every route that is described, as method and path.
    pub fn routes(&self) -> Vec<(String, String)> {
        let methods = |(path, item): (&String, &Value)| {
            let methods = item.as_object().unwrap().keys().cloned();
            let methods = methods.filter(|name| METHODS.contains(&name.as_str()));
            methods.map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
        };
        self.paths().flat_map(methods).collect()
    }

    /// Holds an answer against the description of its route.
    ///
    /// # Panics
    /// When the route, the status or the content type is not described, or the body is not as the
    /// description says.
    pub fn check(&self, method: &Method, path: &str, answer: &Answer) {
        let Some(route) = self.route_of(path) else {
            assert_eq!(answer.status, 404, "{method} {path} is not described, and is answered");
            return;
        };
        let verb = method.as_str().to_lowercase();
        let operation = &self.description["paths"][route][&verb];
        if operation.is_null() {
            assert_eq!(answer.status, 404, "{method} {route} is not described, and is answered");
            return;
        }
        let status = answer.status.to_string();
        let mut at = format!("/paths/{}/{verb}/responses/{status}", pointer_part(route));
        let mut response = &operation["responses"][&status];
        if let Some(shared) = response["$ref"].as_str() {
            shared.trim_start_matches('#').clone_into(&mut at);
            response = self.description.pointer(&at).expect("a shared response");
        }
        assert!(!response.is_null(), "{method} {route} does not describe {status}: {}", answer.body);
        let media_type = answer.content_type.split(';').next().unwrap_or_default();
        let content = &response["content"][media_type];
        assert!(!content.is_null(), "{method} {route} {status} does not describe {media_type:?}");
        if media_type == "application/json" {
            let at = format!("{at}/content/application~1json/schema");
            self.validate(&at, &answer.json(), &format!("{method} {path} {status}"));
        }
    }

    /// Holds the result of a JSON-RPC method against its schema, `{method}Result`.
    ///
    /// # Panics
    /// When there is no such schema, or the result is not as it says.
    pub fn check_result(&self, method: &str, result: &Value) {
        self.validate(&format!("/components/schemas/{method}Result"), result, method);
    }

    fn validate(&self, at: &str, body: &Value, what: &str) {
        let validator = self.validator(at);
        let faults: Vec<String> = validator
            .iter_errors(body)
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{what}: {}\n{body:#}", faults.join("\n"));
    }

    fn validator(&self, at: &str) -> &'static Validator {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        validators.entry(at.to_owned()).or_insert_with(|| {
            assert!(self.description.pointer(at).is_some(), "openapi.yaml has no {at}");
            let schema = json!({ "$ref": format!("{ADDRESS}#{at}") });
            let options = jsonschema::options().with_registry(&self.registry);
            Box::leak(Box::new(options.build(&schema).expect("a sound schema")))
        })
    }

    /// The described path that fits best: with as few parameters as possible.
    fn route_of(&self, path: &str) -> Option<&str> {
        let path = path.split('?').next().unwrap_or_default();
        let fitting = self.paths().map(|(route, _)| route).filter(|route| fits(route, path));
        fitting.min_by_key(|route| route.matches('{').count()).map(String::as_str)
    }

    fn paths(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.description["paths"].as_object().expect("paths").iter()
    }
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn fits(route: &str, path: &str) -> bool {
    let (route, path): (Vec<&str>, Vec<&str>) =
        (route.split('/').collect(), path.split('/').collect());
    let one = |(wanted, found): (&&str, &&str)| {
        wanted == found || (wanted.starts_with('{') && !found.is_empty())
    };
    route.len() == path.len() && route.iter().zip(&path).all(one)
}

/// A key of an object as it stands in a pointer that is part of an address.
fn pointer_part(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

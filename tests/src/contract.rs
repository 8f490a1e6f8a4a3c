//! The API as `openapi.yaml` describes it. Every answer that a test gets is held against it.

use std::sync::LazyLock;

use reqwest::Method;
use serde_json::{Value, json};

use crate::Answer;
use crate::description::{Description, escaped};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract(Description::read("openapi.yaml")));

/// The description, route by route.
#[derive(Debug)]
pub struct Contract(Description);

impl Contract {
    /// The description in this repository.
    pub fn of_this_version() -> &'static Self {
        &CONTRACT
    }

    /// The description as it is written.
    pub fn description(&self) -> &Value {
        self.0.content()
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
        self.0.hold(at, value, what);
    }

    /// Where the route is described that fits best: with as few parameters as possible.
    fn operation(&self, method: &Method, path: &str) -> Option<String> {
        let path = path.split('?').next().unwrap_or_default();
        let fitting = self.paths().map(|(route, _)| route).filter(|route| fits(route, path));
        let route = fitting.min_by_key(|route| route.matches('{').count())?;
        let at = format!("/paths/{}/{}", escaped(route), method.as_str().to_lowercase());
        self.description().pointer(&at).is_some().then_some(at)
    }

    /// A place, or the one that is meant where only a reference stands.
    fn resolved(&self, at: String) -> String {
        let found = self.description().pointer(&at).unwrap_or(&Value::Null);
        found["$ref"].as_str().map_or(at, |meant| meant.trim_start_matches('#').to_owned())
    }

    fn paths(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.description()["paths"].as_object().expect("paths").iter()
    }
}

fn fits(route: &str, path: &str) -> bool {
    let is_same = |(wanted, found): (&str, &str)| {
        wanted == found || (wanted.starts_with('{') && !found.is_empty())
    };
    route.split('/').count() == path.split('/').count()
        && route.split('/').zip(path.split('/')).all(is_same)
}

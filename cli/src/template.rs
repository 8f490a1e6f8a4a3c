//! What `template.yaml` says: the routes and the table. What runs on a laptop is read from the very
//! file that is deployed, so the two cannot drift apart.

use lambda_http::http::Method;
use serde::Deserialize;
use serde_json::Value;

/// The template of this version.
const TEMPLATE: &str = include_str!("../../template.yaml");

/// The deployed template.
#[derive(Debug)]
pub struct Template(Value);

/// One route of the HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The function that answers, by its name in the template.
    pub function: String,
    /// The method.
    pub method: Method,
    /// The path, with parameters in braces.
    pub path: String,
}

/// What web pages may send.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Cors {
    /// The headers, in lower case.
    pub allow_headers: Vec<String>,
    /// The methods.
    pub allow_methods: Vec<String>,
    /// How long a browser remembers it, in seconds.
    pub max_age: u64,
}

/// How Lambda hands a function the records of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StreamSource {
    /// How many records at once, at most.
    pub batch_size: usize,
    /// Which records.
    pub filter_criteria: FilterCriteria,
}

/// Records that fit one of the filters.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FilterCriteria {
    /// The filters.
    pub filters: Vec<EventFilter>,
}

/// A filter.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventFilter {
    /// A pattern of EventBridge: JSON.
    pub pattern: String,
}

/// A template that is not as this program needs it.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Not YAML.
    #[error("template.yaml cannot be read: {0}")]
    Syntax(String),
    /// A part is missing or of another form.
    #[error("template.yaml has no usable {0}")]
    Missing(&'static str),
}

impl Template {
    /// The template that this program was built with.
    ///
    /// # Errors
    /// [`TemplateError::Syntax`].
    pub fn built_in() -> Result<Self, TemplateError> {
        let parsed = serde_saphyr::from_str(TEMPLATE);
        parsed.map(Self).map_err(|error| TemplateError::Syntax(error.to_string()))
    }

    /// Every route of the HTTP API but the one for what no other answers.
    ///
    /// # Errors
    /// [`TemplateError::Missing`] when an event of the API has a method or a path alone.
    pub fn routes(&self) -> Result<Vec<Route>, TemplateError> {
        let events = self.api_events()?.filter(|(_, route)| !is_default(route));
        let routes = events.map(|(function, route)| {
            let method = route["Method"].as_str().and_then(|method| method.parse().ok());
            let path = route["Path"].as_str();
            Ok(Route {
                function: function.clone(),
                method: method.ok_or(TemplateError::Missing("method of a route"))?,
                path: path.ok_or(TemplateError::Missing("path of a route"))?.to_owned(),
            })
        });
        routes.collect()
    }

    /// The function that answers what no route is for, by its name in the template.
    ///
    /// # Errors
    /// [`TemplateError::Missing`] when there is none.
    pub fn default_function(&self) -> Result<&str, TemplateError> {
        let found = self.api_events()?.find(|(_, route)| is_default(route));
        found.map(|(function, _)| function.as_str()).ok_or(TemplateError::Missing("default route"))
    }

    /// What web pages may send, as the HTTP API's `CorsConfiguration` says it where there is one.
    ///
    /// # Errors
    /// [`TemplateError::Missing`] when it does not.
    pub fn cors(&self) -> Result<Cors, TemplateError> {
        // It is an `!If`: a condition, what holds then, and what holds otherwise.
        let told = self.properties("Api")?["CorsConfiguration"][1].clone();
        serde_json::from_value(told).map_err(|_| TemplateError::Missing("CorsConfiguration"))
    }

    /// The properties of the table, in the form of DynamoDB's CreateTable.
    ///
    /// # Errors
    /// [`TemplateError::Missing`] when there is no table.
    pub fn table(&self) -> Result<&Value, TemplateError> {
        let table = self.resources()?.find(|(_, one)| one["Type"] == "AWS::DynamoDB::Table");
        table.map(|(_, table)| &table["Properties"]).ok_or(TemplateError::Missing("table"))
    }

    /// How a function reads the stream of the table.
    ///
    /// # Errors
    /// [`TemplateError::Missing`] when none does.
    pub fn stream_source(&self) -> Result<StreamSource, TemplateError> {
        let source = &self.properties("PublishFunction")?["Events"]["Table"]["Properties"];
        serde_json::from_value(source.clone()).map_err(|_| TemplateError::Missing("stream"))
    }

    /// The properties of a resource, by its name.
    ///
    /// # Errors
    /// [`TemplateError::Missing`] when there is no such resource.
    pub fn properties(&self, name: &str) -> Result<&Value, TemplateError> {
        let found = self.resources()?.find(|(own, _)| *own == name);
        found.map(|(_, one)| &one["Properties"]).ok_or(TemplateError::Missing("such resource"))
    }

    /// The events of the HTTP API, each with the name of its function.
    fn api_events(&self) -> Result<impl Iterator<Item = (&String, &Value)>, TemplateError> {
        let functions =
            self.resources()?.filter(|(_, one)| one["Type"] == "AWS::Serverless::Function");
        Ok(functions.flat_map(|(function, one)| {
            let events = one["Properties"]["Events"].as_object();
            let events = events.into_iter().flat_map(|events| events.values());
            let events = events.filter(|event| event["Type"] == "HttpApi");
            events.map(move |event| (function, &event["Properties"]))
        }))
    }

    fn resources(&self) -> Result<impl Iterator<Item = (&String, &Value)>, TemplateError> {
        let resources = self.0["Resources"].as_object();
        resources.map(|all| all.iter()).ok_or(TemplateError::Missing("resources"))
    }
}

/// SAM takes an event with neither for `$default`.
fn is_default(route: &Value) -> bool {
    route["Method"].is_null() && route["Path"].is_null()
}

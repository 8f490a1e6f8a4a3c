//! What `template.yaml` says: the routes and the table. What runs on a laptop is read from the very
//! file that is deployed, so the two cannot drift apart.

use lambda_http::http::Method;
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

    /// Every route of the HTTP API.
    ///
    /// # Errors
    /// [`TemplateError::Missing`] when an event of the API has no method or path.
    pub fn routes(&self) -> Result<Vec<Route>, TemplateError> {
        let resources = self.resources()?;
        let functions =
            resources.filter(|(_, resource)| resource["Type"] == "AWS::Serverless::Function");
        let mut routes = Vec::new();
        for (function, resource) in functions {
            let events = resource["Properties"]["Events"].as_object();
            let events = events.into_iter().flat_map(|events| events.values());
            for event in events.filter(|event| event["Type"] == "HttpApi") {
                let route = &event["Properties"];
                let method = route["Method"].as_str().and_then(|method| method.parse().ok());
                routes.push(Route {
                    function: function.clone(),
                    method: method.ok_or(TemplateError::Missing("method of a route"))?,
                    path: route["Path"]
                        .as_str()
                        .ok_or(TemplateError::Missing("path of a route"))?
                        .to_owned(),
                });
            }
        }
        Ok(routes)
    }

    /// The properties of the table, in the form of DynamoDB's CreateTable.
    ///
    /// # Errors
    /// [`TemplateError::Missing`] when there is no table.
    pub fn table(&self) -> Result<&Value, TemplateError> {
        let table = self.resources()?.find(|(_, one)| one["Type"] == "AWS::DynamoDB::Table");
        table.map(|(_, table)| &table["Properties"]).ok_or(TemplateError::Missing("table"))
    }

    /// The properties of a resource, by its name.
    ///
    /// # Errors
    /// [`TemplateError::Missing`] when there is no such resource.
    pub fn properties(&self, name: &str) -> Result<&Value, TemplateError> {
        let found = self.resources()?.find(|(own, _)| *own == name);
        found.map(|(_, one)| &one["Properties"]).ok_or(TemplateError::Missing("such resource"))
    }

    fn resources(&self) -> Result<impl Iterator<Item = (&String, &Value)>, TemplateError> {
        let resources = self.0["Resources"].as_object();
        resources.map(|all| all.iter()).ok_or(TemplateError::Missing("resources"))
    }
}

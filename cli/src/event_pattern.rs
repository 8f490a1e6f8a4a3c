//! The patterns by which Lambda chooses among the records of a stream, as far as the template uses
//! them: which attributes are there, and which values they have.

use serde_json::Value;

use crate::template::{FilterCriteria, TemplateError};

/// Patterns of which a record must fit one.
#[derive(Debug)]
pub(crate) struct Patterns(Vec<Value>);

impl Patterns {
    /// Reads the filters of an event source.
    ///
    /// # Errors
    /// [`TemplateError`] when a pattern is no JSON, or says what is not understood here.
    pub(crate) fn read(criteria: &FilterCriteria) -> Result<Self, TemplateError> {
        let patterns = criteria.filters.iter().map(|filter| {
            let pattern: Option<Value> = serde_json::from_str(&filter.pattern).ok();
            pattern.filter(is_understood).ok_or(TemplateError::Missing("pattern of a filter"))
        });
        patterns.collect::<Result<_, _>>().map(Self)
    }

    /// Whether a record fits.
    pub(crate) fn fit(&self, record: &Value) -> bool {
        self.0.iter().any(|pattern| fits(pattern, Some(record)))
    }
}

fn is_understood(pattern: &Value) -> bool {
    let is_rule = |rule: &Value| match rule {
        Value::Object(rule) => rule.len() == 1 && rule.get("exists").is_some_and(Value::is_boolean),
        Value::Array(_) => false,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    };
    match pattern {
        Value::Object(fields) => fields.values().all(is_understood),
        Value::Array(rules) => rules.iter().all(is_rule),
        _ => false,
    }
}

/// All fields of an object must fit, and one of the rules for a value.
fn fits(pattern: &Value, found: Option<&Value>) -> bool {
    match pattern {
        Value::Object(fields) => fields
            .iter()
            .all(|(name, pattern)| fits(pattern, found.and_then(|found| found.get(name)))),
        Value::Array(rules) => rules.iter().any(|rule| match rule["exists"].as_bool() {
            Some(wanted) => wanted == found.is_some_and(|found| !found.is_object()),
            None => found == Some(rule),
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::template::{EventFilter, Template};

    fn patterns(texts: &[&str]) -> Result<Patterns, TemplateError> {
        let filters = texts.iter().map(|text| EventFilter { pattern: (*text).to_owned() });
        Patterns::read(&FilterCriteria { filters: filters.collect() })
    }

    #[test]
    fn the_templates_filters_let_through_what_has_something_to_tell() {
        let template = Template::built_in().unwrap();
        let patterns = Patterns::read(&template.stream_source().unwrap().filter_criteria).unwrap();
        let record = |image: Value| json!({ "dynamodb": { "NewImage": image } });
        for (image, expected) in [
            (json!({ "events": { "S": "[]" } }), true),
            (json!({ "engaged": { "S": "{}" } }), true),
            (json!({ "pk": { "S": "events" } }), false),
            (json!({ "events": { "N": "1" } }), false),
            (json!({}), false),
        ] {
            assert_eq!(patterns.fit(&record(image.clone())), expected, "{image}");
        }
        let removed = json!({ "dynamodb": { "OldImage": { "events": { "S": "[]" } } } });
        assert!(!patterns.fit(&removed));
    }

    #[test]
    fn a_value_is_one_of_those_that_are_named() {
        let patterns = patterns(&[r#"{"a":[1,"x"],"b":[{"exists":false}]}"#]).unwrap();
        assert!(patterns.fit(&json!({ "a": "x" })));
        assert!(patterns.fit(&json!({ "a": 1, "b": {} })));
        assert!(!patterns.fit(&json!({ "a": 2 })));
        assert!(!patterns.fit(&json!({ "a": 1, "b": null })));
    }

    #[test]
    fn a_pattern_that_is_not_understood_is_refused() {
        for text in ["", "1", r#"{"a":1}"#, r#"{"a":[{"prefix":"x"}]}"#, r#"{"a":[[1]]}"#] {
            assert!(patterns(&[text]).is_err(), "{text}");
        }
    }
}

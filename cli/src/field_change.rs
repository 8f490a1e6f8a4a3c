//! What is different between two settings or two offers, field by field.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

/// A field whose value is another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct FieldChange {
    /// Its name, as in `catalog.toml`.
    pub field: String,
    /// What it was; null where it was not there.
    pub old: Value,
    /// What it is.
    pub new: Value,
}

/// The fields that differ, by name. Where there was nothing before, every field does that has a
/// value.
pub(crate) fn field_changes<T: Serialize>(old: Option<&T>, new: &T) -> Vec<FieldChange> {
    let (old, new) = (old.map(fields).unwrap_or_default(), fields(new));
    // What is not there is none, on either side.
    let names: BTreeSet<String> = old.keys().chain(new.keys()).cloned().collect();
    let changes = names.into_iter().map(|field| {
        let value = |of: &Map<String, Value>| of.get(&field).cloned().unwrap_or_default();
        FieldChange { old: value(&old), new: value(&new), field }
    });
    changes.filter(|change| change.old != change.new).collect()
}

/// The fields of settings or of an offer.
pub(crate) fn fields(of: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(of) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// A value as a person reads it.
pub(crate) fn in_words(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) if values.is_empty() => "none".to_owned(),
        Value::Array(values) => values.iter().map(in_words).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let field = |(name, value)| format!("{name} {}", in_words(value));
            fields.iter().map(field).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} → {}", self.field, in_words(&self.old), in_words(&self.new))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let gone = field_changes(Some(&json!({ "provider": { "issuer": "x" } })), &json!({}));
        assert_eq!(gone[0].to_string(), "provider: issuer x → none");
        let old = json!({ "price": "7.99", "tags": ["a"], "group": null, "rank": 1 });
        let new = json!({ "price": "8.99", "tags": ["a", "b"], "group": "plans", "rank": 1 });
        let told: Vec<_> =
            field_changes(Some(&old), &new).iter().map(ToString::to_string).collect();
        assert_eq!(told, ["group: none → plans", "price: 7.99 → 8.99", "tags: a → a, b"]);
        assert_eq!(field_changes(Some(&new), &new), []);
        let first: Vec<_> = field_changes(None, &old).into_iter().map(|one| one.field).collect();
        assert_eq!(first, ["price", "rank", "tags"]);
    }
}

//! A description in YAML of what goes over the wire, and the JSON Schemas in it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use jsonschema::{Draft, Registry, Validator};
use serde_json::{Value, json};

/// The address that a description has among schemas.
const ADDRESS: &str = "urn:usher";

/// A description, and the schemas in it that were needed so far.
#[derive(Debug)]
pub struct Description {
    file: &'static str,
    content: Value,
    registry: Registry<'static>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Description {
    /// A description at the top of this repository. It is read when a test runs: a word in it builds
    /// nothing anew.
    ///
    /// # Panics
    /// When the file is no YAML, or a reference in it leads nowhere.
    pub fn read(file: &'static str) -> Self {
        Self::read_with(file, |_| {})
    }

    /// A description that is changed before anything is held against it.
    pub(crate) fn read_with(file: &'static str, change: impl FnOnce(&mut Value)) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
        let text = std::fs::read_to_string(path).expect(file);
        let mut content: Value = serde_saphyr::from_str(&text).expect(file);
        change(&mut content);
        let registry = Registry::new().draft(Draft::Draft202012);
        let registry = registry.add(ADDRESS, content.clone()).expect("an address");
        let registry = registry.prepare().expect("sound references");
        Self { file, content, registry, validators: Mutex::default() }
    }

    /// What is written in it.
    pub fn content(&self) -> &Value {
        &self.content
    }

    /// Holds a value against the schema at a place of the description, a JSON pointer.
    ///
    /// # Panics
    /// When there is no such place, or the value is not as the schema says.
    pub fn hold(&self, at: &str, value: &Value, what: &str) {
        let faults = self.faults(at, value, what);
        assert!(faults.is_empty(), "{what}: {at}\n{}\n{value:#}", faults.join("\n"));
    }

    /// Where a value is not as the schema at a place says.
    ///
    /// # Panics
    /// When there is no such place.
    pub fn faults(&self, at: &str, value: &Value, what: &str) -> Vec<String> {
        let validator = self.validator(at, what);
        let faults = validator.iter_errors(value);
        faults.map(|fault| format!("{} {fault}", fault.instance_path())).collect()
    }

    fn validator(&self, at: &str, what: &str) -> Arc<Validator> {
        assert!(self.content.pointer(at).is_some(), "{what}: {} has no {at}", self.file);
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
}

/// A key as it stands in a JSON pointer.
pub(crate) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

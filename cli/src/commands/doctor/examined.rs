//! One thing that was looked at, and how findings are told.

use std::fmt::Display;

use serde_json::{Value, json};

/// One thing that was looked at.
#[derive(Debug)]
pub(super) struct Examined {
    what: &'static str,
    found: String,
    /// The same for programs: numbers as numbers, times as times.
    values: Value,
    /// What to do, where something is wrong.
    todo: Option<String>,
    is_examined: bool,
}

impl Examined {
    /// Something that is as it should be.
    pub(super) fn well(what: &'static str, found: impl Into<String>, values: Value) -> Self {
        Self { what, found: found.into(), values, todo: None, is_examined: true }
    }

    /// The same as wrong, with what to do about it.
    pub(super) fn wrong(self, todo: impl Into<String>) -> Self {
        Self { todo: Some(todo.into()), ..self }
    }

    /// The same as wrong if it is.
    pub(super) fn wrong_if(self, is_wrong: bool, todo: impl Into<String>) -> Self {
        if is_wrong { self.wrong(todo) } else { self }
    }

    /// Something that could not be looked at. That is not as it should be.
    pub(super) fn unexamined(what: &'static str, why: impl Display) -> Self {
        let found = format!("could not be examined: {why}");
        Self { what, found, values: json!({}), todo: None, is_examined: false }
    }

    /// Whether it was looked at and is as it should be.
    pub(super) fn is_well(&self) -> bool {
        self.is_examined && self.todo.is_none()
    }
}

/// A line for each finding, and one for what to do.
pub(super) fn in_text(findings: &[Examined]) -> String {
    let line = |finding: &Examined| {
        let mark = if finding.is_well() { "✓" } else { "✗" };
        let todo = finding.todo.as_ref().map_or(String::new(), |todo| format!("\n    → {todo}"));
        format!("{mark} {}: {}{todo}", finding.what, finding.found)
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A list of objects.
pub(super) fn in_json(findings: &[Examined]) -> String {
    let findings = findings.iter().map(|finding| {
        json!({
            "what": finding.what,
            "ok": finding.is_well(),
            "examined": finding.is_examined,
            "found": finding.found,
            "todo": finding.todo,
            "values": finding.values,
        })
    });
    format!("{:#}", Value::Array(findings.collect()))
}

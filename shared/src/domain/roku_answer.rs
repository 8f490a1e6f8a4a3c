//! An answer of Roku's web service as fields, whether it came as JSON or as XML (`roku-pay.md` §3).

mod json;
mod xml;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::amounts::Amounts;
use super::fact;
use super::notification::{is_true, text_of};

/// The fields of an answer that is a success. What is null, empty or of an odd form is missing.
#[derive(Debug)]
pub(crate) struct Fields(Map<String, Value>);

/// What an answer is that is no success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoSuccess {
    /// Roku does not accept our API key.
    WrongKey,
    /// Roku says no, and in these words. It may be none.
    Refused(String),
    /// It is not an answer.
    Broken(BrokenAnswer),
}

/// Why what Roku sent is not an answer. It says nothing about what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BrokenAnswer {
    /// Longer than an answer can be, or not UTF-8.
    #[error("Roku's answer is too long or is not text")]
    NotText,
    /// The connection ended before the answer did.
    #[error("Roku's answer was cut off")]
    CutOff,
    /// HTTP 400 in words that we do not know.
    #[error("Roku takes the question for a bad request")]
    BadRequest,
    /// Neither a JSON object nor XML, or one with a field that is there twice.
    #[error("Roku's answer has no fields")]
    NoFields,
    /// Without a `status` that is a success or a failure.
    #[error("Roku's answer has no status")]
    NoStatus,
    /// A success without one of the fields that every success has.
    #[error("Roku's answer lacks a usable {0}")]
    Missing(&'static str),
}

impl From<BrokenAnswer> for NoSuccess {
    fn from(broken: BrokenAnswer) -> Self {
        Self::Broken(broken)
    }
}

impl Fields {
    /// Reads the body that Roku sent with HTTP 200, which by itself proves nothing.
    pub(crate) fn of_success(body: &str) -> Result<Self, NoSuccess> {
        let body = body.trim_start_matches('\u{feff}').trim();
        let fields = if body.starts_with('<') { xml::fields(body) } else { json::fields(body) };
        let fields = Self(fields.ok_or(BrokenAnswer::NoFields)?);
        match fields.text("status").map(|status| status.to_lowercase()).as_deref() {
            Some("0" | "success") => Ok(fields),
            Some("1" | "failure") => Err(fields.refusal()),
            _ => Err(BrokenAnswer::NoStatus.into()),
        }
    }

    fn refusal(&self) -> NoSuccess {
        let message = self.text("errorMessage").unwrap_or_default();
        if message.eq_ignore_ascii_case("unauthorized") {
            NoSuccess::WrongKey
        } else {
            NoSuccess::Refused(message)
        }
    }

    /// A text, or a whole number as text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        text_of(self.0.get(name)?)
    }

    /// A date in any of Roku's forms, its slashes escaped or not.
    pub(super) fn time(&self, name: &str) -> Option<Timestamp> {
        fact::parse_time(&self.text(name)?.replace("\\/", "/"))
    }

    /// Whether a field is there and true.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(is_true)
    }

    /// Whether a field is true or false; none where it is neither.
    pub(super) fn truth(&self, name: &str) -> Option<bool> {
        match self.0.get(name)? {
            Value::Bool(truth) => Some(*truth),
            other => text_of(other)?.to_ascii_lowercase().parse().ok(),
        }
    }

    /// The texts of a list, or the only one of a field that is none.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        match self.0.get(name) {
            Some(Value::Array(values)) => values.iter().filter_map(text_of).collect(),
            value => value.and_then(text_of).into_iter().collect(),
        }
    }

    /// What it says about money; its `amount` is a list price.
    pub(super) fn amounts(&self) -> Amounts {
        Amounts::read(&self.0, "amount")
    }

    /// What `parse` makes of a text; none if nothing.
    pub(super) fn parsed<T, E>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        parse(&self.text(name)?).ok()
    }
}

#[cfg(test)]
mod tests;

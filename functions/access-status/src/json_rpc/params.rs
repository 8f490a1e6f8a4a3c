//! The parameters of a call, as clients write them: numbers as text and text as numbers, and PHP's
//! empty maps as lists (`cleeng-api.md` §3.1, §10.9).

use std::borrow::Cow;

use serde_json::{Map, Value};

/// Parameters by name. They hold tokens and addresses, which `Debug` does not show.
#[derive(Clone, Default, PartialEq)]
pub struct Params(Map<String, Value>);

/// Why a value is not what a method takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

impl Params {
    /// Reads a map of names. Null and an empty list are empty maps.
    ///
    /// # Errors
    /// [`Unreadable`] when it is none.
    pub fn read(map: Option<&Value>) -> Result<Self, Unreadable> {
        match map {
            Some(Value::Object(map)) => Ok(Self(map.clone())),
            Some(Value::Array(list)) if list.is_empty() => Ok(Self::default()),
            None | Some(Value::Null) => Ok(Self::default()),
            Some(_) => Err(Unreadable),
        }
    }

    /// A text without the white space around it. Missing, null, empty and no text at all are one.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        let text = match self.0.get(name)? {
            Value::String(text) => Cow::Borrowed(text.trim()),
            Value::Number(number) => Cow::Owned(number.to_string()),
            _ => return None,
        };
        Some(text).filter(|text| !text.is_empty())
    }

    /// A whole number, also as text or with an empty fraction; none where it is missing, null or
    /// empty.
    ///
    /// # Errors
    /// [`Unreadable`] when something else is there.
    pub fn integer(&self, name: &str) -> Result<Option<i64>, Unreadable> {
        let text = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(_) => return Err(Unreadable),
        };
        if text.is_empty() {
            return Ok(None);
        }
        let whole = text.split_once('.').map_or(text.as_str(), |(whole, fraction)| {
            if fraction.bytes().all(|digit| digit == b'0') { whole } else { "" }
        });
        whole.parse().map(Some).map_err(|_| Unreadable)
    }

    /// A map inside.
    ///
    /// # Errors
    /// [`Unreadable`] when something else is there.
    pub fn map(&self, name: &str) -> Result<Self, Unreadable> {
        Self::read(self.0.get(name))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Debug for Params {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Params").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn params(map: Value) -> Params {
        Params::read(Some(&map)).unwrap()
    }

    #[test]
    fn numbers_are_texts_and_texts_are_numbers() {
        let text = |value| params(json!({ "x": value })).text("x").map(Cow::into_owned);
        for (value, expected) in [
            (json!(" a "), Some("a")),
            (json!(123), Some("123")),
            (json!(""), None),
            (json!(" "), None),
            (json!(null), None),
            (json!({}), None),
            (json!(true), None),
        ] {
            assert_eq!(text(value.clone()).as_deref(), expected, "{value}");
        }
        let integer = |value| params(json!({ "x": value })).integer("x");
        for (value, expected) in [
            (json!(12), Ok(Some(12))),
            (json!("12"), Ok(Some(12))),
            (json!(12.0), Ok(Some(12))),
            (json!("-3"), Ok(Some(-3))),
            (json!(""), Ok(None)),
            (json!(null), Ok(None)),
            (json!(1.5), Err(Unreadable)),
            (json!("1h"), Err(Unreadable)),
            (json!(1e300), Err(Unreadable)),
            (json!([]), Err(Unreadable)),
            (json!(true), Err(Unreadable)),
        ] {
            assert_eq!(integer(value.clone()), expected, "{value}");
        }
        assert_eq!(params(json!({})).integer("x"), Ok(None));
    }

    #[test]
    fn an_empty_list_is_an_empty_map_inside_as_well() {
        for empty in [json!([]), json!({}), json!(null)] {
            assert!(params(json!({ "criteria": empty })).map("criteria").unwrap().is_empty());
        }
        assert!(params(json!({})).map("criteria").unwrap().is_empty());
        assert_eq!(params(json!({ "criteria": [1] })).map("criteria"), Err(Unreadable));
        assert_eq!(params(json!({ "criteria": "x" })).map("criteria"), Err(Unreadable));
    }

    #[test]
    fn nothing_of_them_is_shown() {
        let shown = format!("{:?}", params(json!({ "customerToken": "secret" })));
        assert_eq!(shown, "Params { .. }");
    }
}

//! Fields from XML: the children of the root, by their local names.

use roxmltree::{Document, Node, ParsingOptions};
use serde_json::{Map, Value};

/// Where `nil="true"` comes from.
const XML_SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// Roku's answers have three levels. As with JSON, what has very many is not from Roku.
const MAX_DEPTH: usize = 128;
/// Roku shows one element where JSON has a list (`roku-pay.md` §3), and no page shows two. Those
/// may stand in it or beside it.
const LIST: &str = "cancelledTransactionIds";

/// The fields. None when it is no XML, has a DTD, or says something twice: nobody could tell which
/// of the two Roku means.
pub(super) fn fields(body: &str) -> Option<Map<String, Value>> {
    let options = ParsingOptions { allow_dtd: false, ..ParsingOptions::default() };
    let document = Document::parse_with_options(body, options).ok()?;
    if document.descendants().any(|node| node.ancestors().nth(MAX_DEPTH).is_some()) {
        return None;
    }
    let mut fields = Map::new();
    for element in document.root_element().children().filter(Node::is_element) {
        let name = element.tag_name().name();
        let value = match fields.remove(name) {
            None => value_of(element),
            Some(before) if name == LIST => {
                Value::Array([before, value_of(element)].into_iter().flat_map(into_list).collect())
            }
            Some(_) => return None,
        };
        fields.insert(name.to_owned(), value);
    }
    Some(fields)
}

/// A text, or the texts of what is nested.
fn value_of(element: Node<'_, '_>) -> Value {
    let mut nested = element.children().filter(Node::is_element).peekable();
    if nested.peek().is_some() {
        return Value::Array(nested.filter_map(text_of).collect());
    }
    text_of(element).unwrap_or_default()
}

fn text_of(element: Node<'_, '_>) -> Option<Value> {
    let nil = element.attribute((XML_SCHEMA_INSTANCE, "nil")).unwrap_or_default();
    if matches!(nil.trim(), "true" | "1") || element.children().any(|child| child.is_element()) {
        return None;
    }
    // A comment divides a text.
    let text: String = element.children().filter(Node::is_text).filter_map(|t| t.text()).collect();
    Some(text.trim()).filter(|text| !text.is_empty()).map(Value::from)
}

fn into_list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values,
        Value::Null => Vec::new(),
        value => vec![value],
    }
}

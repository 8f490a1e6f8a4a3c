//! The XML form of an answer: elements named as the members of the JSON (`roku-pay.md` §3).

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::Value;

/// The XML of an answer. What is null in JSON is missing.
pub(super) fn of(body: &Value) -> String {
    let mut xml = String::from("<result>");
    match body {
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            element(&mut xml, name, value);
        }),
        // Only a tester's own answer is none.
        other => xml.push_str(&text(other)),
    }
    xml.push_str("</result>");
    xml
}

fn element(xml: &mut String, name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Array(values) => values.iter().for_each(|value| element(xml, name, value)),
        Value::Number(status) if name == "status" => {
            let status = if status.as_u64() == Some(0) { "Success" } else { "Failure" };
            // Writing into text cannot fail.
            let _ = write!(xml, "<{name}>{status}</{name}>");
        }
        value => {
            let _ = write!(xml, "<{name}>{}</{name}>", text(value));
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => escaped(&date(text).unwrap_or_else(|| text.clone())),
        other => escaped(&other.to_string()),
    }
}

/// A date as XML has it: ISO without a zone, in UTC, to the second.
fn date(text: &str) -> Option<String> {
    let ms = text.strip_prefix("/Date(")?.strip_suffix("+0000)/")?.parse().ok()?;
    let moment = Timestamp::from_millisecond(ms).ok()?;
    Some(moment.strftime("%Y-%m-%dT%H:%M:%S").to_string())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_become_elements() {
        let answer = json!({
            "cancelledTransactionIds": ["abc"],
            "couponCode": null,
            "expirationDate": "/Date(1581033062000+0000)/",
            "isEntitled": true,
            "productName": "Tom & Jerry <HD>",
            "status": 0,
            "total": 0.13,
        });
        let expected = "<result><cancelledTransactionIds>abc</cancelledTransactionIds>\
            <expirationDate>2020-02-06T23:51:02</expirationDate><isEntitled>true</isEntitled>\
            <productName>Tom &amp; Jerry &lt;HD&gt;</productName><status>Success</status>\
            <total>0.13</total></result>";
        assert_eq!(of(&answer), expected);
    }

    #[test]
    fn a_failure_and_a_testers_own_answer_are_xml_too() {
        let failure = json!({ "errorMessage": "UNAUTHORIZED", "status": 1 });
        let expected = "<result><errorMessage>UNAUTHORIZED</errorMessage>\
            <status>Failure</status></result>";
        assert_eq!(of(&failure), expected);
        assert_eq!(of(&json!("truncat")), "<result>truncat</result>");
    }
}

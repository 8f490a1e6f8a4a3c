//! What Roku says about money, exact to the last digit.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// No amount is larger, in any currency; what is larger is no amount. So no sum overflows.
const LARGEST: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// The amounts of a push or of an answer (`roku-pay.md` §2.1, §3). Each may be missing: most types
/// of push carry none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amounts {
    /// The list price, or what was given back (negative).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Decimal>,
    /// What was charged, tax included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Decimal>,
    /// The tax in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax: Option<Decimal>,
    /// What was paid with a credit, the rest of an old term for one, and is not in `total`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credits_applied: Option<Decimal>,
    /// ISO 4217, in the case that Roku sent; pushes have lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

impl Amounts {
    /// Reads the amounts of a message, whose list price stands under `price_field`.
    pub(super) fn read(fields: &Map<String, Value>, price_field: &str) -> Self {
        let amount = |name: &str| decimal_of(fields.get(name)?);
        let currency = fields.get("currency").and_then(Value::as_str);
        Self {
            price: amount(price_field),
            total: amount("total"),
            tax: amount("tax"),
            credits_applied: amount("creditsApplied"),
            currency: currency.map(str::to_owned).filter(|code| code.len() == 3),
        }
    }

    /// What was charged without tax; none where Roku does not say.
    pub fn net(&self) -> Option<Decimal> {
        Some(self.total? - self.tax.unwrap_or_default())
    }

    /// What the customer gave for the term, in money and in credit, without tax.
    pub fn value(&self) -> Option<Decimal> {
        Some(self.net()? + self.credits_applied.unwrap_or_default())
    }

    /// Whether the currency is this one, be it in upper or lower case. One that is not told is.
    pub fn is_in(&self, currency: &str) -> bool {
        self.currency.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(currency))
    }
}

/// A number as Roku wrote it, or a text that is one. `-0.00` is a legal amount of Roku's, and zero.
fn decimal_of(value: &Value) -> Option<Decimal> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    let exact = text.parse().or_else(|_| Decimal::from_scientific(&text));
    let amount = exact.ok().map(|amount: Decimal| amount.normalize());
    amount.filter(|amount| amount.abs() <= LARGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amounts(message: &str) -> Amounts {
        Amounts::read(&serde_json::from_str(message).unwrap(), "price")
    }

    #[test]
    fn amounts_are_exact() {
        for (number, text) in [
            ("7.99", "7.99"),
            ("-1.06", "-1.06"),
            ("-0.00", "0"),
            ("0.0", "0"),
            ("1e2", "100"),
            ("1.5E-2", "0.015"),
            ("13", "13"),
            ("\"0.99\"", "0.99"),
            ("0.1", "0.1"),
        ] {
            let read = amounts(&format!("{{\"total\":{number}}}")).total.unwrap();
            assert_eq!(read.to_string(), text, "{number}");
        }
        for number in ["null", "\"free\"", "{}", "1e300", "7.9e28", "-1000000001"] {
            assert_eq!(amounts(&format!("{{\"total\":{number}}}")).total, None, "{number}");
        }
    }

    #[test]
    fn a_term_is_worth_what_was_given_for_it_without_tax() {
        let paid = amounts(r#"{"total":8.64,"tax":0.64,"creditsApplied":3.99,"currency":"usd"}"#);
        assert_eq!(paid.net(), Some(Decimal::new(8, 0)));
        assert_eq!(paid.value(), Some(Decimal::new(1199, 2)));
        assert!(paid.is_in("USD") && !paid.is_in("EUR"));
        assert_eq!(amounts("{}").value(), None);
    }
}

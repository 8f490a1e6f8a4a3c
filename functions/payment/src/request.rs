//! The body of `POST /roku/payment` (`cleeng-api.md` §1.2, §1.3): a claim, read and not believed.
//!
//! Lenient where clients differ (unknown keys, money as number or as a device shows it, the
//! customer by e-mail or by token) and exact about what is wrong.

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Map, Value};
use usher::domain::email::Email;
use usher::domain::id::{CustomerId, TransactionId};
use usher::domain::offer::OfferId;
use usher::domain::receipt::{Receipt, transaction_shown};

/// A claim as it was posted.
#[derive(Debug)]
pub struct UnverifiedReceipt {
    /// Who is said to have bought; who shows it themselves need not say.
    pub customer: Option<ClaimedCustomer>,
    offer: OfferId,
    transaction: TransactionId,
    purchase_id: String,
    order: Map<String, Value>,
}

/// Who is said to have bought.
#[derive(Debug)]
pub enum ClaimedCustomer {
    /// `customerEmail`.
    Email(Email),
    /// `customerToken`, in older bodies.
    Token(SecretString),
}

/// A body that is not a receipt: which field is wrong, and how.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct InvalidField {
    field: &'static str,
    problem: String,
}

impl InvalidField {
    fn new(field: &'static str, problem: impl ToString) -> Self {
        Self { field, problem: problem.to_string() }
    }
}

impl UnverifiedReceipt {
    /// Reads a body.
    ///
    /// # Errors
    /// [`InvalidField`] names the first field that is wrong.
    pub fn parse(body: &[u8]) -> Result<Self, InvalidField> {
        let body: Map<String, Value> = serde_json::from_slice(body)
            .map_err(|_| InvalidField::new("body", "must be a JSON object"))?;
        let customer = claimed_customer(&body)?;
        let offer = required_text(&body, "offerId", "offerId")?;
        let offer = OfferId::parse(offer).map_err(|why| InvalidField::new("offerId", why))?;
        let order = match body.get("order") {
            Some(Value::Object(order)) => order.clone(),
            // The oldest body names the transaction and nothing of the order.
            Some(Value::Null) | None if body.contains_key("rokuTransactionId") => {
                Map::from_iter([("purchaseId".to_owned(), body["rokuTransactionId"].clone())])
            }
            Some(Value::Null) | None => return Err(InvalidField::new("order", "is missing")),
            Some(_) => return Err(InvalidField::new("order", "must be an object")),
        };
        let purchase_id = required_text(&order, "purchaseId", "order.purchaseId")?.to_owned();
        let transaction = transaction_shown(&purchase_id)
            .map_err(|why| InvalidField::new("order.purchaseId", why))?;
        optional_text(&order, "code", "order.code")?;
        optional_number(&order, "qty", "order.qty")?;
        optional_number(&order, "amount", "order.amount")?;
        optional_number(&order, "total", "order.total")?;
        optional_text(&body, "ipAddress", "ipAddress")?;
        Ok(Self { customer, offer, transaction, purchase_id, order })
    }

    /// The claim as it is kept, once it is known which customer makes it.
    pub fn of(self, customer: CustomerId, received_at: Timestamp) -> Receipt {
        Receipt {
            customer,
            transaction: self.transaction,
            purchase_id: self.purchase_id,
            offer: self.offer,
            order: Value::Object(self.order).to_string(),
            received_at,
        }
    }
}

fn claimed_customer(body: &Map<String, Value>) -> Result<Option<ClaimedCustomer>, InvalidField> {
    if let Some(email) = optional_text(body, "customerEmail", "customerEmail")? {
        let email = Email::parse(email).map_err(|why| InvalidField::new("customerEmail", why))?;
        return Ok(Some(ClaimedCustomer::Email(email)));
    }
    let token = optional_text(body, "customerToken", "customerToken")?;
    Ok(token.map(|token| ClaimedCustomer::Token(SecretString::from(token))))
}

fn required_text<'a>(
    object: &'a Map<String, Value>,
    name: &str,
    field: &'static str,
) -> Result<&'a str, InvalidField> {
    optional_text(object, name, field)?.ok_or_else(|| InvalidField::new(field, "is missing"))
}

/// A text; absent, null and empty are one.
fn optional_text<'a>(
    object: &'a Map<String, Value>,
    name: &str,
    field: &'static str,
) -> Result<Option<&'a str>, InvalidField> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
        Some(_) => Err(InvalidField::new(field, "must be a string")),
    }
}

/// A number, or a text that shows one.
fn optional_number(
    object: &Map<String, Value>,
    name: &str,
    field: &'static str,
) -> Result<(), InvalidField> {
    let valid = match object.get(name) {
        None | Some(Value::Null | Value::Number(_)) => true,
        Some(Value::String(text)) => shows_a_number(text),
        Some(_) => false,
    };
    let problem = "must be a number, or a string that shows one";
    if valid { Ok(()) } else { Err(InvalidField::new(field, problem)) }
}

/// Whether a text shows an amount as a device does (`$7.99`, `7,99 €`, `MX$1,299.00`), or is empty.
fn shows_a_number(text: &str) -> bool {
    text.trim().is_empty() || text.contains(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::json;

    use super::*;

    const NO_TRANSACTION_ID: &str = "order.purchaseId must be ASCII without spaces, and not a path";

    fn parse(body: &Value) -> Result<UnverifiedReceipt, String> {
        UnverifiedReceipt::parse(body.to_string().as_bytes()).map_err(|error| error.to_string())
    }

    fn documented() -> Value {
        json!({
            "customerEmail": "ann@example.com",
            "offerId": "S123456789_US",
            "order": { "purchaseId": "abc-1", "code": "S123456789-US", "amount": 7.99, "qty": 1, "total": 8.55 },
            "ipAddress": "192.0.2.7",
        })
    }

    #[test]
    fn the_documented_body_and_its_older_forms_are_read() {
        let received = Timestamp::UNIX_EPOCH;
        let receipt =
            parse(&documented()).unwrap().of(CustomerId::parse("100000001").unwrap(), received);
        assert_eq!(receipt.transaction.as_str(), "abc1");
        assert_eq!(receipt.purchase_id, "abc-1");
        assert_eq!(receipt.offer.as_str(), "S123456789_US");

        let older = json!({
            "customerToken": "abc", "offerId": "S123456789_US", "receipt": {}, "appType": "roku",
            "order": { "purchaseId": "1", "amount": "$7.99", "total": "8,55 €", "qty": "1" },
        });
        let oldest = json!({
            "paymentEvent": "new", "customerToken": "abc", "offerId": "S123456789_US",
            "rokuTransactionId": "abc-1",
        });
        assert_eq!(parse(&oldest).unwrap().purchase_id, "abc-1");
        let claimed = parse(&older).unwrap().customer;
        assert!(
            matches!(claimed, Some(ClaimedCustomer::Token(token)) if token.expose_secret() == "abc")
        );
    }

    #[test]
    fn a_wrong_field_is_named() {
        let long = "x".repeat(1025);
        let cases = [
            ("/customerEmail", json!(7), "customerEmail must be a string"),
            (
                "/customerEmail",
                json!("ann"),
                "customerEmail must be an e-mail address of at most 254 characters",
            ),
            ("/offerId", json!(""), "offerId is missing"),
            (
                "/offerId",
                json!("S 1"),
                "offerId must be 1 to 64 letters, digits, `_` or `-`, as in S123456789_US",
            ),
            ("/order", json!([]), "order must be an object"),
            ("/order", json!(null), "order is missing"),
            ("/order/purchaseId", json!(5), "order.purchaseId must be a string"),
            (
                "/order/purchaseId",
                json!(long),
                "order.purchaseId must not be longer than 1024 bytes",
            ),
            ("/order/purchaseId", json!("a\tb"), NO_TRANSACTION_ID),
            ("/order/purchaseId", json!(".."), NO_TRANSACTION_ID),
            (
                "/order/amount",
                json!("free"),
                "order.amount must be a number, or a string that shows one",
            ),
            ("/order/total", json!({}), "order.total must be a number, or a string that shows one"),
            ("/order/qty", json!(true), "order.qty must be a number, or a string that shows one"),
            ("/ipAddress", json!(1), "ipAddress must be a string"),
        ];
        for (field, value, problem) in cases {
            let mut body = documented();
            *body.pointer_mut(field).unwrap() = value;
            assert_eq!(parse(&body).map(|_| ()), Err(problem.to_owned()), "{field}");
        }
        assert_eq!(parse(&json!([])).map(|_| ()), Err("body must be a JSON object".to_owned()));
    }
}

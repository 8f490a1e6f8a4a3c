//! One push: what Roku signed and sent on its own.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::amounts::Amounts;
use super::fact::{self, Unreadable};
use super::id::{PurchaseId, RokuCustomerId, RokuProductId, TransactionId};
use super::transaction_type::TransactionType;

/// Personal data that an Instant Signup push carries beside the sale (`roku-pay.md` §2.1). It is
/// dropped before the push is kept: nothing here needs it.
const PERSONAL_FIELDS: [&str; 9] = [
    "email",
    "zip",
    "gender",
    "firstName",
    "lastName",
    "birthMonth",
    "birthYear",
    "federationToken",
    "pucId",
];

/// A push whose signature was checked. There is no way to make one outside this crate: the
/// functions get it from [`crate::roku::public_keys`], or from the store, which kept what that gave.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Notification {
    /// Roku's `x-Roku-message-key`: the same push sent again has the same key.
    pub message_key: String,
    /// What happened.
    pub transaction_type: TransactionType,
    /// Whose account it happened to.
    pub roku_customer: RokuCustomerId,
    /// The channel it was bought in.
    pub channel: Option<String>,
    /// The chain it belongs to; a `Credit` belongs to none.
    pub purchase: Option<PurchaseId>,
    /// The chain's id as Roku wrote it, where ids are compared otherwise.
    pub purchase_spelled: Option<String>,
    /// The charge, where the type [is one](TransactionType::is_charge); else the event's own id.
    pub transaction: Option<TransactionId>,
    /// When the chain began. Not told with the first sale, whose own date it is.
    pub purchased_at: Option<Timestamp>,
    /// What was bought.
    pub product: Option<RokuProductId>,
    /// When it happened, by Roku's clock. Pushes are ordered by this.
    pub event_at: Timestamp,
    /// When the term ends, or a downgrade starts.
    pub expires_at: Option<Timestamp>,
    /// Whether a trial begins. Roku sets it on sales only (`roku-pay.md` §2.1).
    pub is_free_trial: bool,
    /// What Roku says about money.
    pub amounts: Amounts,
    /// When the token around the push expired or will: recorded, not enforced.
    pub token_expires_at: Option<Timestamp>,
    /// What Roku said, less personal data: JSON.
    pub message: String,
}

impl Notification {
    /// Reads a push that Roku signed. Only what the account cannot do without must be there: the
    /// customer, the type, the date. A field of an odd form counts as missing.
    ///
    /// # Errors
    /// [`Unreadable`] names what is missing; Roku's dashboard test sends plain text, for example.
    pub(crate) fn read(message_key: &str, message: &str) -> Result<Self, Unreadable> {
        let fields = impersonal(message).ok_or(Unreadable::NotAnObject)?;

        let text = |name: &str| text_of(fields.get(name)?);
        let time = |name: &str| fact::parse_time(&text(name)?);
        let required = |name: &'static str| text(name).ok_or(Unreadable::Missing(name));

        let transaction_type = TransactionType::parse(&required("transactionType")?);
        let roku_customer = RokuCustomerId::parse(&required("customerId")?)
            .map_err(|_| Unreadable::Missing("customerId"))?;
        let event_at = time("eventDate").ok_or(Unreadable::Missing("eventDate"))?;
        let transaction = text("transactionId").and_then(|id| TransactionId::parse(&id).ok());
        // The first sale of a chain names it, and old sales name nothing else (§2.1, §2.2).
        let purchase = text("originalTransactionId")
            .and_then(|id| PurchaseId::parse(&id).ok())
            .or_else(|| {
                let first = transaction.as_ref().filter(|_| transaction_type.is_sale());
                first.map(PurchaseId::of_first)
            });
        let written = text("originalTransactionId").or_else(|| text("transactionId"));
        Ok(Self {
            message_key: message_key.to_owned(),
            purchase_spelled: purchase.as_ref().and_then(|id| id.spelling(&written?)),
            roku_customer,
            channel: text("channelId"),
            purchase,
            transaction,
            purchased_at: time("originalPurchaseDate"),
            product: text("productCode").and_then(|code| RokuProductId::parse(&code).ok()),
            event_at,
            expires_at: time("expirationDate"),
            is_free_trial: fields.get("isFreeTrial").is_some_and(is_true),
            amounts: Amounts::read(&fields, "price"),
            transaction_type,
            token_expires_at: None,
            message: impersonal_text(message),
        })
    }

    /// The same push with the expiry of the token around it.
    pub(crate) fn in_token_until(self, token_expires_at: Option<Timestamp>) -> Self {
        Self { token_expires_at, ..self }
    }
}

/// A message less personal data: word for word where it holds none. Written anew it may be longer.
pub(crate) fn impersonal_text(message: &str) -> String {
    match serde_json::from_str::<Map<String, Value>>(message) {
        Ok(fields) if PERSONAL_FIELDS.iter().any(|name| fields.contains_key(*name)) => {
            impersonal(message).map(Value::Object).unwrap_or_default().to_string()
        }
        _ => message.to_owned(),
    }
}

/// The fields of a message, less personal data; none if it has no fields.
pub(crate) fn impersonal(message: &str) -> Option<Map<String, Value>> {
    let mut fields: Map<String, Value> = serde_json::from_str(message).ok()?;
    PERSONAL_FIELDS.iter().for_each(|name| drop(fields.remove(*name)));
    Some(fields)
}

/// The text of a string or a whole number; Roku writes `channelId` both ways.
pub(crate) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}

/// Whether a value is `true`, as a boolean or in words.
pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(value) => *value,
        Value::String(text) => text.eq_ignore_ascii_case("true"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALE: &str = r#"{"customerId":"2df58f54b4f7540ca3aa31ce8bec1fe7","transactionType":"Sale","transactionId":"abcb0b53015211edb4490a58a9feac0c","channelId":"1143791","productCode":"UQcEYh2fVuKqS6cTuR3X_MonthlySub","price":0.99,"total":0.99,"tax":-0.00,"currency":"usd","originalTransactionId":"abcb0b53015211edb4490a58a9feac0c","eventDate":"2022-07-11T19:50:18.8597086Z","expirationDate":"2022-08-11T19:50:16Z","isFreeTrial":false}"#;

    #[test]
    fn a_sale_as_roku_documents_it() {
        let sale = Notification::read("key", SALE).unwrap();
        assert_eq!(sale.transaction_type, TransactionType::Sale);
        assert_eq!(sale.purchase.unwrap().as_str(), "abcb0b53015211edb4490a58a9feac0c");
        assert_eq!(sale.product.unwrap().as_str(), "UQcEYh2fVuKqS6cTuR3X_MonthlySub");
        assert_eq!(sale.event_at.to_string(), "2022-07-11T19:50:18.8597086Z");
        assert_eq!(sale.amounts.net().unwrap().to_string(), "0.99");
    }

    #[test]
    fn a_sale_without_original_id_starts_its_own_chain() {
        let old = r#"{"customerId":"c","transactionType":"Sale","transactionId":"AB-1","eventDate":"2016-01-01T00:00:00Z"}"#;
        assert_eq!(Notification::read("key", old).unwrap().purchase.unwrap().as_str(), "ab1");
        let credit = old.replace("Sale", "Credit");
        assert_eq!(Notification::read("key", &credit).unwrap().purchase, None);
    }

    #[test]
    fn personal_data_is_not_kept() {
        let signup = SALE.replacen(
            '{',
            r#"{"email":"ann@example.com","firstName":"Ann","zip":"95032","birthYear":1990,"#,
            1,
        );
        let kept = Notification::read("key", &signup).unwrap().message;
        for personal in ["ann@example.com", "Ann", "95032", "1990", "email"] {
            assert!(!kept.contains(personal), "{personal}");
        }
        assert!(kept.contains("MonthlySub"));
        let as_it_came = SALE.replacen('{', r#"{"odd":1e15, "#, 1);
        assert_eq!(Notification::read("key", &as_it_came).unwrap().message, as_it_came);
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let cases = [
            ("hello from the dashboard", Unreadable::NotAnObject),
            ("[]", Unreadable::NotAnObject),
            ("{}", Unreadable::Missing("transactionType")),
            (r#"{"transactionType":"Sale"}"#, Unreadable::Missing("customerId")),
            (r#"{"transactionType":"Sale","customerId":{}}"#, Unreadable::Missing("customerId")),
            (
                r#"{"transactionType":"Sale","customerId":"c","eventDate":"soon"}"#,
                Unreadable::Missing("eventDate"),
            ),
        ];
        for (message, why) in cases {
            assert_eq!(Notification::read("key", message), Err(why), "{message}");
        }
    }
}

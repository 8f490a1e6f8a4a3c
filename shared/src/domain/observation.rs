//! One look: what Roku answered when we asked about a purchase.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::amounts::Amounts;
use super::fact;
use super::id::{PurchaseId, RokuCustomerId, RokuProductId, TransactionId};
use super::notification::{is_true, text_of};
use super::plan_change::Direction;

/// Roku's answer to validate-transaction (`roku-pay.md` §3), which comes with HTTP 200 whether or
/// not Roku knows the transaction.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Roku knows the transaction.
    Known(Box<Observation>),
    /// Roku does not know it, or it is another developer's.
    Unknown,
    /// Roku does not accept our API key. Says nothing about the transaction.
    WrongKey,
}

/// What Roku said of a purchase at a moment. Made only from Roku's own answer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Observation {
    /// When we asked, by our clock. Facts are ordered by this.
    pub observed_at: Timestamp,
    /// Whose account it is.
    pub roku_customer: RokuCustomerId,
    /// The chain.
    pub purchase: PurchaseId,
    /// The charge that Roku describes.
    pub transaction: TransactionId,
    /// When the chain began, where Roku says so.
    pub purchased_at: Option<Timestamp>,
    /// What was bought.
    pub product: RokuProductId,
    /// When the term ends, or a downgrade starts. None for what is bought once.
    pub expires_at: Option<Timestamp>,
    /// Whether Roku says that the customer may watch. Do not trust it while `status` is
    /// [`PurchaseStatus::PendingActive`]: Roku's pages contradict each other (`roku-pay.md` §4).
    pub is_entitled: bool,
    /// Whether the customer turned renewals off.
    pub cancelled: bool,
    /// Roku's `purchaseStatus`.
    pub status: PurchaseStatus,
    /// Roku's `purchaseType`: whether the purchase came about by a change of plan.
    pub change: Option<Direction>,
    /// Roku's `cancelledTransactionIds`: the purchases that it replaces, each by its chain or by
    /// its latest charge.
    pub replaces: Vec<PurchaseId>,
    /// What Roku says about money.
    pub amounts: Amounts,
    /// The channel that it was bought in; none where Roku names none (`roku-pay.md` §3: 0).
    pub channel: Option<String>,
    /// Roku's answer as it came: JSON.
    pub answer: String,
}

/// Roku's `purchaseStatus`, of which its pages show several spellings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PurchaseStatus {
    /// In force; also what a word that we do not know is taken for, because `is_entitled` decides.
    Active,
    /// Over.
    Inactive,
    /// A downgrade that has not started.
    PendingActive,
    /// Suspended by an upgrade that is in its trial.
    PendingInactive,
}

/// Why Roku's answer is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BrokenAnswer {
    /// Not a JSON object with a `status`.
    #[error("Roku's answer is not a JSON object with a status")]
    NoStatus,
    /// A success without one of the fields that every success has.
    #[error("Roku's answer lacks a usable {0}")]
    Missing(&'static str),
}

impl Answer {
    /// Reads the body that Roku sent with HTTP 200.
    ///
    /// # Errors
    /// [`BrokenAnswer`] when it is truncated, wrongly typed, or not from Roku at all.
    pub(crate) fn read(body: &str, observed_at: Timestamp) -> Result<Self, BrokenAnswer> {
        let fields: Map<String, Value> =
            serde_json::from_str(body).map_err(|_| BrokenAnswer::NoStatus)?;
        let status = fields.get("status").and_then(text_of).ok_or(BrokenAnswer::NoStatus)?;
        if status == "0" || status.eq_ignore_ascii_case("success") {
            let observation = Observation::read(&fields, body, observed_at)?;
            return Ok(Self::Known(Box::new(observation)));
        }
        let message = fields.get("errorMessage").and_then(text_of).unwrap_or_default();
        let unauthorized = message.eq_ignore_ascii_case("unauthorized");
        Ok(if unauthorized { Self::WrongKey } else { Self::Unknown })
    }
}

impl Observation {
    fn read(
        fields: &Map<String, Value>,
        body: &str,
        observed_at: Timestamp,
    ) -> Result<Self, BrokenAnswer> {
        let text = |name: &str| text_of(fields.get(name)?);
        let time = |name: &str| fact::parse_time(&text(name)?);
        let flag = |name: &str| fields.get(name).is_some_and(is_true);
        let transaction = text("transactionId").and_then(|id| TransactionId::parse(&id).ok());
        let transaction = transaction.ok_or(BrokenAnswer::Missing("transactionId"))?;
        let roku_customer = text("rokuCustomerId").and_then(|id| RokuCustomerId::parse(&id).ok());
        let product = text("productId").and_then(|code| RokuProductId::parse(&code).ok());
        let original = text("OriginalTransactionId").or_else(|| text("originalTransactionId"));
        Ok(Self {
            observed_at,
            roku_customer: roku_customer.ok_or(BrokenAnswer::Missing("rokuCustomerId"))?,
            purchase: original
                .and_then(|id| PurchaseId::parse(&id).ok())
                .unwrap_or_else(|| PurchaseId::of_first(&transaction)),
            transaction,
            product: product.ok_or(BrokenAnswer::Missing("productId"))?,
            expires_at: time("expirationDate"),
            purchased_at: time("originalPurchaseDate"),
            is_entitled: flag("isEntitled"),
            cancelled: flag("cancelled"),
            status: PurchaseStatus::parse(&text("purchaseStatus").unwrap_or_default()),
            change: Direction::parse(&text("purchaseType").unwrap_or_default()),
            replaces: fields.get("cancelledTransactionIds").map(purchases).unwrap_or_default(),
            amounts: Amounts::read(fields, "amount"),
            channel: text("channelId").filter(|id| id.bytes().any(|digit| digit != b'0')),
            answer: body.to_owned(),
        })
    }

    /// Reads an observation back that was kept.
    pub(crate) fn read_kept(answer: &str, observed_at: Timestamp) -> Option<Self> {
        match Answer::read(answer, observed_at) {
            Ok(Answer::Known(observation)) => Some(*observation),
            _ => None,
        }
    }
}

impl PurchaseStatus {
    fn parse(word: &str) -> Self {
        match word.replace('_', "").to_lowercase().as_str() {
            "inactive" => Self::Inactive,
            "pendingactive" => Self::PendingActive,
            "pendinginactive" => Self::PendingInactive,
            _ => Self::Active,
        }
    }
}

/// One id or a list of them.
fn purchases(value: &Value) -> Vec<PurchaseId> {
    let one = std::slice::from_ref(value);
    let ids = value.as_array().map_or(one, Vec::as_slice);
    ids.iter().filter_map(text_of).filter_map(|id| PurchaseId::parse(&id).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &str = r#"{"OriginalTransactionId":"ABC-1","amount":7.99,"cancelled":false,"cancelledTransactionIds":["old-1"],"channelId":1143791,"errorCode":null,"errorDetails":null,"errorMessage":"","expirationDate":"\/Date(1581033062000+0000)\/","isEntitled":true,"productId":"S123456789-US","purchaseStatus":"Pending_Active","purchaseType":"DOWNGRADE","rokuCustomerId":"C-1","status":0,"tax":0.0,"total":7.99,"transactionId":"abc-2"}"#;

    fn read(body: &str) -> Result<Answer, BrokenAnswer> {
        Answer::read(body, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn an_answer_as_roku_documents_it() {
        let Answer::Known(seen) = read(KNOWN).unwrap() else { panic!("known") };
        assert_eq!(seen.purchase.as_str(), "abc1");
        assert_eq!(seen.transaction.as_str(), "abc2");
        assert_eq!(seen.expires_at.unwrap().to_string(), "2020-02-06T23:51:02Z");
        assert_eq!(seen.status, PurchaseStatus::PendingActive);
        assert_eq!(seen.change, Some(Direction::Downgrade));
        assert_eq!(seen.replaces, [PurchaseId::parse("old1").unwrap()]);
        assert!(seen.is_entitled && !seen.cancelled);
    }

    #[test]
    fn http_200_alone_proves_nothing() {
        assert_eq!(read(r#"{"status":1,"errorMessage":"UNAUTHORIZED"}"#), Ok(Answer::WrongKey));
        assert_eq!(read(r#"{"status":1,"errorMessage":"no such thing"}"#), Ok(Answer::Unknown));
        assert_eq!(read(r#"{"status":0}"#), Err(BrokenAnswer::Missing("transactionId")));
        assert_eq!(read(&KNOWN[..80]), Err(BrokenAnswer::NoStatus));
        assert_eq!(read("<html>"), Err(BrokenAnswer::NoStatus));
    }

    #[test]
    fn an_observation_survives_being_kept() {
        let Answer::Known(seen) = read(KNOWN).unwrap() else { panic!("known") };
        assert_eq!(Observation::read_kept(&seen.answer, seen.observed_at), Some(*seen));
    }
}

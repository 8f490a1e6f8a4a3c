//! One look: what Roku answered when we asked about a purchase.

use jiff::Timestamp;

use super::amounts::Amounts;
use super::id::{PurchaseId, RokuCustomerId, RokuProductId, TransactionId};
use super::plan_change::Direction;
use super::roku_answer::{BrokenAnswer, Fields, NoSuccess};

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
    /// The chain's id as Roku wrote it, where ids are compared otherwise.
    pub purchase_spelled: Option<String>,
    /// The charge that Roku describes.
    pub transaction: TransactionId,
    /// When that charge was made, where Roku says so.
    pub charged_at: Option<Timestamp>,
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
    /// Roku's answer as it came, word for word: JSON or XML.
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

impl Observation {
    /// Reads the body that Roku sent with HTTP 200 when asked about a transaction.
    pub(crate) fn read(body: &str, observed_at: Timestamp) -> Result<Self, NoSuccess> {
        let fields = Fields::of_success(body)?;
        let transaction = fields.parsed("transactionId", TransactionId::parse);
        let transaction = transaction.ok_or(BrokenAnswer::Missing("transactionId"))?;
        let roku_customer = fields.parsed("rokuCustomerId", RokuCustomerId::parse);
        let product = fields.parsed("productId", RokuProductId::parse);
        let is_id = |id: &String| PurchaseId::parse(id).is_ok();
        let written = ["OriginalTransactionId", "originalTransactionId", "transactionId"]
            .into_iter()
            .find_map(|name| fields.text(name).filter(is_id));
        let purchase = written.as_deref().and_then(|id| PurchaseId::parse(id).ok());
        let purchase = purchase.unwrap_or_else(|| PurchaseId::of_first(&transaction));
        Ok(Self {
            observed_at,
            roku_customer: roku_customer.ok_or(BrokenAnswer::Missing("rokuCustomerId"))?,
            purchase_spelled: written.and_then(|written| purchase.spelling(&written)),
            purchase,
            transaction,
            product: product.ok_or(BrokenAnswer::Missing("productId"))?,
            expires_at: fields.time("expirationDate"),
            charged_at: fields.time("purchaseDate"),
            purchased_at: fields.time("originalPurchaseDate"),
            // An answer without it must not take access away.
            is_entitled: fields.truth("isEntitled").ok_or(BrokenAnswer::Missing("isEntitled"))?,
            cancelled: fields.flag("cancelled"),
            status: PurchaseStatus::parse(&fields.text("purchaseStatus").unwrap_or_default()),
            change: Direction::parse(&fields.text("purchaseType").unwrap_or_default()),
            replaces: purchases(&fields.list("cancelledTransactionIds")),
            amounts: fields.amounts(),
            channel: fields.text("channelId").filter(|id| id.bytes().any(|digit| digit != b'0')),
            answer: body.to_owned(),
        })
    }

    /// Reads an observation back that was kept.
    pub(crate) fn read_kept(answer: &str, observed_at: Timestamp) -> Option<Self> {
        Self::read(answer, observed_at).ok()
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

fn purchases(ids: &[String]) -> Vec<PurchaseId> {
    ids.iter().filter_map(|id| PurchaseId::parse(id).ok()).collect()
}

#[cfg(test)]
mod tests;

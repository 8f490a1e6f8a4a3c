//! A receipt: a customer's claim to have bought something, and what became of it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::catalog::Catalog;
use super::fact::later;
use super::id::{CustomerId, InvalidId, TransactionId};
use super::observation::{Observation, PurchaseStatus};
use super::offer::OfferId;
use super::publisher::TransferPolicy;

/// A claim, as the app or the middleware posted it. Proves nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// Who is said to have bought it.
    pub customer: CustomerId,
    /// The Roku transaction that is said to prove it (`order.purchaseId`).
    pub transaction: TransactionId,
    /// The same id as the device wrote it, which is how Roku is asked.
    pub purchase_id: String,
    /// What is said to have been bought.
    pub offer: OfferId,
    /// The order as it was posted: JSON.
    pub order: String,
    /// When it came.
    pub received_at: Timestamp,
}

/// What became of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Roku has not answered yet.
    Processing,
    /// Roku confirmed it and the Roku account is the customer's.
    Granted,
    /// It opens nothing.
    Rejected(Rejection),
}

/// Why a receipt opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// Roku does not know the transaction. It [is asked again](Receipt::ask_again_at).
    #[error("unknown to Roku")]
    UnknownToRoku,
    /// What Roku sold is not the offer that the receipt names.
    #[error("product of another offer")]
    ProductOfAnotherOffer,
    /// No offer is named, and none of the catalog's stands for what Roku sold.
    #[error("product of no offer of the catalog")]
    ProductOfNoOffer,
    /// Roku says that the purchase entitles to nothing (any more).
    #[error("not entitled")]
    NotEntitled,
    /// The Roku account is linked to another customer, and the publisher's policy is to keep that.
    #[error("held by another customer")]
    HeldByAnotherCustomer,
}

/// Why a text that somebody shows is no transaction id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTransaction {
    /// It is no id at all.
    #[error(transparent)]
    NoId(#[from] InvalidId),
    /// Roku's ids are ASCII (`roku-pay.md` §2.1), and this becomes a part of Roku's address.
    #[error("must be ASCII without spaces, and not a path")]
    NotPlain,
}

/// The transaction that somebody shows, as a device or a person wrote it.
///
/// # Errors
/// [`InvalidTransaction`] when Roku cannot be asked about it.
pub fn transaction_shown(text: &str) -> Result<TransactionId, InvalidTransaction> {
    let transaction = TransactionId::parse(text)?;
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_plain || matches!(text, "." | "..") {
        return Err(InvalidTransaction::NotPlain);
    }
    Ok(transaction)
}

/// The offer of a receipt that names none: the one that stands for what Roku sold.
///
/// # Errors
/// [`Rejection::ProductOfNoOffer`].
pub fn offer_sold(seen: &Observation, catalog: &Catalog) -> Result<OfferId, Rejection> {
    let sold = catalog.offer_of(&seen.product).map(|offer| offer.id.clone());
    sold.ok_or(Rejection::ProductOfNoOffer)
}

impl Receipt {
    /// When Roku is to be asked again about a transaction that it did not know at `now`: it may have
    /// been slow to know it, or have had a bad day (`roku-pay.md` §9.7). None once it has been asked
    /// for a day.
    pub fn ask_again_at(&self, now: Timestamp) -> Option<Timestamp> {
        let after_minutes = [1, 10, 60, 24 * 60].map(SignedDuration::from_mins);
        after_minutes.into_iter().map(|after| later(self.received_at, after)).find(|at| *at > now)
    }
}

impl Rejection {
    /// The reason as a stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownToRoku => "unknown_to_roku",
            Self::ProductOfAnotherOffer => "product_of_another_offer",
            Self::ProductOfNoOffer => "product_of_no_offer",
            Self::NotEntitled => "not_entitled",
            Self::HeldByAnotherCustomer => "held_by_another_customer",
        }
    }
}

/// A receipt that Roku's own answer bears out: the right to link the Roku account. It can be made
/// of a claim and an observation only, never of a claim alone.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfirmedReceipt {
    customer: CustomerId,
}

impl ConfirmedReceipt {
    /// Compares a claim with what Roku answered.
    ///
    /// # Errors
    /// [`Rejection::ProductOfAnotherOffer`] or [`Rejection::NotEntitled`].
    pub fn confirm(
        receipt: &Receipt,
        seen: &Observation,
        catalog: &Catalog,
    ) -> Result<Self, Rejection> {
        if !is_product_of(&receipt.offer, seen, catalog) {
            return Err(Rejection::ProductOfAnotherOffer);
        }
        if !entitles(seen, catalog) {
            return Err(Rejection::NotEntitled);
        }
        Ok(Self { customer: receipt.customer.clone() })
    }

    /// Who the account belongs to from now on, `held_by` being the customer it is linked to.
    ///
    /// # Errors
    /// [`Rejection::HeldByAnotherCustomer`] under [`TransferPolicy::Keep`].
    pub fn claim(
        &self,
        held_by: Option<&CustomerId>,
        policy: TransferPolicy,
    ) -> Result<&CustomerId, Rejection> {
        match (held_by, policy) {
            (Some(holder), TransferPolicy::Keep) if *holder != self.customer => {
                Err(Rejection::HeldByAnotherCustomer)
            }
            _ => Ok(&self.customer),
        }
    }
}

/// Whether a purchase is good. Roku's word decides, but for two kinds that it has no clear word for:
/// a downgrade that has not started (`roku-pay.md` §4), and what is bought once and not by the
/// period, which is never `isEntitled` (§3).
fn entitles(seen: &Observation, catalog: &Catalog) -> bool {
    let offer = catalog.offer_of(&seen.product);
    let is_bought_once = offer.is_some_and(|offer| offer.period.is_none())
        && seen.expires_at.is_none()
        && seen.status == PurchaseStatus::Active;
    let is_unmarked_purchase = seen.status == PurchaseStatus::PendingActive || is_bought_once;
    seen.is_entitled || (is_unmarked_purchase && !seen.cancelled)
}

/// Whether Roku sold what the receipt names: a cheap ticket opens no expensive door. An offer that
/// the catalog does not know yet is compared by the rule, so that a sale never waits for it.
fn is_product_of(offer: &OfferId, seen: &Observation, catalog: &Catalog) -> bool {
    match catalog.offer_of(&seen.product) {
        Some(sold) => offer.means(&sold.id),
        None => {
            catalog.offers_meant_by(offer).next().is_none()
                && offer.default_roku_product() == seen.product
        }
    }
}

#[cfg(test)]
mod tests;

//! One subscription chain, or one thing bought once, and the terms that it goes through.

mod payment;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::charge::Charge;
use crate::product::Product;

/// Roku gives a plan up that has not been paid for this long after its term
/// (`roku-pay.md` §6).
const RECOVERY: SignedDuration = SignedDuration::from_hours(24 * 60);

/// One subscription chain, or one thing bought once.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Purchase {
    /// The first transaction, which names the chain.
    pub(crate) original: String,
    /// The app that it was bought in.
    pub(crate) channel: String,
    pub(crate) customer: String,
    pub(crate) product: Product,
    pub(crate) purchased_at: Timestamp,
    /// The newest transaction.
    pub(crate) latest: Charge,
    /// The transactions before it, oldest first.
    pub(super) earlier: Vec<Charge>,
    /// When the term ends; while a payment is outstanding, when the last one that was paid ended;
    /// when a downgrade starts. None for what was bought once.
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) standing: Standing,
    /// Will not be renewed; always so when it is over.
    pub(crate) cancelled: bool,
    pub(crate) trial: bool,
    pub(crate) change: Option<PlanChange>,
    /// Whether the customer's payment method fails.
    pub(super) payments_fail: bool,
    /// A retention offer in force: the cycles at its price that are still to be charged. None left
    /// is the last one running.
    pub(super) offer_cycles: Option<u16>,
    /// What the plan that a trial replaced was still worth: paid into the first charge.
    pub(super) deferred_credit: Decimal,
    /// Terms are counted from here, so that month ends do not drift.
    pub(super) anchor: Timestamp,
    pub(super) terms: u32,
    pub(super) last_event_at: Option<Timestamp>,
}

/// Where a purchase stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Standing {
    /// In a term, or bought once.
    Active,
    /// A downgrade that waits for the end of the plan before it.
    PendingActive,
    /// Replaced by an upgrade that is in its trial.
    PendingInactive,
    /// The charge for the next term failed; open until `ends_at`.
    Grace { ends_at: Timestamp },
    /// The charge for the next term failed, and grace is over or was never given.
    OnHold,
    /// Over.
    Inactive,
}

/// Which plan a purchase replaced, and in which direction.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlanChange {
    pub(crate) is_upgrade: bool,
    pub(crate) replaced: String,
}

impl Purchase {
    /// Bought by a charge, for the term that begins with it.
    pub(super) fn new(channel: &str, customer: &str, product: Product, charge: Charge) -> Self {
        Self {
            original: charge.transaction.clone(),
            channel: channel.to_owned(),
            customer: customer.to_owned(),
            purchased_at: charge.at,
            anchor: charge.at,
            terms: 1,
            expires_at: product.period.map(|period| period.end(charge.at, 1)),
            latest: charge,
            earlier: Vec::new(),
            standing: Standing::Active,
            cancelled: false,
            trial: false,
            change: None,
            payments_fail: false,
            offer_cycles: None,
            deferred_credit: Decimal::ZERO,
            last_event_at: None,
            product,
        }
    }

    /// Whether a transaction is one of its, by its plain id: those of charges are made plain.
    pub(super) fn has(&self, plain_id: &str) -> bool {
        let mut charges = self.earlier.iter().chain([&self.latest]);
        charges.any(|charge| charge.transaction == plain_id)
    }

    /// The charge of a transaction, by its plain id.
    pub(super) fn charge_mut(&mut self, plain_id: &str) -> Option<&mut Charge> {
        let mut charges = self.earlier.iter_mut().chain([&mut self.latest]);
        charges.find(|charge| charge.transaction == plain_id)
    }

    /// When something next happens to it by itself.
    pub(super) fn due_at(&self) -> Option<Timestamp> {
        match self.standing {
            Standing::Active | Standing::PendingActive | Standing::PendingInactive => {
                self.expires_at
            }
            Standing::Grace { ends_at } => Some(ends_at),
            Standing::OnHold => self.given_up_at(),
            Standing::Inactive => None,
        }
    }

    fn given_up_at(&self) -> Option<Timestamp> {
        self.expires_at.map(|end| end.checked_add(RECOVERY).unwrap_or(Timestamp::MAX))
    }

    /// It is over.
    pub(super) fn end(&mut self) {
        self.standing = Standing::Inactive;
        self.cancelled = true;
    }

    /// It is over now and not when its term would have ended.
    pub(super) fn cut_short(&mut self, now: Timestamp) {
        self.end();
        self.expires_at = Some(self.expires_at.map_or(now, |end| end.min(now)));
    }

    /// Roku's `isEntitled` (`roku-pay.md` §6).
    pub(crate) fn is_entitled(&self, now: Timestamp) -> bool {
        match self.standing {
            Standing::Active | Standing::PendingInactive => {
                self.expires_at.is_some_and(|end| now < end)
            }
            Standing::Grace { .. } => true,
            // [UPDOWN] shows a pending downgrade as entitled, [WS] does not; the harder case is
            // served (`roku-pay.md` §4).
            Standing::PendingActive => !self.cancelled,
            Standing::OnHold | Standing::Inactive => false,
        }
    }

    /// When an event of this purchase is dated: as it should be, but after all that happened
    /// before it. The clock may stand still, and some events are dated seconds ahead.
    pub(super) fn date_event(&mut self, at: Timestamp) -> Timestamp {
        let tick = SignedDuration::from_millis(1);
        let earliest = self.last_event_at.and_then(|last| last.checked_add(tick).ok());
        let at = earliest.map_or(at, |earliest| at.max(earliest));
        self.last_event_at = Some(at);
        at
    }
}

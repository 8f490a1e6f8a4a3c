//! What a change of plan costs: the rest of the old term, the charge for the new one, the next
//! billing date (design: the customer pays the new price less the unused part of the old term).
//!
//! Roku publishes no formula (`roku-pay.md` §4) and its own figures are the record. What is computed
//! here is shown before a change and compared with Roku's figures after it. It is exact until the
//! last step, which rounds to the cent, halves away from zero. All amounts are without tax.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::{Decimal, RoundingStrategy};

use super::account::{Account, Purchase, State};
use super::catalog::Catalog;
use super::id::PurchaseId;
use super::offer::{Offer, Period};
use super::plan_change::Direction;
use super::publisher::Publisher;

/// Roku charges in dollars, euros and pounds, which all have cents.
const CENTS: u32 = 2;
/// How far a billing date may lie from where the calendar puts it: Roku dates the same moment a few
/// seconds apart in different fields.
const SAME_DATE: SignedDuration = SignedDuration::from_hours(12);

/// What a change of plan would cost now.
#[derive(Debug, Clone, PartialEq)]
pub struct Quote<'a> {
    /// The plan that the customer has.
    pub from: &'a Offer,
    /// The plan that they would have.
    pub to: &'a Offer,
    /// Which way that is: up to a higher rank of the group, else down.
    pub direction: Direction,
    /// When the new plan opens: now, or when the old term ends.
    pub takes_effect_at: Timestamp,
    /// What the rest of the old term is worth: nothing in a trial or after the term, the same share
    /// of what was paid as is left of the time. None where Roku never said what was paid, or where
    /// the two offers have different currencies.
    pub unused_value: Option<Decimal>,
    /// What is charged at once: for an upgrade the new price less the unused value, for a downgrade
    /// nothing. None where the unused value is not known.
    pub charge_now: Option<Decimal>,
    /// When the new plan is charged for next; none for what is bought once.
    pub next_charge_at: Option<Timestamp>,
    /// How much then.
    pub next_charge: Decimal,
}

/// Why there is no quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoQuote {
    /// No plan of the offer's group is open to the customer, so it would be a new purchase.
    #[error("the customer has no running plan in the group of this offer")]
    NoPlan,
    /// The customer has it.
    #[error("the customer already has this offer")]
    SameOffer,
    /// It has been ordered and starts when the running term ends.
    #[error("the change to this offer has been ordered and waits for the end of the term")]
    Ordered,
}

/// What a change of the account's plan to another offer would cost at `now`.
///
/// # Errors
/// [`NoQuote`] when it is no change of plan.
pub fn quote<'a>(
    account: &Account,
    publisher: &'a Publisher,
    to: &'a Offer,
    now: Timestamp,
) -> Result<Quote<'a>, NoQuote> {
    let catalog = &publisher.catalog;
    let open = account.access(publisher, now);
    let plans = open.iter().filter_map(|grant| {
        let offer = catalog.offer_of(grant.product)?;
        let same_group = offer.group.is_some() && offer.group == to.group;
        same_group.then_some((offer, account.purchases.get(grant.purchase)?))
    });
    // Where more than one is open, the one that Roku told of last is the one that would be changed.
    let (from, plan) = plans.max_by_key(|(_, plan)| plan.confirmed_at).ok_or(NoQuote::NoPlan)?;
    if from.id == to.id {
        return Err(NoQuote::SameOffer);
    }
    let product = to.roku_product();
    let is_ordered = |purchase: &Purchase| {
        matches!(purchase.state, State::PendingDowngrade { .. })
            && purchase.product.as_ref() == Some(&product)
    };
    if account.purchases.values().any(is_ordered) {
        return Err(NoQuote::Ordered);
    }
    let direction = if to.rank > from.rank { Direction::Upgrade } else { Direction::Downgrade };
    Ok(match direction {
        Direction::Upgrade => upgrade(from, plan, to, now),
        Direction::Downgrade => downgrade(from, plan, to, now),
    })
}

fn upgrade<'a>(from: &'a Offer, plan: &Purchase, to: &'a Offer, now: Timestamp) -> Quote<'a> {
    let unused_value = unused_value(plan, from, now).filter(|_| from.currency == to.currency);
    Quote {
        from,
        to,
        direction: Direction::Upgrade,
        takes_effect_at: now,
        unused_value,
        charge_now: unused_value.map(|unused| to.price - unused.min(to.price)),
        next_charge_at: to.period.map(|period| period.after(now, 1)),
        next_charge: to.price,
    }
}

fn downgrade<'a>(from: &'a Offer, plan: &Purchase, to: &'a Offer, now: Timestamp) -> Quote<'a> {
    // The cycle stays as it is. What was to end by now is waiting for its renewal.
    let starts_at = plan.term_ends_at.unwrap_or(now).max(now);
    Quote {
        from,
        to,
        direction: Direction::Downgrade,
        takes_effect_at: starts_at,
        unused_value: unused_value(plan, from, now),
        charge_now: Some(Decimal::ZERO),
        next_charge_at: Some(starts_at),
        next_charge: to.price,
    }
}

/// What the rest of the running term of a plan is worth at `now`. None where that cannot be known.
fn unused_value(plan: &Purchase, offer: &Offer, now: Timestamp) -> Option<Decimal> {
    let is_trial = matches!(plan.state, State::Trial { .. } | State::Cancelled { trial: true, .. });
    let Some(charge) = plan.charge.as_ref().filter(|_| !is_trial) else {
        return Some(Decimal::ZERO);
    };
    let value = charge.value?;
    let term = Term::last_of(plan, offer.period?)?;
    let currency = charge.currency.as_deref().unwrap_or(&offer.currency);
    let comparable = currency.eq_ignore_ascii_case(&offer.currency);
    comparable.then(|| to_the_cent(term.part_left(value.max(Decimal::ZERO), now)))
}

/// A billing term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Term {
    began_at: Timestamp,
    ends_at: Timestamp,
}

impl Term {
    /// The last term of a plan. Its beginning is counted by the calendar from the day of purchase,
    /// so that a term that ends on the 31st of March began on the last day of February. A plan that
    /// was paid while on hold is billed from that day on: then the term is one period long.
    fn last_of(plan: &Purchase, period: Period) -> Option<Self> {
        let ends_at = plan.term_ends_at?;
        let counted = period.terms_ending_at(plan.purchased_at, ends_at).into_iter().find(|term| {
            let counted = period.after(plan.purchased_at, *term);
            ends_at.duration_since(counted).abs() < SAME_DATE
        });
        let began_at = counted.map_or_else(
            || period.after(ends_at, -1),
            |term| period.after(plan.purchased_at, term - 1),
        );
        Some(Self { began_at, ends_at })
    }

    /// The part of a value that is left of the term at a moment: all of it at its beginning, nothing
    /// at its end. Divided last, so that half a cent is half a cent.
    fn part_left(self, value: Decimal, now: Timestamp) -> Decimal {
        let seconds = |from: Timestamp, to: Timestamp| {
            Decimal::from(to.duration_since(from).as_millis().max(0)) / Decimal::ONE_THOUSAND
        };
        let whole = seconds(self.began_at, self.ends_at);
        if whole.is_zero() {
            return Decimal::ZERO;
        }
        (value * seconds(now, self.ends_at).min(whole)) / whole
    }
}

/// An upgrade for which Roku charged other than was computed, by more than a cent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What was to be charged, without tax.
    pub expected_charge: Decimal,
    /// What Roku charged.
    pub charge: Decimal,
    /// What the rest of the old term was worth towards it.
    pub expected_credit: Decimal,
    /// What Roku credited.
    pub credit: Decimal,
}

/// Compares what Roku charged for an upgrade with what it should be. None where they agree, or
/// where there is nothing to compare: the purchase is no upgrade that was paid for, the old plan has
/// not been heard of, nobody mapped one of the products, or all of it is a test user's at no charge.
pub fn difference(
    account: &Account,
    upgrade: &PurchaseId,
    catalog: &Catalog,
) -> Option<Difference> {
    let new = account.purchases.get(upgrade)?;
    let change = new.change.as_ref().filter(|change| change.direction == Direction::Upgrade)?;
    let old = account.purchases.get(new.replaces()?)?;
    let (from, to) =
        (catalog.offer_of(old.product.as_ref()?)?, catalog.offer_of(new.product.as_ref()?)?);
    let told = change.charged.as_ref().filter(|told| told.is_in(&to.currency))?;
    if from.currency != to.currency {
        return None;
    }
    let charge = told.net()?;
    let credit = told.credits_applied.unwrap_or_default();
    let expected_credit = unused_value(old, from, change.ordered_at)?.min(to.price);
    let expected_charge = to.price - expected_credit;
    let is_test = charge.is_zero() && credit.is_zero() && expected_credit.is_zero();
    let cent = Decimal::new(1, CENTS);
    let differs =
        (charge - expected_charge).abs() > cent || (credit - expected_credit).abs() > cent;
    (differs && !is_test).then_some(Difference { expected_charge, charge, expected_credit, credit })
}

fn to_the_cent(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(CENTS, RoundingStrategy::MidpointAwayFromZero)
}

#[cfg(test)]
mod tests;

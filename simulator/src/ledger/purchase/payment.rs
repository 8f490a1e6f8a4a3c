//! What the payment of a term, or its failure, does to a purchase; and what a term is worth.

use std::mem;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::{Decimal, RoundingStrategy};

use super::{Purchase, Standing};
use crate::ledger::charge::Charge;

/// The most terms that grace can last, of a day each.
const MOST_TERMS_IN_GRACE: u32 = 61;

impl Purchase {
    /// The charge for the next term has failed. Neither a trial nor an app with no days of grace
    /// gives any (`roku-pay.md` §6).
    pub(in crate::ledger) fn fall_behind(&mut self, grace_days: u8) {
        let grace = SignedDuration::from_hours(24 * i64::from(grace_days));
        let ends_at = self.expires_at.and_then(|end| end.checked_add(grace).ok());
        // Roku gives up on the same day, however long grace is.
        let ends_at = ends_at.min(self.given_up_at());
        self.standing = match ends_at {
            Some(ends_at) if grace_days > 0 && !self.trial => Standing::Grace { ends_at },
            _ => Standing::OnHold,
        };
    }

    /// What the next term costs, to the cent: half while a retention offer has cycles left.
    pub(in crate::ledger) fn take_price(&mut self) -> Decimal {
        match &mut self.offer_cycles {
            Some(left) if *left > 0 => {
                *left -= 1;
                to_the_cent(self.product.price / Decimal::TWO)
            }
            _ => self.product.price,
        }
    }

    /// Whether the last cycle of a retention offer is over; it is forgotten then.
    pub(in crate::ledger) fn take_ended_offer(&mut self) -> bool {
        self.offer_cycles.take_if(|left| *left == 0).is_some()
    }

    /// The next term, on the old billing date, paid by a charge. One that is paid after its end,
    /// as can happen with long grace and short terms, lasts until the next billing date ahead.
    pub(in crate::ledger) fn continue_terms(&mut self, charge: Charge) {
        let at = charge.at;
        self.paid(charge);
        let Some(period) = self.product.period else {
            return;
        };
        let later = (1..=MOST_TERMS_IN_GRACE).map(|more| self.terms.saturating_add(more));
        let mut ends = later.map(|terms| (terms, period.end(self.anchor, terms)));
        match ends.find(|(_, end)| *end > at) {
            Some((terms, end)) => {
                self.terms = terms;
                self.expires_at = Some(end);
            }
            // The calendar is at its end, or the product has no length.
            None => self.end(),
        }
    }

    /// A term from the charge on: the billing date moves (`roku-pay.md` §6).
    pub(in crate::ledger) fn begin_terms_anew(&mut self, charge: Charge) {
        self.anchor = charge.at;
        self.terms = 0;
        self.continue_terms(charge);
    }

    fn paid(&mut self, charge: Charge) {
        self.earlier.push(mem::replace(&mut self.latest, charge));
        self.standing = Standing::Active;
        self.trial = false;
    }

    /// What the rest of the term is worth, to the cent: its share of all that the term was given
    /// for, whether in cash or in credits.
    pub(in crate::ledger) fn unused_value(&self, now: Timestamp) -> Decimal {
        let (Some(end), Some(period)) = (self.expires_at, self.product.period) else {
            return Decimal::ZERO;
        };
        let start = period.end(self.anchor, self.terms.saturating_sub(1));
        let seconds = |from: Timestamp, to: Timestamp| {
            Decimal::from(to.duration_since(from).as_secs().max(0))
        };
        let whole = seconds(start, end).max(Decimal::ONE);
        to_the_cent(self.latest.worth() * seconds(now, end) / whole)
    }
}

fn to_the_cent(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

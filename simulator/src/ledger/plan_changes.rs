//! Moves between the plans of a group (`roku-pay.md` §4).

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::charge::Charge;
use super::{Ledger, Order, PlanChange, Purchase, Refused, Standing, a_second_after};
use crate::message::{Kind, Message};
use crate::product::Product;

impl Ledger {
    /// A customer moves to a higher plan: at once, with the rest of the old term as a credit.
    pub(crate) fn upgrade(
        &mut self,
        customer: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<(Order, Vec<Message>), Refused> {
        let product = self.product(code)?;
        let old = self.plan_of(customer, &product)?;
        self.end_replaced(old);
        let credit = self.worth_now(old, now);
        self.add_credit(customer, credit);
        let charge = self.charge(customer, product.price, now);
        let change = Some(self.change_from(old, true));
        self.purchases[old].end();
        let plan = Purchase { change, ..self.purchase(customer, product, charge) };
        Ok(self.replace(old, plan, Kind::UpgradeSale, Kind::UpgradeCancellation))
    }

    /// A customer moves to a higher plan that begins with a trial. The old plan is only suspended
    /// until the first charge, which its rest will pay into.
    pub(crate) fn upgrade_to_trial(
        &mut self,
        customer: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<(Order, Vec<Message>), Refused> {
        let product = self.product(code)?;
        let old = self.plan_of(customer, &product)?;
        let charge = Charge::free(product.price, now);
        let plan = Purchase {
            change: Some(self.change_from(old, true)),
            trial: true,
            deferred_credit: self.worth_now(old, now),
            payments_fail: self.purchases[old].payments_fail,
            ..self.purchase(customer, product, charge)
        };
        self.purchases[old].cancelled = true;
        match self.purchases[old].standing {
            // Nothing is paid that could be suspended.
            Standing::Grace { .. } => self.purchases[old].end(),
            _ => self.purchases[old].standing = Standing::PendingInactive,
        }
        Ok(self.replace(old, plan, Kind::UpgradeSale, Kind::UpgradeCancellation))
    }

    /// A customer moves to a lower plan: when the old term ends, and free until then.
    pub(crate) fn downgrade(
        &mut self,
        customer: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<(Order, Vec<Message>), Refused> {
        let product = self.product(code)?;
        let old = self.plan_of(customer, &product)?;
        if matches!(self.purchases[old].standing, Standing::Grace { .. }) {
            return Err(Refused::Unpaid(self.purchases[old].original.clone()));
        }
        let starts_at = self.purchases[old].expires_at;
        let charge = Charge::free(product.price, now);
        let plan = Purchase {
            change: Some(self.change_from(old, false)),
            standing: Standing::PendingActive,
            expires_at: starts_at,
            anchor: starts_at.unwrap_or(now),
            terms: 0,
            payments_fail: self.purchases[old].payments_fail,
            ..self.purchase(customer, product, charge)
        };
        self.purchases[old].cancelled = true;
        Ok(self.replace(old, plan, Kind::DowngradeSale, Kind::DowngradeCancellation))
    }

    /// Adds the new plan, drops a downgrade that waited for the old one, and tells of all. Each
    /// plan is told to be cancelled once: a second downgrade drops the first and changes nothing
    /// about the plan that both wait for.
    fn replace(
        &mut self,
        old: usize,
        plan: Purchase,
        sale: Kind,
        end: Kind,
    ) -> (Order, Vec<Message>) {
        let dropped = self.drop_pending(old);
        let now = plan.purchased_at;
        let new = self.add(plan);
        let mut messages = vec![self.tell_charge(new, sale, now)];
        let is_news = dropped.is_none() || sale == Kind::UpgradeSale;
        let ended = is_news.then_some(old).into_iter().chain(dropped);
        messages.extend(ended.map(|index| self.tell(index, end, a_second_after(now))));
        (Order::of(&self.purchases[new]), messages)
    }

    /// The plan of a customer that a product would replace: one that runs, and either renews or is
    /// to be followed by a downgrade.
    fn plan_of(&self, customer: &str, product: &Product) -> Result<usize, Refused> {
        let goes_on =
            |index: usize, plan: &Purchase| !plan.cancelled || self.pending_after(index).is_some();
        let runs = |plan: &Purchase| {
            let is_bought = matches!(
                plan.standing,
                Standing::Active | Standing::Grace { .. } | Standing::OnHold
            );
            is_bought && plan.expires_at.is_some()
        };
        let mut plans = self.purchases.iter().enumerate();
        let found = plans.find(|(index, plan)| {
            plan.is_plan_beside(customer, product) && runs(plan) && goes_on(*index, plan)
        });
        match found {
            Some((_, plan)) if plan.standing == Standing::OnHold => {
                Err(Refused::Unpaid(plan.original.clone()))
            }
            Some((index, _)) => Ok(index),
            None => Err(Refused::NoPlan(product.code.clone())),
        }
    }

    fn change_from(&self, old: usize, is_upgrade: bool) -> PlanChange {
        PlanChange { is_upgrade, replaced: self.purchases[old].original.clone() }
    }

    /// What a plan that is left now is still worth, with what another that was left for its trial
    /// was worth.
    fn worth_now(&self, index: usize, now: Timestamp) -> Decimal {
        self.purchases[index].unused_value(now) + self.purchases[index].deferred_credit
    }
}

impl Purchase {
    /// Whether this is the customer's and in the group of a product.
    pub(super) fn is_plan_beside(&self, customer: &str, product: &Product) -> bool {
        let same_group = product.group.is_some() && self.product.group == product.group;
        self.customer == customer && same_group
    }
}

//! What Roku says that moved, and what is known of it here: two books to compare.

use std::collections::{BTreeMap, BTreeSet};

use roku_simulator::{Payment, PaymentKind};
use rust_decimal::Decimal;
use usher::domain::id::RokuCustomerId;
use usher::domain::transaction::{Transaction, transactions};
use usher::store::histories::{Histories, History};

use crate::stage::Stage;

/// Money that moved, told in one way by both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    /// In the words of the Transactions Report; every charge is one.
    pub(crate) kind: String,
    pub(crate) currency: String,
    pub(crate) customer: String,
    pub(crate) chain: String,
    pub(crate) transaction: String,
    /// None where it is not known.
    pub(crate) total: Option<Decimal>,
    pub(crate) tax: Decimal,
}

pub(crate) const CHARGE: &str = "charge";
pub(crate) const CREDIT: &str = "credit";

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Books(BTreeSet<Entry>);

impl Books {
    /// As the simulated Roku keeps them. What credit alone paid is no charge.
    pub(crate) fn of_roku(stage: &Stage) -> Self {
        Self::of_payments(&stage.roku.payments())
    }

    pub(crate) fn of_payments<'a>(payments: impl IntoIterator<Item = &'a Payment>) -> Self {
        let mut books = Self::default();
        for moved in payments.into_iter().filter(|moved| !moved.total.is_zero()) {
            books.enter(Entry {
                kind: kind_of(moved.kind).to_owned(),
                currency: moved.currency.to_uppercase(),
                customer: moved.customer.clone(),
                chain: moved.purchase.clone().unwrap_or_default(),
                transaction: moved.transaction.clone(),
                total: Some(moved.total.normalize()),
                tax: moved.tax.normalize(),
            });
        }
        books
    }

    /// The charges as a customer is shown them, from what Roku told.
    pub(crate) async fn of_transactions(stage: &Stage) -> Self {
        let mut books = Self::default();
        for (customer, charge) in listed(stage).await {
            books.enter(Entry {
                kind: CHARGE.to_owned(),
                currency: charge.currency.unwrap_or_default(),
                customer,
                chain: charge.purchase.to_string(),
                transaction: charge.roku_transaction.to_string(),
                total: charge.total,
                tax: charge.tax.unwrap_or_default(),
            });
        }
        books
    }

    /// # Panics
    /// When it is there already: everything moved once.
    pub(crate) fn enter(&mut self, entry: Entry) {
        let shown = format!("{entry:?}");
        assert!(self.0.insert(entry), "twice: {shown}");
    }

    /// Only the entries of some kind, or all others.
    pub(crate) fn only(&self, wanted: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|entry| wanted(&entry.kind)).cloned().collect())
    }

    pub(crate) fn count(&self, kind: &str) -> usize {
        self.0.iter().filter(|entry| entry.kind == kind).count()
    }

    /// What moved in all, by kind, currency and chain.
    pub(crate) fn sums(&self) -> BTreeMap<[&str; 3], Decimal> {
        let mut sums = BTreeMap::new();
        for entry in &self.0 {
            let of = [entry.kind.as_str(), &entry.currency, &entry.chain];
            *sums.entry(of).or_default() += entry.total.unwrap_or_default();
        }
        sums
    }

    /// Every difference to what these books should say, in words.
    pub(crate) fn differences(&self, expected: &Self) -> Vec<String> {
        let missing = expected.0.difference(&self.0).map(|one| format!("missing: {one:?}"));
        let extra = self.0.difference(&expected.0).map(|one| format!("extra: {one:?}"));
        missing.chain(extra).collect()
    }

    /// # Panics
    /// When these are not the books that are expected, with every difference.
    pub(crate) fn must_be(&self, expected: &Self, when: &str) {
        let wrong = self.differences(expected);
        assert!(wrong.is_empty(), "{when}: {} differences\n{}", wrong.len(), wrong.join("\n"));
        assert_eq!(self.sums(), expected.sums(), "{when}");
    }
}

/// The word of the Transactions Report.
pub(crate) fn kind_of(kind: PaymentKind) -> &'static str {
    match kind {
        charge if charge.is_charge() => CHARGE,
        PaymentKind::Refund => "refund",
        PaymentKind::Chargeback | PaymentKind::SecondChargeback => "chargeback",
        PaymentKind::ChargebackReversed => "chargeback reversed",
        _ => CREDIT,
    }
}

/// What went back of each chain, as a customer is shown it beside the charges.
pub(crate) async fn refunds_listed(stage: &Stage) -> BTreeMap<String, Decimal> {
    let mut refunds = BTreeMap::new();
    for (_, charge) in listed(stage).await {
        if let Some(refund) = charge.refund {
            *refunds.entry(charge.purchase.to_string()).or_default() += refund.amount.unwrap();
        }
    }
    refunds
}

async fn listed(stage: &Stage) -> Vec<(String, Transaction)> {
    let mut listed = Vec::new();
    for customer in &stage.customers {
        let Some(history) = history(stage, customer).await else { continue };
        let charges = transactions(&history.facts).into_iter();
        listed.extend(charges.map(|charge| (customer.clone(), charge)));
    }
    listed
}

async fn history(stage: &Stage, customer: &str) -> Option<History> {
    let histories = Histories::new(&stage.usher.stack.config.table);
    let id = RokuCustomerId::parse(customer).unwrap();
    histories.of_roku_customer(&stage.usher.stack.publisher.id, &id).await.unwrap()
}

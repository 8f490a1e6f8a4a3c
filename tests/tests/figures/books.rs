//! What Roku says that it charged, and what the facts here add up to.

use std::collections::{BTreeMap, BTreeSet};

use roku_simulator::{Payment, PaymentKind};
use rust_decimal::Decimal;
use usher::domain::fact::Fact;
use usher::domain::id::RokuCustomerId;
use usher::domain::transaction::{Transaction, transactions};
use usher::domain::transaction_type::TransactionType as T;
use usher::store::histories::{Histories, History};

use crate::stage::Stage;
use crate::town::Town;

/// Money that moved, told in one way by both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) currency: String,
    pub(crate) customer: String,
    pub(crate) chain: String,
    pub(crate) transaction: String,
    pub(crate) total: Decimal,
    pub(crate) tax: Decimal,
}

pub(crate) type Entries = BTreeSet<Entry>;

/// All money of a town, on one side of the comparison.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Books {
    /// Each charge once.
    pub(crate) charges: Entries,
    /// What went back of charges, or came again, and credits; by the type of push.
    pub(crate) others: BTreeMap<String, Entries>,
    /// What was refunded of each chain.
    pub(crate) refunded: BTreeMap<String, Decimal>,
}

impl Books {
    /// As the simulated Roku keeps them. What credit alone paid is no charge.
    pub(crate) fn of_roku(stage: &Stage) -> Self {
        Self::of_payments(stage.roku.payments().iter())
    }

    /// The same without what no push told of.
    pub(crate) fn of_what_was_told(town: &Town) -> Self {
        let payments = town.stage.roku.payments();
        let is_told =
            |moved: &&Payment| moved.kind.is_charge() || !town.untold.contains(&moved.transaction);
        Self::of_payments(payments.iter().filter(is_told))
    }

    fn of_payments<'a>(payments: impl Iterator<Item = &'a Payment>) -> Self {
        let mut books = Self::default();
        for moved in payments {
            if !moved.kind.is_charge() {
                let others = books.others.entry(format!("{:?}", moved.kind)).or_default();
                others.insert(entry_of(moved));
            } else if !moved.total.is_zero() {
                assert!(books.charges.insert(entry_of(moved)), "{moved:?} twice");
            }
            if let (PaymentKind::Refund, Some(chain)) = (moved.kind, &moved.purchase) {
                *books.refunded.entry(chain.clone()).or_default() -= moved.total;
            }
        }
        books
    }

    /// As the facts in the table add up to them.
    pub(crate) async fn of_facts(stage: &Stage) -> Self {
        let mut books = Self::default();
        for customer in &stage.customers {
            let Some(history) = history(stage, customer).await else { continue };
            for charge in transactions(&history.facts) {
                if let Some(refund) = &charge.refund {
                    let of_chain = books.refunded.entry(charge.purchase.to_string()).or_default();
                    *of_chain += refund.amount.unwrap();
                }
                let entry = entry_of_charge(customer, &charge);
                assert!(books.charges.insert(entry), "{charge:?} twice");
            }
            books.take_others(customer, &history.facts);
        }
        books
    }

    fn take_others(&mut self, customer: &str, facts: &[Fact]) {
        for fact in facts {
            let Fact::Notification(push) = fact else { continue };
            if !matches!(
                push.transaction_type,
                T::Refund | T::Credit | T::Chargeback | T::ChargebackReversed | T::SecondChargeback
            ) {
                continue;
            }
            let entry = Entry {
                currency: push.amounts.currency.clone().unwrap(),
                customer: customer.to_owned(),
                chain: push.purchase.as_ref().map_or(String::new(), ToString::to_string),
                transaction: push.transaction.as_ref().unwrap().to_string(),
                total: push.amounts.total.unwrap(),
                tax: push.amounts.tax.unwrap_or_default(),
            };
            self.others.entry(push.transaction_type.to_string()).or_default().insert(entry);
        }
    }

    /// What was charged in all, by currency and chain.
    pub(crate) fn sums(&self) -> BTreeMap<(String, String), Decimal> {
        let mut sums = BTreeMap::new();
        for charge in &self.charges {
            let of = (charge.currency.clone(), charge.chain.clone());
            *sums.entry(of).or_insert(Decimal::ZERO) += charge.total;
        }
        sums
    }
}

async fn history(stage: &Stage, customer: &str) -> Option<History> {
    let histories = Histories::new(&stage.usher.stack.config.table);
    let id = RokuCustomerId::parse(customer).unwrap();
    histories.of_roku_customer(&stage.usher.stack.publisher.id, &id).await.unwrap()
}

fn entry_of(moved: &Payment) -> Entry {
    Entry {
        currency: moved.currency.clone(),
        customer: moved.customer.clone(),
        chain: moved.purchase.clone().unwrap_or_default(),
        transaction: moved.transaction.clone(),
        total: moved.total.normalize(),
        tax: moved.tax,
    }
}

fn entry_of_charge(customer: &str, charge: &Transaction) -> Entry {
    Entry {
        currency: charge.currency.clone().unwrap_or_default().to_lowercase(),
        customer: customer.to_owned(),
        chain: charge.purchase.to_string(),
        transaction: charge.roku_transaction.to_string(),
        total: charge.total.unwrap_or(-Decimal::ONE),
        tax: charge.tax.unwrap_or_default(),
    }
}

/// What is missing of entries, and what is there and should not be.
pub(crate) fn differences(what: &str, expected: &Entries, found: &Entries) -> Vec<String> {
    let missing = expected.difference(found).map(|one| format!("{what} missing: {one:?}"));
    let extra = found.difference(expected).map(|one| format!("{what} extra: {one:?}"));
    missing.chain(extra).collect()
}

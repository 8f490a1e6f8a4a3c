//! The figures that a chart shows: those of all offers and channels that are asked for, month by month.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::types::Value;

use crate::report::columns::Report;
use crate::report::database::{Database, Filter, People};
use crate::report::error::ReportError;
use crate::report::output::amount;

/// What a month adds up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Month {
    pub(super) active: i64,
    pub(super) paying: i64,
    pub(super) mrr_micros: i64,
    pub(super) net_micros: i64,
    pub(super) new: i64,
    pub(super) churned: i64,
}

/// Months in their order, and the currency of the amounts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) months: Vec<(String, Month)>,
    pub(super) currency: String,
}

impl Figures {
    pub(super) fn of(database: &Database, filter: &Filter) -> Result<Self, ReportError> {
        let mut months: BTreeMap<String, Month> = BTreeMap::new();
        let mut currencies = BTreeSet::new();
        let report = Report::Monthly;
        let columns = report.columns();
        database.read(report, filter, People::Hidden, |row| -> Result<(), ReportError> {
            let value = |name| columns.iter().zip(row).find(|(column, _)| column.name == name);
            let text = |name| match value(name) {
                Some((_, Value::Text(text))) => text.clone(),
                _ => String::new(),
            };
            let number = |name| match value(name) {
                Some((_, Value::Integer(number))) => *number,
                _ => 0,
            };
            let month = months.entry(text("month")).or_default();
            month.active += number("active_at_end");
            month.paying += number("paying_at_end");
            month.mrr_micros += number("mrr_micros");
            month.net_micros += number("net_micros");
            month.new += number("new_subscriptions") + number("reactivated");
            month.churned += number("churned");
            if number("mrr_micros") != 0 || number("net_micros") != 0 {
                currencies.insert(text("currency"));
            }
            Ok(())
        })?;
        if months.is_empty() {
            return Err(ReportError::Nothing);
        }
        if currencies.len() > 1 {
            let all: Vec<String> = currencies.into_iter().collect();
            return Err(ReportError::Currencies(all.join(" and ")));
        }
        let currency = currencies.into_iter().next().unwrap_or_default();
        Ok(Self { months: months.into_iter().collect(), currency })
    }

    pub(super) fn each(&self, of: impl Fn(&Month) -> i64) -> Vec<i64> {
        self.months.iter().map(|(_, month)| of(month)).collect()
    }

    /// An amount with its currency, exactly.
    pub(super) fn in_currency(&self, micros: i64) -> String {
        format!("{} {}", amount(micros), self.currency).trim_end().to_owned()
    }
}

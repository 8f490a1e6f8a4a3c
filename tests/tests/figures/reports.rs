//! The same books as the reports have them: the rows that left on the bus as things happened, and
//! the rows that `usher report` computes from the table, through the queries that Athena runs.

use std::collections::BTreeMap;

use roku_simulator::Payment;
use rusqlite::types::Value;
use rust_decimal::Decimal;
use usher::domain::event::row::Row;
use usher_cli::report::{Database, Filter, Gathering, People, Report, ReportError};

use crate::books::{Books, CHARGE, CREDIT, Entry, kind_of};
use crate::stage::Stage;

/// What the Monthly Report sums up, by the kind of what moved.
const MEASURES: [(&str, &str, &str); 4] = [
    (CHARGE, "charges", "charged_micros"),
    ("refund", "refunds", "refunded_micros"),
    ("chargeback", "chargebacks", "charged_back_micros"),
    ("chargeback reversed", "chargebacks_reversed", "chargebacks_reversed_micros"),
];

/// How often and how much, by month, currency and kind.
pub(crate) type Months = BTreeMap<[String; 3], (i64, Decimal)>;

/// What the reports say.
pub(crate) struct Reported {
    /// The Transactions Report, and the credits beside it, which it does not have: no cash moved.
    pub(crate) transactions: Books,
    /// The Monthly Report.
    pub(crate) months: Months,
}

impl Reported {
    /// By what left on the bus.
    pub(crate) fn of_the_bus(stage: &Stage) -> Self {
        let rows: Vec<Row> =
            stage.usher.stack.events().into_iter().map(|detail| detail.row).collect();
        let mut database = Database::empty().unwrap();
        database.insert(&rows).unwrap();
        Self::of(&database)
    }

    /// By what the table holds.
    pub(crate) async fn of_the_table(stage: &Stage) -> Self {
        let stack = &stage.usher.stack;
        let now = stage.roku.clock().now();
        let gathering = Gathering { table: &stack.config.table, publisher: &stack.publisher, now };
        let mut database = Database::empty().unwrap();
        gathering.events(&mut database, |_| {}).await.unwrap();
        Self::of(&database)
    }

    fn of(database: &Database) -> Self {
        database.add_up().unwrap();
        let mut transactions = Books::default();
        for row in read(database, Report::Transactions) {
            transactions.enter(entry_of(&row));
        }
        Self { transactions, months: months(&read(database, Report::Monthly)) }
    }
}

/// What the Monthly Report is to say of what moved.
pub(crate) fn months_of<'a>(payments: impl IntoIterator<Item = &'a Payment>) -> Months {
    let mut months = Months::new();
    for moved in payments {
        if moved.total.is_zero() || kind_of(moved.kind) == CREDIT {
            continue;
        }
        let month = moved.at.strftime("%Y-%m").to_string();
        let of = [month, moved.currency.to_uppercase(), kind_of(moved.kind).to_owned()];
        let (count, total) = months.entry(of).or_default();
        (*count, *total) = (*count + 1, *total + moved.total);
    }
    months
}

type Record = BTreeMap<&'static str, Value>;

fn read(database: &Database, report: Report) -> Vec<Record> {
    let names = Database::columns(report, People::Hidden);
    let names: Vec<_> = names.into_iter().map(|column| column.name).collect();
    let mut records = Vec::new();
    let take = |values: &[Value]| -> Result<(), ReportError> {
        records.push(names.iter().copied().zip(values.iter().cloned()).collect());
        Ok(())
    };
    database.read(report, &Filter::default(), People::Hidden, take).unwrap();
    records
}

fn entry_of(row: &Record) -> Entry {
    let kind = match text(row, "kind").as_str() {
        "initial" | "renewal" | "switch" | "recovered" => CHARGE.to_owned(),
        other => other.to_owned(),
    };
    Entry {
        kind,
        currency: text(row, "currency"),
        customer: text(row, "roku_customer_id"),
        chain: text(row, "external_id"),
        transaction: text(row, "external_transaction_id"),
        total: Some(money(row, "total_micros")),
        tax: money(row, "tax_micros"),
    }
}

fn months(rows: &[Record]) -> Months {
    let mut months = Months::new();
    for row in rows {
        for (kind, count_column, total_column) in MEASURES {
            let count = integer(row, count_column);
            if count > 0 {
                let of = [text(row, "month"), text(row, "currency"), kind.to_owned()];
                let (counted, total) = months.entry(of).or_default();
                (*counted, *total) = (*counted + count, *total + money(row, total_column));
            }
        }
    }
    months
}

fn text(row: &Record, column: &str) -> String {
    match &row[column] {
        Value::Text(text) => text.clone(),
        Value::Null => String::new(),
        other => panic!("{column}: {other:?}"),
    }
}

fn integer(row: &Record, column: &str) -> i64 {
    match &row[column] {
        Value::Integer(number) => *number,
        Value::Null => 0,
        other => panic!("{column}: {other:?}"),
    }
}

fn money(row: &Record, column: &str) -> Decimal {
    Decimal::new(integer(row, column), 6).normalize()
}

//! The columns of the table of rows, in SQLite and in the archive.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowType {
    /// A text; moments and days are texts too.
    Text,
    /// A whole number.
    Integer,
    /// Yes or no.
    Flag,
}

use RowType::{Flag, Integer, Text};

/// The fields of [`usher::domain::event::row::Row`], in their order.
pub const ROW_COLUMNS: &[(&str, RowType)] = &[
    ("event_id", Text),
    ("event_type", Text),
    ("occurred_at", Text),
    ("day", Text),
    ("week", Text),
    ("month", Text),
    ("sequence", Integer),
    ("publisher_id", Text),
    ("channel_id", Text),
    ("customer_id", Text),
    ("roku_customer_id", Text),
    ("subscription_id", Integer),
    ("external_id", Text),
    ("product_id", Text),
    ("offer_id", Text),
    ("offer_title", Text),
    ("offer_group", Text),
    ("offer_period", Text),
    ("offer_price_micros", Integer),
    ("offer_currency", Text),
    ("country", Text),
    ("mrr_micros", Integer),
    ("status", Text),
    ("standing", Text),
    ("in_trial", Flag),
    ("started_at", Text),
    ("term_ends_at", Text),
    ("expires_at", Text),
    ("reason", Text),
    ("from_offer_id", Text),
    ("transaction_id", Text),
    ("external_transaction_id", Text),
    ("transaction_kind", Text),
    ("total_micros", Integer),
    ("tax_micros", Integer),
    ("credit_micros", Integer),
    ("currency", Text),
    ("checks", Integer),
];

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use usher::domain::event::row::Row;

    use super::*;

    #[test]
    fn the_columns_are_the_fields_of_a_row() {
        let text = || "text".to_owned();
        let (some, number) = (|| Some(text()), Some(1));
        let row = Row {
            event_id: text(),
            event_type: text(),
            occurred_at: text(),
            day: text(),
            week: text(),
            month: text(),
            sequence: number,
            publisher_id: text(),
            channel_id: some(),
            customer_id: some(),
            roku_customer_id: some(),
            subscription_id: number,
            external_id: some(),
            product_id: some(),
            offer_id: some(),
            offer_title: some(),
            offer_group: some(),
            offer_period: some(),
            offer_price_micros: number,
            offer_currency: some(),
            country: some(),
            mrr_micros: number,
            status: some(),
            standing: some(),
            in_trial: Some(true),
            started_at: some(),
            term_ends_at: some(),
            expires_at: some(),
            reason: some(),
            from_offer_id: some(),
            transaction_id: some(),
            external_transaction_id: some(),
            transaction_kind: some(),
            total_micros: number,
            tax_micros: number,
            credit_micros: number,
            currency: some(),
            checks: number,
        };
        let Value::Object(fields) = serde_json::to_value(&row).unwrap() else { panic!() };
        assert_eq!(fields.len(), ROW_COLUMNS.len());
        for (name, kind) in ROW_COLUMNS {
            let told = match &fields[*name] {
                Value::String(_) => Text,
                Value::Number(_) => Integer,
                Value::Bool(_) => Flag,
                other => panic!("{name}: {other}"),
            };
            assert_eq!(told, *kind, "{name}");
        }
    }
}

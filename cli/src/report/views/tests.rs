//! The archive's template holds these very queries.

use std::fmt::Write;

use rusqlite::Connection;
use serde_json::{Value, json};

use super::*;

const TEMPLATE: &str = include_str!("../../../../reports/template.yaml");
/// The last line that is written by hand.
const GENERATED: &str = "  # a row, and each query of this folder as a view.\n";

fn glue_type(kind: RowType) -> &'static str {
    match kind {
        RowType::Text => "string",
        RowType::Integer => "bigint",
        RowType::Flag => "boolean",
    }
}

fn trino_type(kind: RowType) -> &'static str {
    if kind == RowType::Text { "varchar" } else { glue_type(kind) }
}

fn columns<'a>(columns: impl IntoIterator<Item = (&'a str, RowType)>) -> String {
    let line =
        |(name, kind)| format!("            - {{ Name: {name}, Type: {} }}\n", glue_type(kind));
    columns.into_iter().map(line).collect()
}

fn rows() -> String {
    format!(
        "  Rows:
    Type: AWS::Glue::Table
    Properties:
      CatalogId: !Ref AWS::AccountId
      DatabaseName: !Ref Database
      TableInput:
        Name: event_rows
        TableType: EXTERNAL_TABLE
        # Athena works out where the months are; nobody has to look for new ones.
        Parameters:
          classification: parquet
          projection.enabled: \"true\"
          projection.arrived.type: date
          projection.arrived.format: yyyy/MM
          projection.arrived.range: 2026/01,NOW
          projection.arrived.interval: \"1\"
          projection.arrived.interval.unit: MONTHS
          storage.location.template: !Sub s3://${{Archive}}/rows/${{!arrived}}/
        PartitionKeys:
          - {{ Name: arrived, Type: string }}
        StorageDescriptor:
          Location: !Sub s3://${{Archive}}/rows/
          InputFormat: org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat
          OutputFormat: org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat
          SerdeInfo:
            SerializationLibrary: org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe
          Columns:
{}",
        columns(ROW_COLUMNS.iter().copied())
    )
}

/// As Athena keeps a view (`CREATE VIEW` writes the same).
fn view(view: &View, names: &[String]) -> String {
    let typed = || names.iter().map(|name| (name.as_str(), column_type(name)));
    let told: Vec<Value> =
        typed().map(|(name, kind)| json!({ "name": name, "type": trino_type(kind) })).collect();
    let told = json!({
        "originalSql": view.sql.trim_end(),
        "catalog": "awsdatacatalog",
        "schema": "${DatabaseName}",
        "columns": told,
    });
    let words = view.name.split('_').map(|word| word[..1].to_uppercase() + &word[1..]);
    format!(
        "
  {}View:
    Type: AWS::Glue::Table
    Properties:
      CatalogId: !Ref AWS::AccountId
      DatabaseName: !Ref Database
      TableInput:
        Name: {}
        TableType: VIRTUAL_VIEW
        Parameters:
          presto_view: \"true\"
        PartitionKeys: []
        StorageDescriptor:
          SerdeInfo: {{}}
          Columns:
{}        ViewExpandedText: /* Presto View */
        ViewOriginalText: !Join
          - \"\"
          - - \"/* Presto View: \"
            - Fn::Base64: !Sub '{}'
            - \" */\"
",
        words.collect::<String>(),
        view.name,
        columns(typed()),
        told.to_string().replace('\'', "''"),
    )
}

fn outputs() -> &'static str {
    "
Outputs:
  ArchiveBucket:
    Description: The bucket with the rows
    Value: !Ref Archive
  WorkGroup:
    Description: The workgroup of Athena to ask in
    Value: !Ref WorkGroup
  DatabaseName:
    Description: The database of Athena to ask
    Value: !Ref Database
"
}

fn generated() -> String {
    let connection = Connection::open_in_memory().unwrap();
    let names: Vec<&str> = ROW_COLUMNS.iter().map(|(name, _)| *name).collect();
    connection.execute_batch(&format!("CREATE TABLE event_rows ({})", names.join(", "))).unwrap();
    let mut text = rows();
    for one in VIEWS {
        let (name, sql) = (one.name, one.sql);
        connection.execute_batch(&format!("CREATE VIEW {name} AS {sql}")).unwrap();
        let select = connection.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let names: Vec<String> =
            select.column_names().iter().map(|name| (*name).to_owned()).collect();
        write!(text, "{}", view(one, &names)).unwrap();
    }
    text + outputs()
}

#[test]
fn the_template_has_the_fields_of_a_row_and_every_query() {
    let (by_hand, _) = TEMPLATE.split_once(GENERATED).unwrap();
    let expected = format!("{by_hand}{GENERATED}{}", generated());
    expect_test::expect_file!["../../../../reports/template.yaml"].assert_eq(&expected);
}

#[test]
fn every_query_gives_the_columns_of_its_report() {
    let connection = Connection::open_in_memory().unwrap();
    let names: Vec<&str> = ROW_COLUMNS.iter().map(|(name, _)| *name).collect();
    connection.execute_batch(&format!("CREATE TABLE event_rows ({})", names.join(", "))).unwrap();
    for View { name, sql } in VIEWS {
        connection.execute_batch(&format!("CREATE VIEW {name} AS {sql}")).unwrap();
    }
    for report in Report::ALL {
        let select = connection.prepare(&format!("SELECT * FROM {}", report.view())).unwrap();
        let given = select.column_names();
        for column in report.columns() {
            assert!(given.contains(&column.name), "{report:?} {}", column.name);
        }
    }
}

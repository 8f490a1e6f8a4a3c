//! An embedded DynamoDB behind HTTP, so that the functions use the real AWS SDK.

mod stream_records;

use std::collections::BTreeSet;

use dynoxide::Database;
use dynoxide::errors::DynoxideError;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::kept::Kept;
use crate::stack::StackError;
use crate::template::Template;

/// The name of the table on a laptop.
pub(crate) const TABLE: &str = "usher";

/// Opens a database, in memory or in a file, with the table of the template in it, and serves it.
pub(crate) async fn start(
    listener: TcpListener,
    kept: &Kept,
    template: &Template,
) -> Result<(), StackError> {
    let path = match kept.table() {
        Some(path) => path.to_string_lossy().into_owned(),
        // One in memory that has a name, under which its stream's records are found.
        None => format!("file:/usher-{}?vfs=memdb", uuid::Uuid::new_v4()),
    };
    let database = Database::new(&path);
    let database = database.map_err(|error| StackError::Database(error.to_string()))?;
    create_table(&database, template)?;
    let read_through = kept.read(|kept| kept.stream_read_through.clone());
    let tidied = stream_records::tidy(&path, TABLE, read_through.as_deref());
    tidied.map_err(|error| StackError::Database(error.to_string()))?;
    tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, std::future::pending()));
    Ok(())
}

fn create_table(database: &Database, template: &Template) -> Result<(), StackError> {
    let table = template.table()?;
    let request = json!({
        "TableName": TABLE,
        "BillingMode": table["BillingMode"],
        "KeySchema": table["KeySchema"],
        "AttributeDefinitions": table["AttributeDefinitions"],
        "GlobalSecondaryIndexes": table["GlobalSecondaryIndexes"],
        "StreamSpecification": stream(table),
    });
    let request = serde_json::from_value(request);
    let request = request.map_err(|error| StackError::Database(error.to_string()))?;
    match database.create_table(request) {
        Ok(_) => Ok(()),
        Err(DynoxideError::ResourceInUseException(_)) => must_be_of_this_version(database, table),
        Err(error) => Err(StackError::Database(error.to_string())),
    }
}

/// In the template a stream is on where it is told how; for DynamoDB it is told that it is on.
fn stream(table: &Value) -> Value {
    let view = &table["StreamSpecification"]["StreamViewType"];
    json!({ "StreamEnabled": view.is_string(), "StreamViewType": view })
}

/// A table that another version made may lack an index, or an attribute in one.
fn must_be_of_this_version(database: &Database, wanted: &Value) -> Result<(), StackError> {
    let broken = |error: &dyn std::fmt::Display| StackError::Database(error.to_string());
    let request = serde_json::from_value(json!({ "TableName": TABLE }));
    let request = request.map_err(|error| broken(&error))?;
    let found = database.describe_table(request).map_err(|error| broken(&error))?;
    let description = serde_json::to_value(found).map_err(|error| broken(&error))?;
    let shape = |indexes: &Value| -> BTreeSet<String> {
        let indexes = indexes.as_array().into_iter().flatten();
        let parts = ["IndexName", "KeySchema", "Projection"];
        indexes.map(|index| parts.map(|part| index[part].to_string()).join(" ")).collect()
    };
    let found = shape(&description["Table"]["GlobalSecondaryIndexes"]);
    if found == shape(&wanted["GlobalSecondaryIndexes"]) {
        return turn_stream_on(database, wanted, &description);
    }
    let what = "the table is of another version of Usher, with other indexes: name a new FILE";
    Err(StackError::Database(what.to_owned()))
}

/// A table that an earlier version made has none, which can be mended.
fn turn_stream_on(database: &Database, wanted: &Value, found: &Value) -> Result<(), StackError> {
    if found["Table"]["StreamSpecification"]["StreamEnabled"] == true {
        return Ok(());
    }
    let broken = |error: &dyn std::fmt::Display| StackError::Database(error.to_string());
    let request = json!({ "TableName": TABLE, "StreamSpecification": stream(wanted) });
    let request = serde_json::from_value(request).map_err(|error| broken(&error))?;
    database.update_table(request).map(drop).map_err(|error| broken(&error))
}

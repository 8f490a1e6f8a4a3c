//! An embedded DynamoDB behind HTTP, so that the functions use the real AWS SDK.

use std::path::Path;

use dynoxide::Database;
use dynoxide::errors::DynoxideError;
use serde_json::json;
use tokio::net::TcpListener;

use crate::stack::StackError;
use crate::template::Template;

/// The name of the table on a laptop.
pub(crate) const TABLE: &str = "usher";

/// Opens a database, in memory or in a file, with the table of the template in it, and serves it.
pub(crate) async fn start(
    listener: TcpListener,
    file: Option<&Path>,
    template: &Template,
) -> Result<(), StackError> {
    let database = match file {
        Some(path) => Database::new(&path.to_string_lossy()),
        None => Database::memory(),
    };
    let database = database.map_err(|error| StackError::Database(error.to_string()))?;
    create_table(&database, template)?;
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
    });
    let request = serde_json::from_value(request);
    let request = request.map_err(|error| StackError::Database(error.to_string()))?;
    match database.create_table(request) {
        Ok(_) | Err(DynoxideError::ResourceInUseException(_)) => Ok(()),
        Err(error) => Err(StackError::Database(error.to_string())),
    }
}

//! The stream's records, as the embedded DynamoDB keeps them: in a table of its SQLite, all of them, for
//! ever. DynamoDB forgets them after a day. So those that were read are forgotten with the next start;
//! and the rest get an index, without which each write looks through all of them for its number.

use rusqlite::Connection;

/// What the numbers that DynamoDB tells are larger by than those that are kept.
const OFFSET: i128 = 100_000_000_000_000_000_000;

const INDEX: &str = "CREATE INDEX IF NOT EXISTS usher_stream_records
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";

const FORGET: &str =
    "DELETE FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <= ?2";

/// Forgets the records of a table that were read, and makes the index of the rest. To be done before
/// anybody writes. Numbers go on rising: they follow the clock.
pub(super) fn tidy(
    database: &str,
    table: &str,
    read_through: Option<&str>,
) -> rusqlite::Result<()> {
    let connection = Connection::open(database)?;
    connection.execute_batch(INDEX)?;
    let number = read_through.and_then(|number| number.parse::<i128>().ok());
    if let Some(number) = number.and_then(|number| i64::try_from(number - OFFSET).ok()) {
        connection.execute(FORGET, (table, number))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use dynoxide::Database;
    use serde_json::json;

    use super::*;

    /// A database in memory, under a name, with a table that has a stream.
    fn database(name: &str) -> (String, Database) {
        let path = format!("file:/{name}-{}?vfs=memdb", uuid::Uuid::new_v4());
        let database = Database::new(&path).unwrap();
        let table = json!({
            "TableName": "table",
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
            "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
            "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" },
        });
        database.create_table(serde_json::from_value(table).unwrap()).unwrap();
        (path, database)
    }

    fn put(database: &Database, pk: &str) {
        let item = json!({ "TableName": "table", "Item": { "pk": { "S": pk } } });
        database.put_item(serde_json::from_value(item).unwrap()).unwrap();
    }

    /// The records of the stream, each as the item and the record's number.
    fn records(database: &Database) -> Vec<(String, String)> {
        let streams = database.list_streams(serde_json::from_value(json!({})).unwrap()).unwrap();
        let stream = json!({
            "StreamArn": streams.streams[0].stream_arn,
            "ShardId": "shardId-00000001-table",
            "ShardIteratorType": "TRIM_HORIZON",
        });
        let iterator = database
            .get_shard_iterator(serde_json::from_value(stream).unwrap())
            .unwrap()
            .shard_iterator;
        let read = json!({ "ShardIterator": iterator });
        let read = database.get_records(serde_json::from_value(read).unwrap()).unwrap();
        let told = read.records.iter().map(|record| {
            let keys = serde_json::to_value(&record.dynamodb.keys).unwrap();
            let pk = keys["pk"]["S"].as_str().unwrap().to_owned();
            (pk, record.dynamodb.sequence_number.clone())
        });
        told.collect()
    }

    #[test]
    fn what_was_read_is_forgotten_and_what_comes_then_is_numbered_on() {
        let (path, database) = database("forget");
        ["a", "b", "c"].iter().for_each(|pk| put(&database, pk));
        let before = records(&database);
        tidy(&path, "table", None).unwrap();
        assert_eq!(records(&database), before);
        tidy(&path, "table", Some(&before[1].1)).unwrap();
        assert_eq!(records(&database), before[2..]);
        tidy(&path, "table", Some(&before[2].1)).unwrap();
        put(&database, "d");
        let after = records(&database);
        assert_eq!(after.len(), 1);
        assert!(after[0].1 > before[2].1);
    }

    #[test]
    fn a_write_finds_its_number_without_a_look_at_every_record() {
        let (path, _database) = database("index");
        tidy(&path, "table", None).unwrap();
        let connection = Connection::open(&path).unwrap();
        let plan =
            "EXPLAIN QUERY PLAN SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1
            FROM _stream_records WHERE table_name = ?1";
        let plan: String = connection.query_row(plan, ["table"], |row| row.get(3)).unwrap();
        assert!(plan.contains("INDEX usher_stream_records"), "{plan}");
    }
}

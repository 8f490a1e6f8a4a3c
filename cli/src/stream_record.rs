//! A record of a table's stream, in the form in which Lambda passes it to a function.

use aws_sdk_dynamodbstreams::types::{Record, StreamRecord};
use serde_dynamo::Item;
use serde_json::{Value, json};

/// The record as JSON, which Lambda's filters and its library read.
pub(crate) fn as_lambda_passes_it(record: Record) -> Value {
    let change = record.dynamodb.unwrap_or_else(|| StreamRecord::builder().build());
    let item = |item: Option<_>| item.map(Item::from);
    json!({
        "eventID": record.event_id,
        "eventName": record.event_name.map(|name| name.as_str().to_owned()),
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": without_nulls(json!({
            "ApproximateCreationDateTime":
                change.approximate_creation_date_time.map(|at| at.as_secs_f64()),
            "Keys": item(change.keys),
            "NewImage": item(change.new_image),
            "OldImage": item(change.old_image),
            "SequenceNumber": change.sequence_number,
            "SizeBytes": change.size_bytes.unwrap_or_default(),
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        })),
    })
}

/// Lambda leaves out what is not there.
fn without_nulls(mut record: Value) -> Value {
    if let Value::Object(fields) = &mut record {
        fields.retain(|_, value| !value.is_null());
    }
    record
}

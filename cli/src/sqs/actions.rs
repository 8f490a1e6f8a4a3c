//! What the queues answer to the actions of SQS.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::pair::Pair;
use super::queue::{Message, Queue, Receipt};
use super::refusal::Refusal;
use super::requests::{
    Batch, ChangeMessageVisibility, DeleteMessage, Entry, GetQueueAttributes, GetQueueUrl,
    NewMessage, ReceiveMessage, Received, SendMessage, StartMessageMoveTask,
};
use super::{ACCOUNTS, RECEIPTS, STREAM, Settings, WEBHOOKS};

/// SQS takes no more messages in one call, and gives no more.
const BATCH: usize = 10;
/// How long a message can be.
const LONGEST_BODY_BYTES: usize = 1_048_576;
const LONGEST_DELAY_SECONDS: u64 = 900;
const LONGEST_VISIBILITY_SECONDS: u64 = 43_200;

/// The queues, each with its dead-letter queue.
#[derive(Debug)]
pub(super) struct Queues {
    pairs: [Pair; 4],
    visibility: Duration,
    /// What stands before the names of the queues in their addresses.
    base_url: String,
}

impl Queues {
    /// All of them empty.
    pub(super) fn new(settings: Settings, base_url: String) -> Self {
        let pairs = [
            Pair::new(RECEIPTS, settings.receipts_max_receives),
            Pair::new(ACCOUNTS, settings.accounts_max_receives),
            Pair::new(WEBHOOKS, settings.webhooks_max_receives),
            Pair::new(STREAM, 1),
        ];
        Self { pairs, visibility: settings.visibility, base_url }
    }

    /// The address of a queue.
    pub(super) fn url_of(&self, name: &str) -> String {
        format!("{}{name}", self.base_url)
    }

    /// The answer to a request of an action.
    pub(super) fn answer(
        &mut self,
        action: &str,
        request: &str,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        match action {
            "SendMessage" => self.send(parse(request)?, now),
            "SendMessageBatch" => self.send_batch(parse(request)?, now),
            "ReceiveMessage" => self.receive(&parse(request)?, now),
            "DeleteMessage" => self.delete(&parse(request)?),
            "DeleteMessageBatch" => self.delete_batch(parse(request)?),
            "ChangeMessageVisibility" => self.change_visibility(&parse(request)?, now),
            "GetQueueAttributes" => self.attributes(&parse(request)?, now),
            "GetQueueUrl" => self.find(&parse(request)?),
            "StartMessageMoveTask" => self.redrive(&parse(request)?, now),
            _ => Err(Refusal::UnsupportedOperation),
        }
    }

    fn send(&mut self, request: SendMessage, now: Timestamp) -> Result<Value, Refusal> {
        send(self.named(name_in(&request.queue_url))?, request.message, now)
    }

    fn send_batch(&mut self, request: Batch<NewMessage>, now: Timestamp) -> Result<Value, Refusal> {
        let queue = self.named(name_in(&request.queue_url))?;
        each(request.entries, |message| send(queue, message, now))
    }

    fn receive(&mut self, request: &ReceiveMessage, now: Timestamp) -> Result<Value, Refusal> {
        let name = name_in(&request.queue_url);
        let visibility = match request.visibility_timeout {
            Some(seconds) => visibility(seconds)?,
            None => self.visibility,
        };
        if !(1..=BATCH).contains(&request.max_number_of_messages) {
            return Err(Refusal::InvalidParameterValue("MaxNumberOfMessages is 1 to 10"));
        }
        if let Some(pair) = self.pairs.iter_mut().find(|pair| pair.name == name) {
            pair.give_up_spent(now);
        }
        let queue = self.named(name)?;
        let received = queue.receive(request.max_number_of_messages, visibility, now);
        let told = received.iter().map(|message| told(message, name, request));
        Ok(json!({ "Messages": told.collect::<Vec<_>>() }))
    }

    fn delete(&mut self, request: &DeleteMessage) -> Result<Value, Refusal> {
        let name = name_in(&request.queue_url);
        delete(self.named(name)?, name, &request.message)
    }

    fn delete_batch(&mut self, request: Batch<Received>) -> Result<Value, Refusal> {
        let name = name_in(&request.queue_url);
        let queue = self.named(name)?;
        each(request.entries, |message| delete(queue, name, &message))
    }

    fn change_visibility(
        &mut self,
        request: &ChangeMessageVisibility,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let name = name_in(&request.queue_url);
        let queue = self.named(name)?;
        let receipt = receipt(name, &request.receipt_handle)?;
        queue.change_visibility(receipt, visibility(request.visibility_timeout)?, now)?;
        Ok(json!({}))
    }

    fn attributes(
        &mut self,
        request: &GetQueueAttributes,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let name = name_in(&request.queue_url);
        let counts = self.named(name)?.counts(now);
        let mut attributes = vec![
            ("ApproximateNumberOfMessages", counts.waiting.to_string()),
            ("ApproximateNumberOfMessagesDelayed", counts.delayed.to_string()),
            ("ApproximateNumberOfMessagesNotVisible", counts.in_flight.to_string()),
            ("QueueArn", arn(name)),
            ("VisibilityTimeout", self.visibility.as_secs().to_string()),
        ];
        if let Some(pair) = self.pairs.iter().find(|pair| pair.name == name) {
            attributes.push(("RedrivePolicy", redrive_policy(pair)));
        }
        Ok(json!({ "Attributes": asked_for(attributes, &request.attribute_names) }))
    }

    fn find(&mut self, request: &GetQueueUrl) -> Result<Value, Refusal> {
        self.named(&request.queue_name)?;
        Ok(json!({ "QueueUrl": self.url_of(&request.queue_name) }))
    }

    /// Moves the dead letters of one queue back, and is done at once.
    fn redrive(
        &mut self,
        request: &StartMessageMoveTask,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let mut pairs = self.pairs.iter_mut();
        let pair = pairs.find(|pair| arn(&pair.dead_letters_name()) == request.source_arn);
        pair.ok_or(Refusal::ResourceNotFound)?.bring_back(now);
        Ok(json!({ "TaskHandle": "done" }))
    }

    fn named(&mut self, name: &str) -> Result<&mut Queue, Refusal> {
        let mut pairs = self.pairs.iter_mut();
        pairs.find_map(|pair| pair.named(name)).ok_or(Refusal::QueueDoesNotExist)
    }
}

fn parse<T: DeserializeOwned>(request: &str) -> Result<T, Refusal> {
    let wrong = Refusal::InvalidParameterValue("the request lacks a parameter, or one is wrong");
    serde_json::from_str(request).map_err(|_| wrong)
}

/// The name of the queue that an address is of.
fn name_in(queue_url: &str) -> &str {
    queue_url.rsplit('/').next().unwrap_or(queue_url)
}

fn arn(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:000000000000:{name}")
}

/// The attribute `RedrivePolicy`.
fn redrive_policy(pair: &Pair) -> String {
    let policy = json!({
        "deadLetterTargetArn": arn(&pair.dead_letters_name()),
        "maxReceiveCount": pair.max_receives,
    });
    policy.to_string()
}

fn send(queue: &mut Queue, message: NewMessage, now: Timestamp) -> Result<Value, Refusal> {
    let NewMessage { message_body: body, delay_seconds } = message;
    if body.is_empty() || body.len() > LONGEST_BODY_BYTES {
        return Err(Refusal::InvalidParameterValue("a message has 1 to 1048576 bytes"));
    }
    if !body.chars().all(is_allowed) {
        return Err(Refusal::InvalidMessageContents);
    }
    if delay_seconds > LONGEST_DELAY_SECONDS {
        return Err(Refusal::InvalidParameterValue("DelaySeconds is 0 to 900"));
    }
    let number = queue.send(body, Duration::from_secs(delay_seconds), now);
    Ok(json!({ "MessageId": message_id(number) }))
}

/// SQS takes the characters of XML.
fn is_allowed(character: char) -> bool {
    let is_control = character < ' ' && !matches!(character, '\t' | '\n' | '\r');
    !is_control && !matches!(character, '\u{FFFE}' | '\u{FFFF}')
}

fn delete(queue: &mut Queue, name: &str, message: &Received) -> Result<Value, Refusal> {
    queue.delete(receipt(name, &message.receipt_handle)?)?;
    Ok(json!({}))
}

/// Does something with each entry of a batch. One that fails does not hinder the others.
fn each<T>(
    entries: Vec<Entry<T>>,
    mut act: impl FnMut(T) -> Result<Value, Refusal>,
) -> Result<Value, Refusal> {
    let ids: HashSet<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    match entries.len() {
        0 => return Err(Refusal::EmptyBatchRequest),
        1..=BATCH if ids.len() == entries.len() => {}
        1..=BATCH => return Err(Refusal::BatchEntryIdsNotDistinct),
        _ => return Err(Refusal::TooManyEntriesInBatchRequest),
    }
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for Entry { id, content } in entries {
        match act(content) {
            Ok(mut answer) => {
                answer["Id"] = json!(id);
                successful.push(answer);
            }
            Err(refusal) => failed.push(refusal.entry(&id)),
        }
    }
    Ok(json!({ "Successful": successful, "Failed": failed }))
}

/// A message as its receiver is told.
fn told(message: &Message, queue: &str, request: &ReceiveMessage) -> Value {
    let first = message.first_received_at.unwrap_or(message.sent_at);
    let attributes = [
        ("ApproximateReceiveCount", message.receives.to_string()),
        ("ApproximateFirstReceiveTimestamp", first.as_millisecond().to_string()),
        ("SentTimestamp", message.sent_at.as_millisecond().to_string()),
    ];
    let names = [&request.message_system_attribute_names[..], &request.attribute_names].concat();
    let Receipt { number, receive } = message.receipt();
    json!({
        "MessageId": message_id(number),
        "ReceiptHandle": format!("{queue}/{number}/{receive}"),
        "Body": message.body,
        "Attributes": asked_for(attributes, &names),
    })
}

/// Those of the attributes that were asked for.
fn asked_for(
    attributes: impl IntoIterator<Item = (&'static str, String)>,
    names: &[String],
) -> Value {
    let is_asked_for = |name: &str| names.iter().any(|asked| asked == name || asked == "All");
    attributes
        .into_iter()
        .filter(|(name, _)| is_asked_for(name))
        .map(|(name, value)| (name.to_owned(), Value::String(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// An id of the form that SQS gives.
fn message_id(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

/// What a receipt handle of a queue stands for.
fn receipt(queue: &str, handle: &str) -> Result<Receipt, Refusal> {
    let numbers = handle.strip_prefix(queue).and_then(|rest| rest.strip_prefix('/'));
    let (number, receive) =
        numbers.and_then(|rest| rest.split_once('/')).ok_or(Refusal::ReceiptHandleIsInvalid)?;
    match (number.parse(), receive.parse()) {
        (Ok(number), Ok(receive)) => Ok(Receipt { number, receive }),
        _ => Err(Refusal::ReceiptHandleIsInvalid),
    }
}

fn visibility(seconds: u64) -> Result<Duration, Refusal> {
    match seconds {
        0..=LONGEST_VISIBILITY_SECONDS => Ok(Duration::from_secs(seconds)),
        _ => Err(Refusal::InvalidParameterValue("VisibilityTimeout is 0 to 43200")),
    }
}

//! `usher events listen`: events as they happen, until somebody has seen enough.

use std::io::Write;
use std::ops::ControlFlow;
use std::time::Duration;

use aws_lambda_events::event::dynamodb::EventRecord;
use aws_sdk_dynamodbstreams::types::Record;
use clap::Args;
use publish::{Untold, messages_of};
use usher::domain::event::message::EventMessage;
use usher::domain::id::PublisherId;
use usher::domain::webhook::TypeFilter;
use usher::store::publishers::Publishers;

use super::super::local::interrupted;
use super::super::{Failure, PublisherArgument, print_more};
use super::forward::{Forward, ForwardArguments};
use super::line::Line;
use crate::stream_record::as_lambda_passes_it;
use crate::tail::{Begin, Look, Tail};

/// How long to wait until the stream is looked at again. AWS allows five looks in a second, of which
/// the function that publishes events makes four.
const PAUSE: Duration = Duration::from_secs(1);
/// The same where the stream is on this machine.
const PAUSE_LOCALLY: Duration = Duration::from_millis(200);
/// The longest wait after looks that failed; it doubles up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Which events, and what becomes of them.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    publisher: PublisherArgument,
    /// Only events of these types, with commas between them
    #[arg(
        long,
        value_name = "TYPES",
        default_value = "all",
        value_parser = TypeFilter::parse
    )]
    types: TypeFilter,
    /// Begin with the oldest event that the stream still has: AWS keeps those of 24 hours
    #[arg(long)]
    since_start: bool,
    #[command(flatten)]
    forward: ForwardArguments,
    /// Print each event as a line of JSON; with --forward-to, with the answer as `forwarded`
    #[arg(long)]
    json: bool,
}

/// Who listens, and to what.
struct Listener {
    publishers: Publishers,
    publisher: PublisherId,
    types: TypeFilter,
    forward: Option<Forward>,
    form: Form,
    pause: Duration,
}

/// In which form events are printed.
enum Form {
    Text,
    Json,
}

/// Runs the command until it is interrupted.
///
/// # Errors
/// When the stream cannot be read to begin with, or nothing can be printed.
pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let table = &arguments.publisher.table;
    let begin = if arguments.since_start { Begin::Oldest } else { Begin::Now };
    let tail = Tail::open(table.streams().await, table.name(), begin).await?;
    let pause = table.local().map_or(PAUSE, |_| PAUSE_LOCALLY);
    let (config, publisher) = arguments.publisher.open(String::new()).await?;
    let listener = Listener {
        publishers: Publishers::new(&config.table),
        publisher: publisher.id.clone(),
        types: arguments.types,
        forward: arguments.forward.open(&config)?,
        form: if arguments.json { Form::Json } else { Form::Text },
        pause,
    };
    listener.introduce();
    tokio::select! {
        heard = listener.listen(tail) => heard,
        pressed = interrupted() => Ok(pressed?),
    }
}

impl Listener {
    /// Says what is going to be told, where what is told does not go.
    fn introduce(&self) {
        let mut text =
            format!("Listening to events of publisher {}; Ctrl-C ends it.\n", self.publisher);
        if let Some(forward) = &self.forward {
            text.push_str(&format!("{forward}.\n"));
        }
        // Where nobody can read it, nobody misses it.
        drop(std::io::stderr().lock().write_all(text.as_bytes()));
    }

    /// Tells what happens until nobody reads it any more.
    async fn listen(&self, mut tail: Tail) -> Result<(), Failure> {
        let mut pause = self.pause;
        loop {
            let Look { records, trouble } = tail.look().await;
            for record in records {
                if self.tell(record).await?.is_break() {
                    return Ok(());
                }
            }
            pause = if let Some(trouble) = trouble {
                tracing::warn!("{trouble}; it is tried again");
                (pause * 2).min(LONGEST_PAUSE)
            } else {
                self.pause
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Tells what a record has to tell.
    async fn tell(&self, record: Record) -> Result<ControlFlow<()>, Failure> {
        for event in self.messages(record).await {
            let forwarded = match &self.forward {
                Some(forward) => Some(forward.send(&event).await),
                None => None,
            };
            let line = Line { event: &event, forwarded };
            let line = match self.form {
                Form::Text => line.text(),
                Form::Json => line.json()?,
            };
            if print_more(&line)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// What webhooks are told of a record. One that cannot be read is passed over: it is among the
    /// dead letters of the function that publishes.
    async fn messages(&self, record: Record) -> Vec<EventMessage> {
        let record: EventRecord = match serde_json::from_value(as_lambda_passes_it(record)) {
            Ok(record) => record,
            Err(error) => {
                tracing::warn!(%error, "a record of the stream is of another form");
                return Vec::new();
            }
        };
        let mut pause = self.pause;
        let messages = loop {
            match messages_of(&record, &self.publishers).await {
                Err(Untold::Unavailable(error)) => {
                    tracing::warn!("{}; it is tried again", error.in_short());
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(why) => {
                    tracing::warn!("events that cannot be told: {why}");
                    return Vec::new();
                }
                Ok(messages) => break messages,
            }
        };
        messages.into_iter().filter(|event| self.is_asked_for(event)).collect()
    }

    fn is_asked_for(&self, event: &EventMessage) -> bool {
        event.publisher_id == self.publisher && self.types.lets_through(event.kind)
    }
}

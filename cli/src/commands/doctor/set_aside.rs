//! Pushes of the last days that belong to no account of the publisher.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use usher::domain::id::PublisherId;
use usher::domain::publisher::Publisher;
use usher::store::Table;
use usher::store::set_aside::{Lately, Reason, SetAside};

use super::Examined;

const WHAT: &str = "pushes set aside";
/// How far back is looked.
const DAYS: i64 = 7;
/// More channels are not named.
const MOST_CHANNELS: usize = 5;

/// Counts them by reason. Only what is for a channel that the settings do not name, even now, is
/// wrong: the test of Roku's dashboard cannot be read, and new types of messages are Roku's affair.
pub(super) async fn examine(
    table: &Table,
    id: &PublisherId,
    known: Option<&Publisher>,
    now: Timestamp,
) -> Examined {
    let since = now.saturating_sub(SignedDuration::from_hours(24 * DAYS));
    let since = since.unwrap_or(Timestamp::MIN);
    match SetAside::new(table).since(id, since).await {
        Ok(lately) => Counts::of(&lately, known).finding(&lately, since),
        Err(error) => Examined::unexamined(WHAT, error.in_short()),
    }
}

/// How many were set aside why.
#[derive(Default)]
struct Counts {
    unreadable: usize,
    unknown_type: usize,
    foreign: usize,
    /// For channels that the settings name since.
    named_since: usize,
    /// The foreign channels.
    channels: BTreeSet<String>,
}

impl Counts {
    fn of(lately: &Lately, known: Option<&Publisher>) -> Self {
        let mut counts = Self::default();
        for push in &lately.pushes {
            let channel = push.channel.as_deref();
            match push.reason {
                Reason::Unreadable => counts.unreadable += 1,
                Reason::UnknownMessageType => counts.unknown_type += 1,
                Reason::ForeignChannel
                    if known.is_some_and(|known| known.settings.owns_channel(channel)) =>
                {
                    counts.named_since += 1;
                }
                Reason::ForeignChannel => {
                    counts.foreign += 1;
                    counts.channels.insert(shown(channel));
                }
            }
        }
        counts
    }

    fn finding(self, lately: &Lately, since: Timestamp) -> Examined {
        let Self { unreadable, unknown_type, foreign, named_since, channels } = self;
        let kinds = [
            (unreadable, "unreadable (as Roku's test messages are)"),
            (foreign, "for channels that are not the publisher's"),
            (named_since, "for channels that are the publisher's since"),
            (unknown_type, "of an unknown type"),
        ];
        let some = kinds.into_iter().filter(|(count, _)| *count > 0);
        let some: Vec<String> = some.map(|(count, kind)| format!("{count} {kind}")).collect();
        let some = if some.is_empty() { "none".to_owned() } else { some.join(", ") };
        let at_least = if lately.may_be_more { ", and there may be more" } else { "" };
        let channels: Vec<String> = channels.into_iter().take(MOST_CHANNELS).collect();
        let todo = format!(
            "channels {}: if they are the publisher's, name them with the others (usher publisher set \
             ID --channel …), and let Roku's dashboard send the days again",
            channels.join(", ")
        );
        let values = json!({
            "since": since,
            "unreadable": unreadable,
            "foreignChannel": foreign,
            "namedSince": named_since,
            "unknownMessageType": unknown_type,
            "channels": channels,
            "mayBeMore": lately.may_be_more,
        });
        let found = format!("in {DAYS} days {some}{at_least}");
        Examined::well(WHAT, found, values).wrong_if(foreign > 0, todo)
    }
}

/// A channel as another developer's push names it: it must not play with the terminal.
fn shown(channel: Option<&str>) -> String {
    let shown = |channel: &str| channel.escape_debug().take(32).collect();
    channel.map_or("without a name".to_owned(), shown)
}

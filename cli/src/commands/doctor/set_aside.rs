//! Pushes of the last days that belong to no account of the publisher.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use usher::domain::id::PublisherId;
use usher::store::Table;
use usher::store::set_aside::{Lately, Reason, SetAside};

use super::Finding;

const WHAT: &str = "pushes set aside";
/// How far back is looked.
const DAYS: i64 = 7;
/// More channels are not named.
const MOST_CHANNELS: usize = 5;

/// Counts them by reason. Only what is for a channel that the catalog does not name is wrong: the
/// test of Roku's dashboard cannot be read, and new types of messages are Roku's affair.
pub(super) async fn examine(table: &Table, publisher: &PublisherId, now: Timestamp) -> Finding {
    let since = now.saturating_sub(SignedDuration::from_hours(24 * DAYS));
    let since = since.unwrap_or(Timestamp::MIN);
    match SetAside::new(table).since(publisher, since).await {
        Ok(lately) => found(&lately, since),
        Err(error) => Finding::unexamined(WHAT, error.in_short()),
    }
}

fn found(lately: &Lately, since: Timestamp) -> Finding {
    let count = |reason| lately.pushes.iter().filter(|push| push.reason == reason).count();
    let unreadable = count(Reason::Unreadable);
    let foreign = count(Reason::ForeignChannel);
    let unknown = count(Reason::UnknownMessageType);
    let at_least = if lately.may_be_more { "at least " } else { "" };
    let found = format!(
        "in {DAYS} days {at_least}{unreadable} unreadable (as Roku's test messages are), {foreign} \
         for channels that the catalog does not name, {unknown} of an unknown type"
    );
    let channels = channels(lately);
    let values = json!({
        "since": since,
        "unreadable": unreadable,
        "foreignChannel": foreign,
        "unknownMessageType": unknown,
        "channels": channels,
        "mayBeMore": lately.may_be_more,
    });
    let named = channels.into_iter().collect::<Vec<_>>().join(", ");
    let todo = format!(
        "channels {named}: name those that are the publisher's in the catalog, then: usher catalog \
         apply FILE, and let Roku's dashboard send the days again"
    );
    Finding::well(WHAT, found, values).wrong_if(foreign > 0, todo)
}

/// The channels that foreign pushes are for, the first few of them.
fn channels(lately: &Lately) -> BTreeSet<String> {
    let foreign = lately.pushes.iter().filter(|push| push.reason == Reason::ForeignChannel);
    let named = |channel: Option<&String>| match channel {
        // Whatever another developer's push says must not play with the terminal.
        Some(channel) => channel.escape_debug().take(32).collect(),
        None => "without a name".to_owned(),
    };
    let channels: BTreeSet<String> = foreign.map(|push| named(push.channel.as_ref())).collect();
    channels.into_iter().take(MOST_CHANNELS).collect()
}

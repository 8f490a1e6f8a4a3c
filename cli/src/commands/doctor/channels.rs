//! When Roku last pushed something about each of a publisher's channels.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use usher::domain::publisher::Publisher;
use usher::store::Table;
use usher::store::last_pushes::LastPushes;

use super::Examined;

const WHAT: &str = "last push";
/// Where anybody subscribes, something is renewed or cancelled more often than this.
const LONGEST_SILENCE: SignedDuration = SignedDuration::from_hours(7 * 24);
const TODO: &str = "check the push notification URL in Roku's dashboard and send its test message, \
                    which is told under \"pushes set aside\"";

/// Looks at each channel.
pub(super) async fn examine(table: &Table, publisher: &Publisher, now: Timestamp) -> Vec<Examined> {
    let last = match LastPushes::new(table).by_channel(&publisher.id).await {
        Ok(last) => last,
        Err(error) => return vec![Examined::unexamined(WHAT, error.in_short())],
    };
    let channels = publisher.settings.channels.iter();
    channels.map(|channel| of_channel(channel, last.get(channel).copied(), now)).collect()
}

fn of_channel(channel: &str, last: Option<Timestamp>, now: Timestamp) -> Examined {
    let at = last.map_or("never".to_owned(), |at| format!("{at:.0}"));
    let is_silent = last.is_none_or(|at| now.duration_since(at) > LONGEST_SILENCE);
    let values = json!({ "channel": channel, "lastPushAt": last });
    Examined::well(WHAT, format!("channel {channel}: {at}"), values).wrong_if(is_silent, TODO)
}

//! Pushes that Roku signed and that belong to no account: kept, because nothing that Roku says is
//! thrown away, and granting nothing.

use jiff::Timestamp;

use super::{Item, StoreError, Table, aside_pk, in_key, key, sortable, string, text};
use crate::domain::id::PublisherId;
use crate::domain::notification::{impersonal, text_of};
use crate::roku::push::VerifiedPush;

/// What the sort keys begin with.
const PREFIX: &str = "PUSH#";
/// So many are looked at when they are counted.
const MOST_LOOKED_AT: i32 = 500;

/// Why a push belongs to no account of the publisher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It is no notification that can be read: the text of Roku's dashboard test, for example.
    Unreadable,
    /// It is for a channel that is not the publisher's.
    ForeignChannel,
    /// It is not a Roku Pay push at all.
    UnknownMessageType,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Unreadable, Self::ForeignChannel, Self::UnknownMessageType];

    /// The reason as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::ForeignChannel => "foreign_channel",
            Self::UnknownMessageType => "unknown_message_type",
        }
    }
}

/// Keeps pushes aside.
#[derive(Debug)]
pub struct SetAside {
    table: Table,
}

/// A push that is kept aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushAside {
    /// Why.
    pub reason: Reason,
    /// The channel that it names.
    pub channel: Option<String>,
}

/// What was set aside lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lately {
    /// The pushes, in no order.
    pub pushes: Vec<PushAside>,
    /// Whether there may be more: only the first few hundred that are kept were looked at.
    pub may_be_more: bool,
}

impl SetAside {
    /// The pushes set aside in a table.
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }

    /// Keeps a push, once.
    ///
    /// # Errors
    /// [`StoreError`] when it is not certain that the push is kept.
    pub async fn keep(
        &self,
        publisher: &PublisherId,
        reason: Reason,
        push: &VerifiedPush,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sk = format!("{PREFIX}{}#{}", reason.as_str(), in_key(&push.key));
        let mut item = key(&aside_pk(publisher), &sk);
        item.insert("message_key".to_owned(), string(&push.key));
        item.insert("message".to_owned(), string(push.impersonal_message()));
        item.insert("kept_at".to_owned(), string(sortable(now)));
        if let Some(expiry) = push.token_expires_at {
            item.insert("token_expires_at".to_owned(), string(expiry.to_string()));
        }
        self.table.put_new(item).await?;
        Ok(())
    }

    /// What was set aside since a moment, as far as one query tells.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn since(
        &self,
        publisher: &PublisherId,
        since: Timestamp,
    ) -> Result<Lately, StoreError> {
        let query = self.table.beginning(string(aside_pk(publisher)), PREFIX);
        let query = query
            .filter_expression("kept_at >= :since")
            .expression_attribute_values(":since", string(sortable(since)))
            .limit(MOST_LOOKED_AT);
        let answer = query.send().await.map_err(StoreError::unavailable)?;
        let may_be_more = answer.last_evaluated_key.is_some();
        let items = answer.items.unwrap_or_default();
        let pushes = items.iter().map(PushAside::read).collect::<Result<_, _>>()?;
        Ok(Lately { pushes, may_be_more })
    }
}

impl PushAside {
    fn read(item: &Item) -> Result<Self, StoreError> {
        let word = text(item, "sk")?.split('#').nth(1);
        let reason = Reason::ALL.into_iter().find(|reason| Some(reason.as_str()) == word);
        let reason = reason.ok_or_else(|| StoreError::corrupt("a push set aside for no reason"))?;
        let fields = text(item, "message").ok().and_then(impersonal);
        let channel = fields.and_then(|fields| text_of(fields.get("channelId")?));
        Ok(Self { reason, channel })
    }
}

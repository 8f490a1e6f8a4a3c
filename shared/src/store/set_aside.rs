//! Pushes that Roku signed and that belong to no account: kept, because nothing that Roku says is
//! thrown away, and granting nothing.

use super::{StoreError, Table, in_key, key, string};
use crate::domain::id::PublisherId;
use crate::roku::push::VerifiedPush;

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
    ) -> Result<(), StoreError> {
        let sk = format!("PUSH#{}#{}", reason.as_str(), in_key(&push.key));
        let mut item = key(&format!("ASIDE#{publisher}"), &sk);
        item.insert("message_key".to_owned(), string(&push.key));
        item.insert("message".to_owned(), string(push.impersonal_message()));
        if let Some(expiry) = push.token_expires_at {
            item.insert("token_expires_at".to_owned(), string(expiry.to_string()));
        }
        self.table.put_new(item).await?;
        Ok(())
    }
}

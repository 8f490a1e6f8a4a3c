//! The account item: the account, a version that counts its writes, the customer it is linked to,
//! and the marks of facts that are kept and not folded in.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::AttributeValue;

use super::fact_item::{account_pk, sort_key};
use super::{Item, StoreError, customer_pk, from_item, key, string, to_item};
use crate::domain::account::Account;
use crate::domain::fact::Fact;
use crate::domain::id::{CustomerId, PublisherId, RokuCustomerId};

pub(super) fn account_key(publisher: &PublisherId, customer: &RokuCustomerId) -> Item {
    key(&account_pk(publisher, customer), "ACCOUNT")
}

/// The item as it was read.
#[derive(Debug, Default)]
pub(super) struct AccountItem {
    pub(super) account: Account,
    /// Counts the writes of the account; 0 is "never written".
    version: u64,
    /// The sort keys of facts that are kept and not folded in.
    pub(super) unfolded: HashSet<String>,
    /// The `by_customer` key, where the account is linked.
    linked_to: Option<String>,
}

/// A conditional change of the item.
pub(super) struct Change {
    pub(super) expression: String,
    pub(super) condition: &'static str,
    pub(super) values: HashMap<String, AttributeValue>,
}

impl AccountItem {
    pub(super) fn read(mut item: Item) -> Result<Self, StoreError> {
        let unfolded = match item.remove("unfolded") {
            Some(AttributeValue::Ss(waiting)) => waiting.into_iter().collect(),
            _ => HashSet::new(),
        };
        let linked_to = match item.remove("linked_to") {
            Some(AttributeValue::S(customer)) => Some(customer),
            _ => None,
        };
        // A mark makes an item that has no version and no account yet.
        let version = match item.remove("version") {
            Some(AttributeValue::N(version)) => version.parse().map_err(StoreError::corrupt)?,
            _ => 0,
        };
        let account = if version == 0 { Account::default() } else { from_item(item)? };
        Ok(Self { account, version, unfolded, linked_to })
    }

    /// The customer that the account is linked to.
    pub(super) fn holder(&self, publisher: &PublisherId) -> Option<CustomerId> {
        let prefix = format!("CUST#{publisher}#");
        CustomerId::parse(self.linked_to.as_deref()?.strip_prefix(&prefix)?).ok()
    }

    /// Whether a fact is newer than all that is folded in and nothing else waits to be: the common
    /// case, which needs no other fact to be read.
    pub(super) fn has_only_to_take(&self, fact: &Fact) -> bool {
        let own = sort_key(fact);
        self.account.is_newest(fact) && self.unfolded.iter().all(|waiting| *waiting == own)
    }

    /// The account with such a fact folded in, and the fact's sort key.
    pub(super) fn with_newest(&self, fact: &Fact) -> (Account, HashSet<String>) {
        let mut account = self.account.clone();
        account.fold_newest(fact);
        (account, HashSet::from([sort_key(fact)]))
    }

    /// The change to another account, in which the facts of these sort keys are folded in. It holds
    /// only while nobody else wrote the account.
    pub(super) fn change_to(
        &self,
        after: &Account,
        folded: HashSet<String>,
        publisher: &PublisherId,
        link_to: Option<&CustomerId>,
    ) -> Result<Change, StoreError> {
        let mut values = HashMap::from([
            (":folded".to_owned(), AttributeValue::Ss(folded.into_iter().collect())),
            (":next".to_owned(), number(self.version + 1)),
        ]);
        let mut sets = vec!["version = :next".to_owned()];
        let link = link_to.map(|customer| string(customer_pk(publisher, customer)));
        let link = link.map(|customer| ("linked_to".to_owned(), customer));
        for (name, value) in to_item(after)?.into_iter().chain(link) {
            sets.push(format!("{name} = :{name}"));
            values.insert(format!(":{name}"), value);
        }
        let condition = if self.version == 0 {
            "attribute_not_exists(version)"
        } else {
            values.insert(":read".to_owned(), number(self.version));
            "version = :read"
        };
        let expression = format!("SET {} DELETE unfolded :folded", sets.join(", "));
        Ok(Change { expression, condition, values })
    }
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

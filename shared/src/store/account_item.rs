//! The account item: the account, a version that counts its writes, the customer it is linked to,
//! and the marks of facts that are kept and not folded in.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;

use super::fact_item::{account_pk, sort_key};
use super::{
    Item, StoreError, Table, customer_pk, due, from_item, key, listing, number, sortable, string,
    to_item,
};
use crate::domain::account::Account;
use crate::domain::fact::Fact;
use crate::domain::fold::RULES;
use crate::domain::id::{CustomerId, PublisherId, RokuCustomerId};

pub(super) fn account_key(publisher: &PublisherId, customer: &RokuCustomerId) -> Item {
    key(&account_pk(publisher, customer), "ACCOUNT")
}

/// Whether an item of the index `by_customer` is an account: a customer's own item may stand there.
pub(super) fn is_account(item: &Item) -> bool {
    super::text(item, "sk").is_ok_and(|sk| sk == "ACCOUNT")
}

/// The customer that the `by_customer` key of a linked account names.
pub(super) fn holder_in(linked_to: &str, publisher: &PublisherId) -> Option<CustomerId> {
    let prefix = format!("CUST#{publisher}#");
    CustomerId::parse(linked_to.strip_prefix(&prefix)?).ok()
}

/// The query for the accounts of a customer.
pub(super) fn linked_to(
    table: &Table,
    publisher: &PublisherId,
    customer: &CustomerId,
) -> QueryFluentBuilder {
    let query = table.client.query().table_name(&table.name).index_name("by_customer");
    query
        .key_condition_expression("linked_to = :customer")
        .expression_attribute_values(":customer", string(customer_pk(publisher, customer)))
}

/// The item as it was read.
#[derive(Debug, Default)]
pub(super) struct AccountItem {
    pk: String,
    pub(super) account: Account,
    /// Counts the writes of the account; 0 is "never written".
    pub(super) version: u64,
    /// Whether it was folded by other rules than ours; `account` is empty then.
    pub(super) is_outdated: bool,
    /// The sort keys of facts that are kept and not folded in.
    pub(super) unfolded: HashSet<String>,
    /// The `by_customer` key, where the account is linked.
    linked_to: Option<String>,
    /// Whether it stands in the index of its publisher.
    is_listed: bool,
    /// From when on Roku is to be asked about it.
    pub(super) due_at: Option<String>,
}

/// A conditional change of the item.
pub(super) struct Change {
    pub(super) expression: String,
    pub(super) condition: &'static str,
    pub(super) values: HashMap<String, AttributeValue>,
}

impl AccountItem {
    /// Reads what is stored under a key; nothing, where nothing is.
    pub(super) fn read(key: &Item, mut item: Item) -> Result<Self, StoreError> {
        let pk = super::text(key, "pk")?.to_owned();
        let unfolded = match item.remove("unfolded") {
            Some(AttributeValue::Ss(waiting)) => waiting.into_iter().collect(),
            _ => HashSet::new(),
        };
        let mut text = |name: &str| match item.remove(name) {
            Some(AttributeValue::S(text)) => Some(text),
            _ => None,
        };
        let (linked_to, due_at) = (text("linked_to"), text(due::AT));
        let is_listed = text(listing::LISTED_IN).is_some();
        // A mark makes an item that has no version and no account yet.
        let mut count = |name: &str| match item.remove(name) {
            Some(AttributeValue::N(number)) => number.parse().map_err(StoreError::corrupt),
            _ => Ok(0),
        };
        let (version, rules) = (count("version")?, count("folded_by")?);
        let is_outdated = version > 0 && rules != u64::from(RULES);
        let account =
            if version == 0 || is_outdated { Account::default() } else { from_item(item)? };
        Ok(Self { pk, account, version, is_outdated, unfolded, linked_to, is_listed, due_at })
    }

    /// The customer that the account is linked to.
    pub(super) fn holder(&self, publisher: &PublisherId) -> Option<CustomerId> {
        holder_in(self.linked_to.as_deref()?, publisher)
    }

    /// Whether a fact is newer than all that is folded in and nothing else waits to be: the common
    /// case, which needs no other fact to be read.
    pub(super) fn has_only_to_take(&self, fact: &Fact) -> bool {
        let own = sort_key(fact);
        !self.is_outdated
            && self.account.is_newest(fact)
            && self.unfolded.iter().all(|waiting| *waiting == own)
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
        next_question: NextQuestion,
    ) -> Result<Change, StoreError> {
        let mut values = HashMap::from([
            (":next".to_owned(), number(self.version + 1)),
            (":rules".to_owned(), number(u64::from(RULES))),
        ]);
        let mut sets = vec!["version = :next".to_owned(), "folded_by = :rules".to_owned()];
        let link = link_to.map(|customer| string(customer_pk(publisher, customer)));
        let link = link.map(|customer| ("linked_to".to_owned(), customer));
        for (name, value) in to_item(after)?.into_iter().chain(link) {
            sets.push(format!("{name} = :{name}"));
            values.insert(format!(":{name}"), value);
        }
        // Once, with the first write: later ones cost the index nothing.
        if !self.is_listed {
            sets.push(format!("{0} = :{0}", listing::LISTED_IN));
            let bucket = string(listing::bucket(publisher, &self.pk));
            values.insert(format!(":{}", listing::LISTED_IN), bucket);
        }
        let condition = if self.version == 0 {
            "attribute_not_exists(version)"
        } else {
            values.insert(":read".to_owned(), number(self.version));
            "version = :read"
        };
        let removes = match self.due_change(after, next_question) {
            DueChange::None => String::new(),
            DueChange::From(at) => {
                sets.push(format!("{} = :due_bucket, {} = :due_at", due::BUCKET, due::AT));
                values.insert(":due_bucket".to_owned(), string(due::bucket(&self.pk)));
                values.insert(":due_at".to_owned(), string(at));
                String::new()
            }
            DueChange::NoMore => format!("REMOVE {}, {}", due::BUCKET, due::AT),
        };
        let mut expression = format!("SET {} {removes}", sets.join(", "));
        if !folded.is_empty() {
            expression.push_str(" DELETE unfolded :folded");
            values.insert(":folded".to_owned(), AttributeValue::Ss(folded.into_iter().collect()));
        }
        Ok(Change { expression, condition, values })
    }

    fn due_change(&self, after: &Account, next_question: NextQuestion) -> DueChange {
        let asked_as_before = self.account.ask_roku_at() == after.ask_roku_at();
        if asked_as_before && self.due_at.is_some() {
            return DueChange::None; // it may be on its way, or put off
        }
        let wanted = after.ask_roku_at().map(sortable);
        match (&self.due_at, wanted) {
            (Some(_), None) => DueChange::NoMore,
            (Some(set), Some(wanted))
                if *set == wanted || (*set < wanted && next_question == NextQuestion::NotLater) =>
            {
                DueChange::None
            }
            (_, Some(wanted)) => DueChange::From(wanted),
            (None, None) => DueChange::None,
        }
    }
}

/// How exactly the date of an account's next question is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NextQuestion {
    /// A later date than the one that is set is left to whoever finds the account due then: each move
    /// costs two writes of the index, and every renewal would make one.
    NotLater,
    /// The account was looked at because it was due: the date is the next question's.
    Exact,
}

/// What becomes of an account's place in the index `due`.
enum DueChange {
    None,
    From(String),
    NoMore,
}

//! The account item: the account, a version that counts its writes, the customer it is linked to,
//! and the marks of facts that are kept and not folded in.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::fact_item::{account_pk, sort_key};
use super::{
    Item, StoreError, Table, customer_pk, due, from_item, key, listing, number, outbox, sortable,
    string, to_item,
};
use crate::domain::account::Account;
use crate::domain::event::Event;
use crate::domain::event::history::Chronicle;
use crate::domain::fact::Fact;
use crate::domain::fold::{RULES, fold};
use crate::domain::id::{CustomerId, PublisherId, RokuCustomerId};
use crate::domain::publisher::{Publisher, Settings};

/// Among more facts than this, one that was never marked is not looked for.
const MOST_TRIED: usize = 200;
/// Up to when the events that the clock brings have been told.
const TOLD_UNTIL: &str = "told_until";

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
    /// From when on somebody is to look at it: to ask Roku, or because the clock changes something.
    pub(super) due_at: Option<String>,
    /// Until when a question about it is left to the queue that it is on its way in.
    pub(super) asked_until: Option<Timestamp>,
    /// Up to when the events that the clock brings have been told, where it is past the newest fact.
    told_until: Option<Timestamp>,
}

/// What facts made of an account.
pub(super) struct Folded {
    pub(super) account: Account,
    /// The sort keys of those that were folded in.
    pub(super) facts: HashSet<String>,
    /// What they changed.
    pub(super) events: Vec<Event>,
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
        let mut moment = |name: &str| {
            text(name).map(|at| at.parse::<Timestamp>().map_err(StoreError::corrupt)).transpose()
        };
        let (asked_until, told_until) = (moment(due::ASKED_UNTIL)?, moment(TOLD_UNTIL)?);
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
        Ok(Self {
            pk,
            account,
            version,
            is_outdated,
            unfolded,
            linked_to,
            is_listed,
            due_at,
            asked_until,
            told_until,
        })
    }

    /// The customer that the account is linked to.
    pub(super) fn holder(&self, publisher: &PublisherId) -> Option<CustomerId> {
        holder_in(self.linked_to.as_deref()?, publisher)
    }

    /// Whether a fact is newer than all that is folded in and nothing else waits to be: the common
    /// case, which needs no other fact to be read.
    pub(super) fn has_only_to_take(&self, fact: &Fact) -> bool {
        let own = sort_key(fact);
        // One that the clock's events are past changes what the clock has brought since.
        let is_past = self.told_until.is_some_and(|told| told > fact.id().time);
        !self.is_outdated
            && !is_past
            && self.account.is_newest(fact)
            && self.unfolded.iter().all(|waiting| *waiting == own)
    }

    /// The account with such a fact folded in.
    pub(super) fn with_newest(&self, fact: &Fact, publisher: &Publisher) -> Folded {
        let (account, told_until) = (self.account.clone(), self.told_until());
        let mut chronicle =
            Chronicle::going_on(publisher, fact.roku_customer(), account, told_until);
        chronicle.fold_newest(fact);
        let (account, events) = chronicle.finish();
        Folded { account, facts: HashSet::from([sort_key(fact)]), events }
    }

    /// Of facts that have no mark, those whose events have been told. All of them, unless one was kept
    /// by a function that died before it had marked it: then the stored account is without it.
    pub(super) fn told_of(&self, facts: Vec<Fact>) -> Vec<Fact> {
        let is_stored = |facts: &[Fact]| fold(facts.iter().cloned()) == self.account;
        if self.is_outdated || facts.len() > MOST_TRIED || is_stored(&facts) {
            return facts;
        }
        let without = |place: usize| {
            let mut facts = facts.clone();
            facts.remove(place);
            facts
        };
        let unmarked = (0..facts.len()).map(without).find(|facts| is_stored(facts));
        unmarked.unwrap_or(facts)
    }

    /// Up to when the clock's events have been told: nothing is told twice.
    pub(super) fn told_until(&self) -> Option<Timestamp> {
        let newest = self.account.folded_through.as_ref().map(|newest| newest.time);
        self.told_until.max(newest)
    }

    /// When the clock alone changes something next.
    pub(super) fn next_moment(&self, settings: &Settings) -> Option<Timestamp> {
        self.account.next_moment(settings, self.told_until()?)
    }

    /// What the clock has changed by `now`, told: with the date at which it does so next.
    pub(super) fn change_of_clock(
        &self,
        publisher: &Publisher,
        roku_customer: &RokuCustomerId,
        now: Timestamp,
    ) -> Result<Change, StoreError> {
        let (account, told_until) = (self.account.clone(), self.told_until());
        let mut chronicle = Chronicle::going_on(publisher, roku_customer, account, told_until);
        chronicle.pass_until(now);
        let (account, events) = chronicle.finish();
        let question = match self.asked_until {
            Some(until) if until > now => Some(until),
            _ => account.ask_roku_at(),
        };
        let next = question.into_iter().chain(account.next_moment(&publisher.settings, now)).min();
        let mut values = HashMap::from([
            (":next".to_owned(), number(self.version + 1)),
            (":read".to_owned(), number(self.version)),
            (":told".to_owned(), string(now.to_string())),
            (":events".to_owned(), outbox::value(&events)?),
        ]);
        let mut expression = format!("SET version = :next, {TOLD_UNTIL} = :told, events = :events");
        match next {
            Some(next) => {
                values.insert(":due_at".to_owned(), string(sortable(next)));
                expression.push_str(", due_at = :due_at");
            }
            None => expression.push_str(" REMOVE due_bucket, due_at"),
        }
        Ok(Change { expression, condition: "version = :read", values })
    }

    /// The change to what facts made of the account. It holds only while nobody else wrote it.
    pub(super) fn change_to(
        &self,
        folded: &Folded,
        publisher: &Publisher,
        link_to: Option<&CustomerId>,
        next_question: NextQuestion,
    ) -> Result<Change, StoreError> {
        let Folded { account: after, facts, events } = folded;
        let mut values = HashMap::from([
            (":next".to_owned(), number(self.version + 1)),
            (":rules".to_owned(), number(u64::from(RULES))),
        ]);
        let mut sets = vec!["version = :next".to_owned(), "folded_by = :rules".to_owned()];
        let link = link_to.map(|customer| string(customer_pk(&publisher.id, customer)));
        let link = link.map(|customer| ("linked_to".to_owned(), customer));
        for (name, value) in to_item(after)?.into_iter().chain(link) {
            sets.push(format!("{name} = :{name}"));
            values.insert(format!(":{name}"), value);
        }
        // Once, with the first write: later ones cost the index nothing.
        if !self.is_listed {
            sets.push(format!("{0} = :{0}", listing::LISTED_IN));
            let bucket = string(listing::bucket(&publisher.id, &self.pk));
            values.insert(format!(":{}", listing::LISTED_IN), bucket);
        }
        let condition = if self.version == 0 {
            "attribute_not_exists(version)"
        } else {
            values.insert(":read".to_owned(), number(self.version));
            "version = :read"
        };
        let mut removes = Vec::new();
        match self.due_change(after, &publisher.settings, next_question) {
            DueChange::None => {}
            DueChange::From(at) => {
                sets.push(format!("{} = :due_bucket, {} = :due_at", due::BUCKET, due::AT));
                values.insert(":due_bucket".to_owned(), string(due::bucket(&self.pk)));
                values.insert(":due_at".to_owned(), string(at));
            }
            DueChange::NoMore => removes.extend([due::BUCKET, due::AT]),
        }
        if next_question == NextQuestion::Exact {
            removes.push(due::ASKED_UNTIL);
        }
        if events.is_empty() {
            removes.push(outbox::EVENTS);
        } else {
            sets.push(format!("{0} = :{0}", outbox::EVENTS));
            values.insert(format!(":{}", outbox::EVENTS), outbox::value(events)?);
        }
        let mut expression = format!("SET {}", sets.join(", "));
        if !removes.is_empty() {
            expression.push_str(&format!(" REMOVE {}", removes.join(", ")));
        }
        if !facts.is_empty() {
            expression.push_str(" DELETE unfolded :folded");
            let facts = facts.iter().cloned().collect();
            values.insert(":folded".to_owned(), AttributeValue::Ss(facts));
        }
        Ok(Change { expression, condition, values })
    }

    fn due_change(
        &self,
        after: &Account,
        settings: &Settings,
        next_question: NextQuestion,
    ) -> DueChange {
        let newest = after.folded_through.as_ref().map(|newest| newest.time);
        let told_until = self.told_until.max(newest);
        let wanted = |account: &Account, told_until: Option<Timestamp>| {
            let moment = told_until.and_then(|since| account.next_moment(settings, since));
            account.ask_roku_at().into_iter().chain(moment).min()
        };
        let after = wanted(after, told_until);
        if wanted(&self.account, self.told_until()) == after && self.due_at.is_some() {
            return DueChange::None; // it may be on its way, or put off
        }
        let wanted = after.map(sortable);
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

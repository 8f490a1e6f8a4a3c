//! Facts and the accounts that they add up to.
//!
//! A fact is kept first and folded in afterwards. Both happen in two round trips: the first writes
//! the fact and, beside it, marks it on the account as not yet folded in, which also reads the
//! account; the second writes the account and takes the mark away. A function that dies in between
//! leaves the mark, and whoever folds next sees it and folds everything again. A mark is taken away
//! only by who folded its fact in: where it is gone, the fact is in the account. A mark whose fact
//! never came stays; the account is folded anew each time then, which costs a query.

use std::time::Duration;

use aws_lc_rs::rand;
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValue, TransactWriteItem, Update};
use jiff::Timestamp;

use super::account_item::{
    AccountItem, Change, Folded, NextQuestion, account_key, is_account, linked_to,
};
use super::due::{Subject, Waiting};
use super::fact_item::{self, sort_key};
use super::receipts::{self, KnownReceipt};
use super::{
    Item, StoreError, Table, customer_pk, customers, from_item, is_condition_failed, is_conflict,
    is_refused, key, string, text, transaction_item,
};
use crate::domain::account::Account;
use crate::domain::event::Event;
use crate::domain::event::history::{newly_true, of_history};
use crate::domain::event::receipts::Answered;
use crate::domain::fact::Fact;
use crate::domain::fold::fold;
use crate::domain::id::{CustomerId, PublisherId, RokuCustomerId};
use crate::domain::publisher::Publisher;

/// How often a fold is tried again when another function changed the account meanwhile.
const MAX_ATTEMPTS: u8 = 12;
/// A customer with more Roku accounts than this is served the first ones.
const MAX_ACCOUNTS_OF_CUSTOMER: i32 = 50;

/// Keeps facts, folds them, and reads what they add up to.
#[derive(Debug)]
pub struct Accounts {
    table: Table,
}

/// A fact that is durable, and the account as it was before.
#[derive(Debug)]
pub struct Kept {
    fact: Fact,
    /// Whether the fact had not been kept before.
    pub is_new: bool,
    before: AccountItem,
}

/// What is linked to a customer.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// Their Roku accounts.
    pub accounts: Vec<Account>,
    /// Tokens that were issued to them up to then are revoked.
    pub tokens_revoked_at: Option<Timestamp>,
}

/// What is decided with a fold.
#[derive(Debug)]
pub struct Settlement {
    /// Whose account it is from now on; where none, it stays whose it is.
    pub link_to: Option<CustomerId>,
    /// What led to it.
    pub receipt: SettledReceipt,
}

/// A receipt, what became of it, and how it stands in the table.
#[derive(Debug)]
pub enum SettledReceipt {
    /// It was kept before it was settled. Where it was shown anew meanwhile, nothing is settled.
    Kept(KnownReceipt),
    /// It is kept with the settlement, in the place of any that was.
    Fresh(KnownReceipt),
}

impl Settlement {
    /// What it changes for the account that Roku's answer is folded into, and that was `holder`'s.
    fn events(
        &self,
        publisher: &Publisher,
        fact: &Fact,
        account: &Account,
        holder: Option<&CustomerId>,
    ) -> Vec<Event> {
        let (SettledReceipt::Kept(known) | SettledReceipt::Fresh(known)) = &self.receipt;
        let answered = Answered {
            publisher: &publisher.id,
            receipt: &known.receipt,
            outcome: known.outcome,
            at: fact.id().time,
        };
        answered.events(fact.roku_customer(), account.purchase_of(fact), holder)
    }
}

impl Accounts {
    /// The accounts of a table.
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }

    /// What is linked to a customer: one query.
    ///
    /// # Errors
    /// [`StoreError`] when the index cannot be read.
    pub async fn of_customer(
        &self,
        publisher: &PublisherId,
        customer: &CustomerId,
    ) -> Result<Held, StoreError> {
        let query = linked_to(&self.table, publisher, customer).limit(MAX_ACCOUNTS_OF_CUSTOMER);
        let answer = query.send().await.map_err(StoreError::unavailable)?;
        let mut held = Held::default();
        for item in answer.items.unwrap_or_default() {
            match customers::revoked_at(&item) {
                Some(revoked_at) => held.tokens_revoked_at = Some(revoked_at),
                None => held.accounts.push(from_item(item)?),
            }
        }
        Ok(held)
    }

    /// Takes a customer's accounts from them: nobody holds them until a receipt says who does.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be used. Some may be taken then.
    pub async fn unlink(
        &self,
        publisher: &PublisherId,
        customer: &CustomerId,
    ) -> Result<(), StoreError> {
        let pages = linked_to(&self.table, publisher, customer).into_paginator().items().send();
        let items: Vec<Item> =
            pages.collect::<Result<_, _>>().await.map_err(StoreError::unavailable)?;
        for item in items.iter().filter(|item| is_account(item)) {
            let account = key(text(item, "pk")?, "ACCOUNT");
            let request = self.table.client.update_item().set_key(Some(account));
            let request = request
                .update_expression("REMOVE linked_to")
                .condition_expression("linked_to = :customer")
                .expression_attribute_values(":customer", string(customer_pk(publisher, customer)));
            self.table.update(request).await?;
        }
        Ok(())
    }

    /// The account of a Roku customer, if it is linked to this customer.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn linked(
        &self,
        publisher: &PublisherId,
        roku_customer: &RokuCustomerId,
        customer: &CustomerId,
    ) -> Result<Option<Account>, StoreError> {
        let item = self.read(&account_key(publisher, roku_customer)).await?;
        let is_linked = item.holder(publisher).as_ref() == Some(customer);
        Ok(is_linked.then_some(item.account))
    }

    /// An account that was found in the index `due`, and since when it waits; none where it is not in
    /// the index any more. Facts that are kept and were not folded in are folded in first: whoever
    /// kept them may have died. What the clock has changed by `now` is told.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read, or written where there is something to fold in
    /// or to tell.
    pub async fn due(
        &self,
        subject: &Subject,
        publisher: &Publisher,
        now: Timestamp,
    ) -> Result<Option<(Account, Waiting)>, StoreError> {
        let mut is_folded = false;
        for attempt in 0..MAX_ATTEMPTS {
            let item = self.read(&subject.key()).await?;
            let Some(since) = &item.due_at else { return Ok(None) };
            // A mark that is left after folding is of a fact that never came.
            if is_folded || (!item.is_outdated && item.unfolded.is_empty()) {
                let next_moment = item.next_moment(&publisher.settings);
                if next_moment.is_some_and(|at| at <= now) {
                    if !self.tell_clock(subject, publisher, &item, now).await? {
                        pause(attempt).await;
                    }
                    continue;
                }
                let waiting = Waiting {
                    subject: subject.clone(),
                    since: since.parse().map_err(StoreError::corrupt)?,
                    version: Some(item.version),
                    asked_until: item.asked_until,
                    next_moment,
                };
                return Ok(Some((item.account, waiting)));
            }
            is_folded = match self.fold_again(subject, publisher, &item).await {
                // There is no room for it: what was written last has to do.
                Err(error @ StoreError::Refused(_)) => {
                    tracing::error!(error = error.with_causes(), "account not written");
                    true
                }
                folded => folded?,
            };
            if !is_folded {
                pause(attempt).await;
            }
        }
        Err(StoreError::Contended)
    }

    /// Folds everything that is kept of an account, and writes it; says whether nobody else wrote it
    /// meanwhile.
    async fn fold_again(
        &self,
        subject: &Subject,
        publisher: &Publisher,
        before: &AccountItem,
    ) -> Result<bool, StoreError> {
        let account_key = subject.key();
        let folded = self.folded_anew(&account_key, publisher, before, None).await?;
        if folded.facts.is_empty() && !before.is_outdated {
            return Ok(true); // of its marks, none has a fact
        }
        let change = before.change_to(&folded, publisher, None, NextQuestion::Exact)?;
        self.write(&publisher.id, &account_key, change, None).await
    }

    /// Writes the events that the clock has brought by `now`; says whether nobody else wrote the
    /// account meanwhile.
    async fn tell_clock(
        &self,
        subject: &Subject,
        publisher: &Publisher,
        item: &AccountItem,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let change = item.change_of_clock(publisher, &subject.roku_customer()?, now)?;
        self.write(&publisher.id, &subject.key(), change, None).await
    }

    /// Keeps a fact, once. When this returns, the fact cannot be lost.
    ///
    /// # Errors
    /// [`StoreError`] when it is not certain that the fact is kept.
    pub async fn keep(&self, publisher: &PublisherId, fact: Fact) -> Result<Kept, StoreError> {
        // Both run to their end, whatever becomes of the other. A fact that is kept and not marked
        // is one whose sender was not told so, and sends it again.
        let (is_new, before) = tokio::join!(
            self.table.put_new(fact_item::to_item(publisher, &fact)),
            self.mark_unfolded(publisher, &fact),
        );
        Ok(Kept { fact, is_new: is_new?, before: before? })
    }

    async fn mark_unfolded(
        &self,
        publisher: &PublisherId,
        fact: &Fact,
    ) -> Result<AccountItem, StoreError> {
        let key = account_key(publisher, fact.roku_customer());
        let request = self.table.client.update_item();
        let request = request
            .set_key(Some(key.clone()))
            .update_expression("ADD unfolded :fact")
            .expression_attribute_values(":fact", AttributeValue::Ss(vec![sort_key(fact)]))
            .return_values(ReturnValue::AllOld);
        AccountItem::read(&key, self.table.update(request).await?.unwrap_or_default())
    }

    /// Folds a kept fact into its account, and gives the account.
    ///
    /// # Errors
    /// [`StoreError`] when it could not be folded in. The fact stays kept, and whoever folds the
    /// account next folds it in.
    pub async fn fold(&self, kept: Kept, publisher: &Publisher) -> Result<Account, StoreError> {
        self.fold_and_settle(kept, publisher, |_| None).await
    }

    /// Folds a kept fact into its account and settles, in the same write, whose account it is:
    /// `settle` is given the customer who holds it, and may leave it at the fold. It is asked again
    /// when the account changes meanwhile.
    ///
    /// # Errors
    /// As [`Self::fold`]. Nothing is settled then.
    pub async fn fold_and_settle(
        &self,
        kept: Kept,
        publisher: &Publisher,
        mut settle: impl FnMut(Option<&CustomerId>) -> Option<Settlement>,
    ) -> Result<Account, StoreError> {
        let Kept { fact, is_new, mut before } = kept;
        let account_key = account_key(&publisher.id, fact.roku_customer());
        let own = sort_key(&fact);
        let next_question = match fact {
            Fact::Notification(_) => NextQuestion::NotLater,
            Fact::Observation(_) => NextQuestion::Exact,
        };
        for attempt in 0..MAX_ATTEMPTS {
            let holder = before.holder(&publisher.id);
            let settlement = settle(holder.as_ref());
            if attempt > 0 && settlement.is_none() && !before.unfolded.contains(&own) {
                return Ok(before.account); // whoever was faster folded it in
            }
            let mut folded = if is_new && before.has_only_to_take(&fact) {
                before.with_newest(&fact, publisher)
            } else {
                // Where somebody folded it in meanwhile, its events have been told.
                let news = (is_new && attempt == 0).then_some(own.as_str());
                let mut folded = self.folded_anew(&account_key, publisher, &before, news).await?;
                folded.facts.insert(own.clone());
                folded
            };
            if let Some(settlement) = &settlement {
                let events = settlement.events(publisher, &fact, &folded.account, holder.as_ref());
                folded.events.extend(events);
            }
            let link_to = settlement.as_ref().and_then(|settled| settled.link_to.as_ref());
            let change = before.change_to(&folded, publisher, link_to, next_question)?;
            let receipt = settlement.as_ref().map(|settled| &settled.receipt);
            let write = self.write(&publisher.id, &account_key, change, receipt);
            let remember = async {
                if attempt == 0 {
                    self.remember_transaction(&publisher.id, &fact).await;
                }
            };
            let (written, ()) = tokio::join!(write, remember);
            if written? {
                return Ok(folded.account);
            }
            pause(attempt).await;
            before = self.read(&account_key).await?;
        }
        Err(StoreError::Contended)
    }

    /// The account that everything kept adds up to. `news` is a fact that was kept just now.
    async fn folded_anew(
        &self,
        account_key: &Item,
        publisher: &Publisher,
        before: &AccountItem,
        news: Option<&str>,
    ) -> Result<Folded, StoreError> {
        let items = fact_item::all(&self.table, account_key["pk"].clone()).await?;
        // A mark whose fact is not there yet is left to who is writing it.
        let there = items.iter().filter_map(|item| text(item, "sk").ok());
        let marked = there.filter(|sk| before.unfolded.contains(*sk)).map(str::to_owned).collect();
        let all = fact_item::readable(&items);
        let is_known = |fact: &&Fact| {
            let own = sort_key(fact);
            !before.unfolded.contains(&own) && news != Some(own.as_str())
        };
        let known = before.told_of(all.iter().filter(is_known).cloned().collect());
        let until = before.told_until().unwrap_or(Timestamp::MIN);
        let told = of_history(&known, publisher, until);
        let events = newly_true(&told, of_history(&all, publisher, until));
        Ok(Folded { account: fold(all), facts: marked, events })
    }

    /// Writes the account, and the receipt that is settled with it; says whether nobody else wrote
    /// the account since it was read.
    async fn write(
        &self,
        publisher: &PublisherId,
        account_key: &Item,
        change: Change,
        receipt: Option<&SettledReceipt>,
    ) -> Result<bool, StoreError> {
        let Some(receipt) = receipt else {
            let request = self.table.client.update_item().table_name(&self.table.name);
            let request = request
                .set_key(Some(account_key.clone()))
                .update_expression(change.expression)
                .condition_expression(change.condition)
                .set_expression_attribute_values(Some(change.values));
            return match request.send().await {
                Ok(_) => Ok(true),
                // Who is in the way will have written the account: there is no use in insisting.
                Err(error) if is_condition_failed(&error) || is_conflict(&error) => Ok(false),
                Err(error) if is_refused(&error) => Err(StoreError::Refused(Box::new(error))),
                Err(error) => Err(StoreError::unavailable(error)),
            };
        };
        let update = Update::builder().table_name(&self.table.name);
        let update = update
            .set_key(Some(account_key.clone()))
            .update_expression(change.expression)
            .condition_expression(change.condition)
            .set_expression_attribute_values(Some(change.values))
            .build();
        let put = Put::builder().table_name(&self.table.name);
        let put = match receipt {
            SettledReceipt::Kept(known) => put
                .set_item(Some(receipts::item(publisher, known, None)?))
                .condition_expression(receipts::SAME_RECEIPT)
                .set_expression_attribute_values(Some(receipts::same_receipt(&known.receipt))),
            SettledReceipt::Fresh(known) => {
                put.set_item(Some(receipts::item(publisher, known, None)?))
            }
        };
        let put = put.build();
        let items = [
            TransactWriteItem::builder().update(update.map_err(StoreError::unavailable)?).build(),
            TransactWriteItem::builder().put(put.map_err(StoreError::unavailable)?).build(),
        ];
        self.table.transact(items).await
    }

    /// So that an account can be found by any charge, not only by the first of a chain. Nothing else
    /// hangs on it: a failure is told and goes no further.
    async fn remember_transaction(&self, publisher: &PublisherId, fact: &Fact) {
        let transaction = match fact {
            Fact::Notification(push) if push.transaction_type.is_charge() => {
                push.transaction.as_ref()
            }
            Fact::Notification(_) => None,
            Fact::Observation(seen) => Some(&seen.transaction),
        };
        let Some(transaction) = transaction else { return };
        let (attribute, value) = (transaction_item::ROKU_CUSTOMER, fact.roku_customer().as_str());
        let remembered =
            transaction_item::remember(&self.table, publisher, transaction, attribute, value).await;
        if let Err(error) = remembered {
            tracing::warn!(error = error.with_causes(), "transaction not remembered");
        }
    }

    async fn read(&self, account_key: &Item) -> Result<AccountItem, StoreError> {
        AccountItem::read(account_key, self.table.get(account_key, true).await?.unwrap_or_default())
    }
}

/// A pause that grows with the attempts and differs from function to function, so that those who
/// collided do not collide again.
async fn pause(attempt: u8) {
    let mut random = [u8::MAX];
    let _unchanged = rand::fill(&mut random); // then the longest pause is as good as any
    let longest_ms = 10 * (u64::from(attempt) + 1);
    tokio::time::sleep(Duration::from_millis(longest_ms * u64::from(random[0]) / 255)).await;
}

//! The subscription that a transaction or an external id belongs to.
//!
//! `externalId` is Roku's id of a chain. `transactionId` is Roku's id of any charge, or a number of
//! Cleeng's form as our own lists of transactions have it. Such a number is derived from Roku's id,
//! so it is found among what one customer was charged, and not without them.

use serde_json::Value;
use usher::domain::id::{PurchaseId, TransactionId};
use usher::domain::publisher::Publisher;
use usher::domain::subscription::subscriptions;
use usher::domain::transaction::{Transaction, transactions};
use usher::respond::Failure;
use usher::store::histories::History;

use super::filter::Filter;
use super::resource::resource;
use crate::PublisherApi;
use crate::parameters::Parameters;
use crate::refusal::bad_query;

/// What a query names by an id of Roku's, or by a number of ours.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// A chain.
    Purchase(TransactionId),
    /// A charge.
    Charge(TransactionId),
    /// A charge, by the number that we derive.
    Number(String),
}

impl Named {
    /// Reads `externalId` and `transactionId`, of which the first says more.
    pub(crate) fn of(parameters: &Parameters) -> Result<Option<Self>, Failure> {
        if let Some(id) = parameters.read("externalId", TransactionId::parse)? {
            return Ok(Some(Self::Purchase(id)));
        }
        match parameters.text("transactionId") {
            Some(text) if is_number(text) => Ok(Some(Self::Number(text.to_owned()))),
            _ => Ok(parameters.read("transactionId", TransactionId::parse)?.map(Self::Charge)),
        }
    }
}

impl PublisherApi {
    /// The subscription that is named, if there is one and it is asked for.
    pub(super) async fn of_transaction(
        &self,
        publisher: &Publisher,
        named: &Named,
        filter: &Filter,
    ) -> Result<Vec<Value>, Failure> {
        let histories = self.histories_with(publisher, named, filter).await?;
        let found = histories.iter().filter_map(|history| {
            let holder = history.holder.as_ref()?;
            let is_asked_for = filter.customer.as_ref().is_none_or(|wanted| wanted == holder);
            let purchase = purchase_in(history, named).filter(|_| is_asked_for)?;
            let accounts = std::slice::from_ref(&history.account);
            let listed = subscriptions(accounts, publisher, self.clock.now());
            let one = listed.iter().find(|one| *one.purchase == purchase)?;
            filter.admits(one).then(|| resource(one, &publisher.id, holder))
        });
        Ok(found.collect())
    }

    async fn histories_with(
        &self,
        publisher: &Publisher,
        named: &Named,
        filter: &Filter,
    ) -> Result<Vec<History>, Failure> {
        let histories = &self.histories;
        let found = match (named, &filter.customer) {
            (Named::Purchase(id) | Named::Charge(id), _) => {
                histories.of_transaction(&publisher.id, id).await.map(Vec::from_iter)
            }
            (Named::Number(_), Some(customer)) => {
                histories.of_customer(&publisher.id, customer).await
            }
            (Named::Number(number), None) => {
                let problem = format!("{number} needs customerId beside it; Roku's id does not");
                return Err(bad_query("transactionId", problem));
            }
        };
        found.map_err(Failure::from)
    }
}

/// The chain of an account that is named.
fn purchase_in(history: &History, named: &Named) -> Option<PurchaseId> {
    let of_charge = |is_meant: &dyn Fn(&Transaction) -> bool| {
        let charges = transactions(&history.facts);
        charges.into_iter().find(|charge| is_meant(charge)).map(|charge| charge.purchase)
    };
    match named {
        Named::Purchase(id) => Some(PurchaseId::of_first(id)),
        Named::Number(number) => of_charge(&|charge| charge.id.to_string() == *number),
        // The first of a chain names it, also where nothing was charged, as for a trial.
        Named::Charge(id) => {
            let chain = PurchaseId::of_first(id);
            let is_first = history.account.purchases.contains_key(&chain);
            if is_first { Some(chain) } else { of_charge(&|charge| charge.roku_transaction == *id) }
        }
    }
}

/// Whether a transaction is named in Cleeng's form, `T` and nine digits (`cleeng-api.md` §4).
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('T').unwrap_or_default();
    digits.len() == 9
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
}

//! The history of an account in words, for the person who is asked "why is Roku charging me?".

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::account::{Account, State};
use super::amounts::Amounts;
use super::fact::Fact;
use super::fold::in_order;
use super::id::PurchaseId;
use super::notification::Notification;
use super::observation::Observation;
use super::transaction_type::TransactionType as T;

/// One fact, in words, and what it made of the purchase that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it happened, by Roku's clock; when Roku was asked, by ours.
    pub at: Timestamp,
    /// The purchase that it is about; none where it is about none that is known.
    pub purchase: Option<PurchaseId>,
    /// Roku's word for it, or `answer`.
    pub kind: String,
    /// What it says.
    pub what: String,
    /// How the purchase stood afterwards.
    pub state: Option<State>,
    /// How often Roku told it: more than once where it pushed the same event under other keys.
    pub told: u32,
}

/// What happened, in the order of the history, each event once.
pub fn timeline(facts: impl IntoIterator<Item = Fact>) -> Vec<Entry> {
    let mut account = Account::default();
    let mut told: Vec<(Fact, Entry)> = Vec::new();
    for fact in in_order(facts) {
        account.fold_newest(&fact);
        let mut since = told.iter_mut().rev().take_while(|(_, entry)| entry.at == fact.id().time);
        match since.find(|(earlier, _)| is_same_event(earlier, &fact)) {
            Some((_, entry)) => entry.told += 1,
            None => told.push((fact.clone(), entry(&account, &fact))),
        }
    }
    told.into_iter().map(|(_, entry)| entry).collect()
}

/// Whether two pushes tell of one event: Roku does not say that its replay keeps their keys
/// (`roku-pay.md` §1). Each answer is an event of its own.
fn is_same_event(one: &Fact, other: &Fact) -> bool {
    let (Fact::Notification(one), Fact::Notification(other)) = (one, other) else { return false };
    let told_as_one = Notification {
        message_key: one.message_key.clone(),
        token_expires_at: one.token_expires_at,
        message: one.message.clone(),
        ..other.clone()
    };
    told_as_one == *one
}

/// A fact in words, and how its purchase stands in the account that it is folded into.
fn entry(account: &Account, fact: &Fact) -> Entry {
    let purchase = account.purchase_of(fact);
    let state = purchase.and_then(|id| account.purchases.get(id)).map(|one| one.state);
    let (kind, what) = match fact {
        Fact::Notification(push) => (push.transaction_type.to_string(), told(push)),
        Fact::Observation(seen) => ("answer".to_owned(), answered(seen)),
    };
    Entry { at: fact.id().time, purchase: purchase.cloned(), kind, what, state, told: 1 }
}

fn told(push: &Notification) -> String {
    let product = push.product.as_ref().map_or("a product without a name", |code| code.as_str());
    let charged = charged(&push.amounts);
    match &push.transaction_type {
        T::Sale if push.is_free_trial => format!("began a free trial of {product}"),
        T::Sale if is_renewal(push) => format!("renewed {product}{charged}"),
        T::Sale => format!("bought {product}{charged}"),
        T::UpgradeSale if push.is_free_trial => format!("moved up to a free trial of {product}"),
        T::UpgradeSale => format!("moved up to {product}{charged}"),
        T::DowngradeSale => format!("ordered a move down to {product}"),
        T::GraceInitiated => format!("the charge for {product} failed: grace"),
        T::GraceRecovered => format!("paid for {product} in grace"),
        T::OnHoldInitiated => format!("{product} is on hold, unpaid"),
        T::OnHoldRecovered => format!("paid for {product} while on hold"),
        T::Cancellation => format!("cancelled {product}"),
        T::UpgradeCancellation => format!("left {product} for a higher plan"),
        T::DowngradeCancellation => format!("leaves {product} for a lower plan when it ends"),
        T::Resubscribe => format!("took the cancellation of {product} back"),
        T::Refund => format!("was refunded{}", given_back(&push.amounts)),
        T::Credit => format!("was given a credit{}", given_back(&push.amounts)),
        T::CancellationOfferInitiated => format!("took an offer to stay with {product}"),
        T::CancellationOfferEnded => format!("the offer for {product} has elapsed"),
        T::Chargeback => format!("the bank took the money back{}", given_back(&push.amounts)),
        T::ChargebackReversed => {
            format!("the bank's dispute was decided for Roku{}", given_back(&push.amounts))
        }
        T::SecondChargeback => {
            format!("the bank took the money back again{}", given_back(&push.amounts))
        }
        T::Other(word) => format!("Roku told of {word:?}, which its documentation does not know"),
    }
}

/// The one documented sign of a renewal is its comment; its own transaction is another one than the
/// first (`roku-pay.md` §2).
fn is_renewal(push: &Notification) -> bool {
    let first = push.purchase.as_ref().map(PurchaseId::as_str);
    push.transaction.as_ref().is_some_and(|own| Some(own.as_str()) != first)
}

fn charged(amounts: &Amounts) -> String {
    let credit = amounts.credits_applied.filter(|credit| !credit.is_zero());
    let credited = credit.map(|credit| format!(", {credit:.2} paid with credit"));
    let Some(total) = amounts.total else { return credited.unwrap_or_default() };
    format!(", {} charged{}", money(total, amounts), credited.unwrap_or_default())
}

fn given_back(amounts: &Amounts) -> String {
    amounts.total.map_or(String::new(), |total| format!(": {}", money(total.abs(), amounts)))
}

fn money(amount: Decimal, amounts: &Amounts) -> String {
    let currency = amounts.currency.as_deref().unwrap_or_default().to_uppercase();
    format!("{amount:.2} {currency}").trim_end().to_owned()
}

fn answered(seen: &Observation) -> String {
    let entitled = if seen.is_entitled { "entitled" } else { "not entitled" };
    let renewing = if seen.cancelled { "cancelled" } else { "not cancelled" };
    let until = seen.expires_at.map_or(String::new(), |end| format!(", until {end}"));
    format!("Roku was asked: {}, {entitled}, {renewing}{until}", seen.product)
}

#[cfg(test)]
mod tests;

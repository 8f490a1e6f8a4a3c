//! `usher customer show`: what a customer has, may watch, and how it came about.

mod account;
mod open;
mod receipt;
mod text;

use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::Serialize;
use usher::clock::Clock;
use usher::domain::id::CustomerId;
use usher::domain::publisher::Publisher;
use usher::store::histories::History;

use self::account::ShownAccount;
use self::open::Open;
use self::receipt::ShownReceipt;
use super::super::{Failure, LookArguments, MomentArgument, print};
use crate::find_customer::{Whole, whole_customer};

/// All that is shown of a customer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    customer: Option<CustomerId>,
    email: Option<&'a str>,
    as_of: Timestamp,
    open: Open<'a>,
    receipts: Vec<ShownReceipt<'a>>,
    accounts: Vec<ShownAccount<'a>>,
}

/// Shows the customer that `who` means.
///
/// # Errors
/// When nobody is found or the table cannot be read.
pub(super) async fn run(who: &str, look: LookArguments) -> Result<(), Failure> {
    let LookArguments { publisher, moment, json } = look;
    let (config, publisher) = publisher.open(String::new()).await?;
    let found = whole_customer(&config.table, &publisher.id, who).await;
    let found = found.map_err(|why| {
        let who: String = who.chars().take(80).collect();
        format!("{who}: {why}")
    })?;
    let (found, now) = look_at(found, &moment);
    let shown = Shown::of(&found, &publisher, now);
    if json {
        return print(&serde_json::to_string_pretty(&shown)?);
    }
    print(&text::of(&shown))
}

/// A customer as they were at the moment, and the moment. Of receipts the last outcome alone is
/// known.
fn look_at(found: Whole, moment: &MomentArgument) -> (Whole, Timestamp) {
    let Whole { customer, email, accounts, mut receipts } = found;
    let looked = accounts.into_iter().map(|history| moment.look_at(history));
    let (mut accounts, moments): (Vec<History>, Vec<Timestamp>) = looked.unzip();
    if let Some(at) = moment.at {
        receipts.retain(|known| known.receipt.received_at <= at);
        accounts.retain(|history| !history.facts.is_empty());
        return (Whole { customer, email, accounts, receipts }, at);
    }
    let shown = receipts.iter().map(|known| known.receipt.received_at);
    let newest = moments.into_iter().chain(shown).max();
    let now = Clock::system().now();
    let now = newest.map_or(now, |newest| newest.max(now));
    (Whole { customer, email, accounts, receipts }, now)
}

impl<'a> Shown<'a> {
    fn of(found: &'a Whole, publisher: &'a Publisher, now: Timestamp) -> Self {
        let Whole { customer, email, accounts, receipts } = found;
        let mut receipts: Vec<_> =
            receipts.iter().map(|known| ShownReceipt::of(known, now)).collect();
        receipts.sort_by_key(|shown| shown.received_at);
        Self {
            customer: customer.clone(),
            email: email.as_ref().map(|email| email.expose_secret()),
            as_of: now,
            open: Open::to(customer.as_ref(), accounts, publisher, now),
            receipts,
            accounts: accounts
                .iter()
                .map(|history| ShownAccount::of(history, publisher, now))
                .collect(),
        }
    }
}

//! `usher quote`: what a change of plan would cost a customer.

use clap::Args;
use serde_json::{Value, json};
use usher::domain::offer::OfferId;
use usher::domain::plan_change::Direction;
use usher::domain::proration::{NoQuote, Quote, quote};

use super::{Failure, LookArguments, print};
use crate::find_customer::find_customer;

/// Who would change to what.
#[derive(Debug, Args)]
pub struct Arguments {
    /// An e-mail address, a customer id, a Roku customer, or a transaction
    #[arg(long, value_name = "WHO")]
    customer: String,
    /// The offer that they would have
    #[arg(long, value_name = "OFFER")]
    to: String,
    #[command(flatten)]
    look: LookArguments,
}

/// Runs the command.
///
/// # Errors
/// When the customer or the offer is not known, or it would be no change of plan.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { customer, to, look: LookArguments { publisher, moment, json } } = arguments;
    let (config, publisher) = publisher.open(String::new()).await?;
    let id = OfferId::parse(&to).map_err(|why| format!("--to {why}"))?;
    let offers: Vec<_> = publisher.catalog.offers_meant_by(&id).collect();
    let [to] = offers[..] else {
        let offers: Vec<&str> =
            publisher.catalog.offers().iter().map(|offer| offer.id.as_str()).collect();
        return Err(format!("--to must name one offer, of {}; not {to}", offers.join(", ")).into());
    };
    let found = find_customer(&config.table, &publisher.id, &customer).await;
    let found = found.map_err(|error| error.in_short())?;
    if found.is_empty() {
        let customer: String = customer.chars().take(80).collect();
        return Err(format!("{customer} is no customer with a Roku purchase").into());
    }
    let accounts: Vec<_> = found.into_iter().map(|history| moment.look_at(history)).collect();
    let quotes =
        accounts.iter().map(|(history, now)| quote(&history.account, &publisher, to, *now));
    // The account that has a plan of the group tells why, if any does.
    let quoted = quotes.reduce(|a, b| if a == Err(NoQuote::NoPlan) { b } else { a });
    let quoted = quoted.unwrap_or(Err(NoQuote::NoPlan))?;
    if json { print(&format!("{:#}", in_json(&quoted))) } else { print(&in_text(&quoted)) }
}

fn in_json(quote: &Quote<'_>) -> Value {
    json!({
        "from": quote.from.id,
        "to": quote.to.id,
        "direction": quote.direction,
        "currency": quote.to.currency,
        "takesEffectAt": quote.takes_effect_at,
        "unusedValue": quote.unused_value,
        "chargeNow": quote.charge_now,
        "nextChargeAt": quote.next_charge_at,
        "nextCharge": quote.next_charge,
    })
}

fn in_text(quote: &Quote<'_>) -> String {
    let currency = &quote.to.currency;
    let amount = |amount: Option<_>| match amount {
        Some(amount) => format!("{amount} {currency}"),
        None => "not known: Roku did not say what was paid".to_owned(),
    };
    let way = match quote.direction {
        Direction::Upgrade => "upgrade, at once",
        Direction::Downgrade => "downgrade, when the term ends",
    };
    let next = quote.next_charge_at.map_or("never".to_owned(), |at| at.to_string());
    [
        format!("{} ({}) to {} ({})", quote.from.title, quote.from.id, quote.to.title, quote.to.id),
        format!("  {way}: {}", quote.takes_effect_at),
        format!("  rest of the old term   {}", amount(quote.unused_value)),
        format!("  charged now            {}", amount(quote.charge_now)),
        format!("  next charge            {} {currency}, {next}", quote.next_charge),
        "  without tax; what Roku charges is the record".to_owned(),
    ]
    .join("\n")
}

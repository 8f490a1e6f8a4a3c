//! `usher customer show`: what a customer has, may watch, and how it came about.

use clap::Subcommand;
use serde_json::{Value, json};
use usher::domain::proration::difference;
use usher::domain::publisher::Publisher;
use usher::domain::standing::Standing;
use usher::domain::timeline::timeline;
use usher::store::histories::History;

use super::{Failure, LookArguments, MomentArgument, print};
use crate::find_customer::find_customer;

/// What to do with a customer.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the purchases of a customer, what is open to them, and all that Roku told about them
    Show {
        /// An e-mail address, a customer id, a Roku customer, or a transaction
        who: String,
        /// Where, when and how.
        #[command(flatten)]
        look: LookArguments,
    },
}

/// Runs the command.
///
/// # Errors
/// When nobody is found or the table cannot be read.
pub async fn run(command: Command) -> Result<(), Failure> {
    let Command::Show { who, look: LookArguments { publisher, moment, json } } = command;
    let (config, publisher) = publisher.open(String::new()).await?;
    let found = find_customer(&config.table, &publisher.id, &who).await;
    let found = found.map_err(|error| error.with_causes())?;
    if found.is_empty() {
        let who: String = who.chars().take(80).collect();
        return Err(
            format!("{who} is no customer with a Roku purchase, nor one of Roku's ids").into()
        );
    }
    let shown: Vec<Value> =
        found.into_iter().map(|history| describe(history, &publisher, &moment)).collect();
    if json {
        return print(&format!("{:#}", Value::Array(shown)));
    }
    shown.iter().try_for_each(|account| print(&in_text(account)))
}

fn describe(history: History, publisher: &Publisher, moment: &MomentArgument) -> Value {
    let (History { holder, account, facts }, now) = moment.look_at(history);
    let roku_customer = facts.first().map(|fact| fact.roku_customer().as_str().to_owned());
    let open = account.access(publisher, now);
    let purchases = account.purchases.iter().map(|(id, purchase)| {
        let offer =
            purchase.product.as_ref().and_then(|product| publisher.catalog.offer_of(product));
        let charged = difference(&account, id, &publisher.catalog);
        json!({
            "purchase": id,
            "product": purchase.product,
            "offer": offer.map(|offer| &offer.id),
            "state": purchase.state.to_string(),
            "standing": Standing::of(purchase, &publisher.settings, now).to_string(),
            "open": offer.is_some() && open.iter().any(|grant| grant.purchase == id),
            "replaces": purchase.replaces(),
            "disputedSince": purchase.disputed_since,
            "chargedOtherThanComputed": charged.map(|found| json!({
                "charge": found.charge,
                "expectedCharge": found.expected_charge,
                "credit": found.credit,
                "expectedCredit": found.expected_credit,
            })),
        })
    });
    let purchases: Vec<Value> = purchases.collect();
    let entries = timeline(facts).into_iter().map(|entry| {
        json!({
            "at": entry.at,
            "kind": entry.kind,
            "what": entry.what,
            "purchase": entry.purchase,
            "state": entry.state.map(|state| state.to_string()),
        })
    });
    json!({
        "asOf": now,
        "rokuCustomer": roku_customer,
        "customer": holder,
        "askRokuAt": account.ask_roku_at(),
        "purchases": purchases,
        "timeline": entries.collect::<Vec<_>>(),
    })
}

fn in_text(account: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let mut lines = vec![format!(
        "Roku customer {}, customer {}, as of {}",
        text(&account["rokuCustomer"]),
        text(&account["customer"]),
        text(&account["asOf"])
    )];
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    lines.push("\npurchases".to_owned());
    for purchase in list(&account["purchases"]) {
        let open = if purchase["open"] == true { "may watch" } else { "may not watch" };
        let offer = match &purchase["offer"] {
            Value::String(offer) => offer.clone(),
            _ => "no offer of the catalog".to_owned(),
        };
        let (id, product) = (text(&purchase["purchase"]), text(&purchase["product"]));
        lines.push(format!("  {id}  {product} ({offer})"));
        let (standing, state) = (text(&purchase["standing"]), text(&purchase["state"]));
        lines.push(format!("    {open}: {standing} ({state})"));
        if !purchase["disputedSince"].is_null() {
            lines.push(format!("    disputed since {}", text(&purchase["disputedSince"])));
        }
        let charged = &purchase["chargedOtherThanComputed"];
        if !charged.is_null() {
            lines.push(format!(
                "    Roku charged {} and credited {}; computed {} and {}",
                text(&charged["charge"]),
                text(&charged["credit"]),
                text(&charged["expectedCharge"]),
                text(&charged["expectedCredit"])
            ));
        }
    }
    lines.push("\ntimeline".to_owned());
    for entry in list(&account["timeline"]) {
        let state = entry["state"].as_str().map_or(String::new(), |state| format!(" → {state}"));
        lines.push(format!("  {}  {}{state}", text(&entry["at"]), text(&entry["what"])));
    }
    lines.join("\n")
}

//! A customer in words and tables: what is open first, then why.

use std::fmt::Display;

use super::super::super::table::table;
use super::Shown;
use super::account::{ShownAccount, ShownCharge, ShownEntry, ShownPurchase};
use super::open::Open;
use super::receipt::ShownReceipt;

/// All that is shown of a customer.
pub(super) fn of(shown: &Shown<'_>) -> String {
    let who = shown
        .customer
        .as_ref()
        .map_or("Nobody's Roku account".to_owned(), |customer| format!("Customer {customer}"));
    let who = shown.email.map_or(who.clone(), |email| format!("{who}, {email}"));
    let mut parts = vec![format!("{who}, as of {:.0}", shown.as_of), open(&shown.open)];
    if shown.customer.is_some() {
        parts.push(receipts(&shown.receipts));
    }
    if shown.accounts.is_empty() {
        parts.push(no_account(&shown.receipts));
    }
    parts.extend(shown.accounts.iter().map(account));
    parts.join("\n\n")
}

fn open(open: &Open<'_>) -> String {
    if open.offers.is_empty() {
        return "open now: nothing".to_owned();
    }
    let rows = open.offers.iter().map(|open| {
        let until = open.until.map_or("for good".to_owned(), |until| format!("{until:.0}"));
        [open.offer.to_string(), open.title.to_owned(), until, open.by.to_owned()]
    });
    let tags: Vec<String> = open.tags.iter().cloned().map(String::from).collect();
    let tags = if tags.is_empty() { "none".to_owned() } else { tags.join(", ") };
    let offers = table(["offer", "title", "term ends", "by"], rows);
    format!("open now\n{offers}\ntags: {tags}")
}

fn receipts(receipts: &[ShownReceipt<'_>]) -> String {
    if receipts.is_empty() {
        return "receipts: none".to_owned();
    }
    let rows = receipts.iter().map(|receipt| {
        let reason = receipt.reason.map_or(String::new(), |reason| format!(": {reason}"));
        [
            receipt.transaction.to_string(),
            receipt.offer.to_string(),
            format!("{:.0}", receipt.received_at),
            format!("{}{reason}", receipt.outcome),
            or_dash(receipt.waits_for.as_ref()),
        ]
    });
    let header = ["transaction", "offer", "received", "outcome", "waits for"];
    format!("receipts\n{}", table(header, rows))
}

fn no_account(receipts: &[ShownReceipt<'_>]) -> String {
    let why = match receipts {
        [] => "The customer is registered and has shown no receipt.",
        _ => "None of the receipts has been granted.",
    };
    format!("No Roku account is linked to the customer yet. {why}")
}

fn account(account: &ShownAccount<'_>) -> String {
    let holder = account
        .customer
        .map_or("linked to nobody: no receipt was granted for it".to_owned(), |customer| {
            format!("linked to customer {customer}")
        });
    let asked = account.ask_roku_at.map_or(String::new(), |at| {
        format!("; Roku is asked about it at {at:.0} where it says nothing itself")
    });
    let purchases = table(
        ["purchase", "product", "offer", "may watch", "standing", "state"],
        account.purchases.iter().map(purchase),
    );
    let notes: String = account.purchases.iter().flat_map(notes).collect();
    let charges = charges(&account.charges);
    let timeline: Vec<String> = account.timeline.iter().map(entry).collect();
    format!(
        "Roku customer {}, {holder}{asked}\n\npurchases\n{purchases}{notes}\n\n{charges}\n\ntimeline\n{}",
        or_dash(account.roku_customer),
        timeline.join("\n")
    )
}

fn purchase(purchase: &ShownPurchase<'_>) -> [String; 6] {
    let offer = purchase.offer.map(ToString::to_string);
    [
        purchase.purchase.to_string(),
        or_dash(purchase.product),
        offer.unwrap_or_else(|| "not in the catalog".to_owned()),
        if purchase.open { "yes" } else { "no" }.to_owned(),
        purchase.standing.clone(),
        purchase.state.clone(),
    ]
}

fn charges(charges: &[ShownCharge]) -> String {
    if charges.is_empty() {
        return "charges: none".to_owned();
    }
    let rows = charges.iter().map(|charge| {
        let currency = charge.currency.as_deref().unwrap_or_default();
        let total = charge.total.map(|total| format!("{total} {currency}"));
        let refunded = charge.refunded_at.map(|at| match charge.refunded {
            Some(amount) => format!("{amount} {currency}, {at:.0}"),
            None => format!("{at:.0}"),
        });
        [
            format!("{:.0}", charge.at),
            charge.kind.clone(),
            or_dash(charge.product.as_ref()),
            total.unwrap_or_else(|| "not told".to_owned()),
            or_dash(charge.tax),
            or_dash(refunded),
            charge.transaction.to_string(),
        ]
    });
    let header = ["charged", "for", "product", "total", "tax in it", "refunded", "transaction"];
    format!("charges\n{}", table(header, rows))
}

/// What does not fit into a table.
fn notes(purchase: &ShownPurchase<'_>) -> Vec<String> {
    let id = purchase.purchase;
    let dispute = purchase
        .disputed_since
        .map(|since| format!("\n{id}: disputed by the customer's bank since {since:.0}"));
    let charged = purchase.charged_other_than_computed.as_ref().map(|charged| {
        format!(
            "\n{id}: Roku charged {} and credited {}; computed {} and {}",
            charged.charge, charged.credit, charged.expected_charge, charged.expected_credit
        )
    });
    dispute.into_iter().chain(charged).collect()
}

fn entry(entry: &ShownEntry) -> String {
    let told = match entry.told {
        1 => String::new(),
        times => format!(" (told {times} times)"),
    };
    let state = entry.state.as_ref().map_or(String::new(), |state| format!(" → {state}"));
    format!("{}  {}{told}{state}", entry.at, entry.what)
}

fn or_dash(value: Option<impl Display>) -> String {
    value.map_or("-".to_owned(), |value| value.to_string())
}

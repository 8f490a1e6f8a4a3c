//! `GET /customers/{customerId}/subscription_switches/{offerId}/availability`: which plans a customer
//! may change to, and what that costs (`cleeng-api.md` §3.7, §5).
//!
//! A Roku purchase is changed on the device and nowhere else, so all of them stand under
//! `unavailable`, with the code that Cleeng has for a payment gateway that it cannot change: its
//! clients offer no button for them. The figures are what Roku is expected to charge.

use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};
use usher::domain::account::Account;
use usher::domain::offer::{Offer, OfferId};
use usher::domain::plan_change::Direction;
use usher::domain::proration::{NoQuote, Quote, quote};
use usher::domain::publisher::Publisher;

/// The changes from the plan that `current` means. Empty where the customer does not have it.
pub(crate) fn availability(
    accounts: &[Account],
    publisher: &Publisher,
    current: &OfferId,
    now: Timestamp,
) -> Value {
    let catalog = &publisher.catalog;
    let is_meant = |offer: &Offer| current.means(&offer.id);
    let has_it = |account: &&Account| {
        let open = account.access(publisher, now);
        open.iter().filter_map(|grant| catalog.offer_of(grant.product)).any(is_meant)
    };
    let may_follow = |to: &&Offer| {
        !is_meant(to) && catalog.offers_meant_by(current).any(|from| from.group == to.group)
    };
    let quotes = accounts.iter().filter(has_it).flat_map(|account| {
        catalog.offers().iter().filter(may_follow).filter_map(|to| {
            match quote(account, publisher, to, now) {
                Ok(quote) => is_meant(quote.from).then(|| item(&quote)),
                Err(NoQuote::Ordered) => Some(ordered(to)),
                Err(NoQuote::NoPlan | NoQuote::SameOffer) => None,
            }
        })
    });
    json!({ "available": [], "unavailable": quotes.collect::<Vec<_>>() })
}

fn item(quote: &Quote<'_>) -> Value {
    let reason = ("PAYMENT_GATEWAY_NOT_SUPPORTED", "Subscription is externally managed");
    let mut item = described(quote.to, reason);
    let (direction, algorithm) = match quote.direction {
        Direction::Upgrade => ("upgrade", "IMMEDIATE_AND_CHARGE_WITH_REFUND"),
        Direction::Downgrade => ("downgrade", "DEFERRED"),
    };
    let figures = json!({
        "switchDirection": direction,
        "algorithm": algorithm,
        "nextPaymentPrice": number(quote.next_charge),
        "nextPaymentPriceCurrency": quote.to.currency,
        "nextPaymentPriceCurrencySymbol": symbol(&quote.to.currency),
        "nextPaymentAt": quote.next_charge_at.map(Timestamp::as_second),
        "takesEffectAt": quote.takes_effect_at.as_second(),
        "chargeNow": quote.charge_now.map(number),
        "unusedValue": quote.unused_value.map(number),
    });
    if let (Value::Object(item), Value::Object(figures)) = (&mut item, figures) {
        item.extend(figures);
    }
    item
}

fn ordered(to: &Offer) -> Value {
    described(to, ("SWITCH_IN_PROGRESS", "The change to this offer waits for the end of the term"))
}

fn described(to: &Offer, (code, message): (&str, &str)) -> Value {
    json!({
        "toOfferId": to.id,
        "title": to.title,
        "price": number(to.price),
        "currency": to.currency,
        "currencySymbol": symbol(&to.currency),
        "period": to.period,
        "reason": { "code": code, "message": message },
    })
}

/// An amount as Cleeng writes it: a number.
fn number(amount: Decimal) -> Value {
    json!(amount.to_f64())
}

fn symbol(currency: &str) -> &str {
    match currency {
        "USD" | "CAD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        other => other,
    }
}

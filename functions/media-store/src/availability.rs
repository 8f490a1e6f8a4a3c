//! `GET /customers/{customerId}/subscription_switches/{offerId}/availability`: which plans a
//! customer may change to, and what that costs (`cleeng-api.md` §3.7, §5).
//!
//! A Roku purchase is changed on the device and nowhere else, so all of them stand under
//! `unavailable`. The figures are what Roku is expected to charge. `unavailableReason` beside them
//! has Cleeng's pages say that the plan is changed elsewhere, instead of showing buttons that do
//! nothing; the code is Cleeng's for a payment gateway that it cannot change.

use jiff::Timestamp;
use serde_json::{Value, json};
use usher::domain::account::Account;
use usher::domain::offer::{Offer, OfferId};
use usher::domain::proration::{NoQuote, Quote, quote};
use usher::domain::publisher::Publisher;

use crate::switches::words;
use crate::wire::{number, symbol};

/// Why no plan is changed here.
const EXTERNALLY_MANAGED: (&str, &str) =
    ("PAYMENT_GATEWAY_NOT_SUPPORTED", "Subscription is externally managed");

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
    let holding: Vec<_> = accounts.iter().filter(has_it).collect();
    let quotes = holding.iter().flat_map(|account| {
        catalog.offers().iter().filter(may_follow).filter_map(|to| {
            match quote(account, publisher, to, now) {
                Ok(quote) => is_meant(quote.from).then(|| item(&quote)),
                Err(NoQuote::Ordered) => Some(ordered(to)),
                Err(NoQuote::NoPlan | NoQuote::SameOffer) => None,
            }
        })
    });
    let mut switches = json!({ "available": [], "unavailable": quotes.collect::<Vec<_>>() });
    if !holding.is_empty() {
        switches["unavailableReason"] = reason(EXTERNALLY_MANAGED);
    }
    switches
}

fn item(quote: &Quote<'_>) -> Value {
    let mut item = described(quote.to, EXTERNALLY_MANAGED);
    let (direction, algorithm) = words(quote.direction);
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

fn described(to: &Offer, why: (&str, &str)) -> Value {
    json!({
        "toOfferId": to.id,
        "title": to.title,
        "price": number(to.price),
        "currency": to.currency,
        "currencySymbol": symbol(&to.currency),
        "period": to.period,
        "reason": reason(why),
    })
}

fn reason((code, message): (&str, &str)) -> Value {
    json!({ "code": code, "message": message })
}

//! How values are written, as Cleeng writes them.

use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::{Request, RequestExt};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};
use usher::domain::offer::OfferId;
use usher::respond::Failure;

/// How everything is paid: Cleeng's word, by which clients choose a text and a logo
/// (`cleeng-api.md` §10.4).
pub(crate) const ROKU: &str = "roku";

/// Cleeng's date for what does not end (`cleeng-api.md` §3.7): clients make a date of any number.
const NO_END: i64 = 2_145_913_200;

/// An amount: a number.
pub(crate) fn number(amount: Decimal) -> Value {
    json!(amount.to_f64())
}

/// The end of something, in seconds.
pub(crate) fn end(at: Option<Timestamp>) -> i64 {
    at.map_or(NO_END, Timestamp::as_second)
}

/// A currency as people write it, where Cleeng's clients know a sign for it.
pub(crate) fn symbol(currency: &str) -> &str {
    match currency {
        "USD" | "CAD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        other => other,
    }
}

/// The kind of an offer in one letter, with which its id begins: `S` is a subscription.
pub(crate) fn letter(offer: &OfferId) -> &str {
    offer.as_str().get(..1).unwrap_or_default()
}

/// The kind of an offer in a word (`cleeng-api.md` §4).
pub(crate) fn kind(offer: &OfferId) -> &'static str {
    match letter(offer) {
        "S" => "subscription",
        "P" => "pass",
        "E" => "live",
        _ => "vod",
    }
}

/// The offer that a path names.
pub(crate) fn offer_in_path(request: &Request) -> Result<OfferId, Failure> {
    let parameters = request.path_parameters();
    let offer = OfferId::parse(parameters.first("offerId").unwrap_or_default());
    offer.map_err(|_| unknown_offer())
}

pub(crate) fn unknown_offer() -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "REQ0003", "Offer not found")
}

//! What the page tells of: facts that bring a purchase into every state, and what may come next.

use serde_json::{Value, json};

use super::{NEW_PURCHASE, PURCHASE, T};
use crate::domain::fact::Fact;
use crate::domain::samples::{push, seen};

pub(super) const SOLD: &str = "2024-01-10T00:00:00Z";
pub(super) const DURING: &str = "2024-01-20T00:00:00Z";
pub(super) const END: &str = "2024-02-10T00:00:00Z";
pub(super) const AFTER: &str = "2024-02-12T00:00:00Z";
pub(super) const LATER: &str = "2024-02-20T00:00:00Z";
pub(super) const NEXT_END: &str = "2024-03-20T00:00:00Z";
pub(super) const BASIC: &str = "S1-US";
pub(super) const PREMIUM: &str = "S2-US";

/// A purchase in every state, with the facts that bring it there and the time of the next one.
pub(super) fn every_state() -> Vec<(&'static str, Vec<Fact>, &'static str)> {
    let bought = || told("Sale", PURCHASE, SOLD, Some(END), json!({}));
    let trial = || told("Sale", PURCHASE, SOLD, Some(END), json!({"isFreeTrial": true}));
    let failed = || told("GraceInitiated", PURCHASE, END, Some(END), json!({}));
    let up = |free: bool| {
        let more = json!({"productCode": PREMIUM, "isFreeTrial": free});
        told("UpgradeSale", NEW_PURCHASE, "2024-01-15T00:00:00Z", Some(NEXT_END), more)
    };
    let left =
        || told("UpgradeCancellation", PURCHASE, "2024-01-15T00:00:01Z", Some(END), json!({}));
    let held = || told("OnHoldInitiated", PURCHASE, AFTER, Some(END), json!({}));
    let cancelled = |at: &str| told("Cancellation", PURCHASE, at, Some(END), json!({}));
    let base = told("Sale", NEW_PURCHASE, SOLD, Some(END), json!({"productCode": PREMIUM}));
    let lower = told("DowngradeSale", PURCHASE, "2024-01-15T00:00:00Z", Some(END), json!({}));
    vec![
        ("not heard of", vec![], DURING),
        ("trial", vec![trial()], DURING),
        ("current", vec![bought()], DURING),
        ("in grace", vec![bought(), failed()], AFTER),
        ("on hold", vec![bought(), failed(), held()], LATER),
        ("cancelled", vec![bought(), cancelled("2024-01-15T00:00:00Z")], DURING),
        ("suspended", vec![bought(), up(true), left()], DURING),
        ("pending downgrade", vec![base, lower], DURING),
        ("replaced", vec![bought(), up(false), left()], DURING),
        ("ended", vec![bought(), failed(), cancelled(AFTER)], LATER),
    ]
}

fn told(kind: &str, purchase: &str, at: &str, end: Option<&str>, more: Value) -> Fact {
    let mut fields = json!({"productCode": BASIC, "total": 7.99, "tax": 0, "price": 7.99});
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    push(kind, purchase, at, end, fields)
}

/// What the documented types mean, and the date that they carry in the tables.
pub(super) fn pushes() -> Vec<(T, &'static str, &'static str)> {
    vec![
        (
            T::Sale,
            "A purchase, a renewal, or the first charge after a trial or a downgrade",
            "the end of the new term",
        ),
        (T::UpgradeSale, "The customer moved up: this is the new plan", "the end of the new term"),
        (
            T::DowngradeSale,
            "The customer ordered a move down: this is the new plan",
            "the day on which it starts",
        ),
        (
            T::GraceInitiated,
            "A charge failed, and Roku tries again",
            "the end of the term, which has come",
        ),
        (
            T::GraceRecovered,
            "It was paid in grace; the billing date stays",
            "the end of the new term",
        ),
        (T::OnHoldInitiated, "Grace is over, unpaid", "the end of the paid term"),
        (
            T::OnHoldRecovered,
            "It was paid while on hold; the billing date moves",
            "the end of the new term",
        ),
        (
            T::Cancellation,
            "Renewals were turned off, by the customer, by Roku, or because nothing was paid",
            "the end of the term",
        ),
        (
            T::UpgradeCancellation,
            "The customer moved up: this is the old plan",
            "the end of the old term, which keeps nothing open",
        ),
        (
            T::DowngradeCancellation,
            "The customer ordered a move down: this is the old plan",
            "the end of the term",
        ),
        (T::Resubscribe, "A cancellation was taken back", "none"),
        (
            T::CancellationOfferInitiated,
            "The customer took an offer to stay",
            "the end of the term, the offer's included",
        ),
        (
            T::CancellationOfferEnded,
            "The terms of such an offer have elapsed",
            "the end of the term",
        ),
        (
            T::Refund,
            "Money went back to the customer. If the purchase was not theirs a `Cancellation` follows, and that one counts",
            "none",
        ),
        (T::Credit, "The customer has something to spend at Roku; belongs to no purchase", "none"),
        (
            T::Chargeback,
            "The customer's bank took the money back. With `revoke_on_chargeback` there is no access, until the dispute is decided for Roku or a later charge is paid",
            "none",
        ),
        (T::ChargebackReversed, "The dispute was decided for Roku", "none"),
        (T::SecondChargeback, "The bank disputes again; as `Chargeback`", "none"),
    ]
}

/// The push of a type that comes next, about a purchase that was brought to a state until `at`.
pub(super) fn next_push(kind: &T, more: Value, at: &str) -> Fact {
    let is_past = at != DURING;
    let date = match kind {
        T::Sale | T::UpgradeSale | T::GraceRecovered | T::OnHoldRecovered => Some(NEXT_END),
        T::CancellationOfferInitiated | T::CancellationOfferEnded => Some(NEXT_END),
        T::GraceInitiated if !is_past => Some(at),
        T::DowngradeSale if is_past => Some(NEXT_END),
        T::Resubscribe | T::Refund | T::Credit => None,
        T::Chargeback | T::ChargebackReversed | T::SecondChargeback => None,
        _ => Some(END),
    };
    let chain = if *kind == T::Credit { Value::Null } else { PURCHASE.into() };
    let mut fields = json!({"originalTransactionId": chain});
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    told(kind.as_str(), PURCHASE, at, date, fields)
}

pub(super) type AnswerFields = (&'static str, &'static str, Option<bool>, Value);

/// What Roku may answer. The date is ahead, past, or missing.
pub(super) fn answers() -> Vec<AnswerFields> {
    let answer = |entitled: bool, cancelled: bool, status: &str| json!({"isEntitled": entitled, "cancelled": cancelled, "purchaseStatus": status});
    vec![
        (
            "entitled, not cancelled, the date ahead",
            "the term runs",
            Some(true),
            answer(true, false, "Active"),
        ),
        (
            "entitled, not cancelled, the date past",
            "a charge failed",
            Some(false),
            answer(true, false, "Active"),
        ),
        (
            "not entitled, not cancelled",
            "unpaid for longer than grace lasts",
            Some(false),
            answer(false, false, "Active"),
        ),
        (
            "entitled, cancelled, the date ahead",
            "renewals are off",
            Some(true),
            answer(true, true, "Active"),
        ),
        ("not entitled, cancelled", "it is over", Some(false), answer(false, true, "Inactive")),
        (
            "`PendingActive`, whether entitled or not",
            "a downgrade that has not started",
            Some(true),
            answer(true, false, "PendingActive"),
        ),
        (
            "`PendingActive`, cancelled",
            "a downgrade that will not start",
            Some(true),
            answer(true, true, "PendingActive"),
        ),
        (
            "`PendingInactive`",
            "suspended by a trial of another plan",
            Some(true),
            answer(true, true, "PendingInactive"),
        ),
        (
            "no date, not cancelled",
            "a thing bought once, which Roku never calls entitled",
            None,
            answer(false, false, "Active"),
        ),
    ]
}

pub(super) fn next_answer((_, _, ahead, fields): &AnswerFields, at: &str) -> Fact {
    let date = ahead.map(|ahead| if ahead { NEXT_END } else { END });
    // Past is past, also where the purchase is asked about in the middle of its term.
    let date = date.map(|date| if date > at || *ahead == Some(true) { date } else { END });
    let date = if *ahead == Some(false) && at < END { Some(SOLD) } else { date };
    let mut fields = fields.clone();
    fields["productId"] = BASIC.into();
    fields["originalPurchaseDate"] = Value::Null;
    seen(PURCHASE, at, date, fields)
}

/// The stories of two plans, in the order of their facts.
pub(super) fn plan_changes() -> Vec<(&'static str, Vec<Fact>, &'static str)> {
    let premium = |more: Value| {
        let mut fields = json!({"productCode": PREMIUM});
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    let old = || told("Sale", PURCHASE, SOLD, Some(END), json!({}));
    let up = || {
        told("UpgradeSale", NEW_PURCHASE, DURING, Some("2024-02-20T00:00:00Z"), premium(json!({})))
    };
    let trial = || {
        let more = premium(json!({"isFreeTrial": true}));
        told("UpgradeSale", NEW_PURCHASE, DURING, Some("2024-01-27T00:00:00Z"), more)
    };
    let left =
        || told("UpgradeCancellation", PURCHASE, "2024-01-20T00:00:01Z", Some(END), json!({}));
    let new = |kind: &str, at: &str, end: &str| {
        told(kind, NEW_PURCHASE, at, Some(end), premium(json!({})))
    };
    let given_up = || new("Cancellation", "2024-01-22T00:00:00Z", "2024-01-27T00:00:00Z");
    let down = || told("DowngradeSale", NEW_PURCHASE, DURING, Some(END), premium(json!({})));
    let leaves =
        || told("DowngradeCancellation", PURCHASE, "2024-01-20T00:00:01Z", Some(END), json!({}));
    let resubscribed = |purchase: &str, more: Value| {
        told("Resubscribe", purchase, "2024-01-23T00:00:00Z", None, more)
    };
    let named = |change: &str| {
        let more = json!({
            "productId": PREMIUM, "purchaseType": change, "cancelledTransactionIds": [PURCHASE],
            "purchaseStatus": if change == "DOWNGRADE" { "PendingActive" } else { "Active" },
        });
        let end = if change == "DOWNGRADE" { END } else { "2024-02-20T00:00:00Z" };
        seen(NEW_PURCHASE, DURING, Some(end), more)
    };
    vec![
        ("an upgrade that is paid", vec![old(), up(), left()], "2024-01-21T00:00:00Z"),
        (
            "an upgrade of which only the new plan is heard",
            vec![old(), up()],
            "2024-01-21T00:00:00Z",
        ),
        (
            "an upgrade of which only the old plan is heard",
            vec![old(), left()],
            "2024-01-21T00:00:00Z",
        ),
        (
            "an upgrade that Roku's answer names",
            vec![old(), named("UPGRADE")],
            "2024-01-21T00:00:00Z",
        ),
        ("a trial upgrade", vec![old(), trial(), left()], "2024-01-21T00:00:00Z"),
        (
            "a trial upgrade that is charged for",
            vec![
                old(),
                trial(),
                left(),
                new("Sale", "2024-01-27T00:00:05Z", "2024-02-27T00:00:00Z"),
            ],
            "2024-01-28T00:00:00Z",
        ),
        (
            "a trial upgrade that is given up",
            vec![old(), trial(), left(), given_up()],
            "2024-01-23T00:00:00Z",
        ),
        (
            "the same, when the trial has run out",
            vec![old(), trial(), left(), given_up()],
            "2024-01-28T00:00:00Z",
        ),
        (
            "a trial upgrade that is given up and taken back",
            vec![
                old(),
                trial(),
                left(),
                given_up(),
                resubscribed(NEW_PURCHASE, premium(json!({}))),
            ],
            "2024-01-24T00:00:00Z",
        ),
        (
            "a trial upgrade whose first charge fails",
            vec![
                old(),
                trial(),
                left(),
                new("OnHoldInitiated", "2024-01-27T00:00:05Z", "2024-01-27T00:00:00Z"),
            ],
            "2024-01-28T00:00:00Z",
        ),
        (
            "a trial upgrade of which nothing more is heard",
            vec![old(), trial(), left()],
            "2024-01-28T00:00:00Z",
        ),
        (
            "an upgrade during grace",
            vec![
                old(),
                told("GraceInitiated", PURCHASE, END, Some(END), json!({})),
                new("UpgradeSale", AFTER, "2024-03-12T00:00:00Z"),
                told("UpgradeCancellation", PURCHASE, AFTER, Some(END), json!({})),
            ],
            LATER,
        ),
        ("a downgrade, before its day", vec![old(), down(), leaves()], "2024-02-09T00:00:00Z"),
        (
            "a downgrade that Roku's answer names, before its day",
            vec![old(), named("DOWNGRADE")],
            "2024-02-09T00:00:00Z",
        ),
        (
            "a downgrade, on its day, its charge not heard of",
            vec![old(), down(), leaves()],
            "2024-02-10T01:00:00Z",
        ),
        (
            "a downgrade, charged for",
            vec![
                old(),
                down(),
                leaves(),
                new("Sale", "2024-02-10T00:00:05Z", "2024-03-10T00:00:00Z"),
            ],
            AFTER,
        ),
        (
            "a downgrade whose first charge fails",
            vec![old(), down(), leaves(), new("GraceInitiated", "2024-02-10T00:00:05Z", END)],
            AFTER,
        ),
        (
            "a downgrade that is cancelled before its day",
            vec![old(), down(), leaves(), new("Cancellation", "2024-01-23T00:00:00Z", END)],
            "2024-01-24T00:00:00Z",
        ),
        (
            "a downgrade, when the old plan is taken back",
            vec![old(), down(), leaves(), resubscribed(PURCHASE, json!({}))],
            "2024-01-24T00:00:00Z",
        ),
        (
            "a downgrade, when the old plan is renewed after all",
            vec![
                old(),
                down(),
                leaves(),
                told(
                    "Sale",
                    PURCHASE,
                    "2024-02-10T00:00:05Z",
                    Some("2024-03-10T00:00:00Z"),
                    json!({}),
                ),
            ],
            AFTER,
        ),
    ]
}

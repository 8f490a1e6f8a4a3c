//! Writes `docs/lifecycle.md` from the code, and compares. `UPDATE_EXPECT=1 cargo test -p usher
//! lifecycle` writes it anew.

use std::fmt::Write;

use expect_test::expect_file;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::*;
use crate::domain::access::{Entitlements, OfferAccess};
use crate::domain::offer::{Offer, OfferId, Period};
use crate::domain::publisher::Publisher;
use crate::domain::samples::{NEW_PURCHASE, PURCHASE, offer, publisher, push, seen};
use crate::domain::standing::Standing;
use crate::domain::transaction_type::TransactionType as T;

const SOLD: &str = "2024-01-10T00:00:00Z";
const DURING: &str = "2024-01-20T00:00:00Z";
const END: &str = "2024-02-10T00:00:00Z";
const AFTER: &str = "2024-02-12T00:00:00Z";
const LATER: &str = "2024-02-20T00:00:00Z";
const NEXT_END: &str = "2024-03-20T00:00:00Z";
const BASIC: &str = "S1-US";
const PREMIUM: &str = "S2-US";

/// A purchase in every state, with the facts that bring it there and the time of the next one.
fn every_state() -> Vec<(&'static str, Vec<Fact>, &'static str)> {
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

fn store() -> Publisher {
    let plan = |id: &str| Offer {
        group: Some("plans".to_owned()),
        period: Some(Period::Month),
        ..offer(id, &[])
    };
    publisher(vec![plan("S1_US"), plan("S2_US")])
}

/// The same offers, bought once.
fn event_store() -> Publisher {
    publisher(vec![offer("S1_US", &[]), offer("S2_US", &[])])
}

/// What the documented types mean, and the date that they carry in the tables.
fn pushes() -> Vec<(T, &'static str, &'static str)> {
    vec![
        (
            T::Sale,
            "a purchase, a renewal, or the first charge after a trial or a downgrade",
            "the end of the new term",
        ),
        (T::UpgradeSale, "the customer moved up: this is the new plan", "the end of the new term"),
        (
            T::DowngradeSale,
            "the customer ordered a move down: this is the new plan",
            "the day on which it starts",
        ),
        (
            T::GraceInitiated,
            "a charge failed, and Roku tries again",
            "the end of the term, which has come",
        ),
        (
            T::GraceRecovered,
            "it was paid in grace; the billing date stays",
            "the end of the new term",
        ),
        (T::OnHoldInitiated, "grace is over, unpaid", "the end of the paid term"),
        (
            T::OnHoldRecovered,
            "it was paid while on hold; the billing date moves",
            "the end of the new term",
        ),
        (
            T::Cancellation,
            "renewals were turned off, by the customer, by Roku, or because nothing was paid",
            "the end of the term",
        ),
        (
            T::UpgradeCancellation,
            "the customer moved up: this is the old plan",
            "ahead, and without meaning",
        ),
        (
            T::DowngradeCancellation,
            "the customer ordered a move down: this is the old plan",
            "the end of the term",
        ),
        (T::Resubscribe, "a cancellation was taken back", "none"),
        (
            T::CancellationOfferInitiated,
            "the customer took an offer to stay",
            "the end of the term, the offer's included",
        ),
        (
            T::CancellationOfferEnded,
            "the terms of such an offer have elapsed",
            "the end of the term",
        ),
        (
            T::Refund,
            "money went back to the customer. If the purchase was not theirs a `Cancellation` follows, and that one counts",
            "none",
        ),
        (T::Credit, "the customer has something to spend at Roku; belongs to no purchase", "none"),
        (
            T::Chargeback,
            "the customer's bank took the money back. With `revoke_on_chargeback` there is no access, until the dispute is decided for Roku or a later charge is paid",
            "none",
        ),
        (T::ChargebackReversed, "the dispute was decided for Roku", "none"),
        (T::SecondChargeback, "the bank disputes again; as `Chargeback`", "none"),
    ]
}

/// The push of a type that comes next, about a purchase that was brought to a state until `at`.
fn next_push(kind: &T, at: &str) -> Fact {
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
    told(kind.as_str(), PURCHASE, at, date, json!({"originalTransactionId": chain}))
}

type AnswerFields = (&'static str, &'static str, Option<bool>, Value);

/// What Roku may answer. The date is ahead, past, or missing.
fn answers() -> Vec<AnswerFields> {
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

fn next_answer((_, _, ahead, fields): &AnswerFields, at: &str) -> Fact {
    let date = ahead.map(|ahead| if ahead { NEXT_END } else { END });
    // Past is past, also where the purchase is asked about in the middle of its term.
    let date = date.map(|date| if date > at || *ahead == Some(true) { date } else { END });
    let date = if *ahead == Some(false) && at < END { Some(SOLD) } else { date };
    let mut fields = fields.clone();
    fields["productId"] = BASIC.into();
    fields["originalPurchaseDate"] = Value::Null;
    seen(PURCHASE, at, date, fields)
}

/// A state in words, with words for its dates.
fn in_words(state: State, at: &str, date: Option<Timestamp>) -> String {
    let mut words = state.to_string();
    if let Some(date) = date.filter(|date| date.to_string() != at) {
        words = words.replace(&date.to_string(), "the date it carries");
    }
    for (moment, word) in
        [(at, "now"), (END, "the end that was known"), (NEXT_END, "the end that was known")]
    {
        words = words.replace(moment, word);
    }
    words
}

/// What each state becomes by a fact: rows of states that fare alike.
fn table(store: &Publisher, next: impl Fn(&str) -> Fact) -> String {
    let mut rows: Vec<(Vec<&str>, [String; 3])> = Vec::new();
    for (was, facts, at) in every_state() {
        let fares = fares(store, facts, next(at), at);
        match rows.iter_mut().find(|(_, known)| *known == fares) {
            Some((alike, _)) => alike.push(was),
            None => rows.push((vec![was], fares)),
        }
    }
    let mut table = "| it was | it is | open | the customer |\n|---|---|---|---|\n".to_owned();
    for (were, [is, open, sees]) in rows {
        let were =
            if were.len() == every_state().len() { "anything".to_owned() } else { were.join(", ") };
        writeln!(table, "| {were} | {is} | {open} | {sees} |").unwrap();
    }
    table
}

/// The state after a fact, whether the offer is open, and what the customer sees.
fn fares(store: &Publisher, facts: Vec<Fact>, fact: Fact, at: &str) -> [String; 3] {
    let id = PurchaseId::parse(PURCHASE).unwrap();
    let date = match &fact {
        Fact::Notification(push) => push.expires_at,
        Fact::Observation(seen) => seen.expires_at,
    };
    let before = fold(facts.clone()).purchases.remove(&id);
    let account = fold(facts.into_iter().chain([fact]));
    let now = super::at(at) + SignedDuration::from_secs(1);
    let look = |purchase: &Purchase| (purchase.state, Standing::of(purchase, &store.settings, now));
    let after = account.purchases.get(&id).map(look);
    if before.as_ref().map(look) == after {
        return ["as it was", "as before", "as before"].map(str::to_owned);
    }
    let (state, standing) = after.unwrap();
    let accounts = [account];
    let open = Entitlements::of(&accounts, store, now).offer(&OfferId::parse("S1_US").unwrap());
    let (open, sees) = match (open, standing) {
        (Some(OfferAccess::Granted { .. }), Standing::Suspended) => ("yes", "watches"),
        (Some(OfferAccess::Granted { .. }), standing) => ("yes", standing.seen_by_customer()),
        (_, Standing::Suspended) => ("no", standing.seen_by_customer()),
        (_, standing) if standing.gives_access() => {
            ("no", "cannot watch until Roku has told the end")
        }
        (_, standing) => ("no", standing.seen_by_customer()),
    };
    [in_words(state, at, date), open.to_owned(), sees.to_owned()]
}

/// How each state stands as time goes by and nothing more is heard.
fn clock_table() -> String {
    let store = store();
    let mut table = "| state | before its date | from its date on | after the leeway (6 h) | \
                     after grace (16 days) and leeway | Roku is asked |\n|---|---|---|---|---|---|\n"
        .to_owned();
    let leeway = SignedDuration::from_hours(6);
    let grace = SignedDuration::from_hours(16 * 24);
    let second = SignedDuration::from_secs(1);
    for (_, facts, _) in every_state().into_iter().skip(1) {
        let account = fold(facts);
        let purchase = purchase_of(&account, PURCHASE);
        let date = match purchase.state {
            State::OnHold { since } => since,
            state => state.term_end().unwrap_or(super::at(END)),
        };
        let word = |moment: Timestamp| {
            let standing = Standing::of(purchase, &store.settings, moment);
            let open = if standing.gives_access() { "open" } else { "closed" };
            format!("{standing}: {open}")
        };
        let asked = purchase_question(&account, date);
        let moments = [date - second, date + second, date + leeway, date + grace + leeway];
        let words = moments.map(word).join(" | ");
        let state = purchase.state.to_string().replace(&date.to_string(), "its date");
        let state = state.split(" 20").next().unwrap().to_owned();
        writeln!(table, "| {state} | {words} | {asked} |").unwrap();
    }
    table
}

fn purchase_question(account: &Account, date: Timestamp) -> String {
    let alone = Account {
        purchases: account
            .purchases
            .iter()
            .filter(|(id, _)| id.as_str() == PURCHASE)
            .map(|(id, purchase)| (id.clone(), purchase.clone()))
            .collect(),
        ..Account::default()
    };
    match alone.ask_roku_at() {
        None => "no".to_owned(),
        Some(at) if at == date => "at its date".to_owned(),
        Some(at) => format!("{} days after it", at.duration_since(date).as_hours() / 24),
    }
}

/// The stories of two plans, in the order of their facts.
fn plan_changes() -> Vec<(&'static str, Vec<Fact>, &'static str)> {
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

fn plan_table() -> String {
    let store = store();
    let mut table =
        "| what | the old plan | open | the new plan | open |\n|---|---|---|---|---|\n".to_owned();
    for (what, facts, now) in plan_changes() {
        let account = fold(facts);
        let now = super::at(now);
        let open = account.access(&store, now);
        let cells = [PURCHASE, NEW_PURCHASE].map(|id| {
            let id = PurchaseId::parse(id).unwrap();
            let Some(purchase) = account.purchases.get(&id) else {
                return "not heard of | no".to_owned();
            };
            let standing = Standing::of(purchase, &store.settings, now);
            let open = if open.iter().any(|grant| *grant.purchase == id) { "yes" } else { "no" };
            format!("{standing} | {open}")
        });
        writeln!(table, "| {what} | {} |", cells.join(" | ")).unwrap();
    }
    table
}

#[test]
fn docs_lifecycle_md_says_what_the_code_does() {
    let mut page = include_str!("lifecycle_intro.md").to_owned();
    page += "\n## As time goes by\n\nNothing has to be told for a term to end: the clock decides. \
             \"Its date\" is the end of the term, for a pending downgrade its start.\n\n";
    page += &clock_table();
    page += "\n## When Roku pushes …\n";
    for (kind, means, date) in pushes() {
        let Some(first) = means.chars().next() else { continue };
        let means = format!("{}{}", first.to_uppercase(), &means[first.len_utf8()..]);
        write!(page, "\n### {kind}\n\n{means}. Its date: {date}.\n\n").unwrap();
        page += &table(&store(), |at| next_push(&kind, at));
        if kind == T::Chargeback {
            let mut revoking = store();
            revoking.settings.revoke_on_chargeback = true;
            page += "\nWith `revoke_on_chargeback`:\n\n";
            page += &table(&revoking, |at| next_push(&kind, at));
        }
    }
    page += "\n### Anything else\n\nA type that Roku's documentation does not know is kept and \
             counted, and changes nothing.\n";
    page += "\n## When Roku is asked and answers …\n";
    for answer in answers() {
        write!(page, "\n### {}\n\nThat is: {}.\n\n", answer.0, answer.1).unwrap();
        let store = if answer.2.is_none() { event_store() } else { store() };
        page += &table(&store, |at| next_answer(&answer, at));
    }
    page += "\n## When a customer changes plans\n\nThe two pushes of a change come in any order, up \
             to 36 hours apart, and find each other. \"Open\" is at the moment that the line tells \
             of.\n\n";
    page += &plan_table();
    expect_file!["../../../../../docs/lifecycle.md"].assert_eq(&page);
}

#[test]
fn every_documented_type_has_a_section() {
    let described: Vec<T> = pushes().into_iter().map(|(kind, _, _)| kind).collect();
    for kind in T::documented() {
        assert!(described.contains(kind), "{kind}");
    }
}

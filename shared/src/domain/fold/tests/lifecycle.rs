//! Writes `docs/lifecycle.md` from the code, and compares. `UPDATE_EXPECT=1 cargo test -p usher
//! lifecycle` writes it anew.

mod events;
mod told;

use std::fmt::Write;

use expect_test::expect_file;
use jiff::SignedDuration;
use serde_json::json;

use told::{END, NEXT_END, answers, every_state, next_answer, next_push, plan_changes, pushes};

use super::*;
use crate::domain::access::{Entitlements, OfferAccess};
use crate::domain::offer::{Offer, OfferId, Period};
use crate::domain::publisher::Publisher;
use crate::domain::samples::{NEW_PURCHASE, PURCHASE, offer, publisher};
use crate::domain::standing::Standing;
use crate::domain::transaction_type::TransactionType as T;

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
                     after `grace_days` (16) and leeway | Roku is asked |\n|---|---|---|---|---|---|\n"
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
    let over_since = alone.purchases.values().find_map(|purchase| match purchase.state {
        State::Replaced { at } | State::Ended { at } => Some(at),
        _ => None,
    });
    match alone.ask_roku_at() {
        None => "no".to_owned(),
        Some(at) if over_since.is_some_and(|since| at > since) => "soon, once more".to_owned(),
        Some(at) if at == date => "at its date".to_owned(),
        Some(at) => match at.duration_since(date).as_hours() {
            -24 => "the day before".to_owned(),
            24 => "a day after it".to_owned(),
            hours => format!("{hours} hours after it"),
        },
    }
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

/// What a push does when it says something more, or the publisher has set something.
fn variant(kind: &T) -> String {
    let mut store = store();
    let (when, table) = match kind {
        T::Sale | T::UpgradeSale => {
            let trial = json!({"isFreeTrial": true});
            ("With `isFreeTrial`", table(&store, |at| next_push(kind, trial.clone(), at)))
        }
        T::Cancellation => {
            let dated = |at: &str| json!({"expirationDate": at});
            ("Its date today or past", table(&store, |at| next_push(kind, dated(at), at)))
        }
        T::Chargeback => {
            store.settings.revoke_on_chargeback = true;
            let table = table(&store, |at| next_push(kind, json!({}), at));
            ("With `revoke_on_chargeback`", table)
        }
        _ => return String::new(),
    };
    format!("\n{when}:\n\n{table}")
}

#[test]
fn docs_lifecycle_md_says_what_the_code_does() {
    let mut page = include_str!("lifecycle/intro.md").to_owned();
    page += "\n## As time goes by\n\nNothing has to be told for a term to end: the clock decides. \
             \"Its date\" is the end of the term, for a pending downgrade its start.\n\n";
    page += &clock_table();
    page += "\n## When Roku pushes …\n";
    for (kind, means, date) in pushes() {
        write!(page, "\n### {kind}\n\n{means}. Its date: {date}.\n\n").unwrap();
        page += &table(&store(), |at| next_push(&kind, json!({}), at));
        page += &variant(&kind);
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

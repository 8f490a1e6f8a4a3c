//! Writes the table of the types of events in `docs/events.md` from the code, and compares.
//! `UPDATE_EXPECT=1 cargo test -p usher events_md` writes it anew.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write;

use expect_test::expect_file;
use jiff::SignedDuration;
use serde_json::json;

use super::told::{answers, every_state, next_answer, next_push, plan_changes, pushes};
use super::{T, store};
use crate::domain::amounts::Amounts;
use crate::domain::event::history::of_history;
use crate::domain::event::{EventId, EventType};
use crate::domain::fact::{Fact, later};
use crate::domain::webhook::cleeng;

const PAGE: &str = include_str!("../../../../../../docs/events.md");
const BEGIN: &str = "`UPDATE_EXPECT=1 cargo test -p usher events_md` -->\n";
const END: &str = "<!-- /types -->";

const THE_CLOCK: &str = "the clock";
const AN_ANSWER: &str = "an answer of Roku's";

/// What brings events of each type about: the pushes by their names, an answer, the clock.
type Sources = BTreeMap<EventType, BTreeSet<String>>;

/// Tells a history fact by fact, and who brought what.
fn tell(facts: Vec<Fact>, sources: &mut Sources) {
    let facts: Vec<Fact> = facts.into_iter().map(as_priced).collect();
    let facts = &facts[..];
    let long = SignedDuration::from_hours(24 * 100);
    let mut known: HashSet<EventId> = HashSet::new();
    let mut hear = |facts: &[Fact], until, source: &str| {
        for event in of_history(facts, &store(), until) {
            if known.insert(event.id) {
                sources.entry(event.what.kind()).or_default().insert(source.to_owned());
            }
        }
    };
    for (place, fact) in facts.iter().enumerate() {
        let at = fact.id().time;
        hear(&facts[..place], at, THE_CLOCK);
        let source = match fact {
            Fact::Notification(push) => format!("`{}`", push.transaction_type),
            Fact::Observation(_) => AN_ANSWER.to_owned(),
        };
        hear(&facts[..=place], at, &source);
    }
    if let Some(last) = facts.last() {
        hear(facts, later(last.id().time, long), THE_CLOCK);
    }
}

/// Roku tells amounts with what is bought and with what goes back (`roku-pay.md` §2.1).
fn as_priced(mut fact: Fact) -> Fact {
    if let Fact::Notification(push) = &mut fact {
        let is_priced = match push.transaction_type {
            T::Sale | T::UpgradeSale => !push.is_free_trial,
            T::Refund | T::Credit | T::Chargeback => true,
            T::ChargebackReversed | T::SecondChargeback => true,
            _ => false,
        };
        if !is_priced {
            push.amounts = Amounts::default();
        }
    }
    fact
}

/// What may come next in a state: every push, those that say something more, and every answer.
fn whatever_comes_next(is_new: bool, at: &str) -> Vec<Fact> {
    let trial = json!({"isFreeTrial": true});
    let more = [(T::Sale, trial.clone()), (T::UpgradeSale, trial)];
    let at_once = [(T::Cancellation, json!({"expirationDate": at}))];
    let plain = pushes().into_iter().map(|(kind, ..)| (kind, json!({})));
    // A change of plan is the first that is told of its chain (`roku-pay.md` §2.2).
    let is_first = |kind: &T| matches!(kind, T::UpgradeSale | T::DowngradeSale);
    let pushes = plain.chain(more).chain(at_once).filter(|(kind, _)| is_new || !is_first(kind));
    let pushes = pushes.map(|(kind, more)| next_push(&kind, more, at));
    let answers = answers();
    let seen = answers.iter().map(|answer| next_answer(answer, at));
    pushes.chain(seen).collect()
}

fn sources() -> Sources {
    let mut sources = Sources::new();
    for (_, facts, at) in every_state() {
        for next in whatever_comes_next(facts.is_empty(), at) {
            tell([facts.clone(), vec![next]].concat(), &mut sources);
        }
    }
    for (_, facts, _) in plan_changes() {
        tell(facts, &mut sources);
    }
    sources
}

/// What brings about the events that no history of Roku's does.
fn beyond_history(kind: EventType) -> Option<&'static str> {
    match kind {
        EventType::Transferred | EventType::ReceiptValidated | EventType::ReceiptRejected => {
            Some("a receipt, once Roku has answered")
        }
        EventType::ProductUnmapped => Some("the first that is told of the product"),
        _ => None,
    }
}

fn table() -> String {
    let sources = sources();
    let mut table =
        "| type | what it says | brought about by | Cleeng's topic |\n|---|---|---|---|\n"
            .to_owned();
    for kind in EventType::ALL {
        let of_roku = sources.get(kind).into_iter().flatten().cloned();
        let brought: Vec<String> =
            of_roku.chain(beyond_history(*kind).map(str::to_owned)).collect();
        assert!(!brought.is_empty(), "nothing brings {kind} about");
        let topic = cleeng::topic(*kind).map_or("–".to_owned(), |topic| format!("`{topic}`"));
        let brought = brought.join(", ");
        writeln!(table, "| `{kind}` | {} | {brought} | {topic} |", kind.says()).unwrap();
    }
    table
}

#[test]
fn docs_events_md_lists_every_type() {
    let (intro, rest) = PAGE.split_once(BEGIN).expect("where the table begins");
    let (_, rest) = rest.split_once(END).expect("where it ends");
    let page = format!("{intro}{BEGIN}\n{}\n{END}{rest}", table());
    expect_file!["../../../../../../docs/events.md"].assert_eq(&page);
}

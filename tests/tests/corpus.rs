//! Every story of `corpus/`, told to a running stack over HTTP: as it is, with all pushes late,
//! backwards and twice, and with the pushes replayed from a file. The accounts are the same, and what
//! happened has left. `UPDATE_EXPECT=1 cargo test -p usher-tests --test corpus` writes anew which
//! events leave at each step, and one example of each type.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails where this does")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use usher::domain::event::EventType;
use usher::domain::event::message::EventMessage;
use usher::domain::transaction_type::TransactionType;
use usher_cli::story::Story;
use usher_tests::story_file::with_events;
use usher_tests::storyteller::{Storyteller, Telling};

/// Stories that are told at the same time.
const AT_ONCE: usize = 4;

/// The story that the example of each type is from.
const EXAMPLES: [(&str, &[EventType]); 15] = {
    use EventType as E;
    [
        ("upgrade", &[E::Started, E::Upgraded, E::Renewed, E::Charged]),
        ("trial-converts", &[E::TrialStarted, E::TrialConverted]),
        ("downgrade", &[E::DowngradeScheduled, E::Downgraded]),
        ("downgrade-withdrawn-by-resubscribe", &[E::DowngradeWithdrawn]),
        ("cancellation", &[E::Cancelled, E::Ended]),
        ("resubscribe", &[E::Resubscribed]),
        ("on-hold-recovered", &[E::GraceStarted, E::OnHold, E::Recovered]),
        ("cancellation-offer-accepted", &[E::OfferAccepted]),
        ("receipt-transferred", &[E::Transferred]),
        ("refund", &[E::Refunded]),
        ("credit", &[E::Credited]),
        ("chargeback", &[E::ChargedBack, E::ChargebackReversed]),
        ("sale-before-receipt", &[E::ReceiptValidated]),
        ("receipt-rejected", &[E::ReceiptRejected]),
        ("upgrade-to-an-unmapped-product", &[E::ProductUnmapped]),
    ]
};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_story_comes_true_however_it_is_told() {
    let mut stories = Story::read_all(&corpus()).unwrap().into_iter();
    let (mut telling, mut untrue) = (JoinSet::new(), Vec::new());
    let mut left = BTreeMap::new();
    loop {
        while telling.len() < AT_ONCE
            && let Some((name, story)) = stories.next()
        {
            telling.spawn(async move { (name, tokio::spawn(tell(story)).await) });
        }
        let Some(told) = telling.join_next().await else { break };
        let (name, outcome) = told.unwrap();
        match outcome {
            Ok(events) => {
                left.insert(name, events);
            }
            Err(_) => untrue.push(name), // what was untrue, the panic has said
        }
    }
    assert_eq!(untrue, Vec::<String>::new());
    for (name, events) in &left {
        events_are_those_that_the_story_tells(name, events);
    }
    for (name, types) in EXAMPLES {
        for kind in types {
            example_is_from_a_story(*kind, &left[name]);
        }
    }
}

/// Gives what left at each step where the story was told as it is.
async fn tell(story: Story) -> Vec<Vec<EventMessage>> {
    let live = Storyteller::new(&corpus(), &story).await.tell(&story, Telling::AsTold).await;
    for telling in [Telling::LateAndBackwards, Telling::Replayed] {
        let again = Storyteller::new(&corpus(), &story).await.tell(&story, telling).await;
        assert_eq!(again.accounts, live.accounts, "{telling:?}: {}", story.title);
    }
    live.events
}

fn events_are_those_that_the_story_tells(name: &str, events: &[Vec<EventMessage>]) {
    let path = corpus().join(format!("{name}.yaml"));
    let text = std::fs::read_to_string(&path).unwrap();
    let types = |of_step: &Vec<EventMessage>| of_step.iter().map(|e| e.kind.as_str()).collect();
    let of_steps: Vec<Vec<&str>> = events.iter().map(types).collect();
    expect_file![path].assert_eq(&with_events(&text, &of_steps));
}

/// The first of its type in the story that a customer is known for, or the first.
fn example_is_from_a_story(kind: EventType, events: &[Vec<EventMessage>]) {
    let all = || events.iter().flatten();
    let of_kind = || all().filter(|event| event.kind == kind);
    let example = of_kind().find(|event| event.data.customer.is_some()).or(of_kind().next());
    let example = as_written(example.expect("one of its type"), &customers(all()));
    let path = format!("{}/../events/examples/{kind}.json", env!("CARGO_MANIFEST_DIR"));
    expect_file![path].assert_eq(&format!("{}\n", serde_json::to_string_pretty(&example).unwrap()));
}

/// Everybody in a story, in the order in which they are told of.
fn customers<'a>(events: impl Iterator<Item = &'a EventMessage>) -> Vec<&'a str> {
    let mut all = Vec::new();
    for event in events {
        let before = event.data.previous_customer_id.as_ref();
        let now = event.data.customer.as_ref().map(|customer| &customer.id);
        for id in before.into_iter().chain(now) {
            if !all.contains(&id.as_str()) {
                all.push(id.as_str());
            }
        }
    }
    all
}

/// An event without what was drawn by lot: the ids of customers, and an id that is made of one.
fn as_written(event: &EventMessage, customers: &[&str]) -> EventMessage {
    let mut written = json!(event);
    let number = |id: &Value| {
        let place = customers.iter().position(|known| id == known).expect("a customer");
        json!((100_000_001 + place).to_string())
    };
    for place in ["/data/customer/id", "/data/previous_customer_id"] {
        if let Some(id) = written.pointer_mut(place) {
            *id = number(id);
        }
    }
    if event.data.receipt.is_some() || event.kind == EventType::Transferred {
        written["id"] = format!("evt_{:032}", 1).into();
    }
    serde_json::from_value(written).unwrap()
}

#[test]
fn every_type_of_event_has_an_example() {
    let examples: BTreeSet<_> = EXAMPLES.iter().flat_map(|(_, types)| *types).collect();
    assert_eq!(examples, EventType::ALL.iter().collect());
}

#[test]
fn every_documented_type_is_in_a_story() {
    let stories = Story::read_all(&corpus()).unwrap();
    let told: BTreeSet<String> = stories
        .values()
        .flat_map(Story::pushes)
        .filter_map(|(_, push)| push["transactionType"].as_str())
        .map(|word| TransactionType::parse(word).to_string())
        .collect();
    for documented in TransactionType::documented() {
        assert!(told.contains(documented.as_str()), "{documented}");
    }
}

//! Every story of `corpus/`, told to a running stack over HTTP: as it is, with all pushes late,
//! backwards and twice, and with the pushes replayed from a file. The accounts are the same.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tokio::task::JoinSet;
use usher::domain::transaction_type::TransactionType;
use usher_cli::story::Story;
use usher_tests::storyteller::{Storyteller, Telling};

/// Stories that are told at the same time.
const AT_ONCE: usize = 4;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_story_comes_true_however_it_is_told() {
    let mut stories = Story::read_all(&corpus()).unwrap().into_iter();
    let (mut telling, mut untrue) = (JoinSet::new(), Vec::new());
    loop {
        while telling.len() < AT_ONCE
            && let Some((name, story)) = stories.next()
        {
            telling.spawn(async move { (name, tokio::spawn(tell(story)).await) });
        }
        let Some(told) = telling.join_next().await else { break };
        let (name, outcome) = told.unwrap();
        if outcome.is_err() {
            untrue.push(name); // what was untrue, the panic has said
        }
    }
    assert_eq!(untrue, Vec::<String>::new());
}

async fn tell(story: Story) {
    let live = Storyteller::new(&corpus(), &story).await.tell(&story, Telling::AsTold).await;
    for telling in [Telling::LateAndBackwards, Telling::Replayed] {
        let again = Storyteller::new(&corpus(), &story).await.tell(&story, telling).await;
        assert_eq!(again, live, "{telling:?}: {}", story.title);
    }
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

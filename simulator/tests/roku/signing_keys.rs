//! One signing key takes the place of another.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::receiver::{Receiver, kid};
use crate::stage::{Stage, claims};

/// The names of the keys that Roku publishes now. They have exactly the members that Roku's sample
/// receiver knows (`roku-pay.md` §10.1).
async fn published(stage: &Stage) -> BTreeSet<String> {
    let set = stage.get("/keys/partner-jwks.json").await;
    let keys = set["keys"].as_array().unwrap();
    for key in keys {
        let mut members: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["alg", "e", "kid", "kty", "n"]);
    }
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn rotate(stage: &Stage, body: Value) -> String {
    let (status, answer) = stage.post("/signing-key/rotate", body).await;
    assert_eq!(status, 200);
    answer["kid"].as_str().unwrap().to_owned()
}

fn set<const N: usize>(kids: [&String; N]) -> BTreeSet<String> {
    kids.map(String::clone).into()
}

#[tokio::test]
async fn a_new_key_signs_and_the_old_one_stays_published_or_not() {
    let stage = Stage::begin().await;
    let mut receiver = Receiver::answering(200).await;
    stage.roku.set_push_url(&receiver.url);
    let first = stage.roku.signing_key().kid().to_owned();
    assert_eq!(published(&stage).await, set([&first]));

    let second = rotate(&stage, json!({})).await;
    assert_eq!(published(&stage).await, set([&first, &second]));
    stage.roku.push_text("hello").await;
    assert_eq!(kid(&receiver.next().await), second);
    assert_eq!(kid(&stage.roku.sign("key", "hello")), second);

    let third = rotate(&stage, json!({ "withdrawOld": true })).await;
    assert_eq!(published(&stage).await, set([&third]));
    assert_eq!(kid(&stage.roku.sign("key", "hello")), third);
}

#[tokio::test]
async fn roku_says_that_public_keys_are_to_be_forgotten() {
    let stage = Stage::begin().await;
    let mut receiver = Receiver::answering(200).await;
    stage.roku.set_push_url(&receiver.url);
    let kid_now = rotate(&stage, json!({ "withdrawOld": true })).await;
    let (status, answer) = stage.post("/signing-key/invalidate", "").await;
    assert_eq!((status, &answer["pushes"][0]["status"]), (200, &json!(200)));
    let push = receiver.next().await;
    assert_eq!(claims(&push)["x-Roku-message-type"], "roku.invalidate_public_keys");
    assert_eq!(kid(&push), kid_now);
}

//! One API key takes the place of another.

use roku_simulator::Refused;
use serde_json::json;

use crate::stage::{Stage, account};

const NEW: &str = "0123456789ABCDEF0123456789ABCDEF0123";

/// Which of the first key, the new one and a wrong one are accepted.
async fn accepted(stage: &Stage, transaction: &str) -> [bool; 3] {
    let first = account().api_key;
    let mut accepted = [false; 3];
    for (is_accepted, key) in accepted.iter_mut().zip([first.as_str(), NEW, "wrong"]) {
        let (status, text) = stage.ask(key, transaction).await;
        assert_eq!(status, 200);
        *is_accepted = !text.contains("UNAUTHORIZED");
    }
    accepted
}

#[tokio::test]
async fn the_old_key_is_accepted_until_it_has_expired() {
    let (stage, basic) = Stage::bought("basic").await;
    assert_eq!(accepted(&stage, &basic).await, [true, false, false]);
    assert_eq!(stage.post("/api-key/rotate", json!({ "key": NEW })).await.0, 204);
    assert_eq!(accepted(&stage, &basic).await, [true, true, false]);
    assert_eq!(stage.post("/api-key/expire", "").await.0, 204);
    assert_eq!(accepted(&stage, &basic).await, [false, true, false]);
    let refused = (409, json!({ "message": "no API key is expiring" }));
    assert_eq!(stage.post("/api-key/expire", "").await, refused);
}

#[tokio::test]
async fn a_third_key_has_to_wait_for_the_first_to_expire() {
    let stage = Stage::begin().await;
    stage.roku.rotate_api_key(NEW).unwrap();
    assert_eq!(stage.roku.rotate_api_key("third"), Err(Refused::ApiKeyExpiring));
    let (status, answer) = stage.post("/api-key/rotate", json!({ "key": "third" })).await;
    let message = "another API key is still expiring";
    assert_eq!((status, &answer["message"]), (409, &json!(message)));
    assert!(stage.roku.expire_api_key());
    stage.roku.rotate_api_key("third").unwrap();
}

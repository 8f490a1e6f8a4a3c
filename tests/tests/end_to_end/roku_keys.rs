//! The keys that Roku signs its pushes with: a new one, an unknown one, a withdrawn one, and a set
//! that cannot be fetched.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use roku_simulator::{Claims, OldKey, SigningKey};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use usher::roku::push::INVALIDATE_PUBLIC_KEYS;
use usher_tests::Usher;
use usher_tests::foreign_roku::ForeignRoku;
use usher_tests::samples::{BASIC_PRODUCT, days, push};
use uuid::Uuid;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn begin() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

/// A stack whose clock stands still, and which has the keys of `roku` from the schedule.
async fn usher_that_knows(roku: &ForeignRoku) -> Usher {
    let usher = Usher::with(|options| {
        options.roku_keys = Some(roku.keys());
        options.begins_at = Some(begin());
    })
    .await;
    usher.tick().await;
    assert_eq!(roku.key_requests(), 1, "there was no set");
    usher
}

fn claims(usher: &Usher) -> Claims {
    let now = usher.stack.config.clock.now();
    let sale = push("Sale", "abc", BASIC_PRODUCT).at(now, days(now, 30)).message();
    Claims::new(&Uuid::new_v4().to_string(), &sale.to_string(), now)
}

/// What a push that is signed with a key is answered.
async fn push_by(usher: &Usher, key: &SigningKey) -> u16 {
    usher.deliver(&key.sign(&claims(usher))).await.status
}

/// What Roku's word that its keys have changed is answered, signed with a key.
async fn invalidate_by(usher: &Usher, key: &SigningKey) -> u16 {
    let claims = Claims { kind: INVALIDATE_PUBLIC_KEYS.to_owned(), ..claims(usher) };
    usher.deliver(&key.sign(&claims)).await.status
}

/// A push that says it is signed with a key that nobody has, another with each call.
fn push_by_an_unknown_key(usher: &Usher, stranger: &SigningKey) -> String {
    let header = json!({ "typ": "JWT", "alg": "RS256", "kid": Uuid::new_v4().to_string() });
    stranger.sign_under(&header, &claims(usher))
}

fn set_of(keys: &[&SigningKey]) -> Value {
    let jwks = keys.iter().map(|key| key.jwks()["keys"][0].clone());
    json!({ "keys": jwks.collect::<Vec<_>>() })
}

#[tokio::test]
async fn a_push_by_a_new_key_is_taken_after_one_fetch() {
    let roku = ForeignRoku::start().await;
    let mut usher = usher_that_knows(&roku).await;
    assert_eq!(push_by(&usher, &roku.key).await, 200);
    assert_eq!(roku.key_requests(), 1, "it is in the table");

    let new = SigningKey::generate();
    roku.publish(&set_of(&[&new, &roku.key]));
    for key in [&new, &roku.key, &new] {
        assert_eq!(push_by(&usher, key).await, 200);
    }
    assert_eq!(roku.key_requests(), 2);
    // What one function has fetched, the others have.
    usher.start_functions_anew().await;
    assert_eq!(push_by(&usher, &new).await, 200);
    assert_eq!(roku.key_requests(), 2);
}

#[tokio::test]
async fn unknown_keys_have_the_set_fetched_once_a_minute_however_many_functions_run() {
    let roku = ForeignRoku::start().await;
    let usher = Arc::new(usher_that_knows(&roku).await);
    let stranger = SigningKey::generate();
    let mut deliveries = JoinSet::new();
    for _ in 0..20 {
        let jws = push_by_an_unknown_key(&usher, &stranger);
        let usher = Arc::clone(&usher);
        deliveries.spawn(async move { usher.deliver(&jws).await.status });
    }
    assert_eq!(deliveries.join_all().await, [401; 20]);
    assert_eq!(roku.key_requests(), 2);

    let mut usher = Arc::into_inner(usher).unwrap();
    for (waited, requests) in [
        (SignedDuration::ZERO, 2),
        (MINUTE - SignedDuration::from_secs(1), 2),
        (SignedDuration::from_secs(1), 3),
    ] {
        usher.later(waited).await;
        // Another running function, which knows nothing of the first but what the table says.
        usher.start_functions_anew().await;
        for _ in 0..3 {
            let jws = push_by_an_unknown_key(&usher, &stranger);
            assert_eq!(usher.deliver(&jws).await.status, 401);
        }
        let now = usher.stack.config.clock.now();
        assert_eq!(roku.key_requests(), requests, "{now}");
        assert_eq!(push_by(&usher, &roku.key).await, 200, "{now}");
    }
}

#[tokio::test]
async fn the_schedule_fetches_a_set_that_is_an_hour_old() {
    let roku = ForeignRoku::start().await;
    let usher = usher_that_knows(&roku).await;
    let second = SignedDuration::from_secs(1);
    for (waited, requests) in
        [(SignedDuration::ZERO, 1), (HOUR - second, 1), (second, 2), (second, 2), (HOUR, 3)]
    {
        usher.later(waited).await;
        usher.tick().await;
        assert_eq!(roku.key_requests(), requests, "{}", usher.stack.config.clock.now());
    }
}

#[tokio::test]
async fn a_set_that_the_schedule_has_fetched_is_what_pushes_are_checked_with() {
    let roku = ForeignRoku::start().await;
    let mut usher = usher_that_knows(&roku).await;
    let new = SigningKey::generate();
    roku.publish(&set_of(&[&new]));
    usher.later(HOUR).await;
    usher.tick().await;
    usher.start_functions_anew().await;
    assert_eq!(push_by(&usher, &new).await, 200);
    assert_eq!(roku.key_requests(), 2, "none of them by the push");
    assert_eq!(push_by(&usher, &roku.key).await, 401, "withdrawn");
}

#[tokio::test]
async fn a_key_that_roku_withdraws_is_refused_once_roku_has_said_so() {
    let mut usher = Usher::with(|options| options.begins_at = Some(begin())).await;
    let roku = usher.stack.simulator.clone().unwrap();
    usher.tick().await;
    let old = roku.signing_key();
    assert_eq!(push_by(&usher, &old).await, 200);
    roku.rotate_signing_key(OldKey::Withdrawn);
    assert_eq!(push_by(&usher, &old).await, 200, "nobody has told");

    // Signed with the new key, which is not known yet.
    let told = roku.invalidate_public_keys().await;
    assert_eq!(told.iter().map(|one| one.status).collect::<Vec<_>>(), [Some(200)]);
    assert_eq!(push_by(&usher, &old).await, 401);
    assert_eq!(push_by(&usher, &roku.signing_key()).await, 200);
    usher.start_functions_anew().await;
    assert_eq!(push_by(&usher, &old).await, 401, "in the table neither");
}

#[tokio::test]
async fn the_word_to_forget_the_keys_has_the_set_fetched_also_where_its_own_key_is_known() {
    let roku = ForeignRoku::start().await;
    let usher = usher_that_knows(&roku).await;
    assert_eq!(push_by(&usher, &roku.key).await, 200);
    let new = SigningKey::generate();
    roku.publish(&set_of(&[&new]));

    assert_eq!(invalidate_by(&usher, &roku.key).await, 200);
    assert_eq!(roku.key_requests(), 2);
    assert_eq!(push_by(&usher, &roku.key).await, 401);
    // Again and again, it is not fetched again.
    for _ in 0..3 {
        assert_eq!(invalidate_by(&usher, &new).await, 200);
    }
    assert_eq!(roku.key_requests(), 2);
}

/// Asks for the set in each of the three ways, all of which fail. Gives how often it was asked for.
async fn try_to_fetch(usher: &mut Usher, roku: &ForeignRoku, why: &str) -> usize {
    let before = roku.key_requests();
    usher.later(HOUR).await;
    usher.tick().await;
    assert_eq!(push_by(usher, &roku.key).await, 200, "{why}: in memory");

    usher.start_functions_anew().await;
    assert_eq!(push_by(usher, &roku.key).await, 200, "{why}: in the table");
    assert_eq!(push_by(usher, &SigningKey::generate()).await, 401, "{why}");
    assert_eq!(push_by(usher, &roku.key).await, 200, "{why}: after an unknown key");

    usher.later(MINUTE).await;
    usher.start_functions_anew().await;
    assert_eq!(invalidate_by(usher, &roku.key).await, 200, "{why}");
    assert_eq!(push_by(usher, &roku.key).await, 200, "{why}: after the word to forget it");
    roku.key_requests() - before
}

#[tokio::test]
async fn a_set_that_cannot_be_fetched_leaves_the_old_one_in_force() {
    let roku = ForeignRoku::start().await;
    let mut usher = usher_that_knows(&roku).await;
    let useless = json!({ "keys": [{ "kty": "RSA", "kid": "x", "n": "AQAB", "e": "AA" }] });
    let other = set_of(&[&SigningKey::generate()]).to_string();
    for (status, body) in [
        (200, "garbage".to_owned()),
        (200, String::new()),
        (200, r#"{"keys":[]}"#.to_owned()),
        (200, useless.to_string()),
        (200, format!("{other}{}", " ".repeat(256 * 1024))),
        (302, String::new()),
        (404, other.clone()),
        (500, "<html>".to_owned()),
    ] {
        let why = format!("{status} {body:.20}");
        roku.publish_text(status, body);
        assert_eq!(try_to_fetch(&mut usher, &roku, &why).await, 3, "{why}");
    }
    roku.leave().await;
    assert_eq!(try_to_fetch(&mut usher, &roku, "gone").await, 0, "nobody was there to count");
}

#[tokio::test]
async fn a_set_that_can_be_fetched_again_is() {
    let roku = ForeignRoku::start().await;
    let mut usher = usher_that_knows(&roku).await;
    let new = SigningKey::generate();
    roku.publish_text(500, "");
    assert_eq!(push_by(&usher, &new).await, 401);
    roku.publish(&set_of(&[&new]));
    usher.later(MINUTE).await;
    usher.start_functions_anew().await;
    assert_eq!(push_by(&usher, &new).await, 200);
}

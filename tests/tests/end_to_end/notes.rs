//! Notes for the operator that pushes and answers leave: which products nobody mapped, and when the
//! last push came.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use usher::store::last_pushes::LastPushes;
use usher::store::unmapped_products::UnmappedProducts;
use usher_tests::Usher;
use usher_tests::foreign_roku::ForeignRoku;
use usher_tests::samples::{BASIC_PRODUCT, days, push};
use usher_tests::wire::{Fault, usher_behind_a_wire};

const CHANNEL: &str = "1143791";

async fn stopped() -> Usher {
    Usher::with(|options| options.begins_at = Some("2026-03-01T12:00:00Z".parse().unwrap())).await
}

async fn unmapped(usher: &Usher) -> Vec<(String, String)> {
    let noted = UnmappedProducts::new(&usher.stack.config.table);
    let noted = noted.all(&usher.stack.publisher.id).await.unwrap();
    let shown = noted.into_iter();
    shown.map(|one| (one.product.to_string(), one.last_seen.to_string())).collect()
}

async fn last_push(usher: &Usher, channel: &str) -> Option<Timestamp> {
    let noted = LastPushes::new(&usher.stack.config.table);
    let noted = noted.by_channel(&usher.stack.publisher.id).await.unwrap();
    noted.get(channel).copied()
}

async fn sold(usher: &Usher, product: &str, channel: &str) {
    let now = usher.stack.config.clock.now();
    let sale = push("Sale", product, product).at(now, days(now, 30)).with("channelId", channel);
    assert_eq!(usher.push(&sale.message()).await.status, 200);
}

#[tokio::test]
async fn a_product_that_no_offer_stands_for_is_noted_by_a_push_and_by_an_answer() {
    let mut usher = stopped().await;
    let long = "p".repeat(1000);
    sold(&usher, &long, CHANNEL).await;
    sold(&usher, BASIC_PRODUCT, CHANNEL).await;
    sold(&usher, "anothers", "42").await;
    let begin = "2026-03-01T12:00:00Z".to_owned();
    assert_eq!(unmapped(&usher).await, [(long.clone(), begin.clone())]);

    // A warm function notes a product once a minute; one that has just started does.
    usher.later(SignedDuration::from_secs(1)).await;
    sold(&usher, &long, CHANNEL).await;
    assert_eq!(unmapped(&usher).await, [(long.clone(), begin)]);
    usher.start_functions_anew().await;
    sold(&usher, &long, CHANNEL).await;
    assert_eq!(unmapped(&usher).await, [(long, "2026-03-01T12:00:01Z".to_owned())]);
}

#[tokio::test]
async fn what_a_receipt_brings_to_light_is_noted_too() {
    let roku = ForeignRoku::start().await;
    let usher = Usher::with(|options| {
        options.roku = Some(roku.base());
        options.roku_keys = Some(roku.keys());
        options.roku_api_key = ForeignRoku::API_KEY.into();
    })
    .await;
    roku.knows("first", "gold-plan", json!({}));
    assert_eq!(usher.receipt("ann@example.com", "S123456789_US", "first").await.status, 200);
    let noted: Vec<String> =
        unmapped(&usher).await.into_iter().map(|(product, _)| product).collect();
    assert_eq!(noted, ["gold-plan"]);
}

#[tokio::test]
async fn a_push_is_noted_by_its_channel_if_it_is_the_publishers() {
    let mut usher = stopped().await;
    assert_eq!(last_push(&usher, CHANNEL).await, None);
    sold(&usher, BASIC_PRODUCT, "42").await;
    let simulator = usher.stack.simulator.clone().unwrap();
    simulator.push_text("Hello from the Roku dashboard").await;
    assert_eq!((last_push(&usher, CHANNEL).await, last_push(&usher, "42").await), (None, None));

    let begin = usher.stack.config.clock.now();
    sold(&usher, BASIC_PRODUCT, CHANNEL).await;
    assert_eq!(last_push(&usher, CHANNEL).await, Some(begin));
    usher.later(SignedDuration::from_secs(1)).await;
    sold(&usher, BASIC_PRODUCT, CHANNEL).await;
    assert_eq!(last_push(&usher, CHANNEL).await, Some(begin), "once in five minutes");
    usher.start_functions_anew().await;
    sold(&usher, BASIC_PRODUCT, CHANNEL).await;
    assert_eq!(last_push(&usher, CHANNEL).await, Some(usher.stack.config.clock.now()));
}

#[tokio::test]
async fn a_note_that_cannot_be_written_is_in_nobodys_way() {
    for fault in [Fault::LostOnTheWay, Fault::AnswerLost] {
        let (usher, wire) = usher_behind_a_wire().await;
        let now = usher.stack.config.clock.now();
        let sale = push("Sale", "gold", "gold-plan").at(now, days(now, 30));
        wire.break_calls_about("ASIDE#", fault);
        assert_eq!(usher.push(&sale.message()).await.status, 200, "{fault:?}");
        let seen = wire.seen();
        let noted = |kind: &str| seen.iter().any(|call| call.request.to_string().contains(kind));
        assert!(noted("UNMAPPED#") && noted("CHANNEL#"), "{fault:?}: {seen:?}");
    }
}

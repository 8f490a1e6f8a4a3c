//! The embedded DynamoDB has one shard that never ends, and iterators that never expire. So most of
//! this is about a stream that behaves as AWS describes its own.

mod streams;

use super::{Begin, Look, Tail, TailError};
use streams::{Fault, Streams};

/// The sequence numbers of the records, and whether all of the stream was read.
fn shown(look: &Look) -> (Vec<&str>, bool) {
    let numbers =
        look.records.iter().map(|record| record.dynamodb().unwrap().sequence_number().unwrap());
    (numbers.collect(), look.trouble.is_none())
}

async fn open(streams: &Streams, begin: Begin) -> Tail {
    Tail::open(streams.client(), "usher", begin).await.unwrap()
}

#[tokio::test]
async fn what_is_written_from_now_on_is_told_once() {
    let streams = Streams::start().await;
    streams.write("a", 1);
    let mut tail = open(&streams, Begin::Now).await;
    assert_eq!(shown(&tail.look().await), (vec![], true));
    streams.write("a", 2);
    streams.write("a", 3);
    assert_eq!(shown(&tail.look().await), (vec!["2", "3"], true));
    assert_eq!(shown(&tail.look().await), (vec![], true));
}

#[tokio::test]
async fn what_the_stream_still_has_is_told_from_the_oldest_on() {
    let streams = Streams::start().await;
    streams.write("a", 1);
    streams.write("a", 2);
    let mut tail = open(&streams, Begin::Oldest).await;
    assert_eq!(shown(&tail.look().await), (vec!["1", "2"], true));
}

#[tokio::test]
async fn a_shard_is_read_after_the_one_that_it_continues() {
    let streams = Streams::start().await;
    let mut tail = open(&streams, Begin::Now).await;
    streams.write("a", 1);
    streams.go_on("a", &["b", "c"]);
    streams.write("b", 2);
    streams.write("c", 3);
    assert_eq!(shown(&tail.look().await), (vec!["1"], true));
    assert_eq!(shown(&tail.look().await), (vec!["2", "3"], true));
    streams.go_on("b", &["d"]);
    streams.write("d", 4);
    assert_eq!(shown(&tail.look().await), (vec![], true), "the end of b is seen");
    assert_eq!(shown(&tail.look().await), (vec!["4"], true));
}

#[tokio::test]
async fn from_now_on_a_shard_that_was_continued_is_not_read() {
    let streams = Streams::start().await;
    streams.write("a", 1);
    streams.go_on("a", &["b"]);
    streams.write("b", 2);
    let mut tail = open(&streams, Begin::Now).await;
    streams.write("b", 3);
    assert_eq!(shown(&tail.look().await), (vec!["3"], true));
    let mut all = open(&streams, Begin::Oldest).await;
    assert_eq!(shown(&all.look().await), (vec!["1"], true));
    assert_eq!(shown(&all.look().await), (vec!["2", "3"], true));
}

#[tokio::test]
async fn after_a_fault_nothing_is_missing_and_nothing_comes_twice() {
    for fault in [Fault::Throttled, Fault::Down, Fault::IteratorExpired] {
        let streams = Streams::start().await;
        let mut tail = open(&streams, Begin::Now).await;
        streams.write("a", 1);
        assert_eq!(shown(&tail.look().await).0, ["1"]);
        streams.write("a", 2);
        streams.fail_once(fault);
        let is_well = fault == Fault::IteratorExpired;
        assert_eq!(shown(&tail.look().await), (vec![], is_well), "{fault:?}");
        assert_eq!(shown(&tail.look().await), (vec!["2"], true), "{fault:?}");
    }
}

#[tokio::test]
async fn what_is_older_than_the_stream_keeps_is_passed_over() {
    let streams = Streams::start().await;
    let mut tail = open(&streams, Begin::Now).await;
    streams.write("a", 1);
    assert_eq!(shown(&tail.look().await).0, ["1"]);
    for number in 2..=4 {
        streams.write("a", number);
    }
    streams.forget("a", 3);
    assert_eq!(shown(&tail.look().await), (vec![], true));
    assert_eq!(shown(&tail.look().await), (vec!["4"], true));
}

#[tokio::test]
async fn a_table_without_a_stream_is_told_of() {
    let streams = Streams::start().await;
    for table in ["another", "without"] {
        let refused = Tail::open(streams.client(), table, Begin::Now).await.unwrap_err();
        assert!(matches!(&refused, TailError::NoStream(name) if name == table), "{refused}");
    }
}

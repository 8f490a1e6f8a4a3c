//! A queue and its dead-letter queue.

use std::time::Duration;

use jiff::Timestamp;

use super::DEAD_LETTERS;
use super::queue::Queue;

/// A queue, and where its messages go that were received too often.
#[derive(Debug)]
pub(super) struct Pair {
    /// The queue's name.
    pub(super) name: &'static str,
    /// How often a message is received before it becomes a dead letter.
    pub(super) max_receives: u32,
    queue: Queue,
    dead_letters: Queue,
}

impl Pair {
    /// Two empty queues.
    pub(super) fn new(name: &'static str, max_receives: u32) -> Self {
        Self { name, max_receives, queue: Queue::default(), dead_letters: Queue::default() }
    }

    /// The name of the dead-letter queue.
    pub(super) fn dead_letters_name(&self) -> String {
        format!("{}{DEAD_LETTERS}", self.name)
    }

    /// The queue of that name, if it is one of the two.
    pub(super) fn named(&mut self, name: &str) -> Option<&mut Queue> {
        match name.strip_prefix(self.name)? {
            "" => Some(&mut self.queue),
            DEAD_LETTERS => Some(&mut self.dead_letters),
            _ => None,
        }
    }

    /// Makes dead letters of the messages that were received often enough and would come again.
    pub(super) fn give_up_spent(&mut self, now: Timestamp) {
        for spent in self.queue.take_spent(self.max_receives, now) {
            self.dead_letters.put(spent);
        }
    }

    /// Moves all dead letters that are visible to the queue. They become new messages, as with SQS.
    pub(super) fn bring_back(&mut self, now: Timestamp) {
        for message in self.dead_letters.take_visible(now) {
            self.queue.send(message.body, Duration::ZERO, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    /// How many messages may be received from the queue and from its dead-letter queue.
    fn waiting(pair: &mut Pair) -> [usize; 2] {
        ["a", "a-dead-letters"].map(|name| pair.named(name).unwrap().counts(NOW).waiting)
    }

    #[test]
    fn a_message_is_given_up_after_its_receives_and_comes_back_as_new() {
        // Given a message that may be received twice
        let mut pair = Pair::new("a", 2);
        pair.named("a").unwrap().send("hopeless".to_owned(), Duration::ZERO, NOW);

        // When it is, it is given up, and not before
        for expected in [[1, 0], [0, 1]] {
            pair.named("a").unwrap().receive(1, Duration::ZERO, NOW);
            pair.give_up_spent(NOW);
            assert_eq!(waiting(&mut pair), expected);
        }

        // Then it can be brought back, and has all its receives before it
        pair.bring_back(NOW);
        pair.give_up_spent(NOW);
        assert_eq!(waiting(&mut pair), [1, 0]);
        assert_eq!(pair.named("a").unwrap().receive(1, Duration::ZERO, NOW)[0].receives, 1);
    }

    #[test]
    fn other_names_are_not_its_own() {
        let mut pair = Pair::new("a", 2);
        assert_eq!(pair.dead_letters_name(), "a-dead-letters");
        for name in ["", "b", "ab", "-dead-letters", "b-dead-letters", "a-dead-letters-too"] {
            assert!(pair.named(name).is_none(), "{name}");
        }
    }
}

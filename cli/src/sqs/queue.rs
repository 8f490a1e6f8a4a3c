//! A queue in memory. It knows no clock: the time is an argument.

use std::time::Duration;

use jiff::Timestamp;

/// SQS lets a message be in flight for no longer, counted from its receipt.
const LONGEST_IN_FLIGHT: Duration = Duration::from_secs(43_200);

/// Messages in the order in which they were put in.
#[derive(Debug, Default)]
pub(super) struct Queue {
    messages: Vec<Message>,
    /// How many were ever put in; the number of the last.
    put_in: u64,
}

/// A message in a queue.
#[derive(Debug, Clone)]
pub(super) struct Message {
    /// Which one of its queue, from 1.
    pub(super) number: u64,
    /// What it says.
    pub(super) body: String,
    /// When it was sent.
    pub(super) sent_at: Timestamp,
    /// When it was received for the first time.
    pub(super) first_received_at: Option<Timestamp>,
    /// How often it was received.
    pub(super) receives: u32,
    received_at: Option<Timestamp>,
    visible_at: Timestamp,
}

/// What was received, and how often it had been by then: a later receipt makes an earlier one void.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Receipt {
    /// The message.
    pub(super) number: u64,
    /// Which of its receives, from 1.
    pub(super) receive: u32,
}

/// How many messages are where.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    /// May be received.
    pub(super) waiting: usize,
    /// Never received, and not yet to be.
    pub(super) delayed: usize,
    /// Received, and not to be again yet.
    pub(super) in_flight: usize,
}

/// Why a receipt is worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadReceipt {
    /// No such message was ever received here.
    Unknown,
    /// The message was deleted, received again, or is visible again.
    NotInFlight,
    /// The message would be in flight for more than twelve hours.
    TooLong,
}

impl Message {
    /// The receipt of the last receive.
    pub(super) fn receipt(&self) -> Receipt {
        Receipt { number: self.number, receive: self.receives }
    }

    fn is_visible(&self, now: Timestamp) -> bool {
        self.visible_at <= now
    }
}

impl Queue {
    /// Puts a new message in, which may be received after a delay. Gives its number.
    pub(super) fn send(&mut self, body: String, delay: Duration, now: Timestamp) -> u64 {
        self.put(Message {
            number: 0,
            body,
            sent_at: now,
            first_received_at: None,
            receives: 0,
            received_at: None,
            visible_at: after(now, delay),
        })
    }

    /// Puts in a message of another queue. Its number changes; when it was sent and how often it
    /// was received does not.
    pub(super) fn put(&mut self, message: Message) -> u64 {
        self.put_in += 1;
        self.messages.push(Message { number: self.put_in, ..message });
        self.put_in
    }

    /// Receives up to `most` visible messages, the first of the queue first. They are not visible
    /// again for a time.
    pub(super) fn receive(
        &mut self,
        most: usize,
        visibility: Duration,
        now: Timestamp,
    ) -> Vec<Message> {
        let visible = self.messages.iter_mut().filter(|message| message.is_visible(now));
        let received = visible.take(most).map(|message| {
            message.receives += 1;
            message.first_received_at.get_or_insert(now);
            message.received_at = Some(now);
            message.visible_at = after(now, visibility);
            message.clone()
        });
        received.collect()
    }

    /// Deletes a message. A receipt that is void changes nothing, as with SQS.
    pub(super) fn delete(&mut self, receipt: Receipt) -> Result<(), BadReceipt> {
        self.check(receipt)?;
        self.messages.retain(|message| message.receipt() != receipt);
        Ok(())
    }

    /// Lets a message that is in flight be visible again after a time.
    pub(super) fn change_visibility(
        &mut self,
        receipt: Receipt,
        visibility: Duration,
        now: Timestamp,
    ) -> Result<(), BadReceipt> {
        self.check(receipt)?;
        let mut messages = self.messages.iter_mut();
        let message = messages.find(|message| message.receipt() == receipt);
        let message = message.filter(|message| !message.is_visible(now));
        let message = message.ok_or(BadReceipt::NotInFlight)?;
        let visible_at = after(now, visibility);
        let last = message.received_at.map(|received_at| after(received_at, LONGEST_IN_FLIGHT));
        if last.is_some_and(|last| visible_at > last) {
            return Err(BadReceipt::TooLong);
        }
        message.visible_at = visible_at;
        Ok(())
    }

    /// Takes out the visible messages that were received `most` times or more.
    pub(super) fn take_spent(&mut self, most: u32, now: Timestamp) -> Vec<Message> {
        self.take(|message| message.is_visible(now) && message.receives >= most)
    }

    /// Takes out all visible messages.
    pub(super) fn take_visible(&mut self, now: Timestamp) -> Vec<Message> {
        self.take(|message| message.is_visible(now))
    }

    /// How many messages are where.
    pub(super) fn counts(&self, now: Timestamp) -> Counts {
        let mut counts = Counts::default();
        for message in &self.messages {
            match message {
                message if message.is_visible(now) => counts.waiting += 1,
                message if message.receives == 0 => counts.delayed += 1,
                _ => counts.in_flight += 1,
            }
        }
        counts
    }

    fn take(&mut self, which: impl Fn(&Message) -> bool) -> Vec<Message> {
        let (taken, left) = self.messages.drain(..).partition(which);
        self.messages = left;
        taken
    }

    /// Whether a receipt can be one of ours, for a message that is here or was.
    fn check(&self, receipt: Receipt) -> Result<(), BadReceipt> {
        let is_ours = (1..=self.put_in).contains(&receipt.number) && receipt.receive > 0;
        is_ours.then_some(()).ok_or(BadReceipt::Unknown)
    }
}

fn after(moment: Timestamp, time: Duration) -> Timestamp {
    moment.checked_add(time).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_ONCE: Duration = Duration::ZERO;
    const MINUTE: Duration = Duration::from_secs(60);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn queue_of(bodies: &[&str]) -> Queue {
        let mut queue = Queue::default();
        for body in bodies {
            queue.send((*body).to_owned(), AT_ONCE, at(0));
        }
        queue
    }

    fn bodies(messages: &[Message]) -> Vec<&str> {
        messages.iter().map(|message| message.body.as_str()).collect()
    }

    fn counts(waiting: usize, delayed: usize, in_flight: usize) -> Counts {
        Counts { waiting, delayed, in_flight }
    }

    #[test]
    fn what_was_received_is_hidden_for_its_time_and_comes_again() {
        let mut queue = queue_of(&["a", "b", "c"]);

        let first = queue.receive(2, MINUTE, at(0));
        assert_eq!(bodies(&first), ["a", "b"]);
        assert_eq!(queue.counts(at(59)), counts(1, 0, 2));
        assert_eq!(bodies(&queue.receive(10, MINUTE, at(59))), ["c"]);

        let again = queue.receive(10, MINUTE, at(60));
        assert_eq!(bodies(&again), ["a", "b"]);
        assert_eq!(again[0].receives, 2);
        assert_eq!(again[0].first_received_at, Some(at(0)));
    }

    #[test]
    fn a_delayed_message_is_hidden_until_its_time() {
        let mut queue = Queue::default();
        queue.send("later".to_owned(), MINUTE, at(0));

        assert_eq!(queue.counts(at(59)), counts(0, 1, 0));
        assert!(queue.receive(1, MINUTE, at(59)).is_empty());
        assert_eq!(queue.counts(at(60)), counts(1, 0, 0));
        assert_eq!(bodies(&queue.receive(1, MINUTE, at(60))), ["later"]);
    }

    #[test]
    fn a_deleted_message_does_not_come_again() {
        let mut queue = queue_of(&["a", "b"]);
        let receipt = queue.receive(1, MINUTE, at(0))[0].receipt();

        assert_eq!(queue.delete(receipt), Ok(()));
        assert_eq!(queue.delete(receipt), Ok(()), "deleting twice is no fault");
        assert_eq!(bodies(&queue.receive(10, MINUTE, at(600))), ["b"]);
    }

    #[test]
    fn a_receipt_is_void_once_the_message_is_received_again() {
        let mut queue = queue_of(&["a"]);
        let old = queue.receive(1, MINUTE, at(0))[0].receipt();
        let new = queue.receive(1, MINUTE, at(60))[0].receipt();

        assert_eq!(queue.delete(old), Ok(()));
        let change = queue.change_visibility(old, AT_ONCE, at(61));
        assert_eq!(change, Err(BadReceipt::NotInFlight));
        assert_eq!(queue.counts(at(61)), counts(0, 0, 1), "it is still there and hidden");
        assert_eq!(queue.delete(new), Ok(()));
        assert_eq!(queue.counts(at(61)), Counts::default());
    }

    #[test]
    fn a_message_is_put_off_and_brought_forward_while_it_is_in_flight() {
        let mut queue = queue_of(&["a"]);
        let receipt = queue.receive(1, MINUTE, at(0))[0].receipt();

        assert_eq!(queue.change_visibility(receipt, 10 * MINUTE, at(30)), Ok(()));
        assert_eq!(queue.counts(at(629)), counts(0, 0, 1));
        assert_eq!(queue.change_visibility(receipt, AT_ONCE, at(40)), Ok(()));
        assert_eq!(queue.counts(at(40)), counts(1, 0, 0));
        let late = queue.change_visibility(receipt, MINUTE, at(41));
        assert_eq!(late, Err(BadReceipt::NotInFlight));
    }

    #[test]
    fn a_message_is_in_flight_for_twelve_hours_at_most() {
        let mut queue = queue_of(&["a"]);
        let receipt = queue.receive(1, MINUTE, at(0))[0].receipt();

        let over = queue.change_visibility(receipt, LONGEST_IN_FLIGHT, at(1));
        assert_eq!(over, Err(BadReceipt::TooLong));
        let within = LONGEST_IN_FLIGHT - Duration::from_secs(1);
        assert_eq!(queue.change_visibility(receipt, within, at(1)), Ok(()));
    }

    #[test]
    fn a_receipt_that_was_never_given_is_unknown() {
        let mut queue = queue_of(&["a"]);
        for (number, receive) in [(0, 1), (2, 1), (1, 0)] {
            let receipt = Receipt { number, receive };
            assert_eq!(queue.delete(receipt), Err(BadReceipt::Unknown));
            let change = queue.change_visibility(receipt, AT_ONCE, at(0));
            assert_eq!(change, Err(BadReceipt::Unknown));
        }
    }

    #[test]
    fn spent_messages_are_taken_when_they_would_come_again() {
        let mut queue = queue_of(&["a", "b"]);
        queue.receive(1, AT_ONCE, at(0));
        queue.receive(1, MINUTE, at(0));

        assert!(queue.take_spent(2, at(59)).is_empty(), "it is in flight");
        let spent = queue.take_spent(2, at(60));
        assert_eq!(bodies(&spent), ["a"]);
        assert_eq!(bodies(&queue.take_visible(at(60))), ["b"]);
    }

    #[test]
    fn a_message_of_another_queue_keeps_its_past() {
        let mut from = queue_of(&["a"]);
        from.receive(1, AT_ONCE, at(1));
        let mut to = queue_of(&["z"]);

        for message in from.take_spent(1, at(2)) {
            to.put(message);
        }
        let moved = to.receive(2, MINUTE, at(3)).pop().unwrap();
        let past = (moved.number, moved.receives, moved.sent_at, moved.first_received_at);
        assert_eq!(past, (2, 2, at(0), Some(at(1))));
    }
}

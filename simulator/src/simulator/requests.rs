//! What the web services were asked, and how fast: the record, and the limit.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::{Simulator, lock};

/// What the web services were asked, with what was not answered for whatever reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Requests {
    /// How many requests there were.
    pub total: u64,
    /// How many of each call, by its name: `validate-transaction` for one.
    pub calls: BTreeMap<String, u64>,
    /// The most in any second of real time.
    pub peak_per_second: usize,
}

/// The record, and what the limit needs to know.
#[derive(Debug, Default)]
pub(super) struct RequestLog {
    requests: Requests,
    made: LastSecond,
    /// Without those over the limit: who asks too fast is answered as often as the limit allows.
    admitted: LastSecond,
}

/// The requests of the last second, oldest first.
#[derive(Debug, Default)]
struct LastSecond(VecDeque<Instant>);

impl LastSecond {
    fn count(&mut self, now: Instant) -> usize {
        let is_over = |at: &Instant| now.duration_since(*at) >= Duration::from_secs(1);
        while self.0.front().is_some_and(is_over) {
            self.0.pop_front();
        }
        self.0.len()
    }
}

impl RequestLog {
    /// Notes a request, and says whether it is within the limit.
    fn note(&mut self, call: &str, per_second: Option<NonZeroU32>, now: Instant) -> bool {
        self.requests.total += 1;
        *self.requests.calls.entry(call.to_owned()).or_default() += 1;
        self.made.0.push_back(now);
        self.requests.peak_per_second = self.requests.peak_per_second.max(self.made.count(now));
        let most = per_second.map_or(usize::MAX, |most| most.get() as usize);
        let is_within = self.admitted.count(now) < most;
        if is_within {
            self.admitted.0.push_back(now);
        }
        is_within
    }
}

impl Simulator {
    /// What the web services were asked until now.
    pub fn requests(&self) -> Requests {
        lock(&self.request_log).requests.clone()
    }

    /// Begins the record anew. Gives what it was.
    pub fn take_requests(&self) -> Requests {
        std::mem::take(&mut lock(&self.request_log).requests)
    }

    /// Notes a request, and says whether it is within the limit of the account.
    pub(crate) fn admit(&self, call: &str) -> bool {
        let mut log = lock(&self.request_log);
        log.note(call, self.requests_per_second, Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_slides() {
        let start = Instant::now();
        let mut log = RequestLog::default();
        let mut at =
            |ms: u64| log.note("call", NonZeroU32::new(2), start + Duration::from_millis(ms));
        // Three at once are one too many; what is refused does not count.
        assert_eq!([at(0), at(600), at(999)], [true, true, false]);
        assert_eq!([at(1000), at(1599), at(1600)], [true, false, true]);
        assert_eq!(log.requests.total, 6);
        // 600, 999, 1000 and 1599.
        assert_eq!(log.requests.peak_per_second, 4);
    }
}

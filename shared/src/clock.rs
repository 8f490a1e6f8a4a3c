//! The clock, an argument everywhere else.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

/// Where a function reads the time: the system's clock on AWS, the simulator's on a laptop.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The system's clock.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads it")]
    pub fn system() -> Self {
        Self::new(Timestamp::now)
    }

    /// A clock that reads `now` each time.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

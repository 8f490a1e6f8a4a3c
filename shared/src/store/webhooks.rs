//! Where publishers want to be told what happened, and the log of what they were told.

mod deliveries;
mod endpoints;

pub use deliveries::{Deliveries, Told, Versioned};
pub use endpoints::{Added, Endpoints};

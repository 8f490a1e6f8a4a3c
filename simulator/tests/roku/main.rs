//! The simulator as a receiver of pushes and a caller of its web service and controls sees it.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

mod answers;
mod clock;
mod controls;
mod delivery;
mod money;
mod plan_changes;
mod pushes;
mod recovery;
mod renewal;
mod samples;
mod stage;
mod trial_upgrades;
mod web_service;

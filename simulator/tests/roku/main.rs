//! The simulator as a receiver of pushes and a caller of its web services and controls sees it.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

mod answers;
mod api_keys;
mod clock;
mod controls;
mod delivery;
mod deny_list;
mod money;
mod orders;
mod payments;
mod plan_changes;
mod push_faults;
mod pushes;
mod receiver;
mod recovery;
mod renewal;
mod replay;
mod requests;
mod samples;
mod signing_keys;
mod stage;
mod state;
mod trial_upgrades;
mod web_service;
mod web_service_faults;

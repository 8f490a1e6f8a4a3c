//! A running stack, driven over HTTP only.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

mod access;
mod api_keys;
mod asking_again;
mod faults;
mod foreign_roku;
mod histories;
mod late_renewals;
mod media_store;
mod payment;
mod plan_changes;
mod proportional;
mod push_notification;
mod routes;
mod signing_keys;
mod subscription;
mod template;
mod units;
mod unsigned_pushes;

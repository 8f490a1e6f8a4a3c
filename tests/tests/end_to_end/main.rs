//! A running stack, driven over HTTP only.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

mod access;
mod api_keys;
mod asking_again;
mod asyncapi;
mod engagement;
mod events;
mod faults;
mod foreign_roku;
mod histories;
mod identity_provider;
mod json_rpc;
mod late_renewals;
mod listing;
mod media_store;
mod notes;
mod openapi;
mod payment;
mod plan_changes;
mod proportional;
mod publisher_api;
mod push_notification;
mod roku_keys;
mod routes;

mod simultaneous;
mod subscription;
mod template;
mod units;
mod unsigned_pushes;
mod verifying;
mod webhooks;

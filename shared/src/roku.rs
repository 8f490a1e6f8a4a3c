//! Roku: the pushes it signs, the keys it signs them with, and the web service that answers.

pub mod billing;
mod endpoint;
pub mod error;
mod pauses;
pub mod public_keys;
pub mod push;
pub mod questions;
#[cfg(test)]
mod scripted;
pub mod web_service;

//! The domain: what Roku told us, the account it adds up to, and who may watch what at a moment.
//!
//! Start with [`fact`] (what Roku tells), [`account`] (what it adds up to), [`fold`] (how) and
//! [`access`] (what it gives). Nothing in here reads a clock, a network or a random number.

pub mod access;
pub mod account;
pub mod amounts;
pub mod catalog;
pub mod contradictions;
pub mod customer;
mod derived;
pub mod due;
pub mod email;
pub mod event;
pub mod fact;
pub mod fold;
pub mod id;
pub mod notification;
pub mod observation;
pub mod offer;
pub mod plan_change;
pub mod proration;
pub mod publisher;
pub mod receipt;
pub mod refund_seen;
pub mod roku_answer;
#[cfg(test)]
pub(crate) mod samples;
pub mod simultaneous;
pub mod standing;
pub mod subscription;
pub mod timeline;
pub mod transaction;
pub mod transaction_type;
pub mod unsigned_push;
pub mod webhook;

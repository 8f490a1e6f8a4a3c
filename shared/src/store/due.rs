//! The index `due`: what waits for a question to Roku, and from when on. An item that carries these
//! two attributes is in it.

use jiff::Timestamp;

use crate::digest::sha256;

/// One of sixteen, so that no partition of the index takes every write.
pub(super) const BUCKET: &str = "due_bucket";
/// When the question is due: in UTC and with three digits of fraction, so that text sorts as time.
pub(super) const AT: &str = "due_at";

pub(super) fn bucket(id: &str) -> String {
    let hash = sha256(id);
    format!("DUE#{}", &hash[..1])
}

pub(super) fn at(moment: Timestamp) -> String {
    format!("{moment:.3}")
}

//! Transaction ids, and how Roku compares them.

use uuid::Uuid;

/// An id as most of Roku's are: 32 hexadecimal digits.
pub(crate) fn new_id() -> String {
    Uuid::new_v4().simple().to_string()
}

/// An id as those of retention offers are, with hyphens (`roku-pay.md` §2.3).
pub(crate) fn new_hyphenated_id() -> String {
    Uuid::new_v4().to_string()
}

/// An id as it is compared: one id is written with and without hyphens (`roku-pay.md` §2.1).
pub(crate) fn plain(id: &str) -> String {
    id.chars().filter(|c| *c != '-').collect::<String>().to_lowercase()
}

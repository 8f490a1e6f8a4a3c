//! The stream of the table: what changed leaves as events.

//! Notes for the operator: nothing hangs on one, so nobody waits long for one to be written.

use std::time::Duration;

use super::{Item, Table};

/// After this long a note is given up. What it is written beside has taken longer by then, or the
/// table is out of order.
const PATIENCE: Duration = Duration::from_millis(500);

/// Puts an item, at once or not at all. That it was not is told in the log.
pub(super) async fn put(table: &Table, item: Item) {
    // On the heap, because it is rarely written and its callers would carry it with them.
    let put = Box::pin(table.put(item));
    match tokio::time::timeout(PATIENCE, put).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(error = error.with_causes(), "note not written"),
        Err(_) => tracing::warn!("note not written in time"),
    }
}

//! Settings of a publisher that contradict each other.

use serde_json::json;
use usher::domain::publisher::Publisher;

use super::Finding;

/// Looks at the settings and the catalog.
pub(super) fn examine(publisher: &Publisher) -> Finding {
    let contradictions = contradictions(publisher);
    let is_wrong = !contradictions.is_empty();
    let none = || "do not contradict each other".to_owned();
    let found = if is_wrong { contradictions.join("; ") } else { none() };
    Finding::well("settings", found, json!({ "contradictions": contradictions }))
        .wrong_if(is_wrong, "change the catalog, then: usher catalog apply FILE")
}

/// The one place that says which settings contradict each other, in words. To be filled from
/// `usher::domain::contradictions`.
fn contradictions(_publisher: &Publisher) -> Vec<String> {
    Vec::new()
}

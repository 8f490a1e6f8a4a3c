//! Settings and offers of a publisher that contradict each other.

use serde_json::json;
use usher::domain::contradictions::contradictions;
use usher::domain::publisher::Publisher;

use super::Examined;

/// Looks at the settings and the catalog.
pub(super) fn examine(publisher: &Publisher) -> Examined {
    let told: Vec<String> = contradictions(publisher).iter().map(ToString::to_string).collect();
    let is_wrong = !told.is_empty();
    let found = if is_wrong { told.join("; ") } else { "do not contradict each other".to_owned() };
    Examined::well("settings", found, json!({ "contradictions": told })).wrong_if(
        is_wrong,
        "usher publisher set, or change the catalog and: usher catalog apply FILE",
    )
}

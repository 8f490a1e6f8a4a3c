//! What a command did although it should be looked at.

use serde_json::Value;
use usher::domain::contradictions::Contradiction;

/// Each as a sentence.
pub(super) fn in_json(warnings: &[Contradiction]) -> Value {
    warnings.iter().map(ToString::to_string).collect()
}

/// Each on a line of its own, below an empty one; nothing where there are none.
pub(super) fn in_text(warnings: &[Contradiction]) -> String {
    let lines: String = warnings.iter().map(|warning| format!("\nwarning: {warning}")).collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

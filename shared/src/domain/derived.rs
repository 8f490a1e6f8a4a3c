//! Numbers that are derived from Roku's ids, for clients that expect numbers of Cleeng's forms.
//!
//! They are computed and not kept: the same purchase has the same number for ever, and a number
//! alone leads nowhere. Two may be equal; each user of this says how likely that is, and looks a
//! number up among what one customer has.

use crate::digest::sha256;

/// One of `count` numbers, the same for the same texts and as good as drawn by lot otherwise.
pub(super) fn number(kind: &str, texts: &[&str], count: u64) -> u64 {
    let hash = hash(kind, texts);
    // Sixteen digits are 64 bits: of two billion numbers none is likelier than another by 1e-9.
    u64::from_str_radix(&hash[..16], 16).unwrap_or_default() % count.max(1)
}

/// 64 hexadecimal digits. Roku's ids may hold any character, so each text stands with its length.
pub(super) fn hash(kind: &str, texts: &[&str]) -> String {
    let texts = texts.iter().map(|text| format!("#{}#{text}", text.len()));
    sha256(&format!("{kind}{}", texts.collect::<String>()))
}

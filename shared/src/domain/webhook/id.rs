//! The ids of endpoints.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The id of an endpoint: `wh_` and 32 hexadecimal digits, drawn by lot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EndpointId(String);

/// Why a text is no id of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be wh_ and 32 hexadecimal digits, as usher webhook list shows it")]
pub struct InvalidEndpointId;

impl EndpointId {
    const PREFIX: &'static str = "wh_";

    /// The id made of random bytes, which are drawn at the edge.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{}{digits}", Self::PREFIX))
    }

    /// An id that somebody wrote.
    ///
    /// # Errors
    /// [`InvalidEndpointId`].
    pub fn parse(text: &str) -> Result<Self, InvalidEndpointId> {
        let digits = text.strip_prefix(Self::PREFIX).ok_or(InvalidEndpointId)?;
        let is_id = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id.then(|| Self(text.to_ascii_lowercase())).ok_or(InvalidEndpointId)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EndpointId {
    type Error = InvalidEndpointId;

    fn try_from(text: String) -> Result<Self, InvalidEndpointId> {
        Self::parse(&text)
    }
}

impl From<EndpointId> for String {
    fn from(id: EndpointId) -> Self {
        id.0
    }
}

impl fmt::Display for EndpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_itself_and_what_is_none_is_refused() {
        let id = EndpointId::from_random([0xab; 16]);
        assert_eq!(id.as_str(), format!("wh_{}", "ab".repeat(16)));
        assert_eq!(EndpointId::parse(id.as_str()), Ok(id));
        for text in ["", "wh_", "wh_zz", &"ab".repeat(16), &format!("wh_{}", "ab".repeat(17))] {
            assert_eq!(EndpointId::parse(text), Err(InvalidEndpointId), "{text}");
        }
    }
}

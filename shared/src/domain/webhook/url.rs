//! The address of an endpoint.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::address::is_public;

const LONGEST_BYTES: usize = 2_048;

/// An address at which an endpoint listens: `https`, without a user and a fragment. A part of it may
/// be a secret, so that Debug shows its host alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebhookUrl(Url);

/// How far webhooks may go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reach {
    /// To addresses of the public internet, and no others.
    #[default]
    PublicOnly,
    /// And to this machine itself, without TLS if need be: for `usher local` and tests.
    ThisMachineToo,
}

/// Why an address is not taken. Holds nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// It cannot be read.
    #[error("must be an address as https://example.com/webhooks is one")]
    Unreadable,
    /// It is not encrypted.
    #[error("must begin with https://")]
    NotHttps,
    /// It has a user or a password in it.
    #[error("must have no user and no password in it")]
    UserInfo,
    /// It has a fragment, which nobody is ever sent.
    #[error("must have no # in it")]
    Fragment,
    /// It is longer than 2048 bytes.
    #[error("must not be longer than {LONGEST_BYTES} bytes")]
    TooLong,
    /// Its host is an address that is not of the public internet.
    #[error("must lead to the public internet")]
    Private,
}

impl Reach {
    /// Whether a connection to this address may be made.
    pub fn allows(self, ip: IpAddr) -> bool {
        is_public(ip) || (self == Self::ThisMachineToo && ip.to_canonical().is_loopback())
    }
}

impl WebhookUrl {
    /// Reads an address. What its name resolves to is another matter, which is looked at with each
    /// connection ([`Reach::allows`]).
    ///
    /// # Errors
    /// [`InvalidUrl`].
    pub fn parse(text: &str, reach: Reach) -> Result<Self, InvalidUrl> {
        if text.len() > LONGEST_BYTES {
            return Err(InvalidUrl::TooLong);
        }
        let url = Url::parse(text.trim()).map_err(|_| InvalidUrl::Unreadable)?;
        if url.host_str().is_none_or(str::is_empty) {
            return Err(InvalidUrl::Unreadable);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidUrl::UserInfo);
        }
        if url.fragment().is_some() {
            return Err(InvalidUrl::Fragment);
        }
        // What the reader has escaped takes more room than it did.
        if url.as_str().len() > LONGEST_BYTES {
            return Err(InvalidUrl::TooLong);
        }
        let url = Self(url);
        url.check(reach).map(|()| url)
    }

    /// Whether it may be called, as far as it tells itself.
    ///
    /// # Errors
    /// [`InvalidUrl::NotHttps`] or [`InvalidUrl::Private`].
    pub fn check(&self, reach: Reach) -> Result<(), InvalidUrl> {
        let may_be_plain = reach == Reach::ThisMachineToo && self.is_this_machine();
        match self.0.scheme() {
            "https" => {}
            "http" if may_be_plain => {}
            _ => return Err(InvalidUrl::NotHttps),
        }
        match self.ip() {
            Some(ip) if !reach.allows(ip) => Err(InvalidUrl::Private),
            _ => Ok(()),
        }
    }

    /// The address with all that is in it.
    pub fn expose(&self) -> &Url {
        &self.0
    }

    /// Scheme, host and port: what may be shown to anybody.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    fn is_this_machine(&self) -> bool {
        let is_loopback = self.ip().is_some_and(|ip| ip.is_loopback());
        is_loopback || self.0.host_str() == Some("localhost")
    }

    /// The address where the host is a number and no name. A name is never read as one afterwards.
    fn ip(&self) -> Option<IpAddr> {
        let host = self.0.host_str()?;
        host.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }
}

impl TryFrom<String> for WebhookUrl {
    type Error = InvalidUrl;

    /// What is kept was checked; how far webhooks may go now is asked when one is sent.
    fn try_from(text: String) -> Result<Self, InvalidUrl> {
        Self::parse(&text, Reach::ThisMachineToo)
    }
}

impl From<WebhookUrl> for String {
    fn from(url: WebhookUrl) -> Self {
        url.0.into()
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookUrl({}/…)", self.origin())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use InvalidUrl::{Fragment, NotHttps, Private, TooLong, Unreadable, UserInfo};
    use Reach::{PublicOnly, ThisMachineToo};

    #[test]
    fn addresses_of_the_public_internet_are_taken() {
        for text in [
            "https://example.com/webhooks?key=1",
            "https://example.com:8443/",
            "https://8.8.8.8/",
            "https://[2606:4700::1111]/",
        ] {
            let url = WebhookUrl::parse(text, PublicOnly).unwrap();
            assert_eq!(String::from(url.clone()), text);
            assert_eq!(WebhookUrl::parse(text, ThisMachineToo), Ok(url));
        }
    }

    #[test]
    fn what_leads_elsewhere_is_refused() {
        let long = format!("https://example.com/{}", "a".repeat(2_048));
        let escaped = format!("https://example.com/{}", "é".repeat(1_000));
        for (text, why) in [
            ("", Unreadable),
            ("example.com", Unreadable),
            ("https://", Unreadable),
            ("http://example.com", NotHttps),
            ("http://localhost/", NotHttps),
            ("ftp://example.com", NotHttps),
            ("file:///etc/passwd", Unreadable),
            ("https://ann@example.com", UserInfo),
            ("https://:secret@example.com", UserInfo),
            ("https://example.com/#top", Fragment),
            (&long, TooLong),
            (&escaped, TooLong),
            ("https://127.0.0.1/", Private),
            ("https://0x7f.1/", Private),
            ("https://2130706433/", Private),
            ("https://0177.0.0.1/", Private),
            ("https://169.254.169.254/latest/meta-data", Private),
            ("https://[::1]/", Private),
            ("https://[::ffff:10.0.0.1]/", Private),
        ] {
            assert_eq!(WebhookUrl::parse(text, PublicOnly), Err(why), "{text}");
        }
    }

    #[test]
    fn this_machine_is_reached_where_that_is_allowed_and_no_other_is() {
        for text in ["http://localhost:3000/", "http://127.0.0.1:3000/", "https://[::1]/"] {
            assert!(WebhookUrl::parse(text, ThisMachineToo).is_ok(), "{text}");
        }
        for (text, why) in [
            ("http://example.com/", NotHttps),
            ("http://10.0.0.1/", NotHttps),
            ("https://10.0.0.1/", Private),
            ("https://169.254.169.254/", Private),
        ] {
            assert_eq!(WebhookUrl::parse(text, ThisMachineToo), Err(why), "{text}");
        }
    }

    #[test]
    fn the_path_is_not_in_a_log() {
        let url = WebhookUrl::parse("https://example.com/secret?key=1", PublicOnly).unwrap();
        assert_eq!(format!("{url:?}"), "WebhookUrl(https://example.com/…)");
    }
}

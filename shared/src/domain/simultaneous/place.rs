//! From where somebody watches, and what is kept of that.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::domain::derived;
use crate::domain::id::{CustomerId, PublisherId};

/// Of what kind a place is. Each kind has a limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An IP address.
    Address,
    /// A device, by the id that the app gives it.
    Device,
}

/// From where somebody watches.
#[derive(Clone, PartialEq, Eq)]
pub struct Place {
    kind: Kind,
    name: String,
}

/// What is kept of a place: a hash that is another one for every customer, so that neither an
/// address nor who shares it can be read from the table by comparing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint(String);

impl Place {
    /// The address that a caller tells: the first of a list, as proxies write `X-Forwarded-For`,
    /// and without a port. A customer has a /64 of IPv6 to choose from, so all of it is one place.
    ///
    /// None for what is empty or no address: clients send `""` (`cleeng-api.md` §3.3), and a
    /// middleware that writes `unknown` there must not lock its viewers out. It is then as if no
    /// address were told.
    pub fn address(told: &str) -> Option<Self> {
        let first = told.split(',').next()?.trim();
        let with_port = || first.parse::<SocketAddr>().ok().map(|address| address.ip());
        let address: IpAddr = first.parse().ok().or_else(with_port)?;
        let name = match address.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        };
        Some(Self { kind: Kind::Address, name })
    }

    /// The device that an app calls so.
    pub fn device(id: &str) -> Self {
        Self { kind: Kind::Device, name: id.trim().to_owned() }
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What is kept of it where this customer watches from it.
    pub fn fingerprint(&self, publisher: &PublisherId, customer: &CustomerId) -> Fingerprint {
        let texts = [publisher.as_str(), customer.as_str(), &self.name];
        Fingerprint(derived::hash("place", &texts))
    }
}

impl Fingerprint {
    /// A fingerprint that was kept.
    pub fn kept(text: String) -> Self {
        Self(text)
    }

    /// The hash, in hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An address is personal data.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").field("kind", &self.kind).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_viewer_has_is_one_place() {
        for (one, same) in [
            ("203.0.113.7", " 203.0.113.7 "),
            ("203.0.113.7", "203.0.113.7, 10.0.0.1"),
            ("203.0.113.7", "203.0.113.7:443"),
            ("203.0.113.7", "::ffff:203.0.113.7"),
            ("2001:db8::1", "2001:db8:0:0:ffff:ffff:ffff:ffff"),
            ("2001:db8::1", "[2001:DB8::2]:443"),
        ] {
            assert!(Place::address(one).is_some(), "{one}");
            assert!(Place::address(one) == Place::address(same), "{one} and {same}");
        }
        for (one, other) in [
            ("203.0.113.7", "203.0.113.8"),
            ("203.0.113.7, 10.0.0.1", "10.0.0.1"),
            ("2001:db8::1", "2001:db8:0:1::1"),
            ("::1", "1.0.0.0"),
        ] {
            assert!(Place::address(one) != Place::address(other), "{one} and {other}");
        }
    }

    #[test]
    fn what_is_no_address_is_as_if_none_were_told() {
        for told in ["", " ", "unknown", "203.0.113", "203.0.113.7.1", ", 203.0.113.7", "fe80::1%0"]
        {
            assert!(Place::address(told).is_none(), "{told}");
        }
    }

    #[test]
    fn nothing_of_a_place_is_shown_and_its_fingerprint_is_the_customers_own() {
        let publisher = PublisherId::parse("123456789").unwrap();
        let [ann, ben] = ["1", "2"].map(|id| CustomerId::parse(id).unwrap());
        let place = Place::address("203.0.113.7").unwrap();
        assert_eq!(format!("{place:?}"), "Place { kind: Address, .. }");
        let (hers, his) =
            (place.fingerprint(&publisher, &ann), place.fingerprint(&publisher, &ben));
        assert_ne!(hers, his);
        assert_eq!(hers.as_str().len(), 64);
        assert_eq!(hers, place.fingerprint(&publisher, &ann));
    }
}

//! Names become addresses that webhooks may go to. What a name means is looked at where the connection
//! is made: whoever owns it may change that after any earlier look.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::domain::webhook::Reach;

/// A name leads nowhere that webhooks may go.
#[derive(Debug, thiserror::Error)]
#[error("the name of the host leads to no address of the public internet")]
struct NoPublicAddress;

/// The system's resolver, without the addresses that are out of reach.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReachableOnly(pub(super) Reach);

impl Resolve for ReachableOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let reachable: Vec<SocketAddr> =
                found.filter(|address| reach.allows(address.ip())).collect();
            if reachable.is_empty() {
                return Err(NoPublicAddress.into());
            }
            Ok(Box::new(reachable.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn resolved(name: &str, reach: Reach) -> Result<Vec<SocketAddr>, String> {
        let found = ReachableOnly(reach).resolve(name.parse().unwrap()).await;
        found.map(Iterator::collect).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_name_of_this_machine_leads_nowhere_unless_it_may() {
        let refused = resolved("localhost", Reach::PublicOnly).await.unwrap_err();
        assert_eq!(refused, NoPublicAddress.to_string());
        let found = resolved("localhost", Reach::ThisMachineToo).await.unwrap();
        assert!(!found.is_empty() && found.iter().all(|address| address.ip().is_loopback()));
    }
}

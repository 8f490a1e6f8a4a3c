//! A publisher's identity provider as arguments.

use clap::Args;
use usher::domain::publisher::{IdentityProvider, Settings};

/// Who signs the customers in, as far as it is named.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(next_help_heading = "The publisher's own identity provider")]
pub(super) struct IdentityProviderArguments {
    /// What its tokens have in `iss`. Issuer, audience and the address of the keys belong together
    #[arg(long, value_name = "TEXT")]
    issuer: Option<String>,
    /// What its tokens have in `aud`, alone or among others
    #[arg(long, value_name = "TEXT")]
    audience: Option<String>,
    /// Where its keys are published, as a JWK set
    #[arg(long, value_name = "URL")]
    keys_url: Option<String>,
    /// The claim that holds the customer's e-mail address [at first: email]
    #[arg(long, value_name = "CLAIM")]
    email_claim: Option<String>,
    /// The claim that holds the publisher's own id of the customer, `sub` for one [at first: none]
    #[arg(long, value_name = "CLAIM")]
    customer_id_claim: Option<String>,
    /// Take its tokens no more
    #[arg(long, conflicts_with_all = ["issuer", "audience", "keys_url"])]
    no_identity_provider: bool,
}

impl IdentityProviderArguments {
    /// Changes what is named, and leaves the rest. What is missing is left empty, for
    /// [`Settings::check`] to tell.
    pub(super) fn decide(self, settings: &mut Settings) {
        if self.no_identity_provider {
            settings.identity_provider = None;
        }
        if self == Self::default() || self.no_identity_provider {
            return;
        }
        let known = settings.identity_provider.take().unwrap_or_else(|| IdentityProvider {
            issuer: String::new(),
            audience: String::new(),
            keys_url: String::new(),
            email_claim: "email".to_owned(),
            customer_id_claim: None,
        });
        settings.identity_provider = Some(IdentityProvider {
            issuer: self.issuer.unwrap_or(known.issuer),
            audience: self.audience.unwrap_or(known.audience),
            keys_url: self.keys_url.unwrap_or(known.keys_url),
            email_claim: self.email_claim.unwrap_or(known.email_claim),
            customer_id_claim: self.customer_id_claim.or(known.customer_id_claim),
        });
    }
}

//! The settings of a publisher as arguments.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use usher::domain::publisher::{GraceDays, Settings, TransferPolicy};

use super::identity_provider::IdentityProviderArguments;

/// What a publisher decides, as far as it is named. A setting more is an argument and a line in
/// [`decide`](SettingsArguments::decide).
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub(super) struct SettingsArguments {
    /// A Roku channel of the publisher's, by its id; once for each channel. Pushes for others grant
    /// nothing. Together they take the place of those that were named before
    #[arg(long, value_name = "ID")]
    channel: Option<Vec<String>>,
    /// Who keeps a Roku account when a second customer shows a receipt for it: the one who came last
    /// (transfer), or the first (keep) [at first: transfer]
    #[arg(
        long,
        value_name = "WHICH",
        hide_possible_values = true,
        value_parser = PossibleValuesParser::new(["transfer", "keep"]).try_map(policy)
    )]
    transfer: Option<TransferPolicy>,
    /// How long a renewal that Roku has not reported yet keeps access [at first: 6]
    #[arg(long, value_name = "HOURS")]
    renewal_leeway_hours: Option<u16>,
    /// The grace that is set in Roku's dashboard: 0, 3, 10, 11, 13 or 16 [at first: 16]
    #[arg(
        long,
        value_name = "DAYS",
        hide_possible_values = true,
        value_parser = PossibleValuesParser::new(["0", "3", "10", "11", "13", "16"]).try_map(grace)
    )]
    grace_days: Option<GraceDays>,
    /// Whether a chargeback takes access away [at first: false]
    #[arg(long, value_name = "true|false", hide_possible_values = true)]
    revoke_on_chargeback: Option<bool>,
    /// Whether a push that nobody signed has Roku asked. Leave it off: whoever knows a transaction
    /// gets the API key in the answer [at first: false]
    #[arg(long, value_name = "true|false", hide_possible_values = true)]
    unsigned_pushes: Option<bool>,
    /// From how many addresses a customer may watch within three hours; 0 is any number [at first: 4]
    #[arg(long, value_name = "NUMBER")]
    ip_addresses_per_customer: Option<u16>,
    #[command(flatten)]
    identity_provider: IdentityProviderArguments,
}

impl SettingsArguments {
    /// Changes what is named, and leaves the rest.
    pub(super) fn decide(self, settings: &mut Settings) {
        put(&mut settings.channels, self.channel);
        put(&mut settings.transfer, self.transfer);
        put(&mut settings.renewal_leeway_hours, self.renewal_leeway_hours);
        put(&mut settings.grace_days, self.grace_days);
        put(&mut settings.revoke_on_chargeback, self.revoke_on_chargeback);
        put(&mut settings.unsigned_pushes, self.unsigned_pushes);
        put(&mut settings.ip_addresses_per_customer, self.ip_addresses_per_customer);
        self.identity_provider.decide(settings);
    }
}

fn put<T>(setting: &mut T, named: Option<T>) {
    if let Some(named) = named {
        *setting = named;
    }
}

fn policy(word: String) -> Result<TransferPolicy, serde_json::Error> {
    serde_json::from_value(word.into())
}

fn grace(days: String) -> Result<GraceDays, Box<dyn std::error::Error + Send + Sync>> {
    Ok(GraceDays::try_from(days.parse::<i64>()?)?)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use usher::domain::publisher::InvalidSettings;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        settings: SettingsArguments,
    }

    fn decided(arguments: &str, mut settings: Settings) -> Settings {
        let words = std::iter::once("usher").chain(arguments.split_whitespace());
        Line::try_parse_from(words).unwrap().settings.decide(&mut settings);
        settings
    }

    #[test]
    fn what_is_named_is_changed_and_nothing_else() {
        let before = || Settings::of_channels(vec!["1".to_owned(), "2".to_owned()]);
        for (arguments, after) in [
            ("", before()),
            ("--channel 3", Settings { channels: vec!["3".to_owned()], ..before() }),
            ("--transfer keep", Settings { transfer: TransferPolicy::Keep, ..before() }),
            ("--renewal-leeway-hours 0", Settings { renewal_leeway_hours: 0, ..before() }),
            ("--grace-days 3", Settings { grace_days: 3.try_into().unwrap(), ..before() }),
            ("--revoke-on-chargeback true", Settings { revoke_on_chargeback: true, ..before() }),
            ("--unsigned-pushes true", Settings { unsigned_pushes: true, ..before() }),
            ("--unsigned-pushes false", before()),
            (
                "--ip-addresses-per-customer 0",
                Settings { ip_addresses_per_customer: 0, ..before() },
            ),
            ("--no-identity-provider", before()),
        ] {
            assert_eq!(decided(arguments, before()), after, "{arguments}");
        }
        let channels = decided("--channel 1 --channel 3", before()).channels;
        assert_eq!(channels, ["1", "3"]);
    }

    #[test]
    fn an_identity_provider_is_named_in_parts_and_taken_away_as_a_whole() {
        let before = Settings::of_channels(vec!["1".to_owned()]);
        let url = "--keys-url https://id.example/jwks.json";
        let named = decided(&format!("--issuer https://id.example --audience tv {url}"), before);
        assert_eq!(named.check(), Ok(()));
        let changed = decided("--customer-id-claim sub", named.clone());
        let provider = changed.identity_provider.as_ref().unwrap();
        assert_eq!(provider.issuer, "https://id.example");
        assert_eq!(provider.customer_id_claim.as_deref(), Some("sub"));
        assert_eq!(decided("--no-identity-provider", changed).identity_provider, None);

        let half = decided("--issuer x", Settings::of_channels(vec!["1".to_owned()]));
        assert_eq!(half.check(), Err(InvalidSettings::IdentityProvider));
        let open = decided("--keys-url http://id.example/jwks.json", named.clone());
        assert_eq!(open.check(), Err(InvalidSettings::KeysUrl));
        assert_eq!(decided("--issuer usher", named).check(), Err(InvalidSettings::Issuer));
    }

    #[test]
    fn what_roku_does_not_offer_is_refused() {
        for arguments in ["--grace-days=5", "--transfer=steal", "--renewal-leeway-hours=-1"] {
            assert!(Line::try_parse_from(["usher", arguments]).is_err(), "{arguments}");
        }
    }
}

//! The secrets that a command works on.

use aws_sdk_secretsmanager::Client;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::queues::beside;
use super::{Failure, aws_at, web_address};
use crate::stack::Stack;

/// How many ports after its table `usher local` has its Secrets Manager.
const PORTS_FURTHER: i32 = 2;

/// Where the secrets of the stack are.
#[derive(Debug, Args)]
pub struct SecretsArgument {
    /// What the names of the stack's secrets begin with: the stack's name. Not needed with --local
    #[arg(
        long,
        env = "SECRETS_PREFIX",
        value_name = "STACK",
        value_parser = NonEmptyStringValueParser::new()
    )]
    prefix: Option<String>,
    /// The Secrets Manager of `usher local` as it prints it [default: with --local, two ports after
    /// the table's]
    #[arg(long, value_name = "URL", value_parser = web_address)]
    secrets_manager: Option<String>,
}

impl SecretsArgument {
    /// The Secrets Manager, and what the names of the secrets begin with; of the `usher local` whose
    /// table is at `local`, if it is.
    ///
    /// # Errors
    /// When it is not known whose secrets.
    pub(super) async fn open(self, local: Option<&str>) -> Result<(Client, String), Failure> {
        let beside_table = || beside(local?, PORTS_FURTHER).map(String::from);
        let address = self.secrets_manager.or_else(beside_table);
        let is_local = local.is_some() || address.is_some();
        let own_prefix = || is_local.then(|| Stack::SECRETS_PREFIX.to_owned());
        let prefix = self.prefix.filter(|_| !is_local).or_else(own_prefix);
        let prefix = prefix.ok_or("name the stack whose secrets these are: --prefix STACK")?;
        Ok((Client::new(&aws_at(address.as_deref()).await), prefix))
    }
}

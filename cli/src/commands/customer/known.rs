//! A customer whom a command changes something of.

use clap::Args;
use jiff::Timestamp;
use usher::config::Config;
use usher::domain::customer::Customer;
use usher::domain::id::{CustomerId, PublisherId};
use usher::store::customers::Customers;

use crate::commands::simulated_clock::{at_simulator, simulators_clock};
use crate::commands::{Failure, LookArguments};
use crate::find_customer::whole_customer;

/// Whom, and how to print what comes of it.
#[derive(Debug, Args)]
pub struct KnownCustomerArguments {
    /// An e-mail address, a customer id, a Roku customer, or a transaction
    who: String,
    /// Where, when and how.
    #[command(flatten)]
    look: LookArguments,
}

/// A customer who is registered, and what a command needs to work for them.
pub(super) struct Found {
    pub(super) config: Config,
    pub(super) publisher: PublisherId,
    pub(super) id: CustomerId,
    /// The person; none where they were forgotten before.
    pub(super) person: Option<Customer>,
    /// When it is done.
    pub(super) now: Timestamp,
    /// Whether to print JSON.
    pub(super) json: bool,
}

impl KnownCustomerArguments {
    /// The customer.
    ///
    /// # Errors
    /// When nobody is found, or the table cannot be read.
    pub(super) async fn open(self) -> Result<Found, Failure> {
        let LookArguments { publisher, moment, json } = self.look;
        let local = publisher.table.local().map(str::to_owned);
        let (config, publisher) = publisher.open(String::new()).await?;
        let now = match (moment.at, &local) {
            (Some(at), _) => at,
            (None, None) => config.clock.now(),
            (None, Some(table)) => simulators_clock(&at_simulator(table, "clock")?).await?.now(),
        };
        let publisher = publisher.id.clone();
        let customers = Customers::new(&config.table);
        let get = async |id: &CustomerId| {
            let known = customers.get(&publisher, id).await.map_err(|error| error.in_short())?;
            Ok::<_, Failure>(known.map(|known| known.customer))
        };
        // Nobody else's transaction or account may be meant where it is a customer's own id.
        let named = CustomerId::parse(&self.who).ok();
        let person = match &named {
            Some(id) => get(id).await?,
            None => None,
        };
        if let (Some(id), Some(person)) = (named, person) {
            return Ok(Found { config, publisher, id, person: Some(person), now, json });
        }
        let found = whole_customer(&config.table, &publisher, &self.who).await?;
        let nobody = "this is a Roku account that no customer has shown a receipt for";
        let id = found.customer.ok_or(nobody)?;
        let person = get(&id).await?;
        Ok(Found { config, publisher, id, person, now, json })
    }
}

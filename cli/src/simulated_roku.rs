//! The simulated Roku of a stack: it goes on where it was, sells what the table says, and is written
//! down as things happen there.

use std::sync::Arc;
use std::time::Duration;

use roku_simulator::{Account, Period, Product, Simulator};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};
use usher::domain::id::PublisherId;
use usher::domain::offer;
use usher::domain::publisher::Publisher;
use usher::store::Table;

use crate::kept::{Kept, KeptError};
use crate::stack::{Options, in_table};

/// What happens within this time is written down together …
const TOGETHER: Duration = Duration::from_millis(50);
/// … and writing takes no more than this part of the time.
const SHARE_OF_TIME: u32 = 10;

/// The Roku that was written down, or one where nothing has been bought and that takes this API key.
///
/// # Errors
/// When what was written down cannot be read.
pub(crate) fn open(options: &Options, api_key: &SecretString) -> Result<Arc<Simulator>, KeptError> {
    if let Some(state) = options.kept.roku()? {
        return Ok(Simulator::restore(state));
    }
    let account = Account {
        api_key: api_key.expose_secret().to_owned(),
        // Who does not hold back is not held back: tests are in a hurry.
        requests_per_second: Account::default()
            .requests_per_second
            .filter(|limit| u32::from(options.roku_rate.per_second.get()) <= limit.get()),
        ..Account::default()
    };
    Ok(match options.begins_at {
        Some(moment) => Simulator::stopped_at(account, moment),
        None => Simulator::new(account),
    })
}

/// Serves it, and writes it down whenever something has happened.
///
/// # Errors
/// When it cannot be written down.
pub(crate) fn start(
    simulator: &Arc<Simulator>,
    listener: TcpListener,
    kept: Arc<Kept>,
) -> Result<(), KeptError> {
    kept.keep_roku(simulator)?;
    if kept.table().is_some() {
        tokio::spawn(keep(Arc::clone(simulator), kept));
    }
    tokio::spawn(Arc::clone(simulator).serve(listener));
    Ok(())
}

async fn keep(simulator: Arc<Simulator>, kept: Arc<Kept>) {
    let mut changes = simulator.changes();
    changes.mark_changed();
    while changes.changed().await.is_ok() {
        let began = Instant::now();
        let (now, kept) = (Arc::clone(&simulator), Arc::clone(&kept));
        if let Ok(Err(error)) = spawn_blocking(move || kept.keep_roku(&now)).await {
            tracing::error!(%error, "the simulated Roku is not written down");
        }
        sleep(TOGETHER.max(began.elapsed() * SHARE_OF_TIME)).await;
    }
}

/// Sells what a publisher's catalog says, in its first channel.
pub(crate) fn sell(simulator: &Simulator, publisher: &Publisher) {
    if let Some(channel) = publisher.settings.channels.first() {
        simulator.set_channel(channel);
    }
    simulator.sell(publisher.catalog.offers().iter().map(product_of).collect());
}

/// Again and again: sells what the table says of a publisher, if that has changed, and lets happen
/// what has fallen due.
pub(crate) fn live(simulator: &Arc<Simulator>, table: &Table, id: &PublisherId, pause: Duration) {
    let (seller, table, id) = (Arc::clone(simulator), table.clone(), id.clone());
    tokio::spawn(async move {
        let mut sold = None;
        loop {
            match in_table(&table, &id).await {
                Ok(found) if found != sold => {
                    sold = found;
                    if let Some(publisher) = &sold {
                        sell(&seller, publisher);
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(error = error.with_causes(), "publisher not read");
                }
            }
            sleep(pause).await;
        }
    });
    let simulator = Arc::clone(simulator);
    tokio::spawn(async move {
        loop {
            simulator.pass_time().await;
            sleep(pause).await;
        }
    });
}

/// The product at Roku that an offer stands for.
fn product_of(offer: &offer::Offer) -> Product {
    let period = offer.period.map(|period| match period {
        offer::Period::Day => Period::Days(1),
        offer::Period::Week => Period::Days(7),
        offer::Period::TwoWeeks => Period::Days(14),
        offer::Period::Month => Period::Months(1),
        offer::Period::ThreeMonths => Period::Months(3),
        offer::Period::SixMonths => Period::Months(6),
        offer::Period::Year => Period::Months(12),
    });
    Product {
        code: offer.roku_product().to_string(),
        name: offer.title.clone(),
        price: offer.price,
        period,
        group: offer.group.clone(),
    }
}

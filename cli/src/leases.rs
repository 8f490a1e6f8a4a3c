//! What was on its way to Roku when the last process ended. The queues were in memory and are gone,
//! and the index `due` leaves to them for hours what they carried: it is due again.

use jiff::Timestamp;
use usher::config::Config;
use usher::domain::publisher::Publisher;
use usher::store::StoreError;
use usher::store::accounts::Accounts;
use usher::store::due::{BUCKETS, Due, Kind, ON_ITS_WAY, Waiting};
use usher::store::publishers::Publishers;

/// How much of the index is read at once.
const PAGE: i32 = 100;

/// Makes due again what was left to queues that are no more: a receipt now, an account when it
/// would be by itself. A receipt that waits for a later date is asked about early, which does no
/// harm.
///
/// # Errors
/// [`StoreError`] when the table cannot be read or written.
pub(crate) async fn release(config: &Config) -> Result<(), StoreError> {
    let (due, accounts) = (Due::new(&config.table), Accounts::new(&config.table));
    let publishers = Publishers::new(&config.table);
    let now = config.clock.now();
    let last = now.checked_add(ON_ITS_WAY).unwrap_or(Timestamp::MAX);
    for bucket in BUCKETS {
        let mut after = None;
        loop {
            let page = due.page(bucket, last, PAGE, after).await?;
            for waiting in page.waiting.iter().filter(|waiting| waiting.since > now) {
                let publisher = match waiting.subject.publisher() {
                    Some(id) => publishers.find(&id).await?,
                    None => None,
                };
                let Some(publisher) = publisher else { continue };
                release_one(&due, &accounts, &publisher, waiting, now).await?;
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(())
}

async fn release_one(
    due: &Due,
    accounts: &Accounts,
    publisher: &Publisher,
    waiting: &Waiting,
    now: Timestamp,
) -> Result<(), StoreError> {
    if waiting.subject.kind() != Some(Kind::Account) {
        return due.move_to(waiting, Some(now)).await;
    }
    match accounts.due(&waiting.subject, publisher, now).await? {
        Some((account, seen)) => due.move_to(&seen, account.ask_roku_at()).await,
        None => Ok(()),
    }
}

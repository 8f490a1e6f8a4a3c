//! Roku is asked; what it says is kept, folded in, and decides about receipts.

pub mod import;

use std::time::Duration;

use secrecy::SecretString;

use crate::cache::Cache;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::account::Account;
use crate::domain::fact::Fact;
use crate::domain::id::{CustomerId, PublisherId, RokuCustomerId};
use crate::domain::observation::Observation;
use crate::domain::publisher::Publisher;
use crate::domain::receipt::{ConfirmedReceipt, Outcome, Receipt, Rejection};
use crate::roku::error::RokuError;
use crate::roku::questions::{Asker, NoAnswer, Questions};
use crate::store::StoreError;
use crate::store::accounts::{Accounts, Kept, SettledReceipt, Settlement};
use crate::store::receipts::{KnownReceipt, Receipts};
use crate::store::turns::Share;
use crate::store::unmapped_products::UnmappedProducts;

/// Asks Roku and acts on what it says. Nothing in here changes anything at Roku's: least of all does
/// it cancel what Roku does not call entitled, as an old page of Roku's asks (`roku-pay.md` §6).
#[derive(Debug)]
pub struct Verification {
    questions: Questions,
    accounts: Accounts,
    receipts: Receipts,
    unmapped: UnmappedProducts,
    /// Whose the transactions are that senders who prove nothing told of a moment ago.
    asked_for_senders: Cache<(PublisherId, String), RokuCustomerId>,
    clock: Clock,
}

/// What a sender who proves nothing is told.
#[derive(Debug)]
pub enum Confirmation {
    /// Roku confirmed that the transaction is that customer's. With it comes the active API key, for
    /// the answer, and never without.
    Yes(SecretString),
    /// It was confirmed less than a minute ago; Roku was not asked again.
    AskedLately,
    /// Roku does not know it, or it is another customer's.
    No,
}

/// Why there is nothing to go by. What was asked about is as it was, and can be asked about again.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// Roku did not answer.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// The answer could not be kept or folded in.
    #[error("{}", .0.with_causes())]
    Store(#[from] StoreError),
}

impl Verification {
    /// Over the stack's table and Roku's web service, in the turns of one share.
    ///
    /// # Errors
    /// [`RokuError::BadAddress`] when Roku's configured address is none.
    pub fn new(
        config: &Config,
        http: reqwest::Client,
        share: Share,
        asker: Asker,
    ) -> Result<Self, RokuError> {
        Ok(Self {
            questions: Questions::new(config, http, share, asker)?,
            accounts: Accounts::new(&config.table),
            receipts: Receipts::new(&config.table),
            unmapped: UnmappedProducts::new(&config.table),
            asked_for_senders: Cache::new(Duration::from_secs(60)),
            clock: config.clock.clone(),
        })
    }

    /// Asks Roku about a receipt and settles what becomes of it.
    ///
    /// # Errors
    /// [`Unanswered`]: the receipt is what it was.
    pub async fn settle(
        &self,
        publisher: &Publisher,
        receipt: &Receipt,
    ) -> Result<Outcome, Unanswered> {
        match self.questions.ask(&publisher.id, &receipt.purchase_id).await {
            Ok(seen) => Ok(self.fold_in(publisher, receipt, seen).await?),
            Err(no) if no.is_unknown() => {
                self.receipts.reject_unknown(&publisher.id, receipt, self.clock.now()).await?;
                Ok(Outcome::Rejected(Rejection::UnknownToRoku))
            }
            Err(no) => Err(no.into()),
        }
    }

    /// Asks Roku about a transaction, and keeps and folds in what it says. None where Roku does not
    /// know it.
    ///
    /// # Errors
    /// [`Unanswered`]: the account is what it was.
    pub async fn look(
        &self,
        publisher: &Publisher,
        transaction: &str,
    ) -> Result<Option<Account>, Unanswered> {
        match self.questions.ask(&publisher.id, transaction).await {
            Ok(seen) => Ok(Some(self.keep(publisher, seen).await?)),
            Err(no) if no.is_unknown() => Ok(None),
            Err(no) => Err(no.into()),
        }
    }

    async fn keep(&self, publisher: &Publisher, seen: Observation) -> Result<Account, StoreError> {
        let kept = self.keep_seen(publisher, seen).await?;
        self.accounts.fold(kept, publisher).await
    }

    /// Keeps what Roku said, and tells of a product or a channel that the publisher does not name.
    async fn keep_seen(
        &self,
        publisher: &Publisher,
        seen: Observation,
    ) -> Result<Kept, StoreError> {
        if seen.channel.is_some() && !publisher.settings.owns_channel(seen.channel.as_deref()) {
            // It counts all the same: the API key proves that the channel is the developer's. But its
            // pushes will be set aside until the settings name it.
            tracing::error!(publisher = %publisher.id, channel = seen.channel, "unknown channel");
        }
        let product = seen.product.clone();
        // On the heap: it would stand on the stack twice while both are joined.
        let keep = Box::pin(self.accounts.keep(&publisher.id, Fact::Observation(seen)));
        let note = self.unmapped.note_if_unmapped(publisher, Some(&product), self.clock.now());
        tokio::join!(keep, note).0
    }

    /// Looks, for a sender who proves by nothing who they are: once a minute at most for each
    /// transaction. What Roku says is kept only where the transaction is this customer's.
    ///
    /// # Errors
    /// As [`Self::look`].
    pub async fn confirm_to_sender(
        &self,
        publisher: &Publisher,
        transaction: &str,
        roku_customer: &RokuCustomerId,
    ) -> Result<Confirmation, Unanswered> {
        let asked = (publisher.id.clone(), transaction.to_owned());
        if let Some(owner) = self.asked_for_senders.get(&asked) {
            let is_theirs = owner == *roku_customer;
            return Ok(if is_theirs { Confirmation::AskedLately } else { Confirmation::No });
        }
        let seen = match self.questions.ask(&publisher.id, transaction).await {
            Ok(seen) => seen,
            Err(no) if no.is_unknown() => return Ok(Confirmation::No),
            Err(no) => return Err(no.into()),
        };
        let owner = seen.roku_customer.clone();
        if owner != *roku_customer {
            self.asked_for_senders.put(asked, owner);
            return Ok(Confirmation::No);
        }
        self.keep(publisher, seen).await?;
        let key = self.questions.active_api_key(&publisher.id).await?;
        self.asked_for_senders.put(asked, owner);
        Ok(Confirmation::Yes(key))
    }

    /// Keeps what Roku said, folds it in, and links the account where the receipt is borne out.
    async fn fold_in(
        &self,
        publisher: &Publisher,
        receipt: &Receipt,
        seen: Observation,
    ) -> Result<Outcome, StoreError> {
        let confirmed = ConfirmedReceipt::confirm(receipt, &seen, &publisher.catalog);
        let roku_customer = Some(seen.roku_customer.clone());
        let kept = self.keep_seen(publisher, seen).await?;
        let mut outcome = Outcome::Processing;
        let settle = |holder: Option<&CustomerId>| {
            let claim = confirmed
                .as_ref()
                .map_err(|rejection| *rejection)
                .and_then(|confirmed| confirmed.claim(holder, publisher.settings.transfer));
            outcome = claim.map_or_else(Outcome::Rejected, |_| Outcome::Granted);
            let (receipt, roku_customer) = (receipt.clone(), roku_customer.clone());
            let known = KnownReceipt { receipt, outcome, roku_customer };
            Some(Settlement { link_to: claim.ok().cloned(), receipt: SettledReceipt::Kept(known) })
        };
        self.accounts.fold_and_settle(kept, publisher, settle).await?;
        tracing::info!(publisher = %publisher.id, ?outcome, "receipt settled");
        Ok(outcome)
    }
}

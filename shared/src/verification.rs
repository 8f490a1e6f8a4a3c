//! Roku is asked; what it says is kept, folded in, and decides about receipts.

use secrecy::SecretString;

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::account::Account;
use crate::domain::fact::Fact;
use crate::domain::id::{CustomerId, RokuCustomerId};
use crate::domain::observation::Observation;
use crate::domain::publisher::Publisher;
use crate::domain::receipt::{ConfirmedReceipt, Outcome, Receipt, Rejection};
use crate::metrics::count_if_unmapped;
use crate::roku::error::RokuError;
use crate::roku::questions::{Asker, NoAnswer, Questions};
use crate::store::StoreError;
use crate::store::accounts::{Accounts, Settlement};
use crate::store::receipts::{KnownReceipt, Receipts};
use crate::store::turns::Share;

/// Asks Roku and acts on what it says. Nothing in here changes anything at Roku's: least of all does
/// it cancel what Roku does not call entitled, as an old page of Roku's asks (`roku-pay.md` §6).
#[derive(Debug)]
pub struct Verification {
    questions: Questions,
    accounts: Accounts,
    receipts: Receipts,
    clock: Clock,
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
                let again = receipt.ask_again_at(self.clock.now());
                self.receipts.reject_unknown(&publisher.id, receipt, again).await?;
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
        count_if_unmapped(&publisher.catalog, Some(&seen.product));
        let kept = self.accounts.keep(&publisher.id, Fact::Observation(seen)).await?;
        self.accounts.fold(kept).await
    }

    /// Looks, for a sender who proves by nothing who they are, and gives the active API key for the
    /// answer to them: where Roku confirms that the transaction is this customer's, and never
    /// otherwise. None where it does not.
    ///
    /// # Errors
    /// As [`Self::look`].
    pub async fn confirm_to_sender(
        &self,
        publisher: &Publisher,
        transaction: &str,
        roku_customer: &RokuCustomerId,
    ) -> Result<Option<SecretString>, Unanswered> {
        let seen = match self.questions.ask(&publisher.id, transaction).await {
            Ok(seen) => seen,
            Err(no) if no.is_unknown() => return Ok(None),
            Err(no) => return Err(no.into()),
        };
        let is_theirs = seen.roku_customer == *roku_customer;
        self.keep(publisher, seen).await?;
        let key = self.questions.active_api_key(&publisher.id).await?;
        Ok(is_theirs.then_some(key))
    }

    /// Keeps what Roku said, folds it in, and links the account where the receipt is borne out.
    async fn fold_in(
        &self,
        publisher: &Publisher,
        receipt: &Receipt,
        seen: Observation,
    ) -> Result<Outcome, StoreError> {
        if seen.channel.is_some() && !publisher.settings.owns_channel(seen.channel.as_deref()) {
            // Granted all the same: the API key proves that the channel is the developer's. But its
            // pushes will be set aside until the catalog names it.
            tracing::error!(publisher = %publisher.id, channel = seen.channel, "unknown channel");
        }
        count_if_unmapped(&publisher.catalog, Some(&seen.product));
        let confirmed = ConfirmedReceipt::confirm(receipt, &seen, &publisher.catalog);
        let roku_customer = Some(seen.roku_customer.clone());
        let kept = self.accounts.keep(&publisher.id, Fact::Observation(seen)).await?;
        let mut outcome = Outcome::Processing;
        let settle = |holder: Option<&CustomerId>| {
            let claim = confirmed
                .as_ref()
                .map_err(|rejection| *rejection)
                .and_then(|confirmed| confirmed.claim(holder, publisher.settings.transfer));
            outcome = claim.map_or_else(Outcome::Rejected, |_| Outcome::Granted);
            let (receipt, roku_customer) = (receipt.clone(), roku_customer.clone());
            Settlement {
                link_to: claim.ok().cloned(),
                receipt: KnownReceipt { receipt, outcome, roku_customer },
            }
        };
        self.accounts.fold_and_settle(kept, settle).await?;
        tracing::info!(publisher = %publisher.id, ?outcome, "receipt settled");
        Ok(outcome)
    }
}

//! Purchases that a publisher brings along: it says who made each, and Roku is asked.
//!
//! Unlike a receipt that an app shows, one of these is kept only once it is granted: nobody waits
//! for the answer, so there is nothing to ask on about, and what the publisher's apps show meanwhile is
//! left alone.

use jiff::Timestamp;
use serde_json::json;

use super::{Unanswered, Verification};
use crate::config::Config;
use crate::domain::email::Email;
use crate::domain::id::{CustomerId, TransactionId};
use crate::domain::observation::Observation;
use crate::domain::offer::OfferId;
use crate::domain::publisher::{Publisher, TransferPolicy};
use crate::domain::receipt::{ConfirmedReceipt, Outcome, Receipt, Rejection, offer_sold};
use crate::roku::error::RokuError;
use crate::roku::questions::{Asker, NoAnswer};
use crate::store::StoreError;
use crate::store::accounts::{SettledReceipt, Settlement};
use crate::store::customers::Customers;
use crate::store::receipts::KnownReceipt;
use crate::store::turns::Share;

/// What the publisher says of a purchase. Proves nothing.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Who is said to have made it.
    pub email: Email,
    /// Any of its charges.
    pub transaction: TransactionId,
    /// The same id as it was written, which is how Roku is asked.
    pub purchase_id: String,
    /// What is said to have been bought; where none is named, it is what Roku sold.
    pub offer: Option<OfferId>,
}

/// Takes claims, in the share of accounts: viewers who show receipts do not wait for it.
#[derive(Debug)]
pub struct Import {
    verification: Verification,
    customers: Customers,
    transfer: TransferPolicy,
}

/// Why a claim was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// Roku does not bear it out, or the account is another customer's.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// It is as it was, and can be taken again.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
}

impl From<StoreError> for NotTaken {
    fn from(error: StoreError) -> Self {
        Self::Unanswered(error.into())
    }
}

impl From<NoAnswer> for NotTaken {
    fn from(no: NoAnswer) -> Self {
        if no.is_unknown() {
            return Self::Rejected(Rejection::UnknownToRoku);
        }
        Self::Unanswered(no.into())
    }
}

impl Import {
    /// Over the stack's table and Roku's web service. `transfer` says what becomes of an account
    /// that another customer holds, whatever the publisher's settings say about receipts.
    ///
    /// # Errors
    /// [`RokuError::BadAddress`] when Roku's configured address is none.
    pub fn new(
        config: &Config,
        http: reqwest::Client,
        transfer: TransferPolicy,
    ) -> Result<Self, RokuError> {
        Ok(Self {
            verification: Verification::new(config, http, Share::Accounts, Asker::Import)?,
            customers: Customers::new(&config.table),
            transfer,
        })
    }

    /// Whether an account that another customer holds goes to who claims it.
    pub fn transfers(&self) -> bool {
        self.transfer == TransferPolicy::Transfer
    }

    /// Asks Roku about a claim. Where it is borne out, the Roku account is the customer's when this
    /// returns. Who is not known yet is registered, unless Roku does not know the transaction.
    /// Taking a claim again changes nothing.
    ///
    /// # Errors
    /// [`NotTaken`]: nothing was granted.
    pub async fn take(&self, publisher: &Publisher, claim: &Claim) -> Result<(), NotTaken> {
        let questions = &self.verification.questions;
        let seen = questions.ask(&publisher.id, &claim.purchase_id).await?;
        let named = claim.offer.clone().ok_or(());
        let offer = named.or_else(|()| offer_sold(&seen, &publisher.catalog));
        match offer {
            Ok(offer) => self.settle(publisher, claim, offer, seen).await,
            Err(rejection) => {
                self.verification.keep(publisher, seen).await?;
                Err(rejection.into())
            }
        }
    }

    /// Keeps what Roku said, folds it in, and links the account where the claim is borne out.
    async fn settle(
        &self,
        publisher: &Publisher,
        claim: &Claim,
        offer: OfferId,
        seen: Observation,
    ) -> Result<(), NotTaken> {
        let Verification { accounts, receipts, clock, .. } = &self.verification;
        let now = clock.now();
        let customer = self.customers.find_or_register(&publisher.id, &claim.email, now).await?;
        let receipt = claim.receipt_of(customer, offer, now);
        let confirmed = ConfirmedReceipt::confirm(&receipt, &seen, &publisher.catalog);
        let granted = KnownReceipt {
            receipt,
            outcome: Outcome::Granted,
            roku_customer: Some(seen.roku_customer.clone()),
        };
        let kept = self.verification.keep_seen(publisher, seen).await?;
        let mut taken = Ok(());
        let settle = |holder: Option<&CustomerId>| {
            let confirmed = confirmed.as_ref().map_err(|rejection| *rejection);
            let claimed = confirmed.and_then(|confirmed| confirmed.claim(holder, self.transfer));
            taken = claimed.map(|_| ());
            Some(Settlement {
                link_to: Some(claimed.ok()?.clone()),
                receipt: SettledReceipt::Fresh(granted.clone()),
            })
        };
        accounts.fold_and_settle(kept, publisher, settle).await?;
        taken?;
        Ok(receipts.show_last(&publisher.id, &granted.receipt).await?)
    }
}

impl Claim {
    /// The claim as a receipt, as if the customer's app had shown it.
    fn receipt_of(&self, customer: CustomerId, offer: OfferId, received_at: Timestamp) -> Receipt {
        Receipt {
            customer,
            transaction: self.transaction.clone(),
            purchase_id: self.purchase_id.clone(),
            offer,
            order: json!({ "purchaseId": self.purchase_id }).to_string(),
            received_at,
        }
    }
}

//! What customers do on a device, or at my.roku.com.

use std::num::NonZeroU16;
use std::sync::Arc;

use super::Simulator;
use crate::delivery::Delivery;
use crate::ledger::{Order, Refused};

impl Simulator {
    /// A customer buys a product on a device.
    ///
    /// # Errors
    /// [`Refused`] says why Roku would not sell it.
    pub async fn buy(
        self: &Arc<Self>,
        customer: &str,
        product: &str,
        trial: bool,
    ) -> Result<(Order, Vec<Delivery>), Refused> {
        self.obtain(|ledger, now| ledger.buy(customer, product, trial, now)).await
    }

    /// A customer moves to a higher plan on a device. A downgrade that waited is dropped.
    ///
    /// # Errors
    /// [`Refused`] says why Roku would not do it.
    pub async fn upgrade(
        self: &Arc<Self>,
        customer: &str,
        product: &str,
    ) -> Result<(Order, Vec<Delivery>), Refused> {
        self.obtain(|ledger, now| ledger.upgrade(customer, product, now)).await
    }

    /// A customer moves to a higher plan that begins with a trial of one period. The old plan is
    /// suspended until the first charge, which its unused value pays into.
    ///
    /// # Errors
    /// [`Refused`] says why Roku would not do it.
    pub async fn upgrade_to_trial(
        self: &Arc<Self>,
        customer: &str,
        product: &str,
    ) -> Result<(Order, Vec<Delivery>), Refused> {
        self.obtain(|ledger, now| ledger.upgrade_to_trial(customer, product, now)).await
    }

    /// A customer moves to a lower plan on a device. A downgrade that waited is dropped.
    ///
    /// # Errors
    /// [`Refused`] says why Roku would not do it.
    pub async fn downgrade(
        self: &Arc<Self>,
        customer: &str,
        product: &str,
    ) -> Result<(Order, Vec<Delivery>), Refused> {
        self.obtain(|ledger, now| ledger.downgrade(customer, product, now)).await
    }

    /// A customer turns renewals off. In grace and on hold that ends the purchase at once.
    ///
    /// # Errors
    /// [`Refused::UnknownTransaction`], or [`Refused::DoesNotRenew`] when they are off already.
    pub async fn cancel(self: &Arc<Self>, transaction: &str) -> Result<Vec<Delivery>, Refused> {
        self.happen(|ledger, now| ledger.cancel(transaction, now)).await
    }

    /// A customer who cancelled turns renewals on again, before the term ends.
    ///
    /// # Errors
    /// [`Refused`] when there is nothing to undo, or it is too late.
    pub async fn resubscribe(
        self: &Arc<Self>,
        transaction: &str,
    ) -> Result<Vec<Delivery>, Refused> {
        self.happen(|ledger, now| ledger.resubscribe(transaction, now)).await
    }

    /// A customer takes a retention offer: the next cycle at half price. Undoes a cancellation.
    ///
    /// # Errors
    /// [`Refused`] when it is too late.
    pub async fn accept_offer(
        self: &Arc<Self>,
        transaction: &str,
    ) -> Result<Vec<Delivery>, Refused> {
        self.accept_offer_for(transaction, NonZeroU16::MIN).await
    }

    /// A customer takes a retention offer for several cycles.
    ///
    /// # Errors
    /// [`Refused`] when it is too late.
    pub async fn accept_offer_for(
        self: &Arc<Self>,
        transaction: &str,
        cycles: NonZeroU16,
    ) -> Result<Vec<Delivery>, Refused> {
        self.happen(|ledger, now| ledger.accept_offer(transaction, cycles, now)).await
    }
}

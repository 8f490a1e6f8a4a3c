//! How many addresses and devices a customer watches from. Whatever keeps us from telling, access
//! decides alone: nobody is locked out by a fault of ours.

use std::num::NonZeroU16;
use std::time::Duration;

use usher::customer_token::Bearer;
use usher::domain::simultaneous::{DEVICES, Kind, Place};
use usher::store::StoreError;
use usher::store::simultaneous::{Answer, Looked};

use crate::AccessStatus;

/// How long we try to tell; a call has seven seconds in all.
const PATIENCE: Duration = Duration::from_secs(2);

impl AccessStatus {
    /// How many places of a kind are allowed; none where any number is.
    pub(super) async fn limit(&self, bearer: &Bearer, kind: Kind) -> Option<NonZeroU16> {
        if kind == Kind::Device {
            return Some(DEVICES);
        }
        let publisher = told(self.publishers.find(&bearer.publisher_id).await)??;
        NonZeroU16::new(publisher.settings.ip_addresses_per_customer)
    }

    /// From where the customer watches; none where that cannot be told.
    pub(super) async fn look_up(&self, bearer: &Bearer, place: &Place) -> Option<Looked> {
        let (publisher, customer) = (&bearer.publisher_id, &bearer.customer_id);
        let looked = self.simultaneous.look_up(publisher, customer, place);
        told(in_time(looked).await?)
    }

    /// Whether the customer may watch from one place more, where they do.
    pub(super) async fn is_admitted(&self, looked: Looked, limit: NonZeroU16) -> bool {
        let answer = in_time(self.simultaneous.admit(looked, limit, self.clock.now())).await;
        answer.and_then(told) != Some(Answer::Refused)
    }
}

async fn in_time<T>(attempt: impl Future<Output = T>) -> Option<T> {
    let outcome = tokio::time::timeout(PATIENCE, attempt).await;
    if outcome.is_err() {
        tracing::error!("the places of a customer took too long; access decides");
    }
    outcome.ok()
}

fn told<T>(outcome: Result<T, StoreError>) -> Option<T> {
    outcome.map_or_else(
        |error| {
            let error = error.with_causes();
            tracing::error!(error, "the places of a customer are not known; access decides");
            None
        },
        Some,
    )
}

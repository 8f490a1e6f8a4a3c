//! Which subscriptions are asked for.

use usher::domain::id::CustomerId;
use usher::domain::offer::OfferId;
use usher::domain::publisher::Publisher;
use usher::domain::subscription::Subscription;
use usher::respond::Failure;

use crate::parameters::Parameters;
use crate::refusal::bad_query;

/// What the API calls the statuses (`cleeng-api.md` §3.8).
const STATUSES: [&str; 3] = ["active", "stopped", "terminated"];

/// Which subscriptions are asked for: those that are all of this.
#[derive(Debug)]
pub(crate) struct Filter {
    /// Whose.
    pub(crate) customer: Option<CustomerId>,
    /// Of which offer, in any country where the id names none.
    offer: Option<OfferId>,
    /// Of one of these statuses; empty where any will do.
    statuses: Vec<String>,
}

impl Filter {
    /// Reads `customerId`, `offerId` and `status`.
    pub(crate) fn of(parameters: &Parameters) -> Result<Self, Failure> {
        let statuses = parameters.all("status");
        if statuses.iter().any(|status| !STATUSES.contains(status)) {
            return Err(bad_query("status", "must be active, stopped or terminated"));
        }
        Ok(Self {
            customer: parameters.read("customerId", CustomerId::parse)?,
            offer: parameters.read("offerId", OfferId::parse)?,
            statuses: statuses.into_iter().map(str::to_owned).collect(),
        })
    }

    /// Whether it is asked for. What was bought once is no subscription, and the customer is not
    /// looked at.
    pub(crate) fn admits(&self, one: &Subscription<'_>) -> bool {
        let status = one.status.of_subscription();
        let is_of_offer = self.offer.as_ref().is_none_or(|wanted| wanted.means(&one.offer.id));
        let has_status = self.statuses.is_empty() || self.statuses.iter().any(|one| one == status);
        one.offer.id.is_subscription() && is_of_offer && has_status
    }

    /// Whether nothing can be of this kind, because the catalog has no such offer.
    pub(crate) fn is_of_no_offer(&self, publisher: &Publisher) -> bool {
        let wanted = self.offer.as_ref();
        wanted.is_some_and(|id| publisher.catalog.offers_meant_by(id).next().is_none())
    }
}

//! Changes of plan (`cleeng-api.md` §5): the one that a customer may make, those that wait for the
//! end of a term, and those that were made.

use std::cmp::Reverse;

use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::{Request, RequestExt};
use serde_json::{Value, json};
use usher::domain::id::CustomerId;
use usher::domain::offer::OfferId;
use usher::domain::plan_change::Direction;
use usher::domain::publisher::Publisher;
use usher::domain::subscription::{Subscription, SubscriptionId, SwitchId, subscriptions};
use usher::respond::Failure;

use crate::MediaStore;
use crate::availability::availability;
use crate::callers::Holder;
use crate::wire::{offer_in_path, unknown_offer};

impl MediaStore {
    /// `GET /customers/{customerId}/subscription_switches/{offerId}/availability`.
    pub(crate) async fn switch_availability(&self, request: &Request) -> Result<Value, Failure> {
        let Holder { publisher, accounts, .. } = self.holder(request).await?;
        let offer = offer_in_path(request)?;
        if publisher.catalog.offers_meant_by(&offer).next().is_none() {
            return Err(unknown_offer());
        }
        Ok(availability(&accounts, &publisher, &offer, self.clock.now()))
    }

    /// `GET /customers/{customerId}/subscription_switches`: those that wait, a bare list.
    pub(crate) async fn pending_switches(&self, request: &Request) -> Result<Value, Failure> {
        let holder = self.holder(request).await?;
        let held = subscriptions(&holder.accounts, &holder.publisher, self.clock.now());
        Ok(held.iter().filter_map(pending).map(|one| one.described(&holder)).collect())
    }

    /// `GET /subscription_switches`: those that wait and those that were made, a bare list
    /// (`cleeng-api.md` §10.1).
    pub(crate) async fn switches(&self, request: &Request) -> Result<Value, Failure> {
        let holder = self.holder(request).await?;
        let held = subscriptions(&holder.accounts, &holder.publisher, self.clock.now());
        let all = switches(&held, &holder.publisher);
        Ok(all.iter().map(|one| one.described(&holder)).collect())
    }

    /// `GET /subscription_switches/{switchId}`.
    pub(crate) async fn switch(&self, request: &Request) -> Result<Value, Failure> {
        let holder = self.holder(request).await?;
        let parameters = request.path_parameters();
        let id = parameters.first("switchId").unwrap_or_default();
        let held = subscriptions(&holder.accounts, &holder.publisher, self.clock.now());
        let all = switches(&held, &holder.publisher);
        let found = all.iter().find(|one| one.id.as_str() == id);
        found
            .map(|one| one.described(&holder))
            .ok_or_else(|| Failure::new(StatusCode::NOT_FOUND, "REQ0003", "Switch not found"))
    }
}

/// A change of plan.
struct Switch<'a> {
    id: SwitchId,
    direction: Direction,
    from: &'a OfferId,
    to: &'a OfferId,
    subscription: SubscriptionId,
    status: &'static str,
    ordered_at: Timestamp,
    changed_at: Timestamp,
}

impl Switch<'_> {
    fn described(&self, holder: &Holder) -> Value {
        let (direction, algorithm) = words(self.direction);
        json!({
            "id": self.id,
            "customerId": as_number(&holder.bearer.customer_id),
            "direction": direction,
            "algorithm": algorithm,
            "fromOfferId": self.from,
            "toOfferId": self.to,
            "subscriptionId": self.subscription.to_string(),
            "status": self.status,
            "createdAt": self.ordered_at.as_second(),
            "updatedAt": self.changed_at.as_second(),
        })
    }
}

/// The direction of a switch, and Cleeng's algorithm that does the same as Roku (§5.1).
pub(crate) fn words(direction: Direction) -> (&'static str, &'static str) {
    match direction {
        Direction::Upgrade => ("upgrade", "IMMEDIATE_AND_CHARGE_WITH_REFUND"),
        Direction::Downgrade => ("downgrade", "DEFERRED"),
    }
}

/// All switches, newest first.
fn switches<'a>(held: &[Subscription<'a>], publisher: &Publisher) -> Vec<Switch<'a>> {
    let made = held.iter().filter_map(|new| finished(new, held, publisher));
    let mut all: Vec<_> = held.iter().filter_map(pending).chain(made).collect();
    all.sort_by_key(|one| Reverse(one.ordered_at));
    all
}

fn pending<'a>(held: &Subscription<'a>) -> Option<Switch<'a>> {
    let switch = held.pending_switch.as_ref()?;
    Some(Switch {
        id: switch.id.clone(),
        direction: Direction::Downgrade,
        from: &held.offer.id,
        to: &switch.to.id,
        subscription: held.id,
        status: "pending",
        ordered_at: switch.ordered_at,
        changed_at: switch.ordered_at,
    })
}

/// The switch by which a subscription came about; none where the plan before it is in no offer.
fn finished<'a>(
    new: &Subscription<'a>,
    held: &[Subscription<'a>],
    publisher: &Publisher,
) -> Option<Switch<'a>> {
    let origin = new.originated_from.as_ref()?;
    let old = held.iter().find(|old| old.id == origin.id)?;
    Some(Switch {
        id: SwitchId::of(&publisher.id, new.purchase),
        direction: origin.direction,
        from: &old.offer.id,
        to: &new.offer.id,
        subscription: old.id,
        status: "finished",
        ordered_at: origin.ordered_at,
        changed_at: old.expires_at.unwrap_or(origin.ordered_at),
    })
}

/// Clients take a customer's id for a number here.
fn as_number(customer: &CustomerId) -> Option<u64> {
    customer.as_str().parse().ok()
}

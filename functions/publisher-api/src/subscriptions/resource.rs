//! A subscription as API 3.1 writes it (`cleeng-api.md` §3.8). Moments are seconds since 1970.

use jiff::Timestamp;
use serde_json::{Value, json};
use usher::domain::id::{CustomerId, PublisherId};
use usher::domain::offer::Period;
use usher::domain::plan_change::Direction;
use usher::domain::subscription::{Subscription, Succession};

use crate::customers::number;

/// The SubscriptionResource. What Roku does not tell and what there is not with Roku is null: the
/// customer's address, coupons, payment details, Cleeng's own numbers of payment methods.
pub(crate) fn resource(
    one: &Subscription<'_>,
    publisher: &PublisherId,
    customer: &CustomerId,
) -> Value {
    json!({
        "subscriptionId": one.id.get(),
        "publisherId": publisher.as_str().parse::<u64>().ok(),
        "customerId": number(customer),
        "status": one.status.of_subscription(),
        "dateFrom": one.started_at.as_second(),
        "dateTo": one.expires_at.map(Timestamp::as_second),
        "nextPaymentAction": one.next_payment.as_ref().map(|_| "capture"),
        "nextPaymentActionDate": one.next_payment.as_ref().map(|next| next.at.as_second()),
        "subscriptionExternalId": one.external_id,
        "latestPaymentExternalId": one.last_transaction,
        "offerId": one.offer.id,
        "paymentCountry": one.offer.id.country(),
        "ipAddress": null,
        "inTrial": one.in_trial,
        "couponCode": null,
        "pendingSwitchId": one.pending_switch.as_ref().map(|switch| switch.id.as_str()),
        "externalProperties": {},
        "paymentMethodId": null,
        "paymentDetailsId": null,
        "paymentGateway": "roku",
        "paymentMethod": "roku",
        "isExternallyManaged": true,
        "originatedFrom": one.originated_from.as_ref().map(succession),
        "replacedBy": one.replaced_by.as_ref().map(succession),
        "renewalCycle": one.offer.period.map(|period| cycle(one, period)),
        "source": null,
        "pause": null,
    })
}

fn succession(other: &Succession) -> Value {
    let reason = match other.direction {
        Direction::Upgrade => "upgrade",
        Direction::Downgrade => "downgrade",
    };
    json!({
        "subscriptionId": other.id.get(),
        "reason": reason,
        "date": other.ordered_at.as_second(),
    })
}

/// How it is renewed. Completed are all terms, the trial among them, but the last one of what is
/// open; by the calendar, because Roku does not count them.
fn cycle(one: &Subscription<'_>, period: Period) -> Value {
    let (unit, amount) = period.cycle();
    json!({ "completed": completed(one, period), "unit": unit, "amount": amount })
}

fn completed(one: &Subscription<'_>, period: Period) -> Option<i32> {
    let [given, _] = period.terms_ending_at(one.started_at, one.expires_at?);
    let is_last_running = i32::from(one.status.is_open());
    Some((given - is_last_running).max(0))
}

//! An event that never happened, for an operator who wants to see what a receiver makes of one.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use crate::domain::event::message::{
    Customer, Data, EventMessage, Offer, PlanChange, Proration, Receipt, Subscription, Transaction,
    VERSION,
};
use crate::domain::event::{EventId, EventType};
use crate::domain::fact::later;
use crate::domain::id::{CustomerId, PublisherId, RokuCustomerId, RokuProductId};

/// A message of a type. Its customer is nobody's, `100000001`, and its id is none that an event has.
pub fn sample(kind: EventType, publisher: &PublisherId, now: Timestamp) -> EventMessage {
    EventMessage {
        id: EventId::of(publisher, "sample", kind.as_str(), &[&now.to_string()]),
        kind,
        version: VERSION,
        timestamp: now,
        publisher_id: publisher.clone(),
        sequence: (kind != EventType::ProductUnmapped).then_some(1),
        data: data(kind, now),
    }
}

fn data(kind: EventType, now: Timestamp) -> Data {
    use EventType as Kind;
    let product = RokuProductId::parse("S123456789-US").ok();
    if kind == Kind::ProductUnmapped {
        return Data { product_id: product, ..Data::default() };
    }
    let is_transaction = kind.as_str().starts_with("transaction.");
    let is_receipt = kind.as_str().starts_with("receipt.");
    let reason = match kind {
        Kind::Ended => Some("cancelled"),
        Kind::Recovered => Some("grace"),
        Kind::ReceiptRejected => Some("not_entitled"),
        _ => None,
    };
    Data {
        customer: CustomerId::parse("100000001").ok().map(|id| Customer {
            id,
            email: None,
            external_id: None,
        }),
        previous_customer_id: CustomerId::parse("100000002")
            .ok()
            .filter(|_| kind == Kind::Transferred),
        roku_customer_id: RokuCustomerId::parse("00000000000000000000000000000000").ok(),
        subscription: (!matches!(kind, Kind::ReceiptRejected | Kind::Credited))
            .then(|| subscription(kind, product, now)),
        transaction: is_transaction.then(|| transaction(kind)),
        plan_change: plan_change(kind, now),
        receipt: is_receipt.then(|| receipt(kind)),
        reason: reason.map(str::to_owned),
        product_id: None,
    }
}

fn subscription(kind: EventType, product: Option<RokuProductId>, now: Timestamp) -> Subscription {
    use EventType as Kind;
    let (status, standing) = match kind {
        Kind::Cancelled => ("cancelled", "cancelled"),
        Kind::Ended => ("expired", "ended"),
        Kind::OnHold => ("expired", "on_hold"),
        Kind::GraceStarted => ("active", "in_grace"),
        Kind::TrialStarted => ("active", "trial"),
        _ => ("active", "current"),
    };
    Subscription {
        id: 100_000_001,
        external_id: "00000000-0000-0000-0000-000000000000".to_owned(),
        offer: Some(Offer {
            id: "S123456789_US".to_owned(),
            title: "Sample".to_owned(),
            group: None,
            price: Decimal::new(799, 2),
            currency: "USD".to_owned(),
            period: Some("month".to_owned()),
        }),
        product_id: product,
        status: status.to_owned(),
        standing: standing.to_owned(),
        in_trial: kind == Kind::TrialStarted,
        started_at: now,
        term_ends_at: Some(later(now, SignedDuration::from_hours(30 * 24))),
        channel_id: None,
    }
}

fn transaction(kind: EventType) -> Transaction {
    let is_charge = kind == EventType::Charged;
    let is_back = matches!(kind, EventType::Refunded | EventType::ChargedBack);
    let sign = if is_back { -Decimal::ONE } else { Decimal::ONE };
    Transaction {
        id: Some("T100000001".to_owned()),
        external_id: Some("00000000000000000000000000000000".to_owned()),
        kind: is_charge.then(|| "renewal".to_owned()),
        total: Some(sign * Decimal::new(799, 2)),
        tax: Some(Decimal::ZERO),
        credits_applied: None,
        currency: Some("USD".to_owned()),
    }
}

fn plan_change(kind: EventType, now: Timestamp) -> Option<PlanChange> {
    use EventType as Kind;
    let direction = match kind {
        Kind::Upgraded => "upgrade",
        Kind::DowngradeScheduled | Kind::DowngradeWithdrawn | Kind::Downgraded => "downgrade",
        _ => return None,
    };
    let starts_at = later(now, SignedDuration::from_hours(30 * 24));
    Some(PlanChange {
        direction: direction.to_owned(),
        from_subscription_id: Some(100_000_002),
        from_offer_id: Some("S223456789_US".to_owned()),
        to_offer_id: Some("S123456789_US".to_owned()),
        starts_at: (kind == Kind::DowngradeScheduled).then_some(starts_at),
        proration: (kind == Kind::Upgraded).then(|| Proration {
            charged: Decimal::new(500, 2),
            credited: Some(Decimal::new(299, 2)),
            currency: Some("USD".to_owned()),
        }),
    })
}

fn receipt(kind: EventType) -> Receipt {
    Receipt {
        transaction_id: "00000000000000000000000000000000".to_owned(),
        offer_id: "S123456789_US".to_owned(),
        result: (kind == EventType::ReceiptValidated).then(|| "linked".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::samples::at;

    #[test]
    fn there_is_a_sample_of_every_type_and_each_time_another() {
        let publisher = PublisherId::parse("123456789").unwrap();
        let [now, later] = ["2026-03-01T12:00:00Z", "2026-03-01T12:00:01Z"].map(at);
        for kind in EventType::ALL {
            let one = sample(*kind, &publisher, now);
            let text = serde_json::to_string(&one).unwrap();
            assert_eq!(serde_json::from_str::<EventMessage>(&text).unwrap(), one);
            assert_eq!(one.kind, *kind);
            assert_ne!(one.id, sample(*kind, &publisher, later).id, "{kind}");
        }
    }
}

//! An event as a line.

use rust_decimal::Decimal;
use serde::Serialize;
use usher::domain::event::message::{Data, EventMessage, PlanChange, Receipt};

use super::super::Failure;
use super::forward::Forwarded;

/// What is told of an event: what happened, and what a receiver said to that.
#[derive(Debug, Serialize)]
pub(super) struct Line<'a> {
    /// What happened.
    #[serde(flatten)]
    pub(super) event: &'a EventMessage,
    /// What the receiver said; none where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) forwarded: Option<Forwarded>,
}

impl Line<'_> {
    /// The line as JSON.
    pub(super) fn json(&self) -> Result<String, Failure> {
        Ok(serde_json::to_string(self)?)
    }

    /// The line as text: when, what, to whom, of which offer, and what else is worth knowing.
    pub(super) fn text(&self) -> String {
        let EventMessage { kind, timestamp, data, .. } = self.event;
        let customer = data.customer.as_ref().map_or("-", |customer| customer.id.as_str());
        let mut line = format!(
            "{timestamp:.0}  {:<32}  {customer:<10}  {:<15}",
            kind.as_str(),
            offer(data).unwrap_or("-"),
        );
        let forwarded = self.forwarded.as_ref().map(|forwarded| format!("→ {forwarded}"));
        for word in particulars(data).into_iter().chain(forwarded) {
            line.push_str("  ");
            line.push_str(&word);
        }
        line.trim_end().to_owned()
    }
}

/// What it is about: an offer, or Roku's product where no offer stands for it.
fn offer(data: &Data) -> Option<&str> {
    let of_subscription = || {
        let subscription = data.subscription.as_ref()?;
        let offer = subscription.offer.as_ref().map(|offer| offer.id.as_str());
        offer.or_else(|| subscription.product_id.as_ref().map(|product| product.as_str()))
    };
    let of_receipt = || data.receipt.as_ref().map(|receipt| receipt.offer_id.as_str());
    let product = || data.product_id.as_ref().map(|product| product.as_str());
    of_receipt().or_else(of_subscription).or_else(product)
}

/// The money that moved, the change of plan, what the receipt did, and why.
fn particulars(data: &Data) -> Vec<String> {
    let paid = data.transaction.as_ref();
    let paid = paid.and_then(|paid| amount(paid.total?, paid.currency.as_deref()));
    let change = data.plan_change.as_ref().map(plan_change);
    let receipt = data.receipt.as_ref().and_then(|Receipt { result, .. }| result.clone());
    [paid, change, receipt, data.reason.clone()].into_iter().flatten().collect()
}

fn amount(amount: Decimal, currency: Option<&str>) -> Option<String> {
    Some(currency.map_or(amount.to_string(), |currency| format!("{amount} {currency}")))
}

fn plan_change(change: &PlanChange) -> String {
    let named = |offer: &Option<String>| offer.clone().unwrap_or_else(|| "?".to_owned());
    let plans = format!("{} ⇒ {}", named(&change.from_offer_id), named(&change.to_offer_id));
    let paid = change.proration.as_ref();
    let paid = paid.and_then(|paid| amount(paid.charged, paid.currency.as_deref()));
    let paid = paid.map(|paid| format!("for {paid}"));
    let starts_at = change.starts_at.map(|at| format!("from {at:.0}"));
    [Some(plans), paid, starts_at].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use usher::domain::event::EventType;
    use usher::domain::id::PublisherId;
    use usher::domain::webhook::sample::sample;

    use super::*;

    fn event(kind: EventType) -> EventMessage {
        let publisher = PublisherId::parse("123456789").unwrap();
        sample(kind, &publisher, "2026-03-01T12:00:00.123Z".parse().unwrap())
    }

    #[test]
    fn every_event_is_a_line() {
        let lines = EventType::ALL.iter().map(|kind| {
            let event = event(*kind);
            Line { event: &event, forwarded: None }.text()
        });
        expect![[r#"
            2026-03-01T12:00:00Z  subscription.started              100000001   S123456789_US
            2026-03-01T12:00:00Z  subscription.trial_started        100000001   S123456789_US
            2026-03-01T12:00:00Z  subscription.trial_converted      100000001   S123456789_US
            2026-03-01T12:00:00Z  subscription.renewed              100000001   S123456789_US
            2026-03-01T12:00:00Z  subscription.upgraded             100000001   S123456789_US    S223456789_US ⇒ S123456789_US for 5.00 USD
            2026-03-01T12:00:00Z  subscription.downgrade_scheduled  100000001   S123456789_US    S223456789_US ⇒ S123456789_US from 2026-03-31T12:00:00Z
            2026-03-01T12:00:00Z  subscription.downgrade_withdrawn  100000001   S123456789_US    S223456789_US ⇒ S123456789_US
            2026-03-01T12:00:00Z  subscription.downgraded           100000001   S123456789_US    S223456789_US ⇒ S123456789_US
            2026-03-01T12:00:00Z  subscription.cancelled            100000001   S123456789_US
            2026-03-01T12:00:00Z  subscription.resubscribed         100000001   S123456789_US
            2026-03-01T12:00:00Z  subscription.grace_started        100000001   S123456789_US
            2026-03-01T12:00:00Z  subscription.recovered            100000001   S123456789_US    grace
            2026-03-01T12:00:00Z  subscription.on_hold              100000001   S123456789_US
            2026-03-01T12:00:00Z  subscription.ended                100000001   S123456789_US    cancelled
            2026-03-01T12:00:00Z  subscription.offer_accepted       100000001   S123456789_US
            2026-03-01T12:00:00Z  subscription.transferred          100000001   S123456789_US
            2026-03-01T12:00:00Z  transaction.charged               100000001   S123456789_US    7.99 USD
            2026-03-01T12:00:00Z  transaction.refunded              100000001   S123456789_US    -7.99 USD
            2026-03-01T12:00:00Z  transaction.credited              100000001   -                7.99 USD
            2026-03-01T12:00:00Z  transaction.charged_back          100000001   S123456789_US    -7.99 USD
            2026-03-01T12:00:00Z  transaction.chargeback_reversed   100000001   S123456789_US    7.99 USD
            2026-03-01T12:00:00Z  receipt.validated                 100000001   S123456789_US    linked
            2026-03-01T12:00:00Z  receipt.rejected                  100000001   S123456789_US    not_entitled
            2026-03-01T12:00:00Z  product.unmapped                  -           S123456789-US"#]].assert_eq(&lines.collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn the_answer_stands_beside_the_event() {
        let event = event(EventType::Cancelled);
        let line = |forwarded| Line { event: &event, forwarded: Some(forwarded) };
        let answered = line(Forwarded::Status(200));
        assert!(answered.text().ends_with("  → 200"), "{}", answered.text());
        let json: serde_json::Value = serde_json::from_str(&answered.json().unwrap()).unwrap();
        assert_eq!(json["forwarded"], serde_json::json!({ "status": 200 }));
        assert_eq!(json["type"], "subscription.cancelled");
        let unanswered = line(Forwarded::Error("cannot connect: refused".to_owned()));
        assert!(unanswered.text().ends_with("  → cannot connect: refused"));
        assert!(unanswered.json().unwrap().contains(r#"{"error":"cannot connect: refused"}"#));
    }
}

//! A running stack that stands still in time, its Roku, and customers who show what they order.

use std::sync::Arc;

use roku_simulator::{Delivery, Order, Refused, Simulator};
use rust_decimal::Decimal;
use usher::domain::catalog::Catalog;
use usher::domain::offer::{Offer, OfferId, Period};
use usher_tests::Usher;

/// When every test begins.
pub(crate) const BEGINNING: &str = "2026-01-10T09:30:00Z";

/// A plan of a day, and two of a week: the second is higher, and the demo publisher's plans of a
/// month are higher still.
pub(crate) const DAILY: &str = "S003456789-US";
pub(crate) const WEEKLY: &str = "S013456789-US";
pub(crate) const WEEKLY_PREMIUM: &str = "S023456789-US";
pub(crate) const MONTHLY: &str = "S123456789-US";
pub(crate) const MONTHLY_PREMIUM: &str = "S223456789-US";
pub(crate) const YEARLY: &str = "S323456789-US";

pub(crate) struct Stage {
    pub(crate) usher: Usher,
    pub(crate) roku: Arc<Simulator>,
    /// The Roku accounts.
    pub(crate) customers: Vec<String>,
}

impl Stage {
    pub(crate) async fn begin(customers: impl IntoIterator<Item = String>) -> Self {
        let usher = Usher::with(|options| {
            options.begins_at = Some(BEGINNING.parse().unwrap());
            let offers = options.publisher.catalog.offers();
            let short = |product: &str, cents, period| Offer {
                id: OfferId::parse(&product.replace('-', "_")).unwrap(),
                title: product.to_owned(),
                price: Decimal::new(cents, 2),
                period: Some(period),
                rank: 0,
                ..offers[0].clone()
            };
            let short = [
                short(DAILY, 49, Period::Day),
                short(WEEKLY, 249, Period::Week),
                short(WEEKLY_PREMIUM, 379, Period::Week),
            ];
            let all = offers.iter().cloned().chain(short).collect();
            options.publisher.catalog = Catalog::new(all).unwrap();
        })
        .await;
        let roku = usher.stack.simulator.clone().unwrap();
        Self { usher, roku, customers: customers.into_iter().collect() }
    }

    /// Every app shows what it ordered (`roku-pay.md` §7). Gives the purchase; none where Roku
    /// refused.
    pub(crate) async fn show(
        &self,
        ordered: Result<(Order, Vec<Delivery>), Refused>,
    ) -> Option<String> {
        let (order, _) = ordered.ok()?;
        let email = format!("{}@example.com", order.roku_customer_id);
        let offer = order.code.replace('-', "_");
        let answer = self.usher.receipt(&email, &offer, &order.purchase_id).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        Some(order.purchase_id)
    }
}

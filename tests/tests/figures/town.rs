//! Customers who do as they please, for months, while pushes come as they please.

use std::collections::HashSet;
use std::sync::Arc;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use roku_simulator::{MessageKeys, Order, PushFault, Refund, Simulator};
use rust_decimal::Decimal;
use usher::domain::catalog::Catalog;
use usher::domain::offer::{Offer, OfferId, Period};
use usher_tests::Usher;

const CUSTOMERS: usize = 48;
/// So many times a day somebody may do something.
const HOURS: i64 = 6;
/// One in so many does.
const ONE_IN: usize = 10;
/// One of a week, to have more charges in the time; lower than all others.
const WEEKLY: &str = "S023456789_US";
/// Each is higher than the one before.
const PRODUCTS: [&str; 4] = ["S023456789-US", "S123456789-US", "S223456789-US", "S323456789-US"];

/// A running stack, its Roku, and the customers.
pub(crate) struct Town {
    pub(crate) usher: Usher,
    pub(crate) roku: Arc<Simulator>,
    pub(crate) customers: Vec<Customer>,
    /// The money that moved without a push about it arriving, by the ids of the movements.
    pub(crate) untold: HashSet<String>,
    booked: usize,
    began: Timestamp,
    rng: Rng,
}

#[derive(Debug, Default)]
pub(crate) struct Customer {
    pub(crate) name: String,
    /// What they ordered, newest last.
    purchases: Vec<String>,
}

impl Town {
    pub(crate) async fn begin(seed: u64) -> Self {
        let began = "2026-01-10T09:30:00Z".parse().unwrap();
        let usher = Usher::with(|options| {
            options.begins_at = Some(began);
            let mut offers = options.publisher.catalog.offers().to_vec();
            offers.push(Offer {
                id: OfferId::parse(WEEKLY).unwrap(),
                title: "Basic weekly".to_owned(),
                price: Decimal::new(249, 2),
                period: Some(Period::Week),
                rank: 0,
                ..offers[0].clone()
            });
            options.publisher.catalog = Catalog::new(offers).unwrap();
        })
        .await;
        let roku = usher.stack.simulator.clone().unwrap();
        let named = |number| Customer { name: format!("customer{number}"), ..Customer::default() };
        let customers = (0..CUSTOMERS).map(named).collect();
        let (untold, booked, rng) = (HashSet::new(), 0, Rng::with_seed(seed));
        Self { usher, roku, customers, untold, booked, began, rng }
    }

    /// Days pass, and at the end of each the schedule and the worker run, once.
    pub(crate) async fn live(&mut self, days: usize) {
        for _ in 0..days {
            self.change_the_weather().await;
            for _ in 0..24 / HOURS {
                self.pass(SignedDuration::from_hours(HOURS)).await;
                for number in 0..CUSTOMERS {
                    if self.rng.usize(..ONE_IN) == 0 {
                        self.act(number).await;
                        self.note_what_was_untold();
                    }
                }
            }
            self.usher.tick().await;
        }
    }

    /// The way of pushes is free, and nobody does anything but what falls due: days pass until Roku
    /// has been asked about all that is open.
    pub(crate) async fn settle(&mut self) {
        self.roku.mend_pushes().await;
        for _ in 0..3 {
            self.pass(SignedDuration::from_hours(24)).await;
            self.usher.tick().await;
        }
    }

    /// Presses the button of Roku's dashboard for each stretch of 14 days since the beginning.
    pub(crate) async fn replay(&self) {
        let (mut from, now) = (self.began, self.roku.clock().now());
        while from < now {
            let to = now.min(from + SignedDuration::from_hours(24 * 14));
            self.roku.replay(from, to, MessageKeys::Same).await.unwrap();
            from = to;
        }
        self.usher.tick().await;
    }

    async fn change_the_weather(&mut self) {
        let fault = match self.rng.u8(..20) {
            0..=2 => PushFault::Lost,
            3..=4 => PushFault::Late,
            5..=6 => PushFault::Doubled,
            7..=8 => PushFault::Reordered,
            9..=12 => {
                self.roku.mend_pushes().await;
                return;
            }
            _ => return,
        };
        self.roku.mend_pushes().await;
        self.roku.break_pushes(fault);
    }

    async fn pass(&mut self, time: SignedDuration) {
        self.usher.later(time).await;
        self.note_what_was_untold();
    }

    fn note_what_was_untold(&mut self) {
        let payments = self.roku.payments();
        if self.roku.push_fault() == Some(PushFault::Lost) {
            let ids = payments[self.booked..].iter().map(|moved| moved.transaction.clone());
            self.untold.extend(ids);
        }
        self.booked = payments.len();
    }

    /// A customer, or somebody who has to do with their money, does something. What Roku refuses
    /// does not happen.
    async fn act(&mut self, number: usize) {
        let newest = self.customers[number].purchases.last().cloned().unwrap_or_default();
        let (roku, what) = (Arc::clone(&self.roku), self.rng.u8(..100));
        match what {
            0..50 => self.order(number).await,
            50..58 => drop(roku.cancel(&newest).await),
            58..65 => drop(roku.resubscribe(&newest).await),
            65..68 => drop(roku.accept_offer(&newest).await),
            68..76 => drop(roku.fail_payments(&newest)),
            76..86 => drop(roku.mend_payments(&newest).await),
            _ => self.move_money(number, what).await,
        }
    }

    async fn order(&mut self, number: usize) {
        let customer = &self.customers[number].name;
        let (roku, product) = (&self.roku, PRODUCTS[self.rng.usize(..PRODUCTS.len())]);
        let ordered = match self.rng.u8(..8) {
            0..2 => roku.buy(customer, product, false).await,
            2..4 => roku.buy(customer, product, true).await,
            4..5 => roku.upgrade(customer, product).await,
            5..6 => roku.upgrade_to_trial(customer, product).await,
            _ => roku.downgrade(customer, product).await,
        };
        if let Ok((order, _)) = ordered {
            self.show_receipt(number, &order).await;
            self.customers[number].purchases.push(order.purchase_id);
        }
    }

    /// Every app shows what it ordered (`roku-pay.md` §7).
    async fn show_receipt(&self, number: usize, order: &Order) {
        let email = format!("{}@example.com", self.customers[number].name);
        let offer = order.code.replace('-', "_");
        let answer = self.usher.receipt(&email, &offer, &order.purchase_id).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    async fn move_money(&mut self, number: usize, what: u8) {
        let customer = self.customers[number].name.clone();
        let theirs = |moved: &roku_simulator::Payment| {
            moved.kind.is_charge() && moved.customer == customer && moved.total > Decimal::ONE
        };
        let charges: Vec<_> = self.roku.payments().into_iter().filter(theirs).collect();
        let Some(charge) = self.rng.choice(&charges).map(|charge| &charge.transaction) else {
            return;
        };
        let roku = Arc::clone(&self.roku);
        let part = Refund { amount: Some(self.some_money()), ..Refund::default() };
        match what {
            86..89 => drop(roku.refund(charge, &part).await),
            89..91 => drop(roku.refund(charge, &Refund::default()).await),
            91..92 => {
                let unauthorized = Refund { unauthorized: true, ..Refund::default() };
                drop(roku.refund(charge, &unauthorized).await);
            }
            92..94 => drop(roku.credit(&customer, self.some_money(), "sorry").await),
            94..96 => drop(roku.charge_back(charge).await),
            _ => self.settle_dispute().await,
        }
    }

    async fn settle_dispute(&mut self) {
        let payments = self.roku.payments();
        let Some(charge) = self.rng.choice(&payments).and_then(|moved| moved.charge.as_ref()) else {
            return;
        };
        for moved in payments.iter().filter_map(|moved| moved.charge.as_ref()).chain([charge]) {
            let decided = self.roku.reverse_chargeback(moved).await.is_ok()
                || self.roku.second_chargeback(moved).await.is_ok();
            if decided {
                return;
            }
        }
    }

    fn some_money(&mut self) -> Decimal {
        Decimal::new(self.rng.i64(1..300), 2)
    }
}

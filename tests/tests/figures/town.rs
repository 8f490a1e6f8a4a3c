//! Customers who do as they please, for months, while pushes come as they please.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use roku_simulator::{MessageKeys, Payment, PushFault, Refund};
use rust_decimal::Decimal;

use crate::stage::{MONTHLY, MONTHLY_PREMIUM, Stage, WEEKLY, WEEKLY_PREMIUM, YEARLY};

const CUSTOMERS: usize = 40;
/// So many times a day somebody may do something …
const TIMES_A_DAY: u8 = 4;
/// … and one in so many does.
const ONE_IN: usize = 20;
/// What is bought, the cheap ones more often.
const PRODUCTS: [&str; 8] =
    [WEEKLY, WEEKLY, WEEKLY, WEEKLY_PREMIUM, WEEKLY_PREMIUM, MONTHLY, MONTHLY_PREMIUM, YEARLY];
/// The longest window of a replay (`roku-pay.md` §1).
const FOURTEEN_DAYS: SignedDuration = SignedDuration::from_hours(24 * 14);

pub(crate) struct Town {
    pub(crate) stage: Stage,
    /// The money that moved without a push about it, by the ids of the movements.
    pub(crate) untold: HashSet<String>,
    /// The first purchases are not the last: the newest of each customer.
    newest: BTreeMap<usize, String>,
    /// Since when pushes have been lost, and when they were before.
    losing_since: Option<Timestamp>,
    lost: Vec<(Timestamp, Timestamp)>,
    booked: usize,
    rng: Rng,
}

impl Town {
    pub(crate) async fn begin(seed: u64) -> Self {
        let stage = Stage::begin((0..CUSTOMERS).map(|number| format!("customer{number}"))).await;
        Self {
            stage,
            untold: HashSet::new(),
            newest: BTreeMap::new(),
            losing_since: None,
            lost: Vec::new(),
            booked: 0,
            rng: Rng::with_seed(seed),
        }
    }

    /// Days pass, and at the end of each the schedule and the worker run, once.
    pub(crate) async fn live(&mut self, days: usize) {
        for _ in 0..days {
            self.change_the_weather().await;
            for _ in 0..TIMES_A_DAY {
                self.pass(SignedDuration::from_hours(24) / TIMES_A_DAY.into()).await;
                for number in 0..CUSTOMERS {
                    if self.rng.usize(..ONE_IN) == 0 {
                        self.act(number).await;
                        self.note_what_was_untold();
                    }
                }
            }
            self.stage.usher.tick().await;
        }
    }

    /// Pushes come again, and nothing happens but what falls due: days pass until Roku has been
    /// asked about all that is open.
    pub(crate) async fn settle(&mut self) {
        self.mend().await;
        for _ in 0..3 {
            self.pass(SignedDuration::from_hours(24)).await;
            self.stage.usher.tick().await;
        }
    }

    /// Presses the button of Roku's dashboard for each time in which pushes were lost.
    pub(crate) async fn replay(&self) {
        for (mut from, to) in self.lost.iter().copied() {
            while from < to {
                let end = to.min(from + FOURTEEN_DAYS);
                self.stage.roku.replay(from, end, MessageKeys::Same).await.unwrap();
                from = end;
            }
        }
        self.stage.usher.tick().await;
    }

    async fn change_the_weather(&mut self) {
        let fault = match self.rng.u8(..20) {
            0..=2 => PushFault::Lost,
            3..=4 => PushFault::Late,
            5..=6 => PushFault::Doubled,
            7..=8 => PushFault::Reordered,
            9..=12 => return self.mend().await,
            _ => return,
        };
        self.mend().await;
        self.stage.roku.break_pushes(fault);
        self.losing_since = (fault == PushFault::Lost).then(|| self.stage.roku.clock().now());
    }

    async fn mend(&mut self) {
        self.stage.roku.mend_pushes().await;
        if let Some(since) = self.losing_since.take() {
            self.lost.push((since, self.stage.roku.clock().now()));
        }
    }

    async fn pass(&mut self, time: SignedDuration) {
        self.stage.usher.later(time).await;
        self.note_what_was_untold();
    }

    fn note_what_was_untold(&mut self) {
        let payments = self.stage.roku.payments();
        if self.losing_since.is_some() {
            let ids = payments[self.booked..].iter().map(|moved| moved.transaction.clone());
            self.untold.extend(ids);
        }
        self.booked = payments.len();
    }

    /// A customer, or somebody who has to do with their money, does something. What Roku refuses
    /// does not happen.
    async fn act(&mut self, number: usize) {
        let newest = self.newest.get(&number).cloned().unwrap_or_default();
        let (roku, what) = (Arc::clone(&self.stage.roku), self.rng.u8(..100));
        match what {
            0..40 => self.order(number).await,
            40..46 => drop(roku.cancel(&newest).await),
            46..54 => drop(roku.resubscribe(&newest).await),
            54..57 => drop(roku.accept_offer(&newest).await),
            57..66 => drop(roku.fail_payments(&newest)),
            66..80 => drop(roku.mend_payments(&newest).await),
            _ => self.move_money(number).await,
        }
    }

    async fn order(&mut self, number: usize) {
        let customer = &self.stage.customers[number];
        let (roku, product) = (&self.stage.roku, PRODUCTS[self.rng.usize(..PRODUCTS.len())]);
        let ordered = match self.rng.u8(..8) {
            0..2 => roku.buy(customer, product, false).await,
            2..4 => roku.buy(customer, product, true).await,
            4..5 => roku.upgrade(customer, product).await,
            5..6 => roku.upgrade_to_trial(customer, product).await,
            _ => roku.downgrade(customer, product).await,
        };
        if let Some(purchase) = self.stage.show(ordered).await {
            self.newest.insert(number, purchase);
        }
    }

    async fn move_money(&mut self, number: usize) {
        let (roku, customer) = (Arc::clone(&self.stage.roku), &self.stage.customers[number]);
        let is_theirs = |moved: &Payment| moved.kind.is_charge() && moved.customer == *customer;
        let charges: Vec<_> = roku.payments().into_iter().filter(is_theirs).collect();
        let Some(charge) = self.rng.choice(&charges).map(|charge| &charge.transaction) else {
            return;
        };
        let some = Decimal::new(self.rng.i64(1..300), 2);
        let part = Refund { amount: Some(some), ..Refund::default() };
        let unauthorized = Refund { unauthorized: true, ..Refund::default() };
        match self.rng.u8(..14) {
            0..4 => drop(roku.refund(charge, &part).await),
            4..6 => drop(roku.refund(charge, &Refund::default()).await),
            6 => drop(roku.refund(charge, &unauthorized).await),
            7..9 => drop(roku.credit(customer, some, "sorry").await),
            9..11 => drop(roku.charge_back(charge).await),
            _ => self.decide_a_dispute().await,
        }
    }

    /// Of the first charge, from a random one on, that is disputed, or was and may be again.
    async fn decide_a_dispute(&mut self) {
        let payments = self.stage.roku.payments();
        let from = self.rng.usize(..payments.len());
        for moved in payments.iter().cycle().skip(from).take(payments.len()) {
            let Some(charge) = &moved.charge else { continue };
            let roku = &self.stage.roku;
            if roku.reverse_chargeback(charge).await.is_ok()
                || roku.second_chargeback(charge).await.is_ok()
            {
                return;
            }
        }
    }
}

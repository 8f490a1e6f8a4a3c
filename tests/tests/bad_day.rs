//! Roku's web services are down for an hour, and its pushes do not come, while 200 people buy and
//! 500 are renewed. The hour is of the simulator's clock; what is asked in a second is counted in
//! real ones.
#![expect(clippy::unwrap_used, reason = "a test fails where this does")]

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use roku_simulator::{PushFault, Requests, Simulator, WebServiceFault};
use usher::config::Config;
use usher::domain::id::RokuCustomerId;
use usher::store::histories::Histories;
use usher::store::turns::Rate;
use usher_cli::background::Background;
use usher_tests::samples::BASIC_PRODUCT;
use usher_tests::{Usher, gateway};

const BASIC: &str = "S123456789_US";
const BUYERS: i64 = 200;
const RENEWERS: i64 = 500;
const AN_HOUR: SignedDuration = SignedDuration::from_hours(1);
/// Who bought while Roku was down may watch so long after it is back (README, "What it promises").
const BOUND: SignedDuration = SignedDuration::from_secs(90);
/// What Roku allows for an API key (`roku-pay.md` §3).
const MOST_IN_A_SECOND: usize = 20;

fn buyer(number: i64) -> String {
    format!("buyer{number}")
}

fn renewer(number: i64) -> String {
    format!("renewer{number}")
}

fn email(customer: &str) -> String {
    format!("{customer}@example.com")
}

/// The stack that the day passes on.
struct Day {
    usher: Usher,
    roku: Arc<Simulator>,
    background: Arc<Background>,
    began: Timestamp,
}

impl Day {
    /// The renewers have bought a month ago, so that they are renewed one after the other during the
    /// hour that begins now.
    async fn break_of() -> Self {
        let a_month_ago = "2025-12-01T12:00:00Z".parse().unwrap();
        let mut usher = Usher::with(|options| options.begins_at = Some(a_month_ago)).await;
        let roku = usher.stack.simulator.clone().unwrap();
        for number in 0..RENEWERS {
            roku.move_clock(a_month_ago + SignedDuration::from_secs(7 * number)).await;
            buy(&usher, &roku, &renewer(number)).await;
        }
        let began = "2026-01-01T12:00:00Z".parse().unwrap();
        roku.move_clock(began - SignedDuration::from_secs(1)).await;
        roku.take_requests();
        // From now on Roku is asked at the pace of a stack in AWS.
        let config = Config { roku_rate: Rate::DEFAULT, ..usher.stack.config.clone() };
        usher.gateway = gateway::start(&config).await;
        let background = Background::new(&config).unwrap();
        Self { usher, roku, background, began }
    }

    /// The hour: somebody buys every 18 seconds. The schedule and the worker run on.
    async fn hour(&self) {
        for number in 0..BUYERS {
            self.roku.move_clock(self.began + SignedDuration::from_secs(18 * number)).await;
            buy(&self.usher, &self.roku, &buyer(number)).await;
            if number % 3 == 0 {
                self.background.tick().await;
            }
            if number == BUYERS / 2 && self.roku.web_service_fault().is_some() {
                self.roku.break_pushes(PushFault::Late);
            }
            if number == 3 * BUYERS / 4 {
                self.no_renewer_is_refused().await;
            }
        }
        self.roku.move_clock(self.began + AN_HOUR).await;
    }

    async fn no_renewer_is_refused(&self) {
        for number in 0..RENEWERS {
            let customer = email(&renewer(number));
            assert!(self.usher.may_watch(&customer, BASIC).await, "{customer}");
        }
    }

    /// Gives the moment at which the last buyer may watch.
    async fn until_everybody_may_watch(&self) -> Timestamp {
        let mut waiting: Vec<String> = (0..BUYERS).map(|number| email(&buyer(number))).collect();
        loop {
            self.background.tick().await;
            let mut refused = Vec::new();
            for customer in waiting {
                if !self.usher.may_watch(&customer, BASIC).await {
                    refused.push(customer);
                }
            }
            let now = self.roku.clock().now();
            if refused.is_empty() {
                return now;
            }
            assert!(now <= self.began + AN_HOUR + BOUND, "refused for too long: {refused:?}");
            waiting = refused;
            self.roku.move_clock(now + SignedDuration::from_secs(5)).await;
        }
    }

    /// An hour later, with nothing left to do: what each customer has.
    async fn evening(&self) -> BTreeMap<String, Vec<String>> {
        for minutes in 0..12 {
            let now = self.began + AN_HOUR + SignedDuration::from_mins(2 + 5 * minutes);
            self.roku.move_clock(now).await;
            self.background.tick().await;
        }
        let histories = Histories::new(&self.usher.stack.config.table);
        let mut accounts = BTreeMap::new();
        for customer in (0..BUYERS).map(buyer).chain((0..RENEWERS).map(renewer)) {
            let id = RokuCustomerId::parse(&customer).unwrap();
            let publisher = &self.usher.stack.publisher.id;
            let found = histories.of_roku_customer(publisher, &id).await.unwrap().unwrap();
            // Ids are new on each day, and how the customer's purchases were told of may differ.
            let purchases = found.account.purchases.into_values().map(|one| {
                let (product, charge) = (one.product, one.charge);
                let ends = one.term_ends_at;
                format!("{product:?} {} {} {ends:?} {charge:?}", one.state, one.purchased_at)
            });
            accounts.insert(customer, purchases.collect());
        }
        accounts
    }
}

async fn buy(usher: &Usher, roku: &Arc<Simulator>, customer: &str) {
    let (order, _) = roku.buy(customer, BASIC_PRODUCT, false).await.unwrap();
    let answer = usher.receipt(&email(customer), BASIC, &order.purchase_id).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

async fn good_day() -> BTreeMap<String, Vec<String>> {
    let day = Day::break_of().await;
    day.hour().await;
    day.until_everybody_may_watch().await;
    day.evening().await
}

/// Gives what Roku was asked as well.
async fn bad_day() -> (BTreeMap<String, Vec<String>>, Requests) {
    let day = Day::break_of().await;
    day.roku.break_web_services(WebServiceFault::Down);
    day.roku.break_pushes(PushFault::Lost);
    day.hour().await;
    day.roku.mend_web_services();
    day.roku.mend_pushes().await;
    let all_watch_at = day.until_everybody_may_watch().await;
    assert!(all_watch_at <= day.began + AN_HOUR + BOUND, "{all_watch_at}");
    day.no_renewer_is_refused().await;
    (day.evening().await, day.roku.requests())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_without_roku_is_made_up_for_and_nobody_who_paid_is_locked_out() {
    let (good, bad) = tokio::join!(tokio::spawn(good_day()), tokio::spawn(bad_day()));
    let (expected, (found, asked)) = (good.unwrap(), bad.unwrap());
    assert_eq!(expected.len(), 700);
    for (customer, purchases) in found {
        assert_eq!(purchases, expected[&customer], "{customer}");
    }
    assert!(asked.peak_per_second <= MOST_IN_A_SECOND, "{asked:?}");
    assert_eq!(asked.calls.len(), 1, "Roku was asked, and nothing was done there: {asked:?}");
}

//! Every push is lost for ever. What the apps show and what Roku answers is all that is known of
//! these lives, and every charge in them is.

use jiff::SignedDuration;
use roku_simulator::{PushFault, Refund};

use crate::books::{Books, CHARGE};
use crate::reports::Reported;
use crate::stage::{MONTHLY, Stage, WEEKLY, WEEKLY_PREMIUM};
use Do::{
    Buy, Cancel, Downgrade, Fail, Mend, RefundUnauthorized, Resubscribe, TakeOffer, Trial, Upgrade,
    UpgradeToTrial,
};

/// What a customer does, or somebody who has to do with their money.
#[derive(Debug, Clone, Copy)]
enum Do {
    Buy(&'static str),
    Trial(&'static str),
    Upgrade(&'static str),
    UpgradeToTrial(&'static str),
    Downgrade(&'static str),
    Cancel,
    Resubscribe,
    TakeOffer,
    Fail,
    Mend,
    RefundUnauthorized,
}

/// By the day on which something is done. Terms of a week end an hour before that of the days 7,
/// 14, 21; grace is over an hour before that of the day 10. Roku is asked two hours later.
const LIVES: &[(&str, &[(i64, Do)])] = &[
    ("renewed", &[(0, Buy(WEEKLY))]),
    ("trial_paid", &[(0, Trial(WEEKLY))]),
    ("trial_paid_cancelled", &[(0, Trial(WEEKLY)), (7, Cancel)]),
    ("cancelled", &[(0, Buy(WEEKLY)), (3, Cancel)]),
    ("cancelled_when_renewed", &[(0, Buy(WEEKLY)), (7, Cancel)]),
    ("back_on_the_last_day", &[(0, Buy(WEEKLY)), (3, Cancel), (6, Resubscribe)]),
    ("offer", &[(0, Buy(WEEKLY)), (3, TakeOffer)]),
    ("paid_in_grace", &[(0, Buy(WEEKLY)), (6, Fail), (8, Mend)]),
    ("paid_on_hold", &[(0, Buy(WEEKLY)), (6, Fail), (12, Mend)]),
    (
        "paid-in-grace-then-upgraded",
        &[(0, Buy(WEEKLY)), (6, Fail), (8, Mend), (8, Upgrade(MONTHLY))],
    ),
    (
        "paid-on-hold-then-upgraded",
        &[(0, Buy(WEEKLY)), (6, Fail), (12, Mend), (12, Upgrade(MONTHLY))],
    ),
    ("trial_paid_then_upgraded", &[(0, Trial(WEEKLY)), (7, Upgrade(MONTHLY))]),
    ("renewed_then_upgraded", &[(0, Buy(WEEKLY)), (7, Upgrade(MONTHLY))]),
    ("renewed_then_upgraded_to_trial", &[(0, Buy(WEEKLY)), (7, UpgradeToTrial(WEEKLY_PREMIUM))]),
    ("renewed_then_downgraded", &[(0, Buy(WEEKLY_PREMIUM)), (7, Downgrade(WEEKLY))]),
    ("renewed_then_unauthorized", &[(0, Buy(WEEKLY)), (7, RefundUnauthorized)]),
    ("downgrade", &[(0, Buy(WEEKLY_PREMIUM)), (3, Downgrade(WEEKLY))]),
    (
        "downgrade-then-upgraded",
        &[(0, Buy(WEEKLY_PREMIUM)), (3, Downgrade(WEEKLY)), (7, Upgrade(MONTHLY))],
    ),
    ("downgrade_withdrawn", &[(0, Buy(WEEKLY_PREMIUM)), (3, Downgrade(WEEKLY)), (4, Cancel)]),
    ("upgrade", &[(0, Buy(WEEKLY)), (3, Upgrade(WEEKLY_PREMIUM))]),
    ("upgrade_to_trial", &[(0, Buy(WEEKLY)), (3, UpgradeToTrial(WEEKLY_PREMIUM))]),
    (
        "upgrade-to-trial-given-up",
        &[(0, Buy(WEEKLY)), (3, UpgradeToTrial(WEEKLY_PREMIUM)), (4, Cancel)],
    ),
    (
        "upgraded-twice-a-day",
        &[(0, Buy(WEEKLY)), (3, Upgrade(WEEKLY_PREMIUM)), (3, Upgrade(MONTHLY))],
    ),
];
const DAYS: i64 = 24;

struct Life {
    customer: &'static str,
    deeds: &'static [(i64, Do)],
    newest: String,
}

impl Life {
    fn new(customer: &'static str, deeds: &'static [(i64, Do)]) -> Self {
        Self { customer, deeds, newest: String::new() }
    }

    async fn pass(&mut self, stage: &Stage, day: i64) {
        for (_, deed) in self.deeds.iter().filter(|(on, _)| *on == day) {
            self.live(stage, *deed).await;
        }
    }

    async fn live(&mut self, stage: &Stage, deed: Do) {
        let (roku, customer, newest) = (&stage.roku, self.customer, &self.newest);
        let ordered = match deed {
            Buy(product) => roku.buy(customer, product, false).await,
            Trial(product) => roku.buy(customer, product, true).await,
            Upgrade(product) => roku.upgrade(customer, product).await,
            UpgradeToTrial(product) => roku.upgrade_to_trial(customer, product).await,
            Downgrade(product) => roku.downgrade(customer, product).await,
            Cancel => return drop(roku.cancel(newest).await.unwrap()),
            Resubscribe => return drop(roku.resubscribe(newest).await.unwrap()),
            TakeOffer => return drop(roku.accept_offer(newest).await.unwrap()),
            Fail => return roku.fail_payments(newest).unwrap(),
            Mend => return drop(roku.mend_payments(newest).await.unwrap()),
            RefundUnauthorized => {
                let last = roku.payments().into_iter().rev().find(|one| one.customer == customer);
                let refund = Refund { unauthorized: true, ..Refund::default() };
                return drop(roku.refund(&last.unwrap().transaction, &refund).await.unwrap());
            }
        };
        self.newest = stage.show(ordered).await.expect(customer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_charge_is_known_without_a_single_push() {
    let stage = Stage::begin(LIVES.iter().map(|(customer, _)| (*customer).to_owned())).await;
    let mut lives: Vec<_> =
        LIVES.iter().map(|&(customer, deeds)| Life::new(customer, deeds)).collect();
    stage.roku.break_pushes(PushFault::Lost);
    for day in 0..DAYS {
        let an_hour_after_terms_end = if day == 0 { 0 } else { 1 };
        stage.usher.later(SignedDuration::from_hours(an_hour_after_terms_end)).await;
        for life in &mut lives {
            life.pass(&stage, day).await;
        }
        stage.usher.later(SignedDuration::from_hours(2)).await;
        stage.usher.tick().await;
        stage.usher.later(SignedDuration::from_hours(22 - an_hour_after_terms_end)).await;
    }
    let expected = Books::of_roku(&stage).only(|kind| kind == CHARGE);
    assert_eq!(expected.count(CHARGE), 66);
    Books::of_transactions(&stage).await.must_be(&expected, "charges listed");
    Reported::of_the_bus(&stage).transactions.must_be(&expected, "report of the bus");
    let table = Reported::of_the_table(&stage).await;
    table.transactions.must_be(&expected, "report of the table");
}

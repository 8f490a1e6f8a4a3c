//! What holds for any history, however odd: not only for good ones that were shuffled.
//!
//! Each property is tried with a few hundred histories; `PROPTEST_CASES=100000 cargo test --release
//! -p usher properties` tries more.

use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::access::Grant;
use crate::domain::offer::{Offer, Period};
use crate::domain::publisher::Publisher;
use crate::domain::samples::{any_history, offer, publisher, push, seen};

/// A history, and the same facts as they may arrive: in another order, some of them again.
fn history_and_arrivals() -> impl Strategy<Value = (Vec<Fact>, Vec<Fact>)> {
    any_history().prop_flat_map(|history| {
        let again = proptest::sample::subsequence(history.clone(), 0..=history.len());
        let arrivals = again.prop_flat_map({
            let history = history.clone();
            move |again| Just([history.clone(), again].concat()).prop_shuffle()
        });
        (Just(history), arrivals)
    })
}

proptest! {
    #[test]
    fn order_and_repetition_do_not_matter((history, arrivals) in history_and_arrivals()) {
        prop_assert_eq!(fold(arrivals), fold(history));
    }

    #[test]
    fn hearing_facts_one_by_one_is_folding_them_together(
        (history, arrivals) in history_and_arrivals(),
    ) {
        prop_assert_eq!(hear(&arrivals), fold(history));
    }

    #[test]
    fn a_batch_that_is_newest_is_folded_into_the_stored_account(
        history in any_history(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut history = history;
        history.sort_by_key(Fact::id);
        let (early, late) = history.split_at(cut.index(history.len() + 1));
        let mut account = fold(early.iter().cloned());
        for fact in late {
            prop_assert!(account.is_newest(fact));
            account.fold_newest(fact);
        }
        prop_assert!(history.iter().all(|fact| !account.is_newest(fact)), "none is newest twice");
        prop_assert_eq!(account, fold(history));
    }

    #[test]
    fn a_fact_that_was_kept_is_read_back_the_same(history in any_history()) {
        for fact in history {
            let again = match &fact {
                Fact::Notification(push) => Fact::Notification(
                    Notification::read(&push.message_key, &push.message).unwrap(),
                ),
                Fact::Observation(seen) => Fact::Observation(
                    Observation::read_kept(&seen.answer, seen.observed_at).unwrap(),
                ),
            };
            prop_assert_eq!(again, fact);
        }
    }
}

/// Two plans of one group and one of another.
fn store() -> Publisher {
    let plan = |id: &str, group: &str| Offer {
        group: Some(group.to_owned()),
        period: Some(Period::Month),
        ..offer(id, &[])
    };
    publisher(vec![plan("S1_US", "plans"), plan("S2_US", "plans"), plan("S3_US", "sports")])
}

/// The time of the newest fact.
fn newest(history: &[Fact]) -> Timestamp {
    history.iter().map(|fact| fact.id().time).max().unwrap()
}

fn days(days: u16) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(days))
}

fn chain_of(fact: &Fact) -> Option<&PurchaseId> {
    match fact {
        Fact::Notification(push) => push.purchase.as_ref(),
        Fact::Observation(seen) => Some(&seen.purchase),
    }
}

/// The latest date that Roku told of a purchase, and whether it ever told of grace; none where it
/// told of no date at all.
fn paid_until(history: &[Fact], purchase: &PurchaseId) -> Option<(Timestamp, bool)> {
    let about = history.iter().filter(|fact| chain_of(fact) == Some(purchase));
    let told: Vec<_> = about
        .map(|fact| match fact {
            Fact::Notification(push) => {
                let grace = push.transaction_type == TransactionType::GraceInitiated;
                (push.expires_at.or(grace.then_some(push.event_at)), grace)
            }
            Fact::Observation(seen) => (seen.expires_at, seen.is_entitled && !seen.cancelled),
        })
        .collect();
    let latest = told.iter().filter_map(|(date, _)| *date).max()?;
    Some((latest, told.iter().any(|(_, grace)| *grace)))
}

proptest! {
    #[test]
    fn the_same_push_under_another_message_key_changes_no_purchase(
        history in any_history(),
        which in any::<prop::sample::Index>(),
    ) {
        let known = fold(history.clone());
        let Fact::Notification(push) = which.get(&history) else { return Ok(()) };
        let again = Notification::read("another key", &push.message).unwrap();
        let id = Fact::Notification(again.clone()).id();
        let shares_its_moment = |fact: &&Fact| fact.id().time == id.time;
        if history.iter().filter(shares_its_moment).count() > 1 {
            return Ok(()); // which of them comes last is the keys' to say
        }
        let twice = fold(history.into_iter().chain([Fact::Notification(again)]));
        prop_assert_eq!(twice.purchases, known.purchases);
    }

    #[test]
    fn nothing_is_open_past_what_was_paid_and_leeway_and_grace(
        history in any_history(),
        later in 0_u16..60,
    ) {
        let (account, store) = (fold(history.clone()), store());
        let now = newest(&history) + days(later);
        for grant in account.access(&store, now) {
            // What has no end is for things bought once; the catalog refuses it to plans.
            let Some(expires_at) = grant.expires_at else { continue };
            let (end, grace) = paid_until(&history, grant.purchase).unwrap();
            let grace = if grace { store.settings.grace() } else { SignedDuration::ZERO };
            prop_assert!(expires_at <= end, "{:?} until {}", grant, end);
            prop_assert!(now < end + store.settings.renewal_leeway() + grace, "{:?} at {}", grant, now);
        }
    }

    #[test]
    fn a_charge_opens_what_it_pays_for_whatever_came_before(
        history in any_history(),
        later in 0_u16..3,
    ) {
        let (at, end) = (newest(&history) + days(later) + SignedDuration::from_secs(1), "2030-01-01T00:00:00Z");
        let sale = push("Sale", "purchase-1", &at.to_string(), Some(end), json!({"productCode": "S1-US"}));
        let account = fold(history.into_iter().chain([sale]));
        prop_assert_eq!(purchase_of(&account, "purchase-1").state, paid_until_date(end));
        prop_assert!(is_open(&account.access(&store(), at), "purchase-1"));
    }

    #[test]
    fn an_answer_that_it_is_over_closes_it_whatever_came_before(
        history in any_history(),
        later in 0_u16..40,
    ) {
        let at = newest(&history) + SignedDuration::from_secs(1);
        let over = json!({"isEntitled": false, "cancelled": true, "purchaseStatus": "Inactive"});
        let answer = seen("purchase-1", &at.to_string(), Some("2023-01-01T00:00:00Z"), over);
        let account = fold(history.into_iter().chain([answer]));
        prop_assert!(!is_open(&account.access(&store(), at + days(later)), "purchase-1"));
    }

    #[test]
    fn a_downgrade_opens_nothing_before_its_day(
        history in any_history(),
        told in prop::collection::vec((0_i64..60, 0_i64..60, any::<bool>()), 1..4),
        later in 0_u16..30,
    ) {
        let day = |half_days: i64| super::at("2024-01-01T00:00:00Z") + SignedDuration::from_hours(12 * half_days);
        let ordered = told.iter().map(|(at, start, by_push)| {
            let (at, start) = (day(*at).to_string(), day(*start).to_string());
            if *by_push {
                return push("DowngradeSale", "lower", &at, Some(&start), json!({"productCode": "S1-US"}));
            }
            let more = json!({"productId": "S1-US", "purchaseStatus": "PendingActive", "isEntitled": true});
            seen("lower", &at, Some(&start), more)
        });
        let all: Vec<Fact> = history.into_iter().chain(ordered).collect();
        let (account, now) = (fold(all.clone()), newest(&all) + days(later));
        let State::PendingDowngrade { starts_at } = purchase_of(&account, "lower").state else {
            return Ok(()); // the plan that it follows was kept after all
        };
        let has_come = starts_at.is_some_and(|starts_at| starts_at <= now);
        prop_assert!(has_come || !is_open(&account.access(&store(), now), "lower"));
    }

    #[test]
    fn of_a_group_one_plan_that_renews_is_open_unless_roku_says_so(
        history in any_history(),
        later in 0_u16..30,
    ) {
        let (account, store) = (fold(history.clone()), store());
        let now = newest(&history) + days(later);
        let group = |grant: &Grant<'_>| store.catalog.offer_of(grant.product).unwrap().group.clone();
        let open = account.access(&store, now);
        let renewing = |grant: &&Grant<'_>| grant.standing.renews() && grant.expires_at.is_some();
        for one in open.iter().filter(renewing) {
            for other in open.iter().filter(renewing) {
                if one.purchase == other.purchase || group(one) != group(other) {
                    continue;
                }
                let [one, other] = [one, other].map(|grant| &account.purchases[grant.purchase]);
                let (older, newer) = if one.confirmed_at < other.confirmed_at { (one, other) } else { (other, one) };
                prop_assert!(older.confirmed_at >= newer.purchased_at, "{:?} beside {:?}", older, newer);
            }
        }
    }

    #[test]
    fn a_group_that_has_a_paid_term_is_open(history in any_history(), later in 0_u16..30) {
        // Whatever gives way does so to something that is open itself.
        let (account, store) = (fold(history.clone()), store());
        let now = newest(&history) + days(later);
        let paid = account.purchases.values().any(|purchase| {
            let runs = matches!(purchase.state, State::Current { ends_at: Some(end) } if end > now);
            runs && purchase.product.as_ref().is_some_and(|product| product.as_str() != "S3-US")
        });
        let is_plan = |grant: &Grant<'_>| grant.product.as_str() != "S3-US";
        prop_assert!(!paid || account.access(&store, now).iter().any(is_plan));
    }
}

fn is_open(open: &[Grant<'_>], purchase: &str) -> bool {
    open.iter()
        .any(|grant| grant.purchase.as_str() == PurchaseId::parse(purchase).unwrap().as_str())
}

fn paid_until_date(end: &str) -> State {
    State::Current { ends_at: Some(at(end)) }
}

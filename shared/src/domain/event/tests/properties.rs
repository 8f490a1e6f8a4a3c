//! What holds for the events of any history, in whatever order it is heard.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{long_after, shop};
use crate::domain::account::Account;
use crate::domain::event::history::{Chronicle, newly_true, of_history};
use crate::domain::event::{Event, What};
use crate::domain::fact::Fact;
use crate::domain::fold::fold;
use crate::domain::id::TransactionId;
use crate::domain::samples::any_history;

/// What leaves while facts come in one by one, as the store hears them.
fn heard(arrivals: &[Fact]) -> Vec<Event> {
    let shop = shop();
    let (mut known, mut account, mut left) = (Vec::new(), Account::default(), Vec::new());
    for fact in arrivals {
        let told_until = account.folded_through.as_ref().map(|newest| newest.time);
        if account.is_newest(fact) {
            let mut chronicle =
                Chronicle::going_on(&shop, fact.roku_customer(), account, told_until);
            chronicle.fold_newest(fact);
            let (folded, events) = chronicle.finish();
            account = folded;
            left.extend(events);
            known.push(fact.clone());
        } else {
            let told_until = told_until.unwrap_or_default();
            let before = of_history(&known, &shop, told_until);
            known.push(fact.clone());
            let after = of_history(&known, &shop, told_until);
            account = fold(known.iter().cloned());
            left.extend(newly_true(&before, after));
        }
    }
    left
}

fn charges(events: &[Event]) -> BTreeSet<Option<TransactionId>> {
    let charged = events.iter().filter_map(|event| match &event.what {
        What::Charged(payment) => Some(payment.transaction.clone()),
        _ => None,
    });
    charged.collect()
}

proptest! {
    #[test]
    fn an_event_has_an_id_of_its_own(history in any_history()) {
        let events = of_history(&history, &shop(), long_after(&history));
        let ids: BTreeSet<_> = events.iter().map(|event| event.id.clone()).collect();
        prop_assert_eq!(ids.len(), events.len());
    }

    #[test]
    fn heard_in_order_is_told_as_it_was(history in any_history()) {
        let mut history = history;
        history.sort_by_key(Fact::id);
        // Under one id it is one event, however often it leaves.
        let mut ids = BTreeSet::new();
        let mut told = heard(&history);
        told.retain(|event| ids.insert(event.id.clone()));
        let until = history.last().map(|fact| fact.id().time).unwrap_or_default();
        prop_assert_eq!(told, of_history(&history, &shop(), until));
    }

    #[test]
    fn every_charge_leaves_whatever_the_order(
        (history, arrivals) in any_history().prop_flat_map(|history| {
            (Just(history.clone()), Just(history).prop_shuffle())
        }),
    ) {
        let until = history.iter().map(|fact| fact.id().time).max().unwrap_or_default();
        let all = of_history(&history, &shop(), until);
        prop_assert!(charges(&heard(&arrivals)).is_superset(&charges(&all)));
    }

    #[test]
    fn what_was_heard_is_kept_and_read_back(history in any_history()) {
        let events = of_history(&history, &shop(), long_after(&history));
        let text = serde_json::to_string(&events).unwrap();
        prop_assert_eq!(serde_json::from_str::<Vec<Event>>(&text).unwrap(), events);
    }
}

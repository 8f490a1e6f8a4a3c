use serde_json::json;

use super::*;
use crate::domain::fact::Fact;
use crate::domain::fold::fold;
use crate::domain::samples::{
    NEW_PURCHASE, PURCHASE, at, offer, offer_sold_as, publisher, push, seen,
};

const SOLD: &str = "2024-01-01T00:00:00Z";
const TERM_END: &str = "2024-02-01T00:00:00Z";
const NEXT_TERM_END: &str = "2024-03-01T00:00:00Z";
const DURING_TERM: &str = "2024-01-15T12:00:00Z";

/// Two plans, one of them in two countries, and an event that a tag opens.
fn store() -> Publisher {
    publisher(vec![
        offer("S1_US", &["movies"]),
        offer("S1_DE", &["movies"]),
        offer("S2_US", &["movies", "sports"]),
        offer("E1_US", &["sports"]),
    ])
}

fn sale_of(product: &str, purchase: &str, end: Option<&str>) -> Fact {
    push("Sale", purchase, SOLD, end, json!({"productCode": product}))
}

fn sale() -> Fact {
    sale_of("S1-US", PURCHASE, Some(TERM_END))
}

fn may_watch(facts: &[Fact], wanted: &str, now: &str) -> Option<OfferAccess> {
    may_watch_at(&store(), facts, wanted, now)
}

fn may_watch_at(from: &Publisher, facts: &[Fact], wanted: &str, now: &str) -> Option<OfferAccess> {
    let accounts = [fold(facts.iter().cloned())];
    Entitlements::of(&accounts, from, at(now)).offer(&OfferId::parse(wanted).unwrap())
}

fn granted(grounds: Grounds, until: &str) -> Option<OfferAccess> {
    Some(OfferAccess::Granted { grounds, expires_at: Some(at(until)) })
}

fn bought(until: &str) -> Option<OfferAccess> {
    granted(Grounds::Purchase, until)
}

/// Believed until Roku is asked.
fn late(until: &str) -> Option<OfferAccess> {
    granted(Grounds::RenewalLeeway, until)
}

const DENIED: Option<OfferAccess> = Some(OfferAccess::Denied);

#[test]
fn an_offer_is_asked_for_with_and_without_its_country() {
    for (wanted, then) in [
        ("S1_US", bought(TERM_END)),
        ("S1", bought(TERM_END)),
        ("S1_DE", DENIED),
        ("S2_US", DENIED),
        // None of the catalog's offers.
        ("S1_FR", None),
        ("S9_US", None),
        ("s1_us", None),
    ] {
        assert_eq!(may_watch(&[sale()], wanted, DURING_TERM), then, "{wanted}");
    }
}

#[test]
fn a_tag_opens_events_and_never_subscriptions() {
    let both_tags = sale_of("S2-US", PURCHASE, Some(TERM_END));
    let by_tag = granted(Grounds::Tag, TERM_END);
    for (held, wanted, then) in [
        (&both_tags, "E1_US", by_tag),
        (&both_tags, "E1", by_tag),
        (&both_tags, "S2_US", bought(TERM_END)),
        (&both_tags, "S1_US", DENIED),
        (&sale(), "E1_US", DENIED),
        (&sale_of("E1-US", PURCHASE, Some(TERM_END)), "E1_US", bought(TERM_END)),
        (&sale_of("E1-US", PURCHASE, Some(TERM_END)), "S2_US", DENIED),
    ] {
        let held = std::slice::from_ref(held);
        assert_eq!(may_watch(held, wanted, DURING_TERM), then, "{wanted} {held:?}");
    }
}

#[test]
fn every_open_tag_is_listed_once_in_alphabetical_order() {
    let facts = [sale(), sale_of("S2-US", NEW_PURCHASE, Some(TERM_END))];
    let (accounts, store) = ([fold(facts)], store());
    let tags_at = |now: &str| {
        let tags = Entitlements::of(&accounts, &store, at(now)).tags();
        tags.into_iter().cloned().map(String::from).collect::<Vec<_>>()
    };
    assert_eq!(tags_at(DURING_TERM), ["movies", "sports"]);
    assert!(tags_at(NEXT_TERM_END).is_empty());
}

#[test]
fn a_late_renewal_keeps_access_for_the_publishers_leeway() {
    for (leeway_hours, now, then) in [
        (6, "2024-01-31T23:59:59Z", bought(TERM_END)),
        (6, "2024-02-01T05:59:59Z", late(TERM_END)),
        (6, "2024-02-01T06:00:00Z", DENIED),
        (0, "2024-01-31T23:59:59Z", bought(TERM_END)),
        (0, "2024-02-01T00:00:00Z", DENIED),
        (48, "2024-02-02T23:59:59Z", late(TERM_END)),
        (48, "2024-02-03T00:00:00Z", DENIED),
    ] {
        let mut store = store();
        assert_eq!(store.settings.renewal_leeway_hours, 6, "the default");
        store.settings.renewal_leeway_hours = leeway_hours;
        let access = may_watch_at(&store, &[sale()], "S1_US", now);
        assert_eq!(access, then, "{now} with {leeway_hours} h");
    }
}

#[test]
fn a_cancelled_purchase_ends_to_the_second() {
    let more = json!({"productCode": "S1-US"});
    let facts = [sale(), push("Cancellation", PURCHASE, DURING_TERM, Some(TERM_END), more)];
    for (now, then) in [
        (DURING_TERM, bought(TERM_END)),
        ("2024-01-31T23:59:59Z", bought(TERM_END)),
        ("2024-02-01T00:00:00Z", DENIED),
    ] {
        assert_eq!(may_watch(&facts, "S1_US", now), then, "{now}");
    }
}

#[test]
fn a_pending_downgrade_is_in_force_from_its_day_on() {
    let lower = json!({"productCode": "S1-US"});
    let higher = json!({"productCode": "S2-US"});
    let facts = [
        sale_of("S2-US", PURCHASE, Some(TERM_END)),
        push("DowngradeSale", NEW_PURCHASE, DURING_TERM, Some(TERM_END), lower),
        push("DowngradeCancellation", PURCHASE, DURING_TERM, Some(TERM_END), higher),
    ];
    for (now, old, new) in [
        (DURING_TERM, bought(TERM_END), DENIED),
        ("2024-01-31T23:59:59Z", bought(TERM_END), DENIED),
        ("2024-02-01T00:00:00Z", DENIED, late(TERM_END)),
        // Its first charge is a renewal that may be late.
        ("2024-02-01T05:59:59Z", DENIED, late(TERM_END)),
        ("2024-02-01T06:00:00Z", DENIED, DENIED),
    ] {
        assert_eq!(may_watch(&facts, "S2_US", now), old, "old plan {now}");
        assert_eq!(may_watch(&facts, "S1_US", now), new, "new plan {now}");
    }
}

#[test]
fn grace_keeps_access_for_no_longer_than_roku_allows() {
    let unpaid =
        seen(PURCHASE, "2024-02-01T00:01:00Z", Some(TERM_END), json!({"productId": "S1-US"}));
    for (now, then) in
        [("2024-02-17T05:59:59Z", bought(TERM_END)), ("2024-02-17T06:00:00Z", DENIED)]
    {
        assert_eq!(may_watch(&[sale(), unpaid.clone()], "S1_US", now), then, "{now}");
    }
}

#[test]
fn what_is_on_hold_replaced_or_ended_gives_nothing() {
    let more = json!({"productId": "S1-US", "productCode": "S1-US", "isEntitled": false});
    let mut ended = more.clone();
    ended["cancelled"] = true.into();
    for last in [
        seen(PURCHASE, DURING_TERM, Some(TERM_END), more.clone()),
        seen(PURCHASE, DURING_TERM, Some(TERM_END), ended),
        push("UpgradeCancellation", PURCHASE, DURING_TERM, Some(TERM_END), more),
    ] {
        let account = fold([sale(), last]);
        let state = account.purchases.values().next().map(|purchase| purchase.state);
        let grants = account.access(&store(), at(DURING_TERM)).len();
        assert_eq!(grants, 0, "{state:?}");
    }
}

#[test]
fn mapping_a_product_heals_what_was_sold_before() {
    let sold = [sale_of("gold_monthly", PURCHASE, Some(TERM_END))];
    let unmapped = publisher(vec![offer("S1_US", &[])]);
    let mapped = publisher(vec![offer_sold_as("S1_US", "gold_monthly")]);
    assert_eq!(may_watch_at(&unmapped, &sold, "S1_US", DURING_TERM), DENIED);
    assert_eq!(may_watch_at(&mapped, &sold, "S1_US", DURING_TERM), bought(TERM_END));
}

#[test]
fn a_purchase_whose_product_roku_has_not_named_gives_nothing_yet() {
    let nameless = push("Sale", PURCHASE, SOLD, Some(TERM_END), json!({"productCode": null}));
    assert_eq!(may_watch(std::slice::from_ref(&nameless), "S1", DURING_TERM), DENIED);
    let named = seen(PURCHASE, DURING_TERM, Some(TERM_END), json!({"productId": "S1-US"}));
    assert_eq!(may_watch(&[nameless, named], "S1", DURING_TERM), bought(TERM_END));
}

#[test]
fn a_plan_whose_end_roku_did_not_tell_gives_nothing() {
    let endless = [fold([sale_of("S1-US", PURCHASE, None)])];
    let of_period = |period| {
        let mut store = store();
        let offers = store.catalog.offers().iter().cloned();
        let offers = offers.map(|offer| crate::domain::offer::Offer { period, ..offer });
        store.catalog = Catalog::new(offers.collect()).unwrap();
        endless[0].access(&store, at(DURING_TERM)).len()
    };
    assert_eq!(of_period(Some(crate::domain::offer::Period::Month)), 0);
    assert_eq!(of_period(None), 1, "bought once");
}

#[test]
fn the_latest_end_wins_and_no_end_is_later_than_any() {
    let short = || sale_of("S1-US", PURCHASE, Some(TERM_END));
    let long = || sale_of("S1-DE", NEW_PURCHASE, Some(NEXT_TERM_END));
    let endless = || sale_of("S1-US", "bought-once", None);
    let forever = Some(OfferAccess::Granted { grounds: Grounds::Purchase, expires_at: None });
    for (held, then) in [
        (vec![short(), long()], bought(NEXT_TERM_END)),
        (vec![short()], bought(TERM_END)),
        (vec![short(), endless()], forever),
        (vec![endless(), long(), short()], forever),
    ] {
        assert_eq!(may_watch(&held, "S1", DURING_TERM), then, "{held:?}");
    }
}

#[test]
fn the_accounts_of_one_customer_add_up() {
    let one = fold([sale()]);
    let other = fold([sale_of("S1-US", NEW_PURCHASE, Some(NEXT_TERM_END))]);
    let (accounts, store) = ([one, other, Account::default()], store());
    let open = Entitlements::of(&accounts, &store, at(DURING_TERM));
    assert_eq!(open.offer(&OfferId::parse("S1_US").unwrap()), bought(NEXT_TERM_END));
}

#[test]
fn a_customer_without_purchases_is_denied_what_exists() {
    let store = store();
    let open = Entitlements::of(&[], &store, at(DURING_TERM));
    assert_eq!(open.offer(&OfferId::parse("S1_US").unwrap()), DENIED);
    assert!(open.tags().is_empty());
}

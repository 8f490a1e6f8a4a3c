use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::fact::Fact;
use crate::domain::fold::fold;
use crate::domain::id::PublisherId;
use crate::domain::offer::Period;
use crate::domain::samples::{
    NEW_PURCHASE, PURCHASE, any_history, at, offer, publisher, push, seen,
};

const SOLD: &str = "2024-01-01T00:00:00Z";
const ORDERED: &str = "2024-01-15T00:00:00Z";
const ORDERED_TOO: &str = "2024-01-15T00:00:01Z";
const TERM_END: &str = "2024-02-01T00:00:00Z";
const NEXT_TERM_END: &str = "2024-03-01T00:00:00Z";
const DURING_TERM: &str = "2024-01-20T00:00:00Z";
const LONG_AFTER: &str = "2024-06-01T00:00:00Z";

fn plan(id: &str, cents: i64, group: &str) -> Offer {
    Offer {
        price: Decimal::new(cents, 2),
        period: Some(Period::Month),
        group: Some(group.to_owned()),
        ..offer(id, &[])
    }
}

/// Two plans of one group, one of another, and a video.
fn store() -> Publisher {
    publisher(vec![
        plan("S1_US", 799, "plans"),
        plan("S2_US", 1199, "plans"),
        plan("S3_US", 499, "sports"),
        offer("A4_US", &[]),
    ])
}

fn told(kind: &str, purchase: &str, product: &str, moments: (&str, Option<&str>)) -> Fact {
    push(kind, purchase, moments.0, moments.1, json!({"productCode": product}))
}

fn sale(product: &str) -> Fact {
    told("Sale", PURCHASE, product, (SOLD, Some(TERM_END)))
}

fn trial() -> Fact {
    let more = json!({"productCode": "S1-US", "isFreeTrial": true});
    push("Sale", PURCHASE, SOLD, Some(TERM_END), more)
}

/// The higher plan is left for the lower one, which starts when the term ends.
fn downgrade() -> Vec<Fact> {
    vec![
        sale("S2-US"),
        told("DowngradeSale", NEW_PURCHASE, "S1-US", (ORDERED, Some(TERM_END))),
        told("DowngradeCancellation", PURCHASE, "S2-US", (ORDERED_TOO, Some(TERM_END))),
    ]
}

fn upgrade(more: Value) -> Vec<Fact> {
    let mut fields = json!({"productCode": "S2-US", "total": 4.00, "currency": "usd"});
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    vec![
        sale("S1-US"),
        push("UpgradeSale", NEW_PURCHASE, ORDERED, Some(NEXT_TERM_END), fields),
        told("UpgradeCancellation", PURCHASE, "S1-US", (ORDERED_TOO, Some(TERM_END))),
    ]
}

fn word(one: &Subscription<'_>) -> &'static str {
    match one.status {
        Status::Active if one.in_trial => "active_trial",
        Status::Active => "active",
        Status::Cancelled => "cancelled",
        Status::Expired => "expired",
        Status::Terminated => "terminated",
    }
}

/// Each as `offer status (our word, 3.1's) expires; pays what when`.
fn shown(facts: Vec<Fact>, now: &str) -> Vec<String> {
    let (accounts, store) = ([fold(facts)], store());
    let listed = subscriptions(&accounts, &store, at(now));
    let show = |one: &Subscription<'_>| {
        let words = (word(one), one.status.of_subscription());
        let until = one.expires_at.map_or("for ever".to_owned(), |end| end.to_string());
        let pays = one.next_payment.as_ref().map_or("nothing".to_owned(), |next| {
            format!("{} {} at {}", next.price, next.currency, next.at)
        });
        format!("{} {} {} until {until}; pays {pays}", one.offer.id, words.0, words.1)
    };
    listed.iter().map(show).collect()
}

#[test]
fn each_standing_in_cleengs_words() {
    let cancelled =
        || vec![sale("S1-US"), told("Cancellation", PURCHASE, "S1-US", (ORDERED, Some(TERM_END)))];
    let refunded = seen(
        PURCHASE,
        ORDERED,
        Some(TERM_END),
        json!({"productId": "S1-US", "isEntitled": false, "cancelled": true}),
    );
    let grace = told("GraceInitiated", PURCHASE, "S1-US", ("2024-02-01T00:00:09Z", Some(TERM_END)));
    let on_hold =
        told("OnHoldInitiated", PURCHASE, "S1-US", ("2024-02-10T00:00:00Z", Some(TERM_END)));
    let due = "pays 7.99 USD at 2024-02-01T00:00:00Z";
    for (what, facts, now, then) in [
        (
            "paid",
            vec![sale("S1-US")],
            DURING_TERM,
            format!("active active until {TERM_END}; {due}"),
        ),
        (
            "late",
            vec![sale("S1-US")],
            "2024-02-01T05:00:00Z",
            format!("active active until {TERM_END}; {due}"),
        ),
        (
            "not renewed",
            vec![sale("S1-US")],
            LONG_AFTER,
            format!("expired terminated until {TERM_END}; pays nothing"),
        ),
        (
            "trial",
            vec![trial()],
            DURING_TERM,
            format!("active_trial active until {TERM_END}; {due}"),
        ),
        (
            "trial, late",
            vec![trial()],
            "2024-02-01T05:00:00Z",
            format!("active active until {TERM_END}; {due}"),
        ),
        (
            "cancelled",
            cancelled(),
            DURING_TERM,
            format!("cancelled stopped until {TERM_END}; pays nothing"),
        ),
        (
            "ran out",
            cancelled(),
            LONG_AFTER,
            format!("expired terminated until {TERM_END}; pays nothing"),
        ),
        (
            "grace",
            vec![sale("S1-US"), grace],
            "2024-02-05T00:00:00Z",
            format!("active active until {TERM_END}; {due}"),
        ),
        (
            "on hold",
            vec![sale("S1-US"), on_hold],
            "2024-02-11T00:00:00Z",
            format!("expired terminated until {TERM_END}; pays nothing"),
        ),
        (
            "refunded",
            vec![sale("S1-US"), refunded],
            DURING_TERM,
            format!("terminated terminated until {ORDERED}; pays nothing"),
        ),
    ] {
        assert_eq!(shown(facts, now), [format!("S1_US {then}")], "{what}");
    }
}

#[test]
fn what_is_bought_once_is_active_for_ever() {
    let bought = vec![told("Sale", PURCHASE, "A4-US", (SOLD, None))];
    assert_eq!(shown(bought, LONG_AFTER), ["A4_US active active until for ever; pays nothing"]);
}

#[test]
fn a_plan_whose_end_roku_did_not_tell_is_over() {
    let endless = vec![told("Sale", PURCHASE, "S1-US", (SOLD, None))];
    let over = format!("S1_US expired terminated until {SOLD}; pays nothing");
    assert_eq!(shown(endless, DURING_TERM), [over]);
}

#[test]
fn a_chargeback_terminates_where_the_publisher_says_so() {
    let dispute = told("Chargeback", PURCHASE, "S1-US", (ORDERED, None));
    let (accounts, mut store) = ([fold([sale("S1-US"), dispute])], store());
    for (revokes, status, until) in
        [(false, Status::Active, TERM_END), (true, Status::Terminated, ORDERED)]
    {
        store.settings.revoke_on_chargeback = revokes;
        let listed = subscriptions(&accounts, &store, at(DURING_TERM));
        assert_eq!((listed[0].status, listed[0].expires_at), (status, Some(at(until))));
    }
}

#[test]
fn a_downgrade_is_the_pending_switch_of_the_plan_it_follows() {
    let before = format!("S2_US active active until {TERM_END}; pays 7.99 USD at {TERM_END}");
    assert_eq!(shown(downgrade(), DURING_TERM), [before]);

    let (accounts, store) = ([fold(downgrade())], store());
    let listed = subscriptions(&accounts, &store, at(DURING_TERM));
    let switch = listed[0].pending_switch.as_ref().unwrap();
    assert_eq!(switch.purchase.as_str(), NEW_PURCHASE);
    assert_eq!((switch.to.id.as_str(), switch.starts_at), ("S1_US", at(TERM_END)));
    assert_eq!(switch.ordered_at, at(ORDERED));
    assert_eq!(listed[0].replaced_by, None);
}

#[test]
fn from_its_day_on_a_downgrade_is_listed_itself() {
    let day = [
        format!("S1_US active active until {TERM_END}; pays 7.99 USD at {TERM_END}"),
        format!("S2_US expired terminated until {TERM_END}; pays nothing"),
    ];
    assert_eq!(shown(downgrade(), TERM_END), day);
    assert_eq!(shown(downgrade(), LONG_AFTER), day[1..], "it was never heard to begin");

    let charge = json!({"productCode": "S1-US", "transactionId": "charge", "total": 7.99});
    let charge = push("Sale", NEW_PURCHASE, "2024-02-01T00:01:00Z", Some(NEXT_TERM_END), charge);
    let (accounts, store) = ([fold([downgrade(), vec![charge]].concat())], store());
    let listed = subscriptions(&accounts, &store, at("2024-02-10T00:00:00Z"));
    let [new, old] = &listed[..] else { panic!("{listed:?}") };
    assert_eq!((new.status, old.status), (Status::Active, Status::Expired));
    assert_eq!(new.last_transaction, "charge");
    assert_eq!(old.replaced_by.as_ref().map(|next| next.id), Some(new.id));
    assert_eq!(new.originated_from.as_ref().map(|before| before.id), Some(old.id));
}

#[test]
fn a_downgrade_that_was_withdrawn_was_nobodys() {
    let back = told("Resubscribe", PURCHASE, "S2-US", ("2024-01-16T00:00:00Z", None));
    let facts = [downgrade(), vec![back]].concat();
    let then = format!("S2_US active active until {TERM_END}; pays 11.99 USD at {TERM_END}");
    assert_eq!(shown(facts, DURING_TERM), [then]);
}

#[test]
fn a_downgrade_to_a_product_of_no_offer_is_not_shown() {
    let mut facts = downgrade();
    facts[1] = told("DowngradeSale", NEW_PURCHASE, "unmapped", (ORDERED, Some(TERM_END)));
    let then = format!("S2_US cancelled stopped until {TERM_END}; pays nothing");
    assert_eq!(shown(facts, DURING_TERM), [then]);
}

#[test]
fn an_upgrade_terminates_the_plan_it_replaces() {
    let then = [
        format!("S2_US active active until {NEXT_TERM_END}; pays 11.99 USD at {NEXT_TERM_END}"),
        format!("S1_US terminated terminated until {ORDERED_TOO}; pays nothing"),
    ];
    assert_eq!(shown(upgrade(json!({})), DURING_TERM), then);
}

#[test]
fn a_plan_under_an_upgrade_trial_is_terminated_until_the_trial_is_given_up() {
    let on_trial = || upgrade(json!({"isFreeTrial": true, "total": 0}));
    let then = [
        format!(
            "S2_US active_trial active until {NEXT_TERM_END}; pays 11.99 USD at {NEXT_TERM_END}"
        ),
        format!("S1_US terminated terminated until {ORDERED}; pays nothing"),
    ];
    assert_eq!(shown(on_trial(), DURING_TERM), then);

    let over = json!({"productId": "S2-US", "isEntitled": false, "cancelled": true});
    let given_up = seen(NEW_PURCHASE, "2024-01-18T00:00:00Z", Some(NEXT_TERM_END), over);
    let (accounts, store) = ([fold([on_trial(), vec![given_up]].concat())], store());
    let listed = subscriptions(&accounts, &store, at(DURING_TERM));
    let statuses: Vec<_> = listed.iter().map(|one| (one.offer.id.as_str(), one.status)).collect();
    assert_eq!(statuses, [("S2_US", Status::Terminated), ("S1_US", Status::Cancelled)]);
    assert_eq!(listed[1].replaced_by, None, "it was not replaced after all");
}

#[test]
fn what_no_offer_maps_to_is_not_listed() {
    let nameless = push("Sale", PURCHASE, SOLD, Some(TERM_END), json!({"productCode": null}));
    assert!(shown(vec![nameless], DURING_TERM).is_empty());
    assert!(shown(vec![sale("unmapped")], DURING_TERM).is_empty());
}

#[test]
fn the_newest_of_all_accounts_comes_first() {
    let sold = |purchase, day| told("Sale", purchase, "S1-US", (day, Some(TERM_END)));
    let accounts = [
        fold([sold("b", "2024-01-02T00:00:00Z"), sold("d", "2024-01-01T00:00:00Z")]),
        fold([sold("c", "2024-01-03T00:00:00Z"), sold("a", "2024-01-02T00:00:00Z")]),
    ];
    let store = store();
    let listed = subscriptions(&accounts, &store, at(DURING_TERM));
    let order: Vec<_> = listed.iter().map(|one| one.purchase.as_str()).collect();
    assert_eq!(order, ["c", "a", "b", "d"]);
}

#[test]
fn the_first_payment_is_named_as_roku_spelt_it() {
    let spelled = "0EA63A4B-7236-11ef-93cb-0a58a9feae68";
    let facts = vec![told("Sale", spelled, "S1-US", (SOLD, Some(TERM_END)))];
    let (accounts, store) = ([fold(facts)], store());
    let listed = subscriptions(&accounts, &store, at(DURING_TERM));
    assert_eq!((listed[0].external_id, listed[0].last_transaction), (spelled, spelled));
}

#[test]
fn ids_do_not_change_and_have_cleengs_form() {
    let [publisher, other] = ["123456789", "987654321"].map(|id| PublisherId::parse(id).unwrap());
    let purchase = PurchaseId::parse(PURCHASE).unwrap();
    assert_eq!(SubscriptionId::of(&publisher, &purchase).get(), 1_169_651_620);
    assert_ne!(SubscriptionId::of(&publisher, &purchase), SubscriptionId::of(&other, &purchase));
    assert_eq!(
        SwitchId::of(&publisher, &purchase).as_str(),
        "6acd3cbe-2b68-86a7-87fe-13b49a9d6309"
    );
}

proptest! {
    #[test]
    fn it_agrees_with_access(history in any_history(), later in 0_u16..60) {
        let (accounts, store) = ([fold(history.clone())], store());
        let newest = history.iter().map(|fact| fact.id().time).max().unwrap();
        let now = newest + SignedDuration::from_hours(12 * i64::from(later));
        let listed = subscriptions(&accounts, &store, now);
        let open = accounts[0].access(&store, now);

        for one in &listed {
            let grant = open.iter().find(|grant| grant.purchase == one.purchase);
            prop_assert_eq!(one.status.is_open(), grant.is_some(), "{:?}", one);
            match grant {
                Some(grant) => prop_assert_eq!(one.expires_at, grant.expires_at),
                None => {
                    let is_past = one.expires_at.is_some_and(|end| end <= now);
                    prop_assert!(is_past, "{:?} at {}", one, now);
                }
            }
            let goes_on = one.next_payment.is_some() || one.pending_switch.is_some();
            prop_assert!(grant.is_some() || !goes_on, "{:?}", one);
            prop_assert!(one.status == Status::Active || one.next_payment.is_none(), "{:?}", one);
            if let Some(switch) = &one.pending_switch {
                prop_assert!(listed.iter().all(|other| other.purchase != switch.purchase));
            }
        }
        let listed_open = listed.iter().filter(|one| one.status.is_open()).count();
        let mapped = open.iter().filter(|grant| store.catalog.offer_of(grant.product).is_some());
        prop_assert_eq!(listed_open, mapped.count(), "whatever is open is listed");
    }

    #[test]
    fn subscription_ids_are_within_cleengs_range(purchase in "[a-z0-9]{1,40}") {
        let purchase = PurchaseId::parse(&purchase).unwrap();
        let id = SubscriptionId::of(&store().id, &purchase).get();
        prop_assert!((100_000_000..=1_999_999_999).contains(&id), "{}", id);
    }
}

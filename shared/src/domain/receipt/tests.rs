use serde_json::{Value, json};

use super::*;
use crate::domain::samples::{PURCHASE, at, observation, offer, offer_sold_as, publisher};

const NOW: &str = "2024-01-15T12:00:00Z";
const TERM_END: &str = "2024-02-01T00:00:00Z";

fn customer(id: &str) -> CustomerId {
    CustomerId::parse(id).unwrap()
}

fn receipt_for(offer: &str) -> Receipt {
    Receipt {
        customer: customer("111111111"),
        transaction: TransactionId::parse(PURCHASE).unwrap(),
        purchase_id: PURCHASE.to_owned(),
        offer: OfferId::parse(offer).unwrap(),
        order: json!({"purchaseId": PURCHASE}).to_string(),
        received_at: at(NOW),
    }
}

fn sold(product: &str, more: Value) -> Observation {
    let mut answer = more;
    answer["productId"] = product.into();
    observation(PURCHASE, NOW, Some(TERM_END), answer)
}

fn catalog() -> Catalog {
    let offers = vec![offer("S1_US", &[]), offer("S1_DE", &[]), offer_sold_as("S2_US", "gold")];
    publisher(offers).catalog
}

/// What becomes of a receipt for `offer` when Roku says that it sold `product`.
fn confirm(offer: &str, product: &str, more: Value) -> Result<(), Rejection> {
    let confirmed =
        ConfirmedReceipt::confirm(&receipt_for(offer), &sold(product, more), &catalog());
    confirmed.map(|_| ())
}

#[test]
fn a_receipt_is_confirmed_by_the_product_that_roku_sold() {
    let confirmed = Ok(());
    let other = Err(Rejection::ProductOfAnotherOffer);
    for (offer, product, then) in [
        ("S1_US", "S1-US", &confirmed),
        ("S1", "S1-US", &confirmed),
        ("S1", "S1-DE", &confirmed),
        ("S1_US", "S1-DE", &other),
        ("S1_US", "s1-us", &other),
        // The catalog names Roku's product: the rule no longer counts.
        ("S2_US", "gold", &confirmed),
        ("S2", "gold", &confirmed),
        ("S2_US", "S2-US", &other),
        // A cheap ticket opens no expensive door.
        ("S2_US", "S1-US", &other),
        ("S1_US", "gold", &other),
        ("S1_US", "S9-US", &other),
    ] {
        assert_eq!(&confirm(offer, product, json!({})), then, "{offer} with {product}");
    }
}

#[test]
fn an_offer_that_the_catalog_does_not_know_yet_is_compared_by_the_rule() {
    for (offer, product, is_confirmed) in [
        ("S9_US", "S9-US", true),
        ("S9_US", "S9-DE", false),
        ("S9_US", "S9_US", false),
        // Sold, but as another offer.
        ("S9_US", "S1-US", false),
        ("gold", "gold", false),
    ] {
        let confirmed = confirm(offer, product, json!({}));
        assert_eq!(confirmed.is_ok(), is_confirmed, "{offer} with {product}: {confirmed:?}");
    }
}

#[test]
fn a_receipt_that_names_no_offer_is_for_what_roku_sold() {
    for (product, then) in
        [("S1-US", Ok("S1_US")), ("gold", Ok("S2_US")), ("S2-US", Err(Rejection::ProductOfNoOffer))]
    {
        let sold = offer_sold(&sold(product, json!({})), &catalog());
        assert_eq!(sold.as_ref().map(OfferId::as_str).map_err(|why| *why), then, "{product}");
    }
}

#[test]
fn only_what_entitles_or_will_is_confirmed() {
    for (more, is_confirmed) in [
        (json!({"isEntitled": true}), true),
        (json!({"isEntitled": true, "cancelled": true}), true),
        (json!({"isEntitled": true, "purchaseStatus": "PendingInactive"}), true),
        (json!({"isEntitled": true, "purchaseStatus": "Pending_Active"}), true),
        (json!({"isEntitled": false, "purchaseStatus": "PendingActive"}), true),
        (json!({"isEntitled": false, "purchaseStatus": "Active"}), false),
        (json!({"isEntitled": false, "purchaseStatus": "Inactive"}), false),
    ] {
        let confirmed = confirm("S1_US", "S1-US", more.clone());
        let rejection = (!is_confirmed).then_some(Rejection::NotEntitled);
        assert_eq!(confirmed.err(), rejection, "{more}");
    }
}

#[test]
fn a_wrong_product_is_named_before_a_missing_entitlement() {
    let confirmed = confirm("S2_US", "S1-US", json!({"isEntitled": false}));
    assert_eq!(confirmed, Err(Rejection::ProductOfAnotherOffer));
}

#[test]
fn a_thing_bought_once_is_confirmed_although_roku_never_calls_it_entitled() {
    let answer = json!({"productId": "S1-US", "isEntitled": false, "expirationDate": null});
    let seen = observation(PURCHASE, NOW, None, answer);
    let confirmed = ConfirmedReceipt::confirm(&receipt_for("S1_US"), &seen, &catalog());
    assert_eq!(confirmed.err(), None);
}

#[test]
fn a_claim_follows_the_publishers_transfer_policy() {
    let confirmed =
        ConfirmedReceipt::confirm(&receipt_for("S1_US"), &sold("S1-US", json!({})), &catalog());
    let confirmed = confirmed.unwrap();
    let (claimant, other) = (customer("111111111"), customer("222222222"));
    let kept = Err(Rejection::HeldByAnotherCustomer);
    for (held_by, policy, then) in [
        (None, TransferPolicy::Transfer, Ok(&claimant)),
        (None, TransferPolicy::Keep, Ok(&claimant)),
        (Some(&claimant), TransferPolicy::Transfer, Ok(&claimant)),
        (Some(&claimant), TransferPolicy::Keep, Ok(&claimant)),
        (Some(&other), TransferPolicy::Transfer, Ok(&claimant)),
        (Some(&other), TransferPolicy::Keep, kept),
    ] {
        assert_eq!(confirmed.claim(held_by, policy), then, "{held_by:?} {policy:?}");
    }
    assert_eq!(TransferPolicy::default(), TransferPolicy::Transfer, "as Cleeng does");
}

#[test]
fn a_rejection_is_kept_under_the_code_that_callers_are_told() {
    for (rejection, code) in [
        (Rejection::UnknownToRoku, "unknown_to_roku"),
        (Rejection::ProductOfAnotherOffer, "product_of_another_offer"),
        (Rejection::ProductOfNoOffer, "product_of_no_offer"),
        (Rejection::NotEntitled, "not_entitled"),
        (Rejection::HeldByAnotherCustomer, "held_by_another_customer"),
    ] {
        assert_eq!(rejection.code(), code);
        let kept = serde_json::to_value(Outcome::Rejected(rejection)).unwrap();
        assert_eq!(kept, json!({"rejected": code}));
        assert_eq!(serde_json::from_value::<Outcome>(kept).unwrap(), Outcome::Rejected(rejection));
    }
}

//! The fields of Roku's sample payloads, read off its page on push notifications
//! (`roku-pay.md` §2.1, §2.3).

use std::collections::BTreeSet;

use serde_json::Value;

const EVERY: &str = "customerId transactionType transactionId channelId productCode eventDate \
    responseKey isFreeTrial";
/// Grace, hold, cancellations, retention offers: what tells of a term and moves no money.
const TERM: &str = "productName originalTransactionId originalPurchaseDate expirationDate comments";
/// The first sale of a chain that charges nothing yet: a downgrade, an upgrade to a trial.
const ORDER: &str = "productName channelName originalTransactionId expirationDate comments \
    currency purchaseChannel purchaseContext";
const AMOUNTS: &str = "price total tax";
const CHARGEBACK: &str = "currency partnerReferenceId originalTransactionId originalPurchaseDate";

/// The fields of the sample of a type; of the renewal's where `Sale` has two.
pub(crate) fn fields(kind: &str) -> BTreeSet<String> {
    let parts: &[&str] = match kind {
        "new Sale" | "paid UpgradeSale" => &[ORDER, AMOUNTS],
        "Sale" => &[ORDER, AMOUNTS, "originalPurchaseDate"],
        "UpgradeSale" | "DowngradeSale" => &[ORDER],
        "Refund" => &[CHARGEBACK, AMOUNTS, "productName comments"],
        "Resubscribe" => {
            &[AMOUNTS, "productName originalTransactionId originalPurchaseDate currency comments"]
        }
        "Credit" => &["productName channelName price total currency partnerReferenceId comments"],
        "Chargeback" => &[CHARGEBACK, AMOUNTS, "productName"],
        "ChargebackReversed" | "SecondChargeback" => &[CHARGEBACK, AMOUNTS],
        _ => &[TERM],
    };
    let names = parts.iter().chain([&EVERY]).flat_map(|part| part.split_whitespace());
    names.map(str::to_owned).collect()
}

/// The fields of a push.
pub(crate) fn fields_of(push: &Value) -> BTreeSet<String> {
    push.as_object().unwrap().keys().cloned().collect()
}

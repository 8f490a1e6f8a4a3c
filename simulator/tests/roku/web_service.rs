//! What validate-transaction answers when nothing is wrong, and when something is.

use serde_json::{Value, json};

use crate::stage::{Stage, account};

/// The members of Roku's sample answers (`roku-pay.md` §3).
const MEMBERS: &str = "OriginalTransactionId amount cancelled cancelledTransactionIds channelId \
    channelName couponCode creditsApplied currency errorCode errorDetails errorMessage \
    expirationDate isEntitled originalPurchaseDate partnerReferenceId productId productName \
    purchaseChannel purchaseContext purchaseDate purchaseStatus purchaseType quantity \
    rokuCustomerId status tax total transactionId";

#[tokio::test]
async fn a_known_transaction_is_described_as_in_rokus_samples() {
    let (stage, basic) = Stage::bought("basic").await;
    let text = stage.validate_as_text(&basic).await;
    assert!(text.contains(r#""expirationDate":"\/Date(1660247418000+0000)\/""#), "{text}");
    let answer: Value = serde_json::from_str(&text).unwrap();
    let mut members: Vec<_> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, MEMBERS.split_whitespace().collect::<Vec<_>>());
    assert_eq!((&answer["status"], &answer["isEntitled"]), (&json!(0), &json!(true)));
    assert_eq!(answer["OriginalTransactionId"], basic.as_str());
    assert_eq!(answer["creditsApplied"], Value::Null);
}

#[tokio::test]
async fn an_id_is_known_in_any_spelling() {
    let (stage, basic) = Stage::bought("basic").await;
    let (head, tail) = basic.split_at(8);
    let spelled = format!("{}-{}", head.to_uppercase(), tail);
    assert_eq!(stage.validate(&spelled).await["transactionId"], basic.as_str());
}

#[tokio::test]
async fn what_is_wrong_comes_with_http_200() {
    let (stage, basic) = Stage::bought("basic").await;
    let key = &account().api_key;
    for (key, transaction, message) in
        [("wrong", basic.as_str(), "UNAUTHORIZED"), (key, "0", "Transaction not found")]
    {
        let (status, text) = stage.ask(key, transaction).await;
        assert_eq!(status, 200);
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&answer["status"], &answer["errorMessage"]), (&json!(1), &json!(message)));
    }
    let (status, text) = stage.ask(key, "a%20b").await;
    assert_eq!((status.as_u16(), text.as_str()), (400, "Invalid URI format."));
}

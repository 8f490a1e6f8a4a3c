//! Answers of validate-transaction that a tester wrote.

use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn a_scripted_answer_takes_the_place_of_rokus_and_nothing_is_added_to_it() {
    let (stage, basic) = Stage::bought("basic").await;
    stage.roku.script_answer(&basic, json!({ "expirationDate": "/Date(1581033062000+0000)/" }));
    let escaped = r#"{"expirationDate":"\/Date(1581033062000+0000)\/"}"#;
    assert_eq!(stage.validate_as_text(&basic).await, escaped);
    // Ids are compared without case and hyphens.
    let (head, tail) = basic.split_at(8);
    let spelled = format!("{}-{}", head.to_uppercase(), tail);
    assert_eq!(stage.validate_as_text(&spelled).await, escaped);

    assert!(stage.roku.forget_answer(&spelled));
    assert!(!stage.roku.forget_answer(&basic));
    assert_eq!(stage.validate(&basic).await["OriginalTransactionId"], basic.as_str());
}

#[tokio::test]
async fn an_answer_is_about_one_transaction_and_for_the_right_key() {
    let (mut stage, basic) = Stage::bought("basic").await;
    stage.roku.renew(&basic).await.unwrap();
    let renewal = stage.heard_one()["transactionId"].as_str().unwrap().to_owned();
    stage.roku.script_answer(&renewal, json!({ "status": 1 }));
    assert_eq!(stage.validate(&basic).await["status"], 0);
    let (status, text) = stage.ask("wrong", &renewal).await;
    assert_eq!(status, 200);
    assert!(text.contains("UNAUTHORIZED"), "{text}");
}

#[tokio::test]
async fn answers_are_scripted_over_http_for_ids_of_any_length_and_form() {
    let stage = Stage::begin().await;
    let longest = "k".repeat(1024);
    for transaction in [longest.as_str(), "579743", "a%2Fb%20c", "under_score"] {
        let path = format!("/answers/{transaction}");
        assert_eq!(stage.delete(&path).await, 404);
        for said in [json!({ "status": 7 }), json!("truncat"), json!(["anything"])] {
            assert_eq!(stage.post(&path, &said).await.0, 204);
            assert_eq!(stage.validate(transaction).await, said);
        }
        assert_eq!(stage.delete(&path).await, 204);
    }
    assert_eq!(stage.validate(&longest).await["errorMessage"], "Transaction not found");
    assert_eq!(stage.post("/answers/abc", "not JSON").await.0, 400);
}

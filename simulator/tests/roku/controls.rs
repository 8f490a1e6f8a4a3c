//! The controls over HTTP: what each is called, takes and answers.

use serde_json::{Value, json};

use crate::stage::{ANN, Stage, dollars};

/// Ann has bought Basic over HTTP.
async fn bought() -> (Stage, String) {
    let mut stage = Stage::begin().await;
    let wish = json!({ "product": "basic", "rokuCustomerId": ANN });
    let (status, answer) = stage.post("/device/buy", wish).await;
    assert_eq!((status, &answer["order"]["total"]), (200, &json!("$7.99")));
    stage.heard();
    (stage, answer["order"]["purchaseId"].as_str().unwrap().to_owned())
}

/// Posts, and gives the types of what was pushed. Each push was acknowledged.
async fn pushed(stage: &mut Stage, path: &str, body: Value) -> Vec<String> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let (status, answer) = stage.post(path, body).await;
    assert_eq!(status, 200, "{path}: {answer}");
    let pushes = stage.heard_types();
    let acknowledged = json!({ "status": 200, "body": "" });
    assert_eq!(answer["pushes"], json!(vec![acknowledged; pushes.len()]), "{path}");
    pushes
}

#[tokio::test]
async fn a_life_can_be_lived_over_http() {
    let (mut stage, basic) = bought().await;
    let to = |path: &str| format!("{path}/{basic}");
    let reference = json!({ "amount": 1.10, "partnerReferenceId": "r" });
    for (path, body, expected) in [
        (to("/device/cancel"), Value::Null, &["Cancellation"][..]),
        (to("/device/resubscribe"), Value::Null, &["Resubscribe"]),
        (to("/device/accept-offer"), Value::Null, &["CancellationOfferInitiated"]),
        (to("/device/accept-offer"), json!({ "offerTerms": 2 }), &["CancellationOfferInitiated"]),
        (to("/publisher/refund"), reference.clone(), &["Refund"]),
        (format!("/publisher/credit/{ANN}"), reference, &["Credit"]),
        (to("/chargebacks/open"), Value::Null, &["Chargeback"]),
        (to("/chargebacks/reverse"), Value::Null, &["ChargebackReversed"]),
        (to("/chargebacks/reopen"), Value::Null, &["SecondChargeback"]),
        (to("/payments/fail"), Value::Null, &[]),
        (to("/clock/renew"), Value::Null, &["GraceInitiated"]),
        (to("/payments/mend"), Value::Null, &["GraceRecovered"]),
        (to("/clock/renew"), Value::Null, &["Sale"]),
        ("/clock/advance".to_owned(), json!({ "days": 31 }), &["Sale", "CancellationOfferEnded"]),
    ] {
        assert_eq!(pushed(&mut stage, &path, body).await, expected, "{path}");
    }
}

#[tokio::test]
async fn plans_are_changed_over_http() {
    let (mut stage, _) = bought().await;
    let wish = |product: &str| json!({ "product": product, "rokuCustomerId": ANN });
    let trial = json!({ "product": "gold", "rokuCustomerId": ANN, "trial": true });
    for (path, body, expected) in [
        ("/device/upgrade", wish("premium"), ["UpgradeSale", "UpgradeCancellation"]),
        ("/device/downgrade", wish("basic"), ["DowngradeSale", "DowngradeCancellation"]),
        ("/device/downgrade", wish("daily"), ["DowngradeSale", "DowngradeCancellation"]),
    ] {
        assert_eq!(pushed(&mut stage, path, body).await, expected);
    }
    let (_, answer) = stage.post("/device/upgrade", trial).await;
    assert_eq!(answer["order"]["total"], "$0.00");
    assert_eq!(stage.heard()[0]["isFreeTrial"], true);
}

#[tokio::test]
async fn amounts_are_exact_as_numbers_and_as_text() {
    let (mut stage, basic) = bought().await;
    for (amount, cents) in [(json!(0.10), -10), (json!("0.20"), -20), (json!(7.69), -769)] {
        let refund = json!({ "amount": amount });
        stage.post(&format!("/publisher/refund/{basic}"), refund).await;
        assert_eq!(stage.heard_one()["total"], dollars(cents));
    }
    // To the last cent.
    let (status, _) = stage.post(&format!("/publisher/refund/{basic}"), "").await;
    assert_eq!(status, 409);
}

#[tokio::test]
async fn what_roku_refuses_is_409_with_the_reason() {
    let (stage, basic) = bought().await;
    for (path, message) in [
        ("/payments/fail/0", "there is no transaction 0".to_owned()),
        ("/payments/mend/0", "there is no transaction 0".to_owned()),
        ("/publisher/refund/0", "there is no transaction 0".to_owned()),
        ("/chargebacks/open/0", "there is no transaction 0".to_owned()),
        ("/device/accept-offer/0", "there is no transaction 0".to_owned()),
        (&format!("/device/resubscribe/{basic}"), format!("the purchase {basic} is not cancelled")),
        (
            &format!("/chargebacks/reopen/{basic}"),
            format!("no chargeback of {basic} is at the stage for that"),
        ),
    ] {
        let answer = stage.post(path, "").await;
        assert_eq!(answer, (409, json!({ "message": message })), "{path}");
    }
    let too_much = stage.post(&format!("/publisher/refund/{basic}"), r#"{"amount":8}"#).await;
    let message = "the amount must be whole cents, above 0 and at most 7.99";
    assert_eq!(too_much, (409, json!({ "message": message })));
    let nobody = stage.post("/publisher/credit/nobody", r#"{"amount":1}"#).await;
    assert_eq!(nobody, (409, json!({ "message": "there is no customer nobody" })));
}

#[tokio::test]
async fn a_body_with_a_wrong_field_is_400() {
    let (stage, basic) = bought().await;
    for (path, body) in [
        ("/device/upgrade".to_owned(), r#"{"product":"premium","customer":"x"}"#),
        ("/device/upgrade".to_owned(), ""),
        (format!("/device/accept-offer/{basic}"), r#"{"offerTerms":0}"#),
        (format!("/device/accept-offer/{basic}"), r#"{"terms":1}"#),
        (format!("/publisher/refund/{basic}"), r#"{"amount":1,"reason":"none"}"#),
        (format!("/publisher/credit/{ANN}"), "{}"),
        (format!("/publisher/credit/{ANN}"), r#"{"amount":"much"}"#),
    ] {
        let (status, answer) = stage.post(&path, body).await;
        assert_eq!(status, 400, "{path} {body}");
        assert!(answer["message"].is_string(), "{answer}");
    }
    assert_eq!(stage.validate(&basic).await["total"], dollars(799));
}

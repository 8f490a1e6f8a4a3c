use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::http;
use crate::roku::error::Trouble;
use crate::roku::scripted::{NOWHERE, Scripted};

const KEY: &str = "F05447A57F8DF275FC30EC835FCAD10A19B6";
const KNOWN: &str =
    r#"{"status":0,"transactionId":"a-1","rokuCustomerId":"c","productId":"p","isEntitled":true}"#;

fn service(base: &str) -> RokuWebService {
    let clock = Clock::new(|| Timestamp::UNIX_EPOCH);
    RokuWebService::new(base, http::client().unwrap(), clock).unwrap()
}

async fn ask(roku: &RokuWebService) -> Result<Observation, RokuError> {
    let answer = roku.validate_transaction(&SecretString::from(KEY), "a-1").await;
    if let Err(error) = &answer {
        let told = format!("{error} {error:?}");
        assert!(!told.contains(KEY) && !told.contains("http:"), "{told}");
        assert!(std::error::Error::source(error).is_none(), "{told}");
    }
    answer
}

/// What asking a server gives, and when to ask again.
async fn asked(server: &Scripted) -> (Result<Observation, RokuError>, Option<u64>) {
    let answer = ask(&service(&server.url)).await;
    let again = answer.as_ref().err().and_then(RokuError::may_pass);
    assert_eq!(server.requests().len(), 1, "one attempt");
    (answer, again.map(|after| after.as_secs()))
}

fn trouble(cause: Trouble, seconds: u64) -> (Result<Observation, RokuError>, Option<u64>) {
    let after = Duration::from_secs(seconds);
    (Err(RokuError::TryAgain { cause, after }), Some(seconds))
}

fn broken(why: BrokenAnswer) -> (Result<Observation, RokuError>, Option<u64>) {
    (Err(RokuError::Broken(why)), Some(1))
}

fn settled(why: RokuError) -> (Result<Observation, RokuError>, Option<u64>) {
    (Err(why), None)
}

#[tokio::test]
async fn it_asks_with_the_key_and_the_id_in_the_path() {
    let server = Scripted::answering(200, KNOWN).await;
    let seen = ask(&service(&server.url)).await.unwrap();
    assert_eq!((seen.transaction.as_str(), seen.observed_at), ("a1", Timestamp::UNIX_EPOCH));
    assert_eq!(seen.answer, KNOWN);
    let request = server.requests().concat();
    let line = format!("GET /base/validate-transaction/{KEY}/a-1 HTTP/1.1\r\n");
    assert!(request.starts_with(&line), "{request}");
    assert!(request.contains("accept: application/json\r\n"), "{request}");
}

#[tokio::test]
async fn a_secret_may_end_with_a_line_end_and_an_id_may_hold_anything() {
    let server = Scripted::answering(200, KNOWN).await;
    let key = SecretString::from(format!("{KEY}\n"));
    let odd = " a/../b?c#d%2e";
    service(&server.url).validate_transaction(&key, odd).await.unwrap();
    let request = server.requests().concat();
    let path = format!("GET /base/validate-transaction/{KEY}/a%2F..%2Fb%3Fc%23d%252e HTTP/1.1");
    assert!(request.starts_with(&path), "{request}");
}

#[tokio::test]
async fn what_can_be_no_id_or_no_key_is_not_sent() {
    let server = Scripted::answering(200, KNOWN).await;
    let roku = service(&server.url);
    let long = "a".repeat(1025);
    for id in ["", " ", ".", "..", ".\t.", "a b", "é", &long] {
        let answer = roku.validate_transaction(&SecretString::from(KEY), id).await;
        assert_eq!(answer, Err(RokuError::UnknownTransaction), "{id}");
        let answer = roku.validate_transaction(&SecretString::from(id), "a-1").await;
        assert_eq!(answer, Err(RokuError::WrongKey), "{id}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn every_status_means_something() {
    let unauthorized = r#"{"status":1,"errorMessage":"UNAUTHORIZED"}"#;
    let unknown = r#"{"status":1,"errorMessage":"Transaction not found"}"#;
    let cut = r#"{"status":0,"transactionId":"a"#;
    let long = format!("{KNOWN}{}", " ".repeat(64 * 1024));
    for (status, body, outcome) in [
        (200, unauthorized, settled(RokuError::WrongKey)),
        (200, unknown, settled(RokuError::UnknownTransaction)),
        (200, "", broken(BrokenAnswer::NoFields)),
        (200, cut, broken(BrokenAnswer::NoFields)),
        (200, "<html><body>Sign in</body></html>", broken(BrokenAnswer::NoStatus)),
        (200, r#"{"status":0}"#, broken(BrokenAnswer::Missing("transactionId"))),
        (200, &long, broken(BrokenAnswer::NotText)),
        (204, "", trouble(Trouble::Status(204), 60)),
        (302, "", trouble(Trouble::Status(302), 60)),
        (400, "Invalid URI format.", settled(RokuError::UnknownTransaction)),
        (400, " invalid  uri\r\nFORMAT ", settled(RokuError::UnknownTransaction)),
        (400, "\"Invalid URI format.\"", settled(RokuError::UnknownTransaction)),
        (400, "", broken(BrokenAnswer::BadRequest)),
        (400, "Bad Request: Invalid URI format of the host", broken(BrokenAnswer::BadRequest)),
        (400, KNOWN, broken(BrokenAnswer::BadRequest)),
        (400, &long, broken(BrokenAnswer::NotText)),
        (401, "", settled(RokuError::WrongKey)),
        (403, KEY, settled(RokuError::WrongKey)),
        (404, KNOWN, trouble(Trouble::Status(404), 60)),
        (429, "", trouble(Trouble::TooManyRequests, 1)),
        (500, KNOWN, trouble(Trouble::Status(500), 1)),
        (503, "<html>", trouble(Trouble::Status(503), 1)),
    ] {
        let server = Scripted::answering(status, body).await;
        assert_eq!(asked(&server).await, outcome, "{status} {}", &body[..body.len().min(80)]);
    }
}

#[tokio::test]
async fn a_key_is_tried_with_a_transaction_that_does_not_exist() {
    let unauthorized = r#"{"status":1,"errorMessage":"UNAUTHORIZED"}"#;
    let unknown = r#"{"status":1,"errorMessage":"Transaction not found"}"#;
    for (status, body, taken) in [
        (200, unknown, Ok(true)),
        (200, KNOWN, Ok(true)),
        (200, unauthorized, Ok(false)),
        (401, "", Ok(false)),
        (200, "<html></html>", Err(BrokenAnswer::NoStatus.into())),
        // Of the key, since the transaction has the right form; or of the address.
        (400, "Invalid URI format.", Err(BrokenAnswer::BadRequest.into())),
        (503, "", Err(Trouble::Status(503).into())),
    ] {
        let server = Scripted::answering(status, body).await;
        let roku = service(&server.url);
        assert_eq!(roku.takes(&SecretString::from(KEY)).await, taken, "{status} {body}");
        assert_eq!(roku.takes(&SecretString::from("..")).await, Ok(false), "not sent");
        let requests = server.requests();
        assert_eq!(requests.len(), 1);
        let path = format!("GET /base/validate-transaction/{KEY}/{NOBODYS} HTTP/1.1");
        assert!(requests[0].starts_with(&path), "{requests:?}");
    }
}

#[tokio::test]
async fn an_answer_has_64_kib_at_most() {
    let longest = format!("{KNOWN}{}", " ".repeat(64 * 1024 - KNOWN.len()));
    let server = Scripted::answering(200, &longest).await;
    assert_eq!(ask(&service(&server.url)).await.unwrap().answer, longest);
}

#[tokio::test]
async fn a_connection_that_ends_early_is_no_answer() {
    let cut = format!("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{KNOWN}");
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{\"\r\n";
    for (said, outcome) in [
        ("", trouble(Trouble::ConnectionLost, 1)),
        ("HTTP/1.1 20", trouble(Trouble::ConnectionLost, 1)),
        ("220 mail.example.com ESMTP\r\n", trouble(Trouble::ConnectionLost, 1)),
        (&cut, broken(BrokenAnswer::CutOff)),
        (chunked, broken(BrokenAnswer::CutOff)),
    ] {
        assert_eq!(asked(&Scripted::saying(said).await).await, outcome, "{said}");
    }
    let nowhere = ask(&service(NOWHERE)).await;
    assert_eq!((nowhere, Some(1)), trouble(Trouble::NoConnection, 1));
}

#[tokio::test]
async fn it_does_not_wait_for_ever() {
    let begun = format!("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{KNOWN}");
    for said in ["", "HTTP/1.1 200 OK\r\n", &begun] {
        let server = Scripted::stalling_after(said).await;
        let RokuWebService { endpoint, clock } = service(&server.url);
        let roku = RokuWebService { endpoint: endpoint.waiting(Duration::from_millis(50)), clock };
        assert_eq!((ask(&roku).await, Some(1)), trouble(Trouble::NoAnswerInTime, 1), "{said}");
    }
}

#[tokio::test]
async fn an_address_that_is_none_is_a_mistake() {
    let clock = Clock::new(|| Timestamp::UNIX_EPOCH);
    for base in ["", "roku", "data:text/plain,", "ftp://example.com/"] {
        let service = RokuWebService::new(base, http::client().unwrap(), clock.clone());
        assert_eq!(service.unwrap_err(), RokuError::BadAddress, "{base}");
    }
}

#[tokio::test]
async fn a_refund_is_asked_about_by_its_own_id() {
    let body = r#"{"status":0,"transactionId":"r-1","amount":-0.99,"rokuCustomerId":null}"#;
    let server = Scripted::answering(200, body).await;
    let seen = service(&server.url).validate_refund(&SecretString::from(KEY), "r-1").await.unwrap();
    assert_eq!(seen.amounts.price.unwrap().to_string(), "-0.99");
    let request = server.requests().concat();
    assert!(request.starts_with(&format!("GET /base/validate-refund/{KEY}/r-1 ")), "{request}");

    let server = Scripted::answering(200, r#"{"status":1}"#).await;
    let unknown = service(&server.url).validate_refund(&SecretString::from(KEY), "r-2").await;
    assert_eq!(unknown, Err(RokuError::UnknownTransaction));
}

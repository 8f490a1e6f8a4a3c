use super::*;

const KNOWN: &str = r#"{"OriginalTransactionId":"ABC-1","amount":7.99,"cancelled":false,"cancelledTransactionIds":["old-1"],"channelId":1143791,"channelName":"Channel","couponCode":null,"currency":"usd","errorCode":null,"errorDetails":null,"errorMessage":"","expirationDate":"\/Date(1581033062000+0000)\/","isEntitled":true,"originalPurchaseDate":"\/Date(1578354662000+0000)\/","productId":"S123456789-US","purchaseStatus":"Pending_Active","purchaseType":"DOWNGRADE","quantity":1,"rokuCustomerId":"C-1","status":0,"tax":0.0,"total":7.99,"transactionId":"abc-2"}"#;

/// The same in XML, with dates as Roku's page on the web service writes them.
const TWIN: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<result xmlns="urn:roku" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">
  <errorCode i:nil="true"/><errorDetails i:nil="true"/><errorMessage/><status>Success</status>
  <OriginalTransactionId>ABC-1</OriginalTransactionId><amount>7.99</amount>
  <cancelled>false</cancelled><cancelledTransactionIds>old-1</cancelledTransactionIds>
  <channelId>1143791</channelId><channelName>Channel</channelName><couponCode/>
  <currency>usd</currency><expirationDate>2020-02-06T23:51:02</expirationDate>
  <isEntitled>true</isEntitled><originalPurchaseDate>2020-01-06T23:51:02</originalPurchaseDate>
  <productId>S123456789-US</productId><purchaseStatus>Pending_Active</purchaseStatus>
  <purchaseType>DOWNGRADE</purchaseType><quantity>1</quantity>
  <rokuCustomerId>C-1</rokuCustomerId><tax>0.0</tax><total>7.99</total>
  <transactionId>abc-2</transactionId>
</result>"#;

fn read(body: &str) -> Result<Observation, NoSuccess> {
    Observation::read(body, Timestamp::UNIX_EPOCH)
}

/// `KNOWN` with something else in the place of a part of it.
fn known_but(from: &str, to: &str) -> Observation {
    assert!(KNOWN.contains(from), "{from}");
    read(&KNOWN.replacen(from, to, 1)).unwrap()
}

/// What an answer means, whatever words it has.
fn meaning(seen: Observation) -> Observation {
    Observation { answer: String::new(), ..seen }
}

#[test]
fn an_answer_as_roku_documents_it() {
    let seen = read(KNOWN).unwrap();
    assert_eq!(seen.purchase.as_str(), "abc1");
    assert_eq!(seen.transaction.as_str(), "abc2");
    assert_eq!(seen.roku_customer.as_str(), "c1");
    assert_eq!(seen.product.as_str(), "S123456789-US");
    assert_eq!(seen.expires_at.unwrap().to_string(), "2020-02-06T23:51:02Z");
    assert_eq!(seen.purchased_at.unwrap().to_string(), "2020-01-06T23:51:02Z");
    assert_eq!(seen.status, PurchaseStatus::PendingActive);
    assert_eq!(seen.change, Some(Direction::Downgrade));
    assert_eq!(seen.replaces, [PurchaseId::parse("old1").unwrap()]);
    assert_eq!(seen.amounts.value().unwrap().to_string(), "7.99");
    assert_eq!(seen.channel.as_deref(), Some("1143791"));
    assert!(seen.is_entitled && !seen.cancelled);
}

#[test]
fn xml_says_the_same() {
    let seen = meaning(read(KNOWN).unwrap());
    let nested = "<a:string xmlns:a='urn:a'>old-1</a:string>";
    let microsoft = "/Date(1581033062000+0000)/";
    for (from, to) in [
        ("", ""),
        ("Success", "SUCCESS"),
        // So Roku's page on changes of plan shows it.
        ("Success", "0"),
        ("2020-02-06T23:51:02", microsoft),
        ("2020-02-06T23:51:02", "\\/Date(1581033062000-0800)\\/"),
        ("2020-02-06T23:51:02", "2020-02-06T23:51:02Z"),
        (">old-1<", &format!("> {nested} <")),
        ("true</is", "<![CDATA[True]]></is"),
        ("abc-2<", "abc<!-- who? -->-2\n<"),
        ("OriginalTransactionId>A", "OriginalTransactionId >A"),
        ("<result xmlns=\"urn:roku\"", "<result"),
        ("<tax>0.0</tax>", "<tax/>"),
        ("<?xml version=\"1.0\" encoding=\"utf-8\"?>", "\u{feff}"),
    ] {
        let twin = read(&TWIN.replacen(from, to, 1)).map(meaning);
        let mut expected = seen.clone();
        if from.contains("tax") {
            expected.amounts.tax = None;
        }
        assert_eq!(twin, Ok(expected), "{from} -> {to}");
    }
}

#[test]
fn replaced_purchases_are_one_or_several_or_none() {
    for (ids, replaced) in [
        ("null", vec![]),
        ("[]", vec![]),
        ("\"\"", vec![]),
        ("\"old-1\"", vec!["old1"]),
        (r#"["old-1", null, "old-2", {}]"#, vec!["old1", "old2"]),
    ] {
        let seen = known_but(r#"["old-1"]"#, ids);
        assert_eq!(Vec::from_iter(seen.replaces.iter().map(PurchaseId::as_str)), replaced, "{ids}");
    }
    let element = "<cancelledTransactionIds>old-1</cancelledTransactionIds>";
    for (ids, replaced) in [
        ("", vec![]),
        ("<cancelledTransactionIds i:nil='true'>old-1</cancelledTransactionIds>", vec![]),
        (
            "<cancelledTransactionIds><s>old-1</s><s/><s>old-2</s></cancelledTransactionIds>",
            vec!["old1", "old2"],
        ),
        (&element.repeat(2).replacen("old-1", "old-0", 1), vec!["old0", "old1"]),
    ] {
        let seen = read(&TWIN.replacen(element, ids, 1)).unwrap();
        assert_eq!(Vec::from_iter(seen.replaces.iter().map(PurchaseId::as_str)), replaced, "{ids}");
    }
}

#[test]
fn numbers_and_booleans_may_be_texts() {
    for (from, to) in [
        ("\"status\":0", "\"status\":\" 0 \""),
        ("\"status\":0", "\"status\":\"sUCCESS\""),
        ("\"amount\":7.99", "\"amount\":\"7.99\""),
        ("\"isEntitled\":true", "\"isEntitled\":\"TRUE\""),
        ("\"cancelled\":false", "\"cancelled\":\"False\""),
        ("\"channelId\":1143791", "\"channelId\":\"1143791\""),
        (r"\/Date(1581033062000+0000)\/", "/Date(1581033062000)/"),
        (r"\/Date(1581033062000+0000)\/", r"\\/Date(1581033062000+0200)\\/"),
        (r"\/Date(1581033062000+0000)\/", "2020-02-06T23:51:02"),
        (r"\/Date(1581033062000+0000)\/", "2020-02-07T00:51:02.000+01:00"),
    ] {
        assert_eq!(meaning(known_but(from, to)), meaning(read(KNOWN).unwrap()), "{to}");
    }
}

#[test]
fn what_is_wrongly_typed_is_missing() {
    let date = r#""\/Date(1581033062000+0000)\/""#;
    for odd in ["null", "true", "[]", "{}", "1.5", "\"soon\"", "\"/Date()/\"", "\"\""] {
        assert_eq!(known_but(date, odd).expires_at, None, "{odd}");
    }
    for odd in ["null", "1", "[true]", "\"yes\"", "{}"] {
        let answer = KNOWN.replacen("\"isEntitled\":true", &format!("\"isEntitled\":{odd}"), 1);
        let broken = BrokenAnswer::Missing("isEntitled");
        assert_eq!(read(&answer), Err(broken.into()), "it takes no access away: {odd}");
    }
    for odd in ["null", "\"free\"", "[7.99]", "true", "1e99"] {
        let seen = known_but("\"total\":7.99", &format!("\"total\":{odd}"));
        assert_eq!(seen.amounts.total, None, "{odd}");
    }
    for odd in ["null", "0", "\"000000\"", "{}"] {
        let seen = known_but("\"channelId\":1143791", &format!("\"channelId\":{odd}"));
        assert_eq!(seen.channel, None, "{odd}");
    }
    let first = known_but("\"OriginalTransactionId\":\"ABC-1\"", "\"OriginalTransactionId\":{}");
    assert_eq!(first.purchase.as_str(), "abc2");
    assert_eq!(known_but("\"DOWNGRADE\"", "7").change, None);
    assert_eq!(known_but("\"Pending_Active\"", "[]").status, PurchaseStatus::Active);
}

#[test]
fn a_success_without_what_every_success_has_is_none() {
    for field in ["transactionId", "rokuCustomerId", "productId"] {
        let missing = Err(BrokenAnswer::Missing(field).into());
        let json = KNOWN.replace(&format!("\"{field}\":\""), &format!("\"{field}\":null,\"x\":\""));
        assert_eq!(read(&json), missing);
        let xml = TWIN.replace(&format!("<{field}>"), &format!("<{field}/><x>"));
        assert_eq!(read(&xml.replace(&format!("</{field}>"), "</x>")), missing);
    }
}

#[test]
fn a_part_of_an_answer_is_no_answer() {
    for whole in [KNOWN, TWIN] {
        for end in 0..whole.len() {
            let part = &whole[..end];
            assert_eq!(read(part), Err(BrokenAnswer::NoFields.into()), "{part}");
        }
    }
}

#[test]
fn an_observation_survives_being_kept() {
    for answer in [KNOWN, TWIN] {
        let seen = read(answer).unwrap();
        assert_eq!(seen.answer, answer, "word for word");
        assert_eq!(Observation::read_kept(&seen.answer, seen.observed_at), Some(seen));
    }
}

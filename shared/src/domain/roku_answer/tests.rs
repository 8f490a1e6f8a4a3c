use super::*;

fn no(body: &str) -> NoSuccess {
    Fields::of_success(body).unwrap_err()
}

#[test]
fn http_200_alone_proves_nothing() {
    let refused = |words: &str| NoSuccess::Refused(words.to_owned());
    for (body, what) in [
        (r#"{"status":1,"errorMessage":"UNAUTHORIZED"}"#, NoSuccess::WrongKey),
        (r#"{"status":"1","errorMessage":" Unauthorized "}"#, NoSuccess::WrongKey),
        (r#"{"status":1,"errorMessage":"no such thing"}"#, refused("no such thing")),
        (r#"{"status":1,"errorMessage":null}"#, refused("")),
        (r#"{"status":1}"#, refused("")),
        ("<r><status>1</status><errorMessage>UNAUTHORIZED</errorMessage></r>", NoSuccess::WrongKey),
        ("<r><status>Failure</status><errorMessage>no</errorMessage></r>", refused("no")),
    ] {
        assert_eq!(no(body), what, "{body}");
    }
}

#[test]
fn what_is_no_answer_says_nothing() {
    let entity = "<!DOCTYPE r [<!ENTITY e 'Success'>]><r><status>&e;</status></r>";
    let elements = 64 * 1024 / 3;
    let deep = format!("<r><status>0</status>{}{}</r>", "<a>".repeat(200), "</a>".repeat(200));
    let deep_lists = format!("{{\"status\":0,\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
    for body in [
        "",
        " \n",
        "\0",
        "Success",
        "null",
        "0",
        "[]",
        "[{\"status\":0}]",
        "\"status\"",
        "{\"status\":0",
        "{\"status\":0} {}",
        "{\"status\":0,\"status\":0}",
        "{\"status\":0,\"isEntitled\":true,\"isEntitled\":false}",
        "{\"status\":0,\"total\":01}",
        "{\"status\":0,\"total\":1.}",
        "{\"status\":0,\"total\":-}",
        "{\"status\":0,\"total\":NaN}",
        "{\"status\":0,\"total\":1e999}",
        &deep_lists,
        &"[".repeat(64 * 1024),
        &"{\"a\":".repeat(64 * 1024 / 5),
        "<!DOCTYPE html><html><body>Bad gateway</body></html>",
        "<html><head><title>Bad gateway</title></head><body><br></body></html>",
        entity,
        "<r><status>0</status>",
        "<r><status>0</status></r><r/>",
        "<r><status>0</status><status>0</status></r>",
        "<r><status>0</status><a:isEntitled xmlns:a='u'>true</a:isEntitled><isEntitled/></r>",
        "<r><status>&lt;</stat></r>",
        &"<a>".repeat(elements),
        &format!("{}{}", "<a>".repeat(elements / 2), "</a>".repeat(elements / 2)),
        &deep,
    ] {
        let start: String = body.chars().take(80).collect();
        assert_eq!(no(body), BrokenAnswer::NoFields.into(), "{start}");
    }
}

#[test]
fn a_status_that_is_none_says_nothing() {
    for status in ["null", "true", "2", "-1", "0.5", "\"\"", "\"Pending\"", "[0]", "{\"status\":0}"]
    {
        let body = format!("{{\"status\":{status},\"transactionId\":\"a\"}}");
        assert_eq!(no(&body), BrokenAnswer::NoStatus.into(), "{status}");
    }
    for body in [
        "{}",
        "<r/>",
        "<html><body>All is well</body></html>",
        "<status>0</status>",
        "<r status='0'/>",
        "<r><r><status>0</status></r></r>",
        "<r><status>0<b/></status></r>",
        "<r xmlns:i='http://www.w3.org/2001/XMLSchema-instance'><status i:nil='1'>0</status></r>",
    ] {
        assert_eq!(no(body), BrokenAnswer::NoStatus.into(), "{body}");
    }
}

//! `usher simulate status`.

use serde_json::{Value, json};

use super::Told;
use super::remote::Remote;
use crate::commands::Failure;

pub(super) async fn run(remote: &Remote) -> Result<Told, Failure> {
    let faults = remote.get("/faults").await?;
    let requests = remote.get("/requests").await?;
    let push_url = remote.get("/push-url").await?;
    let text = in_text(&faults, &requests, &push_url);
    Ok((text, json!({ "faults": faults, "requests": requests, "pushUrl": push_url })))
}

fn in_text(faults: &Value, requests: &Value, push_url: &Value) -> String {
    let denied = if push_url["denied"] == true { "denied, " } else { "" };
    [
        format!("web services  {}", fault(&faults["webServices"])),
        format!("pushes        {}, {} held back", fault(&faults["pushes"]), faults["heldPushes"]),
        format!("push URL      {}", push_url["url"].as_str().unwrap_or("none")),
        format!("              {denied}{} not acknowledged", push_url["unacknowledged"]),
        format!("requests      {}{}", requests["total"], calls(requests)),
        format!("              at most {} in a second", requests["peakPerSecond"]),
    ]
    .join("\n")
}

fn fault(fault: &Value) -> String {
    let name = fault["fault"].as_str().unwrap_or("well");
    let seconds = fault.get("seconds").map(|seconds| format!(", {seconds} s"));
    format!("{name}{}", seconds.unwrap_or_default())
}

fn calls(requests: &Value) -> String {
    let calls = requests["calls"].as_object().into_iter().flatten();
    let calls: Vec<String> = calls.map(|(call, times)| format!("{call} {times}")).collect();
    if calls.is_empty() { String::new() } else { format!(": {}", calls.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_day_in_words() {
        let faults = json!({
            "webServices": { "fault": "slow", "seconds": 3 }, "pushes": null, "heldPushes": 0,
        });
        let requests =
            json!({ "total": 7, "calls": { "validate-transaction": 7 }, "peakPerSecond": 4 });
        let push_url = json!({ "url": "http://localhost/", "denied": true, "unacknowledged": 100 });
        let expected = "web services  slow, 3 s\n\
            pushes        well, 0 held back\n\
            push URL      http://localhost/\n\
            \x20             denied, 100 not acknowledged\n\
            requests      7: validate-transaction 7\n\
            \x20             at most 4 in a second";
        assert_eq!(in_text(&faults, &requests, &push_url), expected);
    }
}

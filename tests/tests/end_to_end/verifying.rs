//! The programs of `docs/events.md` by which a receiver knows a delivery, run as they stand there.

use std::io::{ErrorKind, Write};
use std::process::{Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use standardwebhooks::Webhook;

const PAGE: &str = include_str!("../../../docs/events.md");
const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const OTHER: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY: &str = r#"{"type":"subscription.started","data":{"title":"Größe"}}"#;

/// A program of the guide, and what it takes to ask it about a delivery from standard input.
struct Program {
    language: &'static str,
    command: &'static [&'static str],
    asks: &'static str,
}

const PROGRAMS: [Program; 2] = [
    Program {
        language: "js",
        command: &["node", "--input-type=module", "--eval"],
        asks: r#"
            import { readFileSync } from "node:fs";
            const { secret, headers, body } = JSON.parse(readFileSync(0, "utf8"));
            console.log(JSON.stringify(verify(secret, headers, Buffer.from(body))));
        "#,
    },
    Program {
        language: "python",
        command: &["python3", "-c"],
        asks: "
import sys
asked = json.load(sys.stdin)
print(json.dumps(verify(asked['secret'], asked['headers'], asked['body'].encode())))
",
    },
];

impl Program {
    /// What it makes of a delivery; none where the language is not installed.
    fn run(&self, delivery: &Value) -> Option<Output> {
        let begin = format!("```{}\n", self.language);
        let (program, _) = PAGE.split_once(&begin).unwrap().1.split_once("```").unwrap();
        let mut command = Command::new(self.command[0]);
        command.args(&self.command[1..]).arg(format!("{program}{}", self.asks));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = match command.spawn() {
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            running => running.unwrap(),
        };
        let asked = delivery.to_string();
        running.stdin.take().unwrap().write_all(asked.as_bytes()).unwrap();
        Some(running.wait_with_output().unwrap())
    }

    /// Whether it takes a delivery for one of ours, and gives the event that is in it.
    fn takes(&self, delivery: &Value) -> Option<bool> {
        let output = self.run(delivery)?;
        if output.status.success() {
            let given: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(given, serde_json::from_str::<Value>(BODY).unwrap());
        }
        Some(output.status.success())
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs().try_into().unwrap()
}

fn signature(secret: &str, sent_at: i64) -> String {
    Webhook::new(secret).unwrap().sign("evt_1", sent_at, BODY.as_bytes()).unwrap()
}

fn delivery(sent_at: i64, signatures: &str) -> Value {
    let headers = json!({
        "webhook-id": "evt_1",
        "webhook-timestamp": sent_at.to_string(),
        "webhook-signature": signatures,
    });
    json!({ "secret": SECRET, "headers": headers, "body": BODY })
}

#[test]
fn the_programs_of_the_guide_know_our_deliveries_from_others() {
    let now = now();
    let ours = signature(SECRET, now);
    let with = |place: &str, value: Value| {
        let mut delivery = delivery(now, &ours);
        *delivery.pointer_mut(place).unwrap() = value;
        delivery
    };
    let old = now - 600;
    for (is_ours, what, delivery) in [
        (true, "as it is", delivery(now, &ours)),
        (true, "two secrets", delivery(now, &format!("{} {ours}", signature(OTHER, now)))),
        (true, "another version", delivery(now, &format!("v2,AAAA {ours}"))),
        (false, "another secret", delivery(now, &signature(OTHER, now))),
        (false, "no signature", delivery(now, "")),
        (false, "no version", delivery(now, ours.trim_start_matches("v1,"))),
        (false, "half a signature", delivery(now, &ours[..20])),
        (false, "too old", delivery(old, &signature(SECRET, old))),
        (false, "of tomorrow", delivery(now + 86_400, &signature(SECRET, now + 86_400))),
        (false, "no time", with("/headers/webhook-timestamp", json!("soon"))),
        (false, "another time", with("/headers/webhook-timestamp", json!((now + 1).to_string()))),
        (false, "another id", with("/headers/webhook-id", json!("evt_2"))),
        (false, "another body", with("/body", json!(BODY.replace("started", "ended")))),
        (false, "a space more", with("/body", json!(format!("{BODY} ")))),
    ] {
        for program in &PROGRAMS {
            let taken = program.takes(&delivery);
            assert!(taken.is_none_or(|taken| taken == is_ours), "{}: {what}", program.language);
        }
    }
}

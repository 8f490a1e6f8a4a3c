//! The file of a story, as text: the lines that tell which events leave are written by the tests.

use std::fmt::Write;

/// How long a line may be.
const WIDTH: usize = 100;

/// What a step begins with.
const STEP: &str = "  - ";
/// What the events of a step begin with.
const EVENTS: &str = "    events: [";

/// The text of a story with these types of events at its steps, in place of those that are there.
pub fn with_events(text: &str, of_steps: &[Vec<&str>]) -> String {
    let (head, steps) = text.split_once("\nstory:\n").expect("a story");
    let mut written = format!("{head}\nstory:\n");
    let mut of_steps = of_steps.iter();
    for step in split(steps) {
        written.push_str(&without_events(&step));
        written.push_str(&line(of_steps.next().expect("as many steps")));
    }
    written
}

/// The steps, each with its lines.
fn split(steps: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for line in steps.lines() {
        if line.starts_with(STEP) {
            all.push(String::new());
        }
        writeln!(all.last_mut().expect("a step first"), "{line}").expect("a text takes all");
    }
    all
}

fn without_events(step: &str) -> String {
    let mut is_inside = false;
    let is_kept = |line: &&str| {
        is_inside |= line.starts_with(EVENTS);
        let is_kept = !is_inside;
        is_inside &= !line.ends_with(']');
        is_kept
    };
    step.lines().filter(is_kept).map(|line| format!("{line}\n")).collect()
}

fn line(types: &[&str]) -> String {
    let Some((first, rest)) = types.split_first() else { return String::new() };
    let (mut lines, mut line) = (String::new(), format!("{EVENTS}{first}"));
    for kind in rest {
        if line.len() + kind.len() + 3 > WIDTH {
            lines = format!("{lines}{line},\n");
            line = format!("      {kind}");
        } else {
            line = format!("{line}, {kind}");
        }
    }
    format!("{lines}{line}]\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORY: &str =
        "title: T\nstory:\n  - at: now\n    push: { a: b,\n      c: [d] }\n  - at: then\n";

    #[test]
    fn events_are_written_and_written_anew() {
        let kinds = ["subscription.downgrade_scheduled", "subscription.downgrade_withdrawn"];
        let told = [vec![kinds[0], kinds[1], kinds[0]], vec!["receipt.validated"]];
        let written = with_events(STORY, &told);
        let wanted = "title: T\nstory:\n  - at: now\n    push: { a: b,\n      c: [d] }\n    \
                      events: [subscription.downgrade_scheduled, subscription.downgrade_withdrawn,\n      \
                      subscription.downgrade_scheduled]\n  - at: then\n    events: \
                      [receipt.validated]\n";
        assert_eq!(written, wanted);
        assert_eq!(with_events(&written, &told), wanted);
        assert_eq!(with_events(&written, &[vec![], vec![]]), STORY);
    }
}

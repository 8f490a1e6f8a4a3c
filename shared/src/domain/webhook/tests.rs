use super::*;
use crate::domain::samples::at;

pub(super) fn endpoint(format: Format, types: &str) -> Endpoint {
    Endpoint {
        id: EndpointId::from_random([7; 16]),
        url: WebhookUrl::parse("https://example.com/hook", Reach::PublicOnly).unwrap(),
        types: TypeFilter::parse(types).unwrap(),
        format,
        state: State::Enabled,
        created_at: at("2026-03-01T12:00:00Z"),
        failing_since: None,
        last_success_at: None,
        last_failure_at: None,
    }
}

#[test]
fn an_endpoint_takes_what_its_filter_lets_through_and_its_format_can_say() {
    use EventType::{GraceStarted, Renewed, Started};
    for (format, types, taken) in [
        (Format::Usher, "all", [true, true, true]),
        (Format::Usher, "subscription.renewed", [false, true, false]),
        (Format::Cleeng, "all", [true, true, false]),
        (Format::Cleeng, "subscription.grace_started", [false, false, false]),
    ] {
        let endpoint = endpoint(format, types);
        let takes = [Started, Renewed, GraceStarted].map(|kind| endpoint.takes(kind));
        assert_eq!(takes, taken, "{format:?} {types}");
    }
}

#[test]
fn an_endpoint_is_given_up_after_three_days_without_success_and_once() {
    let now = at("2026-03-04T12:00:00Z");
    let failing =
        |since: &str| Endpoint { failing_since: Some(at(since)), ..endpoint(Format::Usher, "all") };
    assert!(!endpoint(Format::Usher, "all").has_failed_for_too_long(now));
    assert!(!failing("2026-03-01T12:00:01Z").has_failed_for_too_long(now));
    assert!(failing("2026-03-01T12:00:00Z").has_failed_for_too_long(now));
    let state = State::Paused { at: now, reason: PauseReason::Gone };
    let paused = Endpoint { state, ..failing("2026-03-01T12:00:00Z") };
    assert!(!paused.has_failed_for_too_long(now));
}

#[test]
fn an_endpoint_reads_back_as_it_was_kept() {
    let state = State::Paused { at: at("2026-03-01T12:00:00Z"), reason: PauseReason::ByOperator };
    let paused = Endpoint { state, ..endpoint(Format::Cleeng, "subscription.renewed") };
    for endpoint in [endpoint(Format::Usher, "all"), paused] {
        let kept = serde_json::to_string(&endpoint).unwrap();
        assert_eq!(serde_json::from_str::<Endpoint>(&kept).unwrap(), endpoint, "{kept}");
    }
}

use proptest::prelude::*;

use super::*;
use crate::domain::samples::at;

const NOON: &str = "2026-01-01T12:00:00Z";

fn limit(places: u16) -> NonZeroU16 {
    NonZeroU16::new(places).unwrap()
}

fn place(name: &str) -> Fingerprint {
    Fingerprint::kept(name.to_owned())
}

/// Places that were noted so many minutes before noon.
fn noted(places: &[(&str, i64)]) -> Places {
    let noted = places.iter().map(|(name, minutes)| {
        (place(name), later(at(NOON), -SignedDuration::from_mins(*minutes)))
    });
    Places::new(noted)
}

/// What becomes of `name` at noon, with the places that are left in alphabetical order.
fn shown(places: &[(&str, i64)], name: &str, allowed: u16) -> String {
    match noted(places).admit(&place(name), limit(allowed), at(NOON)) {
        Admission::Known => "known".to_owned(),
        Admission::Refused => "refused".to_owned(),
        Admission::Noted(places) => {
            let names: Vec<&str> = places.noted().map(|(place, _)| place.as_str()).collect();
            format!("noted {}", names.join(" "))
        }
    }
}

#[test]
fn who_is_let_in() {
    for (what, places, name, then) in [
        ("the first", &[][..], "a", "noted a"),
        ("there is room", &[("a", 0), ("b", 0)], "c", "noted a b c"),
        ("there is none", &[("a", 0), ("b", 0), ("c", 0)], "d", "refused"),
        ("known, and just noted", &[("a", 9), ("b", 0), ("c", 0)], "a", "known"),
        ("known, and noted a while ago", &[("a", 10), ("b", 0), ("c", 0)], "a", "noted a b c"),
        ("held to the last minute", &[("a", 179), ("b", 0), ("c", 0)], "d", "refused"),
        ("one has dropped out", &[("a", 180), ("b", 0), ("c", 0)], "d", "noted b c d"),
        ("who dropped out is new", &[("a", 180), ("b", 0), ("c", 0), ("d", 0)], "a", "refused"),
        (
            "more are held than are allowed now",
            &[("a", 9), ("b", 0), ("c", 0), ("d", 0)],
            "a",
            "known",
        ),
        ("another clock is ahead", &[("a", -2)], "a", "known"),
        ("another clock is wrong", &[("a", -9999), ("b", 0), ("c", 0)], "d", "noted b c d"),
    ] {
        assert_eq!(shown(places, name, 3), then, "{what}");
    }
}

#[test]
fn places_are_held_until_the_last_of_them_drops_out() {
    assert_eq!(noted(&[]).held_until(), None);
    let until = noted(&[("a", 60), ("b", 30)]).held_until();
    assert_eq!(until, Some(at("2026-01-01T14:30:00Z")));
}

proptest! {
    /// Checks of a few viewers at any times: never are more let in within three hours than allowed,
    /// and who is let in stays in as long as they go on watching.
    #[test]
    fn the_limit_holds_and_nobody_who_watches_is_thrown_out(
        checks in prop::collection::vec((0_u8..8, 0_i64..40), 1..120),
        allowed in 1_u16..5,
    ) {
        let (mut places, mut now) = (Places::default(), at(NOON));
        // When each was let in last.
        let mut let_in: BTreeMap<u8, Timestamp> = BTreeMap::new();
        for (who, minutes_later) in checks {
            now = later(now, SignedDuration::from_mins(minutes_later));
            let last = let_in.get(&who).copied();
            let admission = places.admit(&place(&who.to_string()), limit(allowed), now);
            if admission == Admission::Refused {
                let is_watching = last.is_some_and(|at| is_within(HELD_FOR - NOTED_EVERY, at, now));
                prop_assert!(!is_watching, "{who} was let in at {last:?}, and not at {now}");
                let others = let_in.values().filter(|at| is_within(HELD_FOR, **at, now)).count();
                prop_assert!(others >= usize::from(allowed), "there was room at {now}");
                continue;
            }
            if let Admission::Noted(after) = admission {
                places = after;
            }
            let_in.insert(who, now);
            let held = places.noted().filter(|(_, at)| is_within(HELD_FOR, *at, now)).count();
            prop_assert!(held <= usize::from(allowed), "{places:?}");
            let watching = HELD_FOR - NOTED_EVERY;
            let recent = let_in.values().filter(|at| is_within(watching, **at, now)).count();
            prop_assert!(recent <= usize::from(allowed), "{let_in:?} at {now}");
        }
    }
}

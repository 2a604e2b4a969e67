//! Entries as they are written and read.

use proptest::prelude::*;

use super::*;

fn redriven() -> Outcome {
    Outcome::Redriven { to: TopicName::from("orders") }
}

#[test]
fn consecutive_dead_letters_are_one_run() {
    let ts = Some(Timestamp(7));
    let placed = [
        (3, ts, Some((0, 10))),
        (4, ts, Some((0, 11))),
        (5, ts, Some((1, 12))),
        (7, ts, Some((1, 13))),
    ];
    let made = entries("01J", &redriven(), placed);
    let [entry] = made.as_slice() else { panic!("{made:?}") };
    assert_eq!(
        String::from_utf8(entry.to_json().unwrap()).unwrap(),
        r#"{"v":1,"job":"01J","o":"redriven","ts0":7,"runs":[[3,2,0,10],[5,1,1,12],[7,1,1,13]],"to":"orders"}"#
    );
}

#[test]
fn a_long_entry_is_split_before_it_is_too_large() {
    let placed = (0..10_000).map(|n| (i64::MAX - 30_000 + n * 2, None, Some((i32::MAX, n))));
    let made = entries("01J", &redriven(), placed);
    assert!(made.len() > 1);
    for entry in &made {
        let length = entry.to_json().unwrap().len();
        assert!(length < MAX_ENTRY_BYTES + 500, "{length}");
    }
    assert_eq!(made.iter().flat_map(|e| &e.runs).count(), 10_000);
}

#[test]
fn what_is_not_understood_is_never_skipped() {
    let unreadable = |value: &str| Entry::parse("k", value.as_bytes()).unwrap_err().to_string();
    assert_eq!(
        unreadable(r#"{"v":2,"runs":"other"}"#),
        "entry `k` was written by a newer flowctl (format 2)"
    );
    assert_eq!(
        unreadable(r#"{"v":1,"job":"j","o":"eaten","ts0":1,"runs":[]}"#),
        "entry `k` has the unknown outcome `eaten`"
    );
    assert_eq!(
        unreadable(r#"{"v":1,"job":"j","o":"redriven","ts0":1,"runs":[]}"#),
        "entry `k` cannot be read: `to` is missing"
    );
    assert!(unreadable("nonsense").starts_with("entry `k` cannot be read: "));
}

#[test]
fn runs_that_cannot_be_are_not_read() {
    let max = i64::MAX;
    let is_read = |run: String| {
        let value = format!(r#"{{"v":1,"job":"j","o":"duplicate","ts0":1,"runs":[[{run}]]}}"#);
        match Entry::parse("k", value.as_bytes()) {
            Ok(_) => true,
            Err(Unreadable::Malformed { .. }) => false,
            Err(other) => panic!("{other}"),
        }
    };
    assert!(is_read("5,1,-1,-1".to_owned()));
    assert!(is_read(format!("{},1,0,{}", max - 1, max - 1)));
    for run in [
        "5,0,0,0".to_owned(),
        "5,-1,0,0".to_owned(),
        "-1,1,0,0".to_owned(),
        "5,1,0,-1".to_owned(),
        "5,1,0,-7".to_owned(),
        "5,1,-1,0".to_owned(),
        format!("5,{max},0,0"),
        format!("{max},1,0,0"),
        format!("0,2,0,{max}"),
    ] {
        assert!(!is_read(run.clone()), "{run}");
    }
}

proptest! {
    #[test]
    fn entries_round_trip_and_hold_what_was_placed(
        steps in prop::collection::vec((1_i64..3, 0_i32..2, any::<bool>()), 1..200),
    ) {
        let mut placed = Vec::new();
        let (mut offset, mut ends) = (0, [100_i64, 200]);
        for (step, partition, is_marker) in steps {
            offset += step;
            let end = &mut ends[usize::try_from(partition).unwrap()];
            *end += 1 + i64::from(is_marker);
            placed.push((offset, Some(Timestamp(offset)), Some((partition, *end))));
        }
        let mut read = Vec::new();
        for entry in entries("j", &redriven(), placed.clone()) {
            let back = Entry::parse("k", &entry.to_json().unwrap()).unwrap();
            prop_assert_eq!(&back, &entry);
            for run in back.runs {
                for n in 0..run.count {
                    let target = (run.target_partition, run.target_offset + n);
                    read.push((run.dlq_offset + n, Some(target)));
                }
            }
        }
        let placed: Vec<_> = placed.into_iter().map(|(o, _, t)| (o, t)).collect();
        prop_assert_eq!(read, placed);
    }
}

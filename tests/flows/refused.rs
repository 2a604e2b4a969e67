//! Records that the broker refuses: found, reported, and no obstacle for the others.

use bytes::Bytes;
use serde_json::Value;

use crate::dead_letters::Flow;
use crate::sandboxed::Sandboxed;

/// Redrives records of which every tenth is too large for the target, and checks what became of
/// them.
fn redrive_with_every_tenth_too_large(count: i64, words: &[&str]) {
    let sandbox = Sandboxed::start();
    let flow = Flow::on(&sandbox, "redrive-many-large", 2);
    let small = sandbox.new_topic_with("redrive-some-small", 1, &[("max.message.bytes", "4000")]);
    let is_large = |number: i64| number % 10 == 3;
    sandbox.write((0..count).map(|number| {
        let mut letter = flow.dead_letter(i32::try_from(number % 2).unwrap(), number, "X");
        if is_large(number) {
            // Random enough not to be compressed, and each of another size.
            let size = 8_000 + usize::try_from(number * 7 % 900).unwrap();
            let random = std::iter::repeat_with(|| ulid::Ulid::new().random().to_string());
            let random: String = random.take(size / 20).collect();
            letter.value = Some(Bytes::from(random));
        }
        letter
    }));
    let to = format!("topic/{small}");
    let (code, listed, told) =
        flow.dlq("redrive", &[&["--yes", "-o", "json", "--to", &to], words].concat());
    assert_eq!(code, 3, "{told}");
    let report: Value = serde_json::from_str(&listed).unwrap();
    let failed = count / 10;
    let at = |pointer| report.pointer(pointer).unwrap();
    assert_eq!((at("/redriven"), at("/failed")), (&(count - failed).into(), &failed.into()));
    assert_eq!(at("/items/0/reason/code"), "MESSAGE_TOO_LARGE");
    assert_eq!(at("/items/0/reason/kafka_error_code"), 10);
    let mut arrived: Vec<_> =
        sandbox.read(&small).into_iter().map(|record| record.key.unwrap()).collect();
    let mut expected: Vec<_> = (0..count)
        .filter(|number| !is_large(*number))
        .map(|number| Bytes::from(format!("key-{number}")))
        .collect();
    arrived.sort();
    expected.sort();
    assert_eq!(arrived, expected);
    // They stay pending, and are no obstacle the next time.
    let (code, _, told) = flow.dlq("redrive", &["--yes", "--to", &to]);
    assert_eq!(code, 3, "{told}");
    assert!(told.contains(&format!("redriven 0 of {failed}")), "{told}");
}

#[test]
fn three_hundred_that_are_too_large_are_found_among_three_thousand() {
    redrive_with_every_tenth_too_large(3_000, &[]);
}

#[test]
fn refused_records_are_found_where_their_size_tells_nothing() {
    redrive_with_every_tenth_too_large(300, &["-X", "compression.type=gzip"]);
}

#[test]
fn a_topic_that_takes_nothing_of_it_fails_each_by_its_name() {
    let sandbox = Sandboxed::start();
    let flow = Flow::on(&sandbox, "redrive-too-large", 1);
    let small = sandbox.new_topic_with("redrive-too-small", 1, &[("max.message.bytes", "100000")]);
    let to = format!("topic/{small}");
    sandbox.write((0..10).map(|number| {
        let mut letter = flow.dead_letter(0, number, "X");
        letter.value = Some(Bytes::from("x".repeat(200_000)));
        letter
    }));
    let (code, listed, told) = flow.dlq("redrive", &["--yes", "-o", "json", "--to", &to]);
    assert_eq!(code, 3, "{told}");
    let report: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((&report["redriven"], &report["failed"]), (&0.into(), &10.into()));
    assert!(told.contains("/0/9 was not redriven: MESSAGE_TOO_LARGE"), "{told}");
    // Those are no obstacle for what comes after them.
    sandbox.write((10..20).map(|number| flow.dead_letter(0, number, "X")));
    let (code, _, told) = flow.dlq("redrive", &["--yes", "--to", &to]);
    assert_eq!(code, 3, "{told}");
    assert!(told.contains("redriven 10 of 20") && told.contains("10 failed"), "{told}");
    assert_eq!(sandbox.read(&small).len(), 10);
}

#[test]
fn small_records_are_not_refused_for_being_many() {
    let sandbox = Sandboxed::start();
    let flow = Flow::on(&sandbox, "redrive-many", 1);
    let small = sandbox.new_topic_with("redrive-many-small", 1, &[("max.message.bytes", "2000")]);
    flow.fill(1, 2_000);
    let told = flow.redrive(&["--to", &format!("topic/{small}")]);
    assert!(told.contains("redriven 2000 of 2000"), "{told}");
    assert_eq!(sandbox.read(&small).len(), 2_000);
}

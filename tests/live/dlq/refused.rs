//! Records that Kafka refuses: found, reported, and no obstacle for the others.

use bytes::Bytes;
use serde_json::Value;

use super::new_flow;
use crate::home::unique;
use crate::support::kafka;

#[test]
fn records_that_the_broker_refuses_are_found_among_the_others() {
    let flow = new_flow("redrive-large", 1);
    let small = kafka().new_topic_with("redrive-small", 1, &[("max.message.bytes", "4000")]);
    let letters = (0..200).map(|number| {
        let mut letter = flow.dead_letter(0, number, "X");
        if matches!(number, 50 | 51 | 199) {
            // Random enough not to be compressed, if somebody compresses.
            letter.value = Some(Bytes::from(unique("large").repeat(200)));
        }
        letter
    });
    kafka().write(letters);
    let (code, _, told) = flow.dlq("redrive", &["--yes", "--to", &format!("topic/{small}")]);
    assert_eq!(code, 3, "{told}");
    assert!(told.contains("redriven 197 of 200"), "{told}");
    assert!(told.contains("3 failed"), "{told}");
    assert!(told.contains("/0/50 was not redriven: MESSAGE_TOO_LARGE"), "{told}");
    assert_eq!(kafka().read(&small).len(), 197);
}

#[test]
fn records_that_are_invalid_are_found_and_no_others() {
    let flow = new_flow("redrive-keyless", 1);
    let compacted =
        kafka().new_topic_with("redrive-compacted", 1, &[("cleanup.policy", "compact")]);
    kafka().write((0..1_000).map(|number| {
        let mut letter = flow.dead_letter(0, number, "X");
        if matches!(number, 0 | 400 | 401 | 999) {
            letter.key = None;
        }
        letter
    }));
    let to = format!("topic/{compacted}");
    let (code, listed, told) = flow.dlq("redrive", &["--yes", "-o", "json", "--to", &to]);
    assert_eq!(code, 3, "{told}");
    let report: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((&report["redriven"], &report["failed"]), (&996.into(), &4.into()), "{told}");
    assert_eq!(report["items"][0]["reason"]["code"], "INVALID_RECORD");
    let arrived = kafka().read(&compacted);
    assert_eq!(arrived.len(), 996);
    assert!(arrived.iter().all(|record| record.key.is_some()));
}

//! Spring Kafka's `DeadLetterPublishingRecoverer`: `kafka_dlt-…` headers with binary integers.
//!
//! `appendOriginalHeaders` is on by default: when a record fails again, a new origin stands behind
//! the former one.

use super::headers::{Integers, OriginHeaders, last, last_text};
use crate::dlq::dead_letter::{Failure, Flaw, Origin};
use crate::model::header::Header;
use crate::model::name::GroupId;
use crate::model::timestamp::Timestamp;

/// Written by no other framework.
pub(super) const MARKS: &[&str] = &["kafka_dlt-original-topic"];

const ORIGIN: OriginHeaders = OriginHeaders {
    topic: "kafka_dlt-original-topic",
    partition: "kafka_dlt-original-partition",
    offset: "kafka_dlt-original-offset",
    integers: Integers::Binary,
};

const TIMESTAMP: &str = "kafka_dlt-original-timestamp";

/// Reads origin and error.
pub(super) fn read(headers: &[Header]) -> (Origin, Option<Failure>) {
    let mut origin = ORIGIN.read(headers);
    if let Some(value) = last(headers, TIMESTAMP) {
        match Integers::Binary.decode(value) {
            // −1 is Kafka's "no timestamp".
            Some(-1) => {}
            Some(ms) => origin.timestamp = Some(Timestamp(ms)),
            None => origin
                .flaws
                .push(Flaw::Malformed { header: TIMESTAMP, expected: "a big-endian integer" }),
        }
    }
    origin.group = last_text(headers, "kafka_dlt-original-consumer-group").map(GroupId::new);
    // The outer exception is nearly always ListenerExecutionFailedException: the cause tells more.
    let code = last_text(headers, "kafka_dlt-exception-cause-fqcn")
        .or_else(|| last_text(headers, "kafka_dlt-exception-fqcn"))
        .or_else(|| last_text(headers, "kafka_dlt-key-exception-fqcn"));
    let message = last_text(headers, "kafka_dlt-exception-message")
        .or_else(|| last_text(headers, "kafka_dlt-key-exception-message"));
    let stacktrace = last_text(headers, "kafka_dlt-exception-stacktrace")
        .or_else(|| last_text(headers, "kafka_dlt-key-exception-stacktrace"));
    let failure = (code.is_some() || message.is_some()).then_some(Failure {
        code,
        message,
        stacktrace,
        ..Failure::default()
    });
    (origin, failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(name: &str, value: &[u8]) -> Header {
        Header::new(name, value.to_vec())
    }

    #[test]
    fn the_last_origin_and_the_root_cause_count() {
        let headers = vec![
            Header::new("kafka_dlt-original-topic", "orders"),
            binary("kafka_dlt-original-partition", &1_i32.to_be_bytes()),
            binary("kafka_dlt-original-offset", &7_i64.to_be_bytes()),
            Header::new("kafka_dlt-original-topic", "orders"),
            binary("kafka_dlt-original-partition", &2_i32.to_be_bytes()),
            binary("kafka_dlt-original-offset", &99_i64.to_be_bytes()),
            binary("kafka_dlt-original-timestamp", &1_700_000_000_000_i64.to_be_bytes()),
            Header::new("kafka_dlt-original-consumer-group", "billing"),
            Header::new("kafka_dlt-exception-fqcn", "x.ListenerExecutionFailedException"),
            Header::new("kafka_dlt-exception-cause-fqcn", "java.io.IOException"),
            Header::new("kafka_dlt-exception-message", "broken"),
        ];
        let (origin, failure) = read(&headers);
        assert_eq!(origin.coordinates(), Some((&"orders".into(), 2, 99)));
        assert_eq!(origin.timestamp, Some(Timestamp(1_700_000_000_000)));
        assert_eq!(origin.group, Some("billing".into()));
        assert_eq!(origin.flaws, []);
        let failure = failure.unwrap();
        assert_eq!(failure.code.as_deref(), Some("java.io.IOException"));
        assert_eq!(failure.message.as_deref(), Some("broken"));
    }

    #[test]
    fn text_where_an_integer_belongs_is_said() {
        let headers = vec![
            Header::new("kafka_dlt-original-topic", "orders"),
            Header::new("kafka_dlt-original-partition", "12"),
        ];
        let (origin, failure) = read(&headers);
        assert_eq!(origin.partition, None);
        assert_eq!(origin.flaws.len(), 2);
        assert_eq!(failure, None);
    }
}

//! Kafka Connect's sinks: `__connect.errors.…` headers with decimal text.
//!
//! They are only there with `errors.deadletterqueue.context.headers.enable=true`, which is not the
//! default; without it a dead letter tells neither origin nor error.

use super::headers::{Integers, OriginHeaders, last_text};
use crate::dlq::dead_letter::{Failure, Origin};
use crate::model::name::GroupId;
use crate::model::record::Record;
use crate::model::timestamp::TimestampType;

/// Written by no other framework.
pub(super) const MARKS: &[&str] = &["__connect.errors.topic"];

const ORIGIN: OriginHeaders = OriginHeaders {
    topic: "__connect.errors.topic",
    partition: "__connect.errors.partition",
    offset: "__connect.errors.offset",
    integers: Integers::Decimal,
};

/// Reads origin and error.
pub(super) fn read(record: &Record) -> (Origin, Option<Failure>) {
    let headers = &record.headers;
    let mut origin = ORIGIN.read(headers);
    // Connect keeps the timestamp, unless the DLQ sets its own.
    origin.timestamp = match record.timestamp_type {
        TimestampType::CreateTime => record.timestamp,
        TimestampType::LogAppendTime => None,
    };
    // A sink reads as the group `connect-<connector name>`.
    origin.group = last_text(headers, "__connect.errors.connector.name")
        .map(|connector| GroupId::new(format!("connect-{connector}")));
    let failure = Failure {
        code: last_text(headers, "__connect.errors.exception.class.name"),
        message: last_text(headers, "__connect.errors.exception.message"),
        stage: last_text(headers, "__connect.errors.stage"),
        stacktrace: last_text(headers, "__connect.errors.exception.stacktrace"),
        ..Failure::default()
    };
    let is_told = failure != Failure::default();
    (origin, is_told.then_some(failure))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dlq::testing::record;
    use crate::model::header::Header;
    use crate::model::timestamp::Timestamp;

    #[test]
    fn the_last_origin_counts_and_a_message_may_be_null() {
        let mut headers = vec![
            Header::new("__connect.errors.topic", "orders"),
            Header::new("__connect.errors.partition", "0"),
            Header::new("__connect.errors.offset", "1"),
            Header::new("__connect.errors.topic", "orders"),
            Header::new("__connect.errors.partition", "1"),
            Header::new("__connect.errors.offset", "12"),
            Header::new("__connect.errors.connector.name", "jdbc"),
            Header::new("__connect.errors.stage", "VALUE_CONVERTER"),
            Header::new("__connect.errors.exception.class.name", "x.DataException"),
            Header::new("__connect.errors.exception.message", ""),
        ];
        headers.last_mut().unwrap().value = None;
        let (origin, failure) = read(&record(None, headers));
        assert_eq!(origin.timestamp, Some(Timestamp(1_000)));
        assert_eq!(origin.coordinates(), Some((&"orders".into(), 1, 12)));
        assert_eq!(origin.group, Some("connect-jdbc".into()));
        let failure = failure.unwrap();
        assert_eq!(failure.code.as_deref(), Some("x.DataException"));
        assert_eq!(failure.message, None);
        assert_eq!(failure.stage.as_deref(), Some("VALUE_CONVERTER"));
    }
}

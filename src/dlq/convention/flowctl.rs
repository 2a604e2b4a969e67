//! The flow's own convention: headers `originalTopic`, `originalPartition`, `originalOffset` as
//! text, and in the value, a JSON object, a member `"error":{code,message,timestamp,retryCount}`.

use serde_json::Value;

use super::headers::{Integers, OriginHeaders};
use crate::dlq::dead_letter::{Failure, Origin};
use crate::dlq::error_member;
use crate::model::record::Record;

/// Each of them alone is enough: a writer that leaves one out is still recognised, and told so.
pub(super) const MARKS: &[&str] = &["originalTopic", "originalPartition", "originalOffset"];

const ORIGIN: OriginHeaders = OriginHeaders {
    topic: "originalTopic",
    partition: "originalPartition",
    offset: "originalOffset",
    integers: Integers::Decimal,
};

/// Reads origin and error.
pub(super) fn read(record: &Record) -> (Origin, Option<Failure>) {
    let failure = record.value.as_deref().and_then(error_member::find).and_then(failure);
    (ORIGIN.read(&record.headers), failure)
}

/// Reads the error object.
fn failure(error: &[u8]) -> Option<Failure> {
    let error: serde_json::Map<String, Value> = serde_json::from_slice(error).ok()?;
    let text = |name: &str| match error.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        // A code such as 500 is a number in some applications.
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Some(other.to_string())
        }
    };
    Some(Failure {
        code: text("code"),
        message: text("message"),
        timestamp: text("timestamp"),
        retry_count: error.get("retryCount").and_then(Value::as_i64),
        stage: None,
        stacktrace: text("stack").or_else(|| text("stacktrace")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dlq::dead_letter::Flaw;
    use crate::dlq::testing::record;
    use crate::model::header::Header;

    #[test]
    fn origin_and_error_are_read() {
        let value = br#"{"userId":"u1","error":{"code":"VALIDATION_ERROR","message":"no such type","timestamp":"2026-01-01T00:00:00Z","retryCount":3}}"#;
        let headers = vec![
            Header::new("source", "web"),
            Header::new("originalTopic", "user-activity-logs"),
            Header::new("originalPartition", "2"),
            Header::new("originalOffset", "1042"),
        ];
        let (origin, failure) = read(&record(Some(value), headers));
        assert_eq!(origin.coordinates(), Some((&"user-activity-logs".into(), 2, 1042)));
        assert_eq!(origin.flaws, []);
        let failure = failure.unwrap();
        assert_eq!(failure.code.as_deref(), Some("VALIDATION_ERROR"));
        assert_eq!(failure.message.as_deref(), Some("no such type"));
        assert_eq!(failure.timestamp.as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!(failure.retry_count, Some(3));
    }

    #[test]
    fn what_is_missing_or_wrong_is_said() {
        let headers =
            vec![Header::new("originalPartition", "two"), Header::new("originalOffset", "-5")];
        let (origin, failure) = read(&record(Some(b"not json"), headers));
        assert_eq!(failure, None);
        assert_eq!(
            origin.flaws,
            [
                Flaw::Missing("originalTopic"),
                Flaw::Malformed { header: "originalPartition", expected: "a decimal number" },
                Flaw::NegativeOffset(-5),
            ]
        );
        assert_eq!(origin.offset, None);
    }

    #[test]
    fn a_code_may_be_a_number() {
        let (_, failure) = read(&record(Some(br#"{"error":{"code":500}}"#), Vec::new()));
        assert_eq!(failure.unwrap().code.as_deref(), Some("500"));
    }
}

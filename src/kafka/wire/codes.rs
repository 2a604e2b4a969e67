//! Kafka's own names of its error codes, and which conditions pass by themselves.

use kafka_protocol::error::{ParseResponseErrorCode, ResponseError};

/// Returns Kafka's own name of an error code: `NOT_LEADER_OR_FOLLOWER` for 6.
pub(in crate::kafka) fn code_name(code: i16) -> String {
    match code.err() {
        None => "NONE".to_owned(),
        Some(ResponseError::Unknown(code)) => format!("UNKNOWN_ERROR_CODE_{code}"),
        Some(error) => screaming_snake(&error.to_string()),
    }
}

/// Tells whether the condition may pass by itself: `RetriableException` in Kafka's Java client. The
/// crate's own flags differ from it.
pub(in crate::kafka) fn is_retriable(code: i16) -> bool {
    matches!(
        code,
        2 | 3
            | 5..=7
            | 9
            | 13..=16
            | 19
            | 20
            | 41
            | 51
            | 56
            | 70..=72
            | 74
            | 75
            | 78
            | 80
            | 83
            | 84
            | 88
            | 89
            | 100
            | 103
            | 106
            | 122
            | 123
            | 133
    )
}

/// Turns `NotLeaderOrFollower` into `NOT_LEADER_OR_FOLLOWER`. Kafka's enum and the crate's differ in
/// nothing else; the test compares all of them.
fn screaming_snake(camel: &str) -> String {
    let mut name = String::with_capacity(camel.len() + 8);
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `org.apache.kafka.common.protocol.Errors` of Kafka 4.1.1: code, name, retriable.
    const KAFKA: &str = include_str!("codes.txt");

    #[test]
    fn names_and_retriable_errors_are_those_of_kafka() {
        let mut seen = 0;
        for line in KAFKA.lines() {
            let [code, name, retriable] =
                line.split(' ').collect::<Vec<_>>().try_into().expect("three words");
            let code: i16 = code.parse().expect("a number");
            assert_eq!(code_name(code), name, "{code}");
            assert_eq!(is_retriable(code).to_string(), retriable, "{name}");
            seen += 1;
        }
        assert_eq!(seen, 135);
    }

    #[test]
    fn a_code_of_the_future_is_shown_by_its_number() {
        assert_eq!(code_name(999), "UNKNOWN_ERROR_CODE_999");
        assert!(!is_retriable(999));
    }
}

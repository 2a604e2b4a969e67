//! Kafka's own names of its error codes.

use kafka_protocol::error::{ParseResponseErrorCode, ResponseError};

/// Returns Kafka's own name of an error code: `NOT_LEADER_OR_FOLLOWER` for 6.
pub(in crate::kafka) fn code_name(code: i16) -> String {
    match code.err() {
        None => "NONE".to_owned(),
        Some(ResponseError::Unknown(code)) => format!("UNKNOWN_ERROR_CODE_{code}"),
        Some(error) => screaming_snake(&error.to_string()),
    }
}

/// Turns `NotLeaderOrFollower` into `NOT_LEADER_OR_FOLLOWER`. Kafka's enum and the crate's differ
/// in nothing else; the test of `kafka::error` compares all of them.
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

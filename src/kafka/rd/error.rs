//! From librdkafka's errors to [`Error`]: Kafka's own names where a broker answered, the same typed
//! errors as the wire where nobody did.

use std::collections::BTreeSet;
use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::trouble::Peer;
use crate::kafka::{Error, ErrorCode};
use crate::model::name::{GroupId, TopicName};

/// Makes the error of a record.
pub(super) fn of_record(
    code: RDKafkaErrorCode,
    topic: &TopicName,
    peer: &Peer,
    trouble: Option<&Error>,
) -> Error {
    let denied = |operation: &str, resource: String| Error::Denied {
        operation: operation.to_owned(),
        resource,
        code: number(code),
        exists: false,
    };
    #[expect(clippy::wildcard_enum_match_arm, reason = "librdkafka's enum is non-exhaustive")]
    match code {
        RDKafkaErrorCode::TopicAuthorizationFailed => denied("WRITE", format!("topic `{topic}`")),
        RDKafkaErrorCode::ClusterAuthorizationFailed => {
            denied("IDEMPOTENT_WRITE", "the cluster".to_owned())
        }
        RDKafkaErrorCode::UnknownTopic | RDKafkaErrorCode::UnknownPartition => Error::Broker {
            code: ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            message: Some(format!("topic `{topic}`")),
        },
        RDKafkaErrorCode::PurgeQueue => {
            trouble.cloned().unwrap_or_else(|| Error::Client("not sent".to_owned()))
        }
        RDKafkaErrorCode::PurgeInflight => Error::Client(
            "sent, but not acknowledged: nobody knows whether it was written".to_owned(),
        ),
        RDKafkaErrorCode::MessageTimedOut => trouble.cloned().unwrap_or_else(|| Error::Timeout {
            doing: format!("a record for topic `{topic}`"),
            allowed: peer.delivery_timeout,
        }),
        _ => of_code(code, peer, trouble),
    }
}

/// Makes the error of anything else.
fn of_code(code: RDKafkaErrorCode, peer: &Peer, trouble: Option<&Error>) -> Error {
    #[expect(clippy::wildcard_enum_match_arm, reason = "librdkafka's enum is non-exhaustive")]
    match code {
        RDKafkaErrorCode::Fenced
        | RDKafkaErrorCode::ProducerFenced
        | RDKafkaErrorCode::InvalidProducerEpoch => Error::Fenced(describe(code)),
        RDKafkaErrorCode::Authentication
        | RDKafkaErrorCode::SSL
        | RDKafkaErrorCode::BrokerTransportFailure
        | RDKafkaErrorCode::AllBrokersDown
        | RDKafkaErrorCode::Resolve => {
            trouble.cloned().unwrap_or_else(|| peer.unreachable(describe(code)))
        }
        _ if number(code).0 > 0 => {
            Error::Broker { code: number(code), message: Some(describe(code)) }
        }
        _ => Error::Client(describe(code)),
    }
}

/// Makes the error of a call on the whole producer. `doing` completes "no answer to …".
pub(super) fn of_call(
    error: &KafkaError,
    doing: &str,
    allowed: Duration,
    peer: &Peer,
    trouble: Option<&Error>,
) -> Error {
    #[expect(clippy::wildcard_enum_match_arm, reason = "librdkafka's enum is non-exhaustive")]
    match error {
        KafkaError::ClientConfig(_, why, key, _) => {
            // The value is left out: it may be a secret.
            Error::Settings(format!("`{key}` is refused by librdkafka: {}", why.trim()))
        }
        KafkaError::ClientCreation(why) => Error::Settings(why.trim().to_owned()),
        _ => match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::OperationTimedOut | RDKafkaErrorCode::TimedOutQueue) => trouble
                .cloned()
                .unwrap_or_else(|| Error::Timeout { doing: doing.to_owned(), allowed }),
            Some(code) => match of_code(code, peer, trouble) {
                // The text of a transaction error says more than that of its code.
                Error::Client(_) => Error::Client(format!("{doing}: {}", text(error, code))),
                other => other,
            },
            None => Error::Client(format!("{doing}: {error}")),
        },
    }
}

/// Makes the error of a missing right in a transaction.
pub(super) fn denied_in_transaction(
    code: RDKafkaErrorCode,
    transactional_id: &str,
    group: Option<&GroupId>,
) -> Option<Error> {
    let (operation, resource) = if code == RDKafkaErrorCode::TransactionalIdAuthorizationFailed {
        ("WRITE", format!("transactional id `{transactional_id}`"))
    } else if code == RDKafkaErrorCode::GroupAuthorizationFailed {
        ("READ", group.map_or_else(|| "a group".to_owned(), |group| format!("group `{group}`")))
    } else {
        return None;
    };
    Some(Error::Denied {
        operation: operation.to_owned(),
        resource,
        code: number(code),
        exists: false,
    })
}

/// Makes the error of a transaction that was refused for one of these topics: which of them, the
/// client does not tell.
pub(super) fn denied_to_write(
    code: RDKafkaErrorCode,
    topics: &BTreeSet<&TopicName>,
) -> Option<Error> {
    if code != RDKafkaErrorCode::TopicAuthorizationFailed {
        return None;
    }
    let names: Vec<_> = topics.iter().map(|topic| format!("`{topic}`")).collect();
    let resource = match names.as_slice() {
        [name] => format!("topic {name}"),
        names => format!("one of the topics {}", names.join(", ")),
    };
    Some(Error::Denied {
        operation: "WRITE".to_owned(),
        resource,
        code: number(code),
        exists: false,
    })
}

/// Returns librdkafka's text of an error.
fn text(error: &KafkaError, code: RDKafkaErrorCode) -> String {
    #[expect(clippy::wildcard_enum_match_arm, reason = "librdkafka's enum is non-exhaustive")]
    match error {
        KafkaError::Transaction(error) => error.string(),
        _ => describe(code),
    }
}

/// Returns the number of a code: positive ones are Kafka's, negative ones librdkafka's own.
pub(super) fn number(code: RDKafkaErrorCode) -> ErrorCode {
    #[expect(
        clippy::as_conversions,
        reason = "the enum gives its number in no other way; all lie between -200 and 200"
    )]
    ErrorCode(code as i16)
}

/// Returns the text of a code: `Fenced (Local: This instance …)` without what is around the
/// sentence.
pub(super) fn describe(code: RDKafkaErrorCode) -> String {
    let text = code.to_string();
    let sentence = text
        .split_once(" (")
        .and_then(|(_, rest)| rest.strip_suffix(')'))
        .map(|rest| strip(strip(rest, "Local: "), "Broker: ").to_owned());
    sentence.unwrap_or(text)
}

/// Takes a beginning away that the message of the error says already.
pub(super) fn strip<'a>(cause: &'a str, beginning: &str) -> &'a str {
    cause.strip_prefix(beginning).unwrap_or(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_sentences() {
        assert_eq!(describe(RDKafkaErrorCode::QueueFull), "Queue full");
        assert_eq!(describe(RDKafkaErrorCode::MessageSizeTooLarge), "Message size too large");
    }

    #[test]
    fn a_record_fails_with_kafkas_code() {
        let topic = TopicName::from("t");
        let of = |code| of_record(code, &topic, &Peer::for_test(), None);
        assert_eq!(of(RDKafkaErrorCode::MessageSizeTooLarge).code(), Some(ErrorCode(10)));
        assert_eq!(of(RDKafkaErrorCode::UnknownPartition).code(), Some(ErrorCode(3)));
        assert!(matches!(of(RDKafkaErrorCode::TopicAuthorizationFailed), Error::Denied { .. }));
        assert_eq!(
            of(RDKafkaErrorCode::MessageTimedOut).to_string(),
            "no answer to a record for topic `t` within 30 s"
        );
    }

    #[test]
    fn a_refused_transaction_names_the_topics_that_it_can_be_about() {
        let (a, b) = (TopicName::from("a"), TopicName::from("b"));
        let of = |topics: &[_]| {
            let topics = topics.iter().copied().collect();
            denied_to_write(RDKafkaErrorCode::TopicAuthorizationFailed, &topics).unwrap()
        };
        let text = of(&[&a]).to_string();
        assert!(text.contains("WRITE on topic `a` was refused"), "{text}");
        let text = of(&[&b, &a]).to_string();
        assert!(text.contains("WRITE on one of the topics `a`, `b` was refused"), "{text}");
    }
}

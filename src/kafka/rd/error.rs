//! From librdkafka's errors to [`Error`]: Kafka's own names where a broker answered, the same typed
//! errors as the wire where nobody did.

use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::kafka::connection::ConnectionSettings;
use crate::kafka::{Error, ErrorCode};
use crate::model::name::{GroupId, TopicName};

/// Whom the client talks to, for messages.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    addresses: Vec<String>,
    mechanism: &'static str,
    /// How long a record may take (`delivery.timeout.ms`).
    delivery_timeout: Duration,
}

impl Peer {
    pub(super) fn new(settings: &ConnectionSettings, delivery_timeout: Duration) -> Self {
        Self {
            addresses: settings.bootstrap.iter().map(ToString::to_string).collect(),
            mechanism: settings.sasl.as_ref().map_or("none", |sasl| sasl.mechanism.name()),
            delivery_timeout,
        }
    }

    fn unreachable(&self, cause: String) -> Error {
        Error::Unreachable { addresses: self.addresses.clone(), cause }
    }

    /// Returns the address that a text of librdkafka begins with, or the first one known.
    fn address(&self, named: Option<&str>) -> String {
        match named {
            Some(address) => address.to_owned(),
            None => self.addresses.first().cloned().unwrap_or_default(),
        }
    }
}

/// What keeps the client from its brokers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) error: Error,
    /// Whether it will not go away by waiting: a refused password or certificate.
    pub(super) is_final: bool,
}

/// Makes a trouble of an error event. A wrong password says more than the broken connections that
/// follow, and a broken connection more than the remark that all of them are.
pub(super) fn trouble(
    code: RDKafkaErrorCode,
    reason: &str,
    peer: &Peer,
    known: Option<&Trouble>,
) -> Option<Trouble> {
    let (address, cause) = split_reason(reason);
    let lasting = |error| Some(Trouble { error, is_final: true });
    let passing = |error| Some(Trouble { error, is_final: false });
    let tls = || Error::Tls {
        address: peer.address(address),
        cause: strip(cause, HANDSHAKE_FAILED).to_owned(),
        hint: Some("check security.protocol, ssl.ca.location and the broker's name".to_owned()),
    };
    #[expect(clippy::wildcard_enum_match_arm, reason = "librdkafka's enum is non-exhaustive")]
    match code {
        RDKafkaErrorCode::Authentication => lasting(Error::Authentication {
            address: peer.address(address),
            mechanism: peer.mechanism.to_owned(),
            cause: strip(cause, "SASL authentication error: ").to_owned(),
            hint: Some("check sasl.mechanism, the user name and the password".to_owned()),
        }),
        RDKafkaErrorCode::SSL => lasting(tls()),
        RDKafkaErrorCode::Fenced => lasting(Error::Fenced(cause.to_owned())),
        // Without the right to a producer id, which WRITE on any topic gives too.
        RDKafkaErrorCode::ClusterAuthorizationFailed => lasting(Error::Denied {
            operation: "IDEMPOTENT_WRITE".to_owned(),
            resource: "the cluster".to_owned(),
            code: number(code),
        }),
        RDKafkaErrorCode::Fatal if known.is_none() => lasting(Error::Client(cause.to_owned())),
        _ if known.is_some_and(|known| known.is_final) => None,
        // The handshake's text names the reason, the next one only says "disconnected".
        _ if matches!(known, Some(Trouble { error: Error::Tls { .. }, .. })) => None,
        // A broker that goes down ends handshakes too, so this may pass.
        RDKafkaErrorCode::BrokerTransportFailure if cause.starts_with(HANDSHAKE_FAILED) => {
            passing(tls())
        }
        RDKafkaErrorCode::BrokerTransportFailure | RDKafkaErrorCode::Resolve => {
            passing(peer.unreachable(cause.to_owned()))
        }
        RDKafkaErrorCode::AllBrokersDown if known.is_none() => {
            passing(peer.unreachable(cause.to_owned()))
        }
        _ => None,
    }
}

/// How librdkafka begins the text of a failed handshake.
const HANDSHAKE_FAILED: &str = "SSL handshake failed: ";

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
    Some(Error::Denied { operation: operation.to_owned(), resource, code: number(code) })
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

/// Returns the text of a code: `Fenced (Local: This instance …)` without what is around the sentence.
pub(super) fn describe(code: RDKafkaErrorCode) -> String {
    let text = code.to_string();
    let sentence = text
        .split_once(" (")
        .and_then(|(_, rest)| rest.strip_suffix(')'))
        .map(|rest| strip(strip(rest, "Local: "), "Broker: ").to_owned());
    sentence.unwrap_or(text)
}

/// Splits `sasl_ssl://host:9093/bootstrap: what (after 3ms in state X)` into `host:9093` and `what`.
fn split_reason(reason: &str) -> (Option<&str>, &str) {
    let (address, cause) = match reason.split_once(": ") {
        Some((name, cause)) if name.contains(':') || name.contains('/') => {
            let name = name.rsplit_once("://").map_or(name, |(_, rest)| rest);
            (name.split('/').next(), cause)
        }
        Some(_) | None => (None, reason),
    };
    let cause = cause.split(" (after ").next().unwrap_or(cause).trim();
    (address, cause)
}

/// Takes a beginning away that the message of the error says already.
fn strip<'a>(cause: &'a str, beginning: &str) -> &'a str {
    cause.strip_prefix(beginning).unwrap_or(cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::Properties;

    fn peer() -> Peer {
        let (settings, _) =
            ConnectionSettings::from_properties(Some("a:1,b:2"), &Properties::new()).unwrap();
        Peer::new(&settings, Duration::from_secs(30))
    }

    #[test]
    fn librdkafkas_reasons_are_taken_apart() {
        assert_eq!(
            split_reason(
                "sasl_ssl://127.0.0.1:9093/bootstrap: SASL authentication error: no (after 3ms in state AUTH)"
            ),
            (Some("127.0.0.1:9093"), "SASL authentication error: no")
        );
        assert_eq!(
            split_reason("localhost:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: refused"),
            (Some("localhost:1"), "Connect to ipv4#127.0.0.1:1 failed: refused")
        );
        assert_eq!(split_reason("1/1 brokers are down"), (None, "1/1 brokers are down"));
    }

    #[test]
    fn a_wrong_password_outlasts_the_broken_connections_after_it() {
        let peer = peer();
        let of = |code, reason, known| trouble(code, reason, &peer, known);
        let refused = "a:1/1: SASL authentication error: no";
        let password = of(RDKafkaErrorCode::Authentication, refused, None).unwrap();
        assert!(password.is_final);
        assert_eq!(password.error.to_string(), "authentication at a:1 with none failed: no");
        let broken = RDKafkaErrorCode::BrokerTransportFailure;
        assert_eq!(of(broken, "a:1/1: Disconnected", Some(&password)), None);
        let known = of(broken, "a:1/1: refused", None).unwrap();
        assert!(!known.is_final);
        assert_eq!(known.error.to_string(), "cannot reach a:1, b:2: refused");
        let down = of(RDKafkaErrorCode::AllBrokersDown, "2/2 brokers are down", Some(&known));
        assert_eq!(down, None);
        let tls = of(broken, "ssl://a:1/1: SSL handshake failed: closed", None).unwrap();
        assert_eq!(tls.error.to_string(), "TLS with a:1 failed: closed");
    }

    #[test]
    fn texts_are_sentences() {
        assert_eq!(describe(RDKafkaErrorCode::QueueFull), "Queue full");
        assert_eq!(describe(RDKafkaErrorCode::MessageSizeTooLarge), "Message size too large");
    }

    #[test]
    fn a_record_fails_with_kafkas_code() {
        let topic = TopicName::from("t");
        let of = |code| of_record(code, &topic, &peer(), None);
        assert_eq!(of(RDKafkaErrorCode::MessageSizeTooLarge).code(), Some(ErrorCode(10)));
        assert_eq!(of(RDKafkaErrorCode::UnknownPartition).code(), Some(ErrorCode(3)));
        assert!(matches!(of(RDKafkaErrorCode::TopicAuthorizationFailed), Error::Denied { .. }));
        assert_eq!(
            of(RDKafkaErrorCode::MessageTimedOut).to_string(),
            "no answer to a record for topic `t` within 30 s"
        );
    }
}

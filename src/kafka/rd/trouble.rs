//! What keeps the client from its brokers, as librdkafka tells it by error events.

use std::time::Duration;

use rdkafka::error::RDKafkaErrorCode;

use super::error::{number, strip};
use crate::kafka::Error;
use crate::kafka::connection::ConnectionSettings;

/// Whom the client talks to, for messages.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    addresses: Vec<String>,
    mechanism: &'static str,
    /// How long a record may take (`delivery.timeout.ms`).
    pub(super) delivery_timeout: Duration,
}

impl Peer {
    pub(super) fn new(settings: &ConnectionSettings, delivery_timeout: Duration) -> Self {
        Self {
            addresses: settings.bootstrap.iter().map(ToString::to_string).collect(),
            mechanism: settings.sasl.as_ref().map_or("none", |sasl| sasl.mechanism.name()),
            delivery_timeout,
        }
    }

    /// Stands for two brokers in a unit test.
    #[cfg(test)]
    pub(super) fn for_test() -> Self {
        let properties = crate::kafka::Properties::new();
        let settings = ConnectionSettings::from_properties(Some("a:1,b:2"), &properties);
        Self::new(&settings.unwrap().0, Duration::from_secs(30))
    }

    pub(super) fn unreachable(&self, cause: String) -> Error {
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
            exists: false,
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

/// Splits `sasl_ssl://host:9093/bootstrap: what (after 3ms in state X)` into `host:9093` and
/// `what`.
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

#[cfg(test)]
mod tests {
    use super::*;

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
        let peer = Peer::for_test();
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
}

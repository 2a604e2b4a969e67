//! Retriable or fatal: what helps against an error, if anything does.

use super::{Error, ErrorCode};

/// What makes another attempt sensible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing but time.
    Wait,
    /// The leader or the controller may be another broker by now.
    RefreshMetadata,
    /// The coordinator may be another broker by now.
    FindCoordinator,
}

impl ErrorCode {
    /// Returns what helps against the condition; `None` for an answer that stays the same however
    /// often one asks.
    ///
    /// It is what Kafka's Java client calls a `RetriableException`, but for two:
    /// `UNKNOWN_TOPIC_OR_PARTITION` is an answer to a tool that was given a name, and
    /// `BROKER_NOT_AVAILABLE`, which brokers no longer send, says here that a broker is not in the
    /// metadata at the moment.
    pub fn remedy(self) -> Option<Remedy> {
        match self {
            Self::LEADER_NOT_AVAILABLE
            | Self::NOT_LEADER_OR_FOLLOWER
            | Self::BROKER_NOT_AVAILABLE
            | Self::REPLICA_NOT_AVAILABLE
            | Self::NOT_CONTROLLER
            | Self::KAFKA_STORAGE_ERROR
            | Self::LISTENER_NOT_FOUND
            | Self::FENCED_LEADER_EPOCH
            | Self::UNKNOWN_LEADER_EPOCH
            | Self::UNKNOWN_TOPIC_ID
            | Self::INCONSISTENT_TOPIC_ID => Some(Remedy::RefreshMetadata),
            Self::COORDINATOR_LOAD_IN_PROGRESS
            | Self::COORDINATOR_NOT_AVAILABLE
            | Self::NOT_COORDINATOR => Some(Remedy::FindCoordinator),
            Self::CORRUPT_MESSAGE
            | Self::REQUEST_TIMED_OUT
            | Self::NETWORK_EXCEPTION
            | Self::NOT_ENOUGH_REPLICAS
            | Self::NOT_ENOUGH_REPLICAS_AFTER_APPEND
            | Self::CONCURRENT_TRANSACTIONS
            | Self::FETCH_SESSION_ID_NOT_FOUND
            | Self::INVALID_FETCH_SESSION_EPOCH
            | Self::OFFSET_NOT_AVAILABLE
            | Self::PREFERRED_LEADER_NOT_AVAILABLE
            | Self::ELIGIBLE_LEADERS_NOT_AVAILABLE
            | Self::ELECTION_NOT_NEEDED
            | Self::UNSTABLE_OFFSET_COMMIT
            | Self::THROTTLING_QUOTA_EXCEEDED
            | Self::FETCH_SESSION_TOPIC_ID_ERROR
            | Self::SHARE_SESSION_NOT_FOUND
            | Self::INVALID_SHARE_SESSION_EPOCH
            | Self::SHARE_SESSION_LIMIT_REACHED => Some(Remedy::Wait),
            _ => None,
        }
    }
}

impl Error {
    /// Returns what helps against the error, so that it is worth asking again. `is_fresh` says that
    /// the topic was made or grown a moment ago, so that brokers may not have heard of it yet.
    pub(in crate::kafka) fn remedy(&self, is_fresh: bool) -> Option<Remedy> {
        match self {
            Self::Broker { code: ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, .. } => {
                is_fresh.then_some(Remedy::RefreshMetadata)
            }
            Self::Broker { code, .. } => code.remedy(),
            Self::Unreachable { .. } | Self::Disconnected { .. } => Some(Remedy::RefreshMetadata),
            // It was waited for as long as one may.
            Self::Timeout { .. } | Self::Unconfirmed { .. } => None,
            Self::Tls { .. }
            | Self::Authentication { .. }
            | Self::Denied { .. }
            | Self::Protocol { .. }
            | Self::OffsetOutOfRange { .. }
            | Self::CorruptRecords { .. }
            | Self::Settings(_)
            | Self::Fenced(_)
            | Self::Client(_) => None,
        }
    }

    /// Tells whether what was asked for may have been done although this came instead of its
    /// answer.
    pub(in crate::kafka) fn leaves_open_what_was_done(&self) -> bool {
        match self {
            // The controller goes on with what it has begun.
            Self::Broker { code, .. } => *code == ErrorCode::REQUEST_TIMED_OUT,
            Self::Disconnected { .. } | Self::Timeout { .. } | Self::Unconfirmed { .. } => true,
            // The answer came, and nobody can read it.
            Self::Protocol { .. } => true,
            // Nothing was sent.
            Self::Unreachable { .. } | Self::Tls { .. } | Self::Authentication { .. } => false,
            Self::Denied { .. }
            | Self::OffsetOutOfRange { .. }
            | Self::CorruptRecords { .. }
            | Self::Settings(_)
            | Self::Fenced(_)
            | Self::Client(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// `org.apache.kafka.common.protocol.Errors` of Kafka 4.1.1: code, name, whether it is
    /// retriable there; and the remedy here.
    const KAFKA: &str = include_str!("codes.txt");

    fn broker(code: ErrorCode) -> Error {
        Error::Broker { code, message: None }
    }

    #[test]
    fn every_code_of_kafka_has_its_name_and_its_remedy() {
        let mut seen = BTreeMap::new();
        for line in KAFKA.lines() {
            let [code, name, retriable, remedy] =
                line.split(' ').collect::<Vec<_>>().try_into().expect("four words");
            let code = ErrorCode(code.parse().expect("a number"));
            assert_eq!(code.name(), name, "{code:?}");
            let remedy = match remedy {
                "-" => None,
                "wait" => Some(Remedy::Wait),
                "metadata" => Some(Remedy::RefreshMetadata),
                "coordinator" => Some(Remedy::FindCoordinator),
                other => panic!("{name}: {other}"),
            };
            assert_eq!(code.remedy(), remedy, "{name}");
            let differs = [ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, ErrorCode::BROKER_NOT_AVAILABLE];
            let is_as_in_kafka = remedy.is_some() == (retriable == "true");
            assert_eq!(is_as_in_kafka, !differs.contains(&code), "{name}");
            seen.insert(code, name);
        }
        assert_eq!(seen.len(), 135);
        for (code, name) in ErrorCode::NAMED {
            assert_eq!(seen.get(code), Some(name));
        }
    }

    #[test]
    fn a_code_of_the_future_is_final() {
        assert_eq!(ErrorCode(999).remedy(), None);
        assert_eq!(ErrorCode(999).name(), "UNKNOWN_ERROR_CODE_999");
    }

    #[test]
    fn an_unknown_topic_is_an_answer_unless_it_is_fresh() {
        let unknown = broker(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        assert_eq!(unknown.remedy(false), None);
        assert_eq!(unknown.remedy(true), Some(Remedy::RefreshMetadata));
    }

    #[test]
    fn a_lost_answer_leaves_open_what_was_done_and_a_refused_connection_does_not() {
        let lost = Error::Disconnected { address: "a:1".to_owned(), cause: "gone".to_owned() };
        let refused = Error::Unreachable { addresses: Vec::new(), cause: "refused".to_owned() };
        for (error, is_open) in [
            (lost, true),
            (refused, false),
            (broker(ErrorCode::REQUEST_TIMED_OUT), true),
            (broker(ErrorCode::NOT_CONTROLLER), false),
        ] {
            assert_eq!(error.leaves_open_what_was_done(), is_open, "{error}");
            assert!(error.remedy(false).is_some(), "{error}");
        }
    }
}

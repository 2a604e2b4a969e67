//! The error codes of the protocol by Kafka's own names.

use std::fmt;

/// An error code of the protocol; shown by Kafka's own name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ErrorCode(pub i16);

/// Names the codes that something is decided on. The test of `remedy` compares all with Kafka's
/// list.
macro_rules! codes {
    ($($code:literal $name:ident)*) => {
        impl ErrorCode {
            $(
                #[doc = concat!("`", stringify!($name), "`.")]
                pub const $name: Self = Self($code);
            )*

            /// The codes that have a name here, for the test.
            #[cfg(test)]
            pub(super) const NAMED: &[(Self, &str)] = &[$((Self($code), stringify!($name))),*];
        }
    };
}

codes! {
    0 NONE
    2 CORRUPT_MESSAGE
    3 UNKNOWN_TOPIC_OR_PARTITION
    5 LEADER_NOT_AVAILABLE
    6 NOT_LEADER_OR_FOLLOWER
    7 REQUEST_TIMED_OUT
    8 BROKER_NOT_AVAILABLE
    9 REPLICA_NOT_AVAILABLE
    10 MESSAGE_TOO_LARGE
    13 NETWORK_EXCEPTION
    14 COORDINATOR_LOAD_IN_PROGRESS
    15 COORDINATOR_NOT_AVAILABLE
    16 NOT_COORDINATOR
    18 RECORD_LIST_TOO_LARGE
    19 NOT_ENOUGH_REPLICAS
    20 NOT_ENOUGH_REPLICAS_AFTER_APPEND
    29 TOPIC_AUTHORIZATION_FAILED
    30 GROUP_AUTHORIZATION_FAILED
    31 CLUSTER_AUTHORIZATION_FAILED
    32 INVALID_TIMESTAMP
    35 UNSUPPORTED_VERSION
    36 TOPIC_ALREADY_EXISTS
    37 INVALID_PARTITIONS
    41 NOT_CONTROLLER
    51 CONCURRENT_TRANSACTIONS
    53 TRANSACTIONAL_ID_AUTHORIZATION_FAILED
    56 KAFKA_STORAGE_ERROR
    69 GROUP_ID_NOT_FOUND
    70 FETCH_SESSION_ID_NOT_FOUND
    71 INVALID_FETCH_SESSION_EPOCH
    72 LISTENER_NOT_FOUND
    74 FENCED_LEADER_EPOCH
    75 UNKNOWN_LEADER_EPOCH
    78 OFFSET_NOT_AVAILABLE
    80 PREFERRED_LEADER_NOT_AVAILABLE
    83 ELIGIBLE_LEADERS_NOT_AVAILABLE
    84 ELECTION_NOT_NEEDED
    87 INVALID_RECORD
    88 UNSTABLE_OFFSET_COMMIT
    89 THROTTLING_QUOTA_EXCEEDED
    100 UNKNOWN_TOPIC_ID
    103 INCONSISTENT_TOPIC_ID
    106 FETCH_SESSION_TOPIC_ID_ERROR
    122 SHARE_SESSION_NOT_FOUND
    123 INVALID_SHARE_SESSION_EPOCH
    133 SHARE_SESSION_LIMIT_REACHED
}

impl ErrorCode {
    /// Tells whether a broker refuses these very records, and takes others.
    pub(super) fn is_of_records(self) -> bool {
        matches!(
            self,
            Self::MESSAGE_TOO_LARGE
                | Self::RECORD_LIST_TOO_LARGE
                | Self::INVALID_TIMESTAMP
                | Self::INVALID_RECORD
        )
    }

    /// Returns Kafka's own name, such as `NOT_LEADER_OR_FOLLOWER`.
    pub fn name(self) -> String {
        crate::kafka::wire::code_name(self.0)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

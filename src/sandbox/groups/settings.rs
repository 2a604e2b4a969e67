//! The limits of groups: Kafka's names and defaults.

/// What a broker's configuration says about groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Settings {
    /// `group.initial.rebalance.delay.ms`; Kafka's default is 3000, but whoever tries something
    /// has no other members to wait for.
    pub(in crate::sandbox) initial_rebalance_delay_ms: i32,
    /// `group.min.session.timeout.ms`
    pub(in crate::sandbox) min_session_timeout_ms: i32,
    /// `group.max.session.timeout.ms`
    pub(in crate::sandbox) max_session_timeout_ms: i32,
    /// `group.max.size`; Kafka has no limit by default. Promised member ids count too, or they
    /// would be a way to fill the memory.
    pub(in crate::sandbox) max_size: usize,
    /// How many groups there may be: an id costs its client nothing. A limit of our own.
    pub(in crate::sandbox) max_groups: usize,
    /// How much memory groups and offsets may take together. A limit of our own.
    pub(in crate::sandbox) max_bytes: usize,
    /// `offset.metadata.max.bytes`, counted in UTF-16 units as Kafka does.
    pub(in crate::sandbox) max_offset_metadata: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            initial_rebalance_delay_ms: 0,
            min_session_timeout_ms: 6_000,
            max_session_timeout_ms: 1_800_000,
            max_size: 1_000,
            max_groups: 10_000,
            max_bytes: 64 << 20,
            max_offset_metadata: 4_096,
        }
    }
}

/// How long a new member may wait for its first answer: it has no id to send heartbeats with, and
/// its client may be gone (`NewMemberJoinTimeoutMs` in Kafka, no setting there either).
pub(super) const NEW_MEMBER_TIMEOUT_MS: i32 = 300_000;

/// How long a group that nobody is in and that has no offsets is remembered:
/// `offsets.retention.check.interval.ms`, the time between two of Kafka's clean-ups.
pub(super) const EMPTY_GROUP_KEPT_MS: i32 = 600_000;

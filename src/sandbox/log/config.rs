//! What of a topic's configs matters to its partitions.

use crate::model::codec::Codec;
use crate::model::timestamp::{Timestamp, TimestampType};
use crate::sandbox::topics::Configs;

/// How a partition takes, keeps and forgets records. Times are in milliseconds, as in the configs.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sandbox) struct LogConfig {
    /// `max.message.bytes`: the most that a batch may take.
    pub(in crate::sandbox) max_batch_bytes: usize,
    /// `compression.type`; `None` is as the producer did.
    pub(in crate::sandbox) codec: Option<Codec>,
    /// `message.timestamp.type`.
    pub(in crate::sandbox) timestamp_type: TimestampType,
    /// `message.timestamp.before.max.ms`: how old a record may be.
    pub(in crate::sandbox) before_max_ms: i64,
    /// `message.timestamp.after.max.ms`: how far ahead a record may be.
    pub(in crate::sandbox) after_max_ms: i64,
    /// `cleanup.policy` has `delete`.
    pub(in crate::sandbox) deletes: bool,
    /// `cleanup.policy` has `compact`.
    pub(in crate::sandbox) compacts: bool,
    /// `retention.ms`; negative is for ever.
    pub(in crate::sandbox) retention_ms: i64,
    /// `retention.bytes`; `None` is without a limit.
    pub(in crate::sandbox) retention_bytes: Option<u64>,
    /// `segment.bytes`.
    pub(in crate::sandbox) segment_bytes: u64,
    /// `segment.ms`.
    pub(in crate::sandbox) segment_ms: i64,
    /// `delete.retention.ms`: how long a tombstone stays after compaction has seen it.
    pub(in crate::sandbox) delete_retention_ms: i64,
    /// `min.compaction.lag.ms`.
    pub(in crate::sandbox) min_compaction_lag_ms: i64,
    /// `max.compaction.lag.ms`.
    pub(in crate::sandbox) max_compaction_lag_ms: i64,
    /// `min.cleanable.dirty.ratio`.
    pub(in crate::sandbox) min_dirty_ratio: f64,
}

impl LogConfig {
    /// Reads the configs of a topic.
    pub(in crate::sandbox) fn of(configs: &Configs) -> Self {
        Self {
            max_batch_bytes: usize::try_from(configs.number("max.message.bytes")).unwrap_or(0),
            codec: configs.codec(),
            timestamp_type: if configs.sets_append_time() {
                TimestampType::LogAppendTime
            } else {
                TimestampType::CreateTime
            },
            before_max_ms: configs.number("message.timestamp.before.max.ms"),
            after_max_ms: configs.number("message.timestamp.after.max.ms"),
            deletes: configs.cleans_by("delete"),
            compacts: configs.cleans_by("compact"),
            retention_ms: configs.number("retention.ms"),
            retention_bytes: u64::try_from(configs.number("retention.bytes")).ok(),
            segment_bytes: u64::try_from(configs.number("segment.bytes")).unwrap_or(0),
            segment_ms: configs.number("segment.ms"),
            delete_retention_ms: configs.number("delete.retention.ms"),
            min_compaction_lag_ms: configs.number("min.compaction.lag.ms"),
            max_compaction_lag_ms: configs.number("max.compaction.lag.ms"),
            min_dirty_ratio: configs
                .value("min.cleanable.dirty.ratio")
                .and_then(|ratio| ratio.trim().parse().ok())
                .unwrap_or_default(),
        }
    }

    /// Returns after how long the next append begins a segment. What is to be compacted in time has
    /// to leave the active segment in time.
    pub(super) fn roll_ms(&self) -> i64 {
        if self.compacts && self.max_compaction_lag_ms > 0 {
            self.segment_ms.min(self.max_compaction_lag_ms)
        } else {
            self.segment_ms
        }
    }
}

/// Under which configs and when something happens.
#[derive(Debug, Clone, Copy)]
pub(in crate::sandbox) struct At<'a> {
    /// The topic's configs.
    pub(in crate::sandbox) config: &'a LogConfig,
    /// The time.
    pub(in crate::sandbox) now: Timestamp,
}

#[cfg(test)]
impl Default for LogConfig {
    fn default() -> Self {
        Self::of(&Configs::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_kafka() {
        const HOUR: i64 = 60 * 60 * 1000;
        let expected = LogConfig {
            max_batch_bytes: 1_048_588,
            codec: None,
            timestamp_type: TimestampType::CreateTime,
            before_max_ms: i64::MAX,
            after_max_ms: HOUR,
            deletes: true,
            compacts: false,
            retention_ms: 7 * 24 * HOUR,
            retention_bytes: None,
            segment_bytes: 1024 * 1024 * 1024,
            segment_ms: 7 * 24 * HOUR,
            delete_retention_ms: 24 * HOUR,
            min_compaction_lag_ms: 0,
            max_compaction_lag_ms: i64::MAX,
            min_dirty_ratio: 0.5,
        };
        assert_eq!(LogConfig::default(), expected);
    }

    #[test]
    fn what_is_set_holds() {
        let mut configs = Configs::default();
        for (name, value) in [
            ("cleanup.policy", "compact"),
            ("message.timestamp.type", "LogAppendTime"),
            ("retention.bytes", "100"),
            ("retention.ms", "-1"),
            ("min.cleanable.dirty.ratio", "0.01"),
        ] {
            configs.set(name, Some(value)).unwrap();
        }
        let config = LogConfig::of(&configs);
        assert!(config.compacts && !config.deletes);
        assert_eq!(config.timestamp_type, TimestampType::LogAppendTime);
        assert_eq!((config.retention_bytes, config.retention_ms), (Some(100), -1));
        assert!((config.min_dirty_ratio - 0.01).abs() < f64::EPSILON);
    }
}

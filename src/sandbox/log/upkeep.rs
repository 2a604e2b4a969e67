//! What is done for a partition as time passes.

use super::Log;
use super::config::At;
use crate::model::timestamp::Timestamp;

/// How long a producer that does not write is known: `producer.id.expiration.ms` of Kafka's
/// brokers.
const PRODUCERS_KNOWN_MS: i64 = 24 * 60 * 60 * 1000;

impl Log {
    /// Forgets what is too old; tells whether anything changed.
    ///
    /// Producers go by the time of their last append. Kafka takes the timestamps of their records
    /// instead, and forgets at once who writes records of yesterday.
    pub(in crate::sandbox) fn upkeep(&mut self, at: At<'_>) -> bool {
        let then = Timestamp(at.now.0.saturating_sub(PRODUCERS_KNOWN_MS));
        let is_forgotten = self.producers.forget_before(then);
        let is_trimmed = self.retain(at);
        is_forgotten || is_trimmed
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::LogConfig;
    use super::super::sample::Sample;
    use super::*;

    #[test]
    fn old_segments_go_and_then_there_is_nothing_to_do() {
        let config = LogConfig { segment_bytes: 80, retention_ms: 100, ..LogConfig::default() };
        let mut log = Log::default();
        for time in [1_000, 1_001, 2_000] {
            Sample::of(&["v"]).times(&[time]).append(&mut log, &config, 2_000).unwrap();
        }
        let at = At { config: &config, now: Timestamp(2_000) };
        assert!(log.upkeep(at));
        assert_eq!(log.batches, 1);
        assert!(!log.upkeep(at));
    }

    #[test]
    fn a_producer_is_known_for_a_day() {
        let (mut log, config) = (Log::default(), LogConfig::default());
        Sample::of_producer(1, 0, 0).append(&mut log, &config, 2_000).unwrap();
        let at = |time| At { config: &config, now: Timestamp(2_000 + time) };
        assert!(!log.upkeep(at(PRODUCERS_KNOWN_MS - 1)));
        assert!(log.upkeep(at(PRODUCERS_KNOWN_MS)));
        assert_eq!(log.producers.memory(), 0);
    }
}

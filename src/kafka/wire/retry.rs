//! What to do about an error: look again where to ask, wait, or give up.

use std::time::Duration;

use rand::Rng;

use crate::clock::Deadline;
use crate::kafka::{Error, ErrorCode};

/// What makes another attempt sensible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Nothing but time.
    Wait,
    /// The leader or the controller may be another broker by now.
    RefreshMetadata,
    /// The coordinator may be another broker by now.
    FindCoordinator,
}

/// Whether doing something twice is the same as doing it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// It is, so it may be tried again after a connection broke.
    Harmless,
    /// It is not: a second `CreateTopics` finds the topic of the first one.
    Harmful,
}

/// Decides about an error of one item. `is_fresh` says that the topic was made or grown a moment ago,
/// so that brokers may not have heard of it yet.
pub(super) fn remedy(error: &Error, repeat: Repeat, is_fresh: bool) -> Option<Remedy> {
    match error {
        Error::Broker { code, .. } => remedy_of_code(*code, repeat, is_fresh),
        // Nothing was sent.
        Error::Unreachable { .. } => Some(Remedy::RefreshMetadata),
        Error::Disconnected { .. } => {
            (repeat == Repeat::Harmless).then_some(Remedy::RefreshMetadata)
        }
        Error::Timeout { .. }
        | Error::Tls { .. }
        | Error::Authentication { .. }
        | Error::Denied { .. }
        | Error::Protocol { .. }
        | Error::OffsetOutOfRange { .. }
        | Error::CorruptRecords { .. }
        | Error::Settings(_)
        | Error::Fenced(_)
        | Error::Client(_) => None,
    }
}

/// Decides about an error code of a broker.
fn remedy_of_code(code: ErrorCode, repeat: Repeat, is_fresh: bool) -> Option<Remedy> {
    match code.0 {
        // UNKNOWN_TOPIC_OR_PARTITION.
        3 => is_fresh.then_some(Remedy::RefreshMetadata),
        // LEADER_NOT_AVAILABLE, NOT_LEADER_OR_FOLLOWER, BROKER_NOT_AVAILABLE (ours, for a broker that
        // is not in the metadata), REPLICA_NOT_AVAILABLE, NOT_CONTROLLER, KAFKA_STORAGE_ERROR, LISTENER_NOT_FOUND, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH,
        // UNKNOWN_TOPIC_ID, INCONSISTENT_TOPIC_ID.
        5 | 6 | 8 | 9 | 41 | 56 | 72 | 74 | 75 | 100 | 103 => Some(Remedy::RefreshMetadata),
        // COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR.
        14..=16 => Some(Remedy::FindCoordinator),
        // REQUEST_TIMED_OUT: it may still be done.
        7 => (repeat == Repeat::Harmless).then_some(Remedy::Wait),
        _ => code.is_retriable().then_some(Remedy::Wait),
    }
}

/// Waits longer from attempt to attempt.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
}

impl Backoff {
    /// Most conditions pass while metadata reach the other brokers, which takes some milliseconds.
    const FIRST: Duration = Duration::from_millis(50);
    /// A failed-over broker should be noticed within a second.
    const LONGEST: Duration = Duration::from_secs(1);

    /// Starts with the shortest wait.
    pub(super) fn new() -> Self {
        Self { next: Self::FIRST }
    }

    /// Returns how long to wait before the next attempt: twice as long as the last time, give or take
    /// a fifth, so that many clients do not come back at the same moment.
    fn step(&mut self) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(Self::LONGEST);
        wait.mul_f64(rand::rng().random_range(0.8..1.2))
    }

    /// Waits; returns false, at once, when the deadline would pass meanwhile.
    pub(super) async fn wait(&mut self, deadline: Deadline) -> bool {
        let wait = self.step();
        if wait >= deadline.left() {
            return false;
        }
        tokio::time::sleep(wait).await;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broker(code: i16) -> Error {
        Error::Broker { code: ErrorCode(code), message: None }
    }

    #[test]
    fn moved_leaders_and_coordinators_are_looked_for_again() {
        for (code, wanted) in [
            (5, Some(Remedy::RefreshMetadata)),
            (6, Some(Remedy::RefreshMetadata)),
            (74, Some(Remedy::RefreshMetadata)),
            (14, Some(Remedy::FindCoordinator)),
            (15, Some(Remedy::FindCoordinator)),
            (16, Some(Remedy::FindCoordinator)),
            (7, Some(Remedy::Wait)),
            (88, Some(Remedy::Wait)),
            (89, Some(Remedy::Wait)),
            (36, None),
            (17, None),
            (-1, None),
            (58, None),
        ] {
            assert_eq!(remedy(&broker(code), Repeat::Harmless, false), wanted, "{code}");
        }
    }

    #[test]
    fn an_unknown_topic_is_an_answer_unless_it_is_fresh() {
        assert_eq!(remedy(&broker(3), Repeat::Harmless, false), None);
        assert_eq!(remedy(&broker(3), Repeat::Harmless, true), Some(Remedy::RefreshMetadata));
    }

    #[test]
    fn what_may_have_been_done_is_not_done_twice() {
        let lost = Error::Disconnected { address: "a:1".to_owned(), cause: "gone".to_owned() };
        assert_eq!(remedy(&lost, Repeat::Harmless, false), Some(Remedy::RefreshMetadata));
        assert_eq!(remedy(&lost, Repeat::Harmful, false), None);
        assert_eq!(remedy(&broker(7), Repeat::Harmful, false), None);
        let refused = Error::Unreachable { addresses: Vec::new(), cause: "refused".to_owned() };
        assert_eq!(remedy(&refused, Repeat::Harmful, false), Some(Remedy::RefreshMetadata));
    }

    #[test]
    fn waits_double_up_to_a_second() {
        let mut backoff = Backoff::new();
        let waits: Vec<_> = (0..8).map(|_| backoff.step()).collect();
        let near = |wait: Duration, ms: u64| {
            wait.mul_f64(1.25) > Duration::from_millis(ms)
                && wait < Duration::from_millis(ms).mul_f64(1.2)
        };
        assert!(near(waits[0], 50) && near(waits[1], 100) && near(waits[7], 1000), "{waits:?}");
    }
}

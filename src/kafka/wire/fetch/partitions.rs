//! What a reader knows of its partitions: where each one stands and who leads it. No I/O.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use uuid::Uuid;

use crate::clock::Deadline;
use crate::kafka::Error;
use crate::kafka::wire::known::Leader;
use crate::model::offset::TopicPartition;

/// The partitions of a reader.
#[derive(Debug, Default)]
pub(super) struct Partitions {
    all: BTreeMap<TopicPartition, Partition>,
    /// Counts answers with records, so that partitions take turns.
    turn: u64,
}

/// One partition of a reader.
#[derive(Debug)]
pub(super) struct Partition {
    /// Where the records end that the caller has got.
    pub(super) position: i64,
    /// Where the next request begins: ahead of `position` while an answer waits for the caller.
    pub(super) next: i64,
    /// The topic's id when reading began; nil until it is known.
    topic_id: Uuid,
    /// Who leads it.
    pub(super) standing: Standing,
    /// When it last brought records: who waited longest is asked for first.
    turn: u64,
    /// Since when it gives no answers.
    failing: Option<Failing>,
}

/// Whether and where a partition can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// At its leader.
    Led(Leader),
    /// Its leader must be looked up.
    Lost,
    /// Its log does not have the offset; the log's range is being looked up.
    OutOfRange,
    /// Not until the caller decides: its error was reported, or is about to be.
    Halted,
}

/// A partition that gives no answers.
#[derive(Debug)]
struct Failing {
    /// When the caller hears of it.
    until: Deadline,
    /// How often its leader was looked up since.
    attempts: u32,
}

/// A partition as it is asked for in one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// The partition.
    pub(super) topic_partition: TopicPartition,
    /// Who is asked.
    pub(super) leader: Leader,
    /// The offset.
    pub(super) offset: i64,
}

/// The first pause before a leader is looked up once more; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest pause: what somebody who waits for a broker to come back does not notice.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

impl Partitions {
    /// Adds a partition to be read from `start`; its leader must be looked up.
    pub(super) fn add(&mut self, topic_partition: TopicPartition, start: i64) {
        self.all.insert(
            topic_partition,
            Partition {
                position: start,
                next: start,
                topic_id: Uuid::nil(),
                standing: Standing::Lost,
                turn: 0,
                failing: None,
            },
        );
    }

    /// Returns a partition.
    pub(super) fn get(&self, topic_partition: &TopicPartition) -> Option<&Partition> {
        self.all.get(topic_partition)
    }

    /// Forgets a partition.
    pub(super) fn remove(&mut self, topic_partition: &TopicPartition) {
        self.all.remove(topic_partition);
    }

    /// Moves a partition, and lets it be read again when it was halted.
    pub(super) fn seek(&mut self, topic_partition: &TopicPartition, offset: i64) {
        if let Some(partition) = self.all.get_mut(topic_partition) {
            (partition.position, partition.next) = (offset, offset);
            if matches!(partition.standing, Standing::Halted | Standing::OutOfRange) {
                partition.standing = Standing::Lost;
                partition.failing = None;
            }
        }
    }

    /// Returns the brokers that lead a partition.
    pub(super) fn leaders(&self) -> BTreeSet<i32> {
        self.all
            .values()
            .filter_map(|partition| match partition.standing {
                Standing::Led(leader) => Some(leader.broker),
                Standing::Lost | Standing::OutOfRange | Standing::Halted => None,
            })
            .collect()
    }

    /// Returns what to ask a broker for; who waited longest for records comes first, because a broker
    /// fills its answer in this order.
    pub(super) fn of_broker(&self, broker: i32) -> Vec<Asked> {
        let mut asked: Vec<_> = self
            .all
            .iter()
            .filter_map(|(topic_partition, partition)| match partition.standing {
                Standing::Led(leader) if leader.broker == broker => Some((
                    partition.turn,
                    Asked {
                        topic_partition: topic_partition.clone(),
                        leader,
                        offset: partition.next,
                    },
                )),
                Standing::Led(_) | Standing::Lost | Standing::OutOfRange | Standing::Halted => None,
            })
            .collect();
        asked.sort_by_key(|(turn, _)| *turn);
        asked.into_iter().map(|(_, asked)| asked).collect()
    }

    /// Returns the partitions whose leader must be looked up.
    pub(super) fn lost(&self) -> Vec<TopicPartition> {
        self.all
            .iter()
            .filter(|(_, partition)| partition.standing == Standing::Lost)
            .map(|(topic_partition, _)| topic_partition.clone())
            .collect()
    }

    /// Returns how long to wait before looking the lost ones up: not at all the first time.
    pub(super) fn pause(&self) -> Duration {
        let attempts = self
            .all
            .values()
            .filter(|partition| partition.standing == Standing::Lost)
            .map(|partition| partition.failing.as_ref().map_or(0, |failing| failing.attempts))
            .min();
        match attempts.unwrap_or(0).checked_sub(2) {
            None => Duration::ZERO,
            Some(doublings) => {
                FIRST_PAUSE.saturating_mul(1 << doublings.min(10)).min(LONGEST_PAUSE)
            }
        }
    }

    /// Notes the leader that was looked up. False when the topic is not the one that reading began
    /// with: it was deleted and created again, so that its offsets mean other records.
    pub(super) fn found(&mut self, topic_partition: &TopicPartition, leader: Leader) -> bool {
        let Some(partition) = self.all.get_mut(topic_partition) else { return true };
        if partition.topic_id.is_nil() {
            partition.topic_id = leader.topic_id;
        }
        if partition.topic_id != leader.topic_id && !leader.topic_id.is_nil() {
            return false;
        }
        if partition.standing == Standing::Lost {
            partition.standing = Standing::Led(leader);
        }
        true
    }

    /// Notes that an answer came, which ends at `next`. False when it answers what is no longer asked:
    /// the caller has moved or stopped the partition since.
    pub(super) fn answered(&mut self, asked: &Asked, next: i64) -> bool {
        self.turn += 1;
        match self.all.get_mut(&asked.topic_partition) {
            Some(partition)
                if partition.next == asked.offset
                    && matches!(partition.standing, Standing::Led(_) | Standing::Lost) =>
            {
                partition.failing = None;
                if next > partition.next {
                    partition.next = next;
                    partition.turn = self.turn;
                }
                true
            }
            Some(_) | None => false,
        }
    }

    /// Notes that the caller gets records up to `position`.
    pub(super) fn handed_out(&mut self, topic_partition: &TopicPartition, position: i64) {
        if let Some(partition) = self.all.get_mut(topic_partition) {
            partition.position = position;
        }
    }

    /// Notes that a partition gave no answer; returns the error when that has lasted for `patience`.
    pub(super) fn failed(
        &mut self,
        topic_partition: &TopicPartition,
        error: &Error,
        patience: Duration,
    ) -> Option<Error> {
        let partition = self.all.get_mut(topic_partition)?;
        if partition.standing == Standing::Halted {
            return None;
        }
        partition.standing = Standing::Lost;
        let until = Deadline::after(patience);
        let failing = partition.failing.get_or_insert(Failing { until, attempts: 0 });
        failing.until = failing.until.min(until);
        failing.attempts = failing.attempts.saturating_add(1);
        if !failing.until.has_passed() {
            return None;
        }
        partition.failing = None;
        Some(error.clone())
    }

    /// Reads a partition no longer, until the caller decides.
    pub(super) fn halt(&mut self, topic_partition: &TopicPartition) {
        self.stand(topic_partition, Standing::Halted);
    }

    /// Notes that the log does not have the offset.
    pub(super) fn out_of_range(&mut self, topic_partition: &TopicPartition) {
        self.stand(topic_partition, Standing::OutOfRange);
    }

    fn stand(&mut self, topic_partition: &TopicPartition, standing: Standing) {
        if let Some(partition) = self.all.get_mut(topic_partition) {
            partition.standing = standing;
        }
    }

    /// Tells whether nothing is left to be read.
    pub(super) fn are_over(&self) -> bool {
        self.all.values().all(|partition| partition.standing == Standing::Halted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::ErrorCode;
    use crate::model::name::TopicName;

    fn partition(number: i32) -> TopicPartition {
        TopicPartition::new(TopicName::from("orders"), number)
    }

    fn leader(broker: i32) -> Leader {
        Leader { broker, epoch: 0, topic_id: Uuid::from_u128(1) }
    }

    fn two_led_by_one() -> Partitions {
        let mut partitions = Partitions::default();
        for number in [0, 1] {
            partitions.add(partition(number), 10);
            assert!(partitions.found(&partition(number), leader(1)));
        }
        partitions
    }

    fn order(partitions: &Partitions) -> Vec<i32> {
        partitions.of_broker(1).iter().map(|asked| asked.topic_partition.partition).collect()
    }

    fn not_leader() -> Error {
        Error::Broker { code: ErrorCode(6), message: None }
    }

    #[test]
    fn who_brought_records_goes_behind_who_did_not() {
        let mut partitions = two_led_by_one();
        assert_eq!(order(&partitions), [0, 1]);
        let asked = partitions.of_broker(1);
        assert!(partitions.answered(&asked[0], 20));
        assert!(partitions.answered(&asked[1], 10), "an answer without records is an answer");
        assert_eq!(order(&partitions), [1, 0]);
        assert_eq!(partitions.of_broker(1)[1].offset, 20);
    }

    #[test]
    fn the_position_moves_when_records_are_handed_out_and_not_before() {
        let mut partitions = two_led_by_one();
        let asked = partitions.of_broker(1);
        assert!(partitions.answered(&asked[0], 20));
        assert_eq!(partitions.get(&partition(0)).unwrap().position, 10);
        partitions.handed_out(&partition(0), 20);
        assert_eq!(partitions.get(&partition(0)).unwrap().position, 20);
    }

    #[test]
    fn an_answer_to_what_is_no_longer_asked_is_refused() {
        let mut partitions = two_led_by_one();
        let asked = partitions.of_broker(1);
        partitions.seek(&partition(0), 5);
        partitions.remove(&partition(1));
        assert!(!partitions.answered(&asked[0], 20));
        assert!(!partitions.answered(&asked[1], 20));
        assert_eq!(partitions.get(&partition(0)).unwrap().next, 5);
        assert!(partitions.get(&partition(1)).is_none());
    }

    #[test]
    fn a_lost_partition_is_looked_up_at_once_and_then_ever_less_often() {
        let mut partitions = two_led_by_one();
        let patience = Duration::from_secs(60);
        let mut pauses = Vec::new();
        for _ in 0..8 {
            assert_eq!(partitions.failed(&partition(0), &not_leader(), patience), None);
            assert_eq!(partitions.lost(), [partition(0)]);
            pauses.push(partitions.pause().as_millis());
            assert!(partitions.found(&partition(0), leader(2)));
        }
        assert_eq!(pauses, [0, 50, 100, 200, 400, 800, 1000, 1000]);
        assert_eq!(partitions.leaders(), BTreeSet::from([1, 2]));
        let asked = partitions.of_broker(2);
        assert!(partitions.answered(&asked[0], 10));
        assert_eq!(partitions.failed(&partition(0), &not_leader(), patience), None);
        assert_eq!(partitions.pause(), Duration::ZERO, "an answer ends the trouble");
    }

    #[test]
    fn an_error_is_reported_when_it_has_lasted() {
        let mut partitions = two_led_by_one();
        let error = partitions.failed(&partition(0), &not_leader(), Duration::ZERO);
        assert_eq!(error, Some(not_leader()));
    }

    #[test]
    fn a_topic_that_was_created_again_is_another_one() {
        let mut partitions = two_led_by_one();
        let other = Leader { topic_id: Uuid::from_u128(2), ..leader(1) };
        assert!(!partitions.found(&partition(0), other));
        let unknown = Leader { topic_id: Uuid::nil(), ..leader(1) };
        assert!(partitions.found(&partition(0), unknown), "a broker without topic ids");
    }

    #[test]
    fn a_halted_partition_waits_for_the_caller() {
        let mut partitions = two_led_by_one();
        let asked = partitions.of_broker(1);
        partitions.halt(&partition(0));
        assert_eq!(order(&partitions), [1]);
        assert!(!partitions.answered(&asked[0], 20));
        assert_eq!(partitions.failed(&partition(0), &not_leader(), Duration::ZERO), None);
        assert!(partitions.lost().is_empty());
        assert!(!partitions.are_over());
        partitions.halt(&partition(1));
        assert!(partitions.are_over());
        partitions.seek(&partition(0), 30);
        assert_eq!(partitions.lost(), [partition(0)]);
    }
}

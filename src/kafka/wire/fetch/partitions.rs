//! What a reader knows of its partitions: where each one stands and who leads it. No I/O.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::partition::{Asked, Partition, Standing};
use crate::kafka::wire::known::Leader;
use crate::kafka::{Error, backoff};
use crate::model::offset::TopicPartition;

/// The partitions of a reader.
#[derive(Debug, Default)]
pub(super) struct Partitions {
    all: BTreeMap<TopicPartition, Partition>,
    /// Counts answers with records, so that partitions take turns.
    turn: u64,
}

impl Partitions {
    /// Adds a partition to be read from `start`; its leader must be looked up.
    pub(super) fn add(&mut self, topic_partition: TopicPartition, start: i64) {
        self.all.insert(topic_partition, Partition::new(start));
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
            partition.seek(offset);
        }
    }

    /// Returns the brokers that lead a partition.
    pub(super) fn leaders(&self) -> BTreeSet<i32> {
        self.all.values().filter_map(Partition::leader).map(|leader| leader.broker).collect()
    }

    /// Returns what to ask a broker for; who waited longest for records comes first, because a
    /// broker fills its answer in this order.
    pub(super) fn of_broker(&self, broker: i32) -> Vec<Asked> {
        let asked = |(topic_partition, partition): (&TopicPartition, &Partition)| {
            let leader = partition.leader().filter(|leader| leader.broker == broker)?;
            let (topic_partition, offset) = (topic_partition.clone(), partition.next);
            Some((partition.turn, Asked { topic_partition, leader, offset }))
        };
        let mut asked: Vec<_> = self.all.iter().filter_map(asked).collect();
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
            .map(Partition::attempts)
            .min();
        match attempts.unwrap_or(0).checked_sub(2) {
            None => Duration::ZERO,
            Some(others) => backoff::pause(others),
        }
    }

    /// Notes the leader that was looked up. False when the topic is not the one that reading began
    /// with: it was deleted and created again, so that its offsets mean other records.
    pub(super) fn found(&mut self, topic_partition: &TopicPartition, leader: Leader) -> bool {
        let partition = self.all.get_mut(topic_partition);
        partition.is_none_or(|partition| partition.found(leader))
    }

    /// Notes that an answer came, which ends at `next`. False when it answers what is no longer
    /// asked: the caller has moved or stopped the partition since.
    pub(super) fn answered(&mut self, asked: &Asked, next: i64) -> bool {
        self.turn += 1;
        let partition = self.all.get_mut(&asked.topic_partition);
        partition.is_some_and(|partition| partition.answered(asked.offset, next, self.turn))
    }

    /// Notes that the caller gets records up to `position`.
    pub(super) fn handed_out(&mut self, topic_partition: &TopicPartition, position: i64) {
        if let Some(partition) = self.all.get_mut(topic_partition) {
            partition.position = position;
        }
    }

    /// Notes that a partition gave no answer; returns the error when that has lasted for
    /// `patience`.
    pub(super) fn failed(
        &mut self,
        topic_partition: &TopicPartition,
        error: &Error,
        patience: Duration,
    ) -> Option<Error> {
        let has_lasted = self.all.get_mut(topic_partition)?.failed(patience);
        has_lasted.then(|| error.clone())
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
    use uuid::Uuid;

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
        assert_eq!(pauses, [0, 20, 40, 80, 160, 320, 640, 1000]);
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

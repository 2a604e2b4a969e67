//! Committed offsets.

use super::*;
use crate::model::name::TopicName;
use crate::model::offset::TopicPartition;

const PRODUCER: i64 = 7;

fn partition(topic: &str, number: i32) -> TopicPartition {
    TopicPartition::new(TopicName::from(topic), number)
}

fn at(offset: i64) -> StoredOffset {
    StoredOffset { offset, leader_epoch: -1, metadata: String::new() }
}

fn orders(offset: i64) -> Vec<(TopicPartition, StoredOffset)> {
    vec![(partition("orders", 0), at(offset))]
}

impl World {
    fn commit(
        &mut self,
        member_id: &str,
        generation: i32,
        offset: i64,
    ) -> Result<(), ResponseError> {
        let speaker = speaker(member_id, generation);
        let results = self.groups.commit(&speaker, orders(offset), true, self.now)?;
        results.into_iter().next().expect("one partition").1
    }

    fn commit_in_transaction(
        &mut self,
        member_id: &str,
        generation: i32,
        offset: i64,
    ) -> Result<(), ResponseError> {
        let speaker = speaker(member_id, generation);
        let now = self.now;
        self.groups.commit_in_transaction(&speaker, PRODUCER, orders(offset), now).map(|_| ())
    }

    fn committed(&self, must_be_stable: bool) -> Fetched {
        let wanted = Wanted::Partitions(vec![partition("orders", 0)]);
        let fetched = self.groups.fetch(&GroupId::from("g"), wanted, must_be_stable);
        fetched.into_iter().next().expect("one partition").1
    }
}

#[test]
fn who_is_no_member_commits_while_nobody_is_in_the_group() {
    let mut world = World::new();
    assert_eq!(world.committed(false), Fetched::Nothing);
    assert_eq!(world.commit("", -1, 42), Ok(()));
    assert_eq!(world.committed(false), Fetched::Offset(at(42)));
    let (_one, ticket) = world.newcomer();
    assert!(world.joined(ticket).is_ok());
    assert_eq!(world.commit("", -1, 43), Err(ResponseError::UnknownMemberId));
    assert_eq!(world.committed(false), Fetched::Offset(at(42)));
}

#[test]
fn a_member_commits_in_its_generation_and_stays_alive_by_it() {
    let (mut world, one) = World::stable_single();
    assert_eq!(world.commit(&one, 0, 1), Err(ResponseError::IllegalGeneration));
    assert_eq!(world.commit("nobody", 1, 1), Err(ResponseError::UnknownMemberId));
    world.pass(SESSION_MS - 1_000);
    assert_eq!(world.commit(&one, 1, 1), Ok(()));
    world.pass(SESSION_MS - 1_000);
    let (_two, _) = world.newcomer();
    assert_eq!(world.commit(&one, 1, 2), Ok(()), "it may still finish before it joins again");
    let ticket = world.join(&one);
    assert!(world.joined(ticket).is_ok());
    assert_eq!(world.commit(&one, 2, 3), Err(ResponseError::RebalanceInProgress));
    assert_eq!(world.committed(false), Fetched::Offset(at(2)));
}

#[test]
fn a_generation_without_its_group_is_illegal() {
    let mut world = World::new();
    let speaker = speaker("m", 1);
    for (has_group_errors, error) in
        [(false, ResponseError::IllegalGeneration), (true, ResponseError::GroupIdNotFound)]
    {
        let result = world.groups.commit(&speaker, orders(1), has_group_errors, world.now);
        assert_eq!(result, Err(error));
    }
    assert_eq!(world.commit_in_transaction("m", 1, 1), Err(ResponseError::IllegalGeneration));
    assert_eq!(world.state(), "Dead");
}

#[test]
fn metadata_has_a_limit_for_each_partition() {
    let mut world = World::new();
    let speaker = speaker("", -1);
    let with = |length| StoredOffset { metadata: "é".repeat(length), ..at(1) };
    let offsets =
        vec![(partition("orders", 0), with(4_096)), (partition("orders", 1), with(4_097))];
    let results = world.groups.commit(&speaker, offsets, true, world.now).expect("committed");
    assert_eq!(results[0].1, Ok(()));
    assert_eq!(results[1].1, Err(ResponseError::OffsetMetadataTooLarge));
    let all = world.groups.fetch(&GroupId::from("g"), Wanted::All, false);
    assert_eq!(all, [(partition("orders", 0), Fetched::Offset(with(4_096)))]);
}

#[test]
fn transactional_offsets_count_from_the_commit_on() {
    let mut world = World::new();
    assert_eq!(world.commit("", -1, 1), Ok(()));
    assert_eq!(world.commit_in_transaction("", -1, 5), Ok(()));
    assert_eq!(world.committed(false), Fetched::Offset(at(1)));
    assert_eq!(world.committed(true), Fetched::Unstable);
    world.groups.transaction_committed(PRODUCER);
    assert_eq!(world.committed(true), Fetched::Offset(at(5)));
}

#[test]
fn transactional_offsets_vanish_with_an_abort() {
    let mut world = World::new();
    assert_eq!(world.commit_in_transaction("", -1, 5), Ok(()));
    world.groups.transaction_aborted(PRODUCER);
    assert_eq!(world.committed(true), Fetched::Nothing);
    world.groups.transaction_committed(PRODUCER);
    assert_eq!(world.committed(true), Fetched::Nothing, "an end without a beginning");
}

#[test]
fn of_two_commits_the_later_one_counts_whenever_its_transaction_ends() {
    let mut world = World::new();
    assert_eq!(world.commit_in_transaction("", -1, 5), Ok(()));
    assert_eq!(world.commit("", -1, 3), Ok(()));
    world.groups.transaction_committed(PRODUCER);
    assert_eq!(world.committed(true), Fetched::Offset(at(3)));
}

#[test]
fn a_transaction_is_fenced_by_the_generation_of_its_group() {
    let (mut world, one) = World::stable_single();
    assert_eq!(world.commit_in_transaction(&one, 1, 5), Ok(()));
    assert_eq!(world.commit_in_transaction(&one, 0, 6), Err(ResponseError::IllegalGeneration));
    assert_eq!(world.commit_in_transaction("old", 1, 6), Err(ResponseError::UnknownMemberId));
    assert_eq!(world.commit_in_transaction("", -1, 7), Ok(()), "before KIP-447 nobody says");
    let nameless = Speaker { group: GroupId::from(""), ..speaker("", -1) };
    let result = world.groups.commit_in_transaction(&nameless, PRODUCER, orders(1), world.now);
    assert_eq!(result, Err(ResponseError::InvalidGroupId));
}

#[test]
fn offsets_of_topics_that_members_read_are_not_deleted() {
    let (mut world, one) = World::stable_single();
    let group = GroupId::from("g");
    let speaker = speaker(&one, 1);
    let offsets = vec![(partition("orders", 0), at(1)), (partition("other", 0), at(2))];
    assert!(world.groups.commit(&speaker, offsets, true, world.now).is_ok());
    let partitions = vec![partition("orders", 0), partition("other", 0)];
    let results = world.groups.delete_offsets(&group, partitions.clone()).expect("answered");
    assert_eq!(results[0].1, Err(ResponseError::GroupSubscribedToTopic));
    assert_eq!(results[1].1, Ok(()));
    let left = world.groups.fetch(&group, Wanted::All, false);
    assert_eq!(left, [(partition("orders", 0), Fetched::Offset(at(1)))]);
    assert_eq!(world.leave(&one), Ok(()));
    assert!(
        world.groups.delete_offsets(&group, partitions.clone()).expect("answered")[0].1.is_ok()
    );
    assert_eq!(world.groups.fetch(&group, Wanted::All, false), []);
    let nowhere = world.groups.delete_offsets(&GroupId::from("h"), partitions.clone());
    assert_eq!(nowhere, Err(ResponseError::GroupIdNotFound));
    let nameless = world.groups.delete_offsets(&GroupId::from(""), partitions);
    assert_eq!(nameless, Err(ResponseError::InvalidGroupId));
}

#[test]
fn a_group_that_does_not_consume_keeps_its_offsets_while_it_lives() {
    let mut world = World::new();
    let join = Join {
        protocol_type: "connect".to_owned(),
        must_know_member_id: false,
        ..world.join_of("")
    };
    let ticket = world.groups.join(&join, world.now);
    assert!(world.joined(ticket).is_ok());
    let results = world.groups.delete_offsets(&GroupId::from("g"), vec![partition("orders", 0)]);
    assert_eq!(results, Err(ResponseError::NonEmptyGroup));
}

#[test]
fn what_is_deleted_does_not_come_back_with_a_transaction() {
    let group = GroupId::from("g");
    let deletions: [fn(&mut Groups, &GroupId); 3] = [
        |groups, _| groups.topic_deleted(&TopicName::from("orders")),
        |groups, group| assert_eq!(groups.delete(group), Ok(())),
        |groups, group| {
            let results = groups.delete_offsets(group, vec![partition("orders", 0)]);
            assert_eq!(results, Ok(vec![(partition("orders", 0), Ok(()))]));
        },
    ];
    for delete in deletions {
        let mut world = World::new();
        assert_eq!(world.commit("", -1, 1), Ok(()));
        assert_eq!(world.commit_in_transaction("", -1, 5), Ok(()));
        delete(&mut world.groups, &group);
        world.groups.transaction_committed(PRODUCER);
        assert_eq!(world.committed(true), Fetched::Nothing);
    }
}

#[test]
fn what_offsets_take_is_known_to_the_byte_and_bounded() {
    let mut world = World::with(Settings { max_bytes: 2_000, ..Settings::default() });
    let mut count = 0;
    while world.commit("", -1, count) == Ok(()) && world.commit_in_transaction("", -1, 0) == Ok(())
    {
        let speaker = speaker("", -1);
        let more = vec![(partition("orders", i32::try_from(count).expect("few")), at(1))];
        let results = world.groups.commit(&speaker, more, true, world.now).expect("a group");
        count += 1;
        if results[0].1 == Err(ResponseError::InvalidCommitOffsetSize) {
            break;
        }
        assert!(count < 100, "it has no end");
    }
    world.groups.transaction_committed(PRODUCER);
    let mut left = 0;
    for (partition, fetched) in world.groups.fetch(&GroupId::from("g"), Wanted::All, false) {
        let Fetched::Offset(stored) = fetched else { panic!("committed") };
        left += super::super::offsets::weight(&partition, &stored);
    }
    assert_eq!(world.groups.offsets.memory(), left);
    world.groups.topic_deleted(&TopicName::from("orders"));
    assert_eq!(world.groups.offsets.memory(), 0);
    assert_eq!(world.commit_in_transaction("", -1, 5), Ok(()));
    world.groups.transaction_aborted(PRODUCER);
    assert_eq!(world.groups.offsets.memory(), 0);
}

#[test]
fn a_group_with_offsets_is_remembered() {
    let mut world = World::new();
    assert_eq!(world.commit("", -1, 1), Ok(()));
    world.pass(700_000);
    assert_eq!(world.state(), "Empty");
    world.groups.topic_deleted(&TopicName::from("orders"));
    world.pass(500);
    assert_eq!(world.state(), "Dead");
}

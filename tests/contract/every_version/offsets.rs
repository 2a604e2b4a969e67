//! Offsets that groups commit, and groups that have nothing else.

use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::offset_delete_request::{
    OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};
use kafka_protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use kafka_protocol::messages::{
    DeleteGroupsRequest, DeleteGroupsResponse, OffsetCommitRequest, OffsetCommitResponse,
    OffsetDeleteRequest, OffsetDeleteResponse, OffsetFetchRequest, OffsetFetchResponse,
};

use super::{Asked, World, text};
use crate::topics::name;

/// The first version of `OffsetFetch` that asks for several groups.
const SEVERAL: i16 = 8;

/// What is known of an offset: where it is, its leader's epoch, its metadata, and what is wrong.
type Known = (i64, i32, String, i16);

impl World<'_> {
    /// Asks for the group's offset in a version.
    fn fetch(&mut self, version: i16) -> Known {
        let request = OffsetFetchRequest::request(self, version);
        known(&self.client.ask_in(version, &request), self)
    }

    /// Commits an offset of the group.
    fn commit(&mut self, offset: i64) {
        let request = commit(self, offset);
        let answer = self.client.ask_in(8, &request);
        assert_eq!(answer.topics[0].partitions[0].error_code, 0);
    }
}

/// Commits an offset by a client that is no member, as administrators do it.
fn commit(world: &mut World<'_>, offset: i64) -> OffsetCommitRequest {
    let partition = OffsetCommitRequestPartition::default()
        .with_committed_offset(offset)
        .with_committed_metadata(Some(text("m")));
    let topic = OffsetCommitRequestTopic::default().with_name(name(&world.topic().0));
    OffsetCommitRequest::default()
        .with_group_id(world.group())
        .with_generation_id_or_member_epoch(-1)
        .with_topics(vec![topic.with_partitions(vec![partition])])
}

/// Reads the only offset that was asked for.
fn known(answer: &OffsetFetchResponse, world: &mut World<'_>) -> Known {
    assert_eq!(answer.error_code, 0);
    let topic = name(&world.topic().0);
    if let [group] = answer.groups.as_slice() {
        assert_eq!((group.error_code, &group.group_id), (0, &world.group()));
        let [found] = group.topics.as_slice() else { panic!("{answer:?}") };
        let [partition] = found.partitions.as_slice() else { panic!("{answer:?}") };
        assert_eq!((&found.name, partition.partition_index), (&topic, 0));
        let metadata = partition.metadata.as_ref().unwrap().to_string();
        let (offset, epoch) = (partition.committed_offset, partition.committed_leader_epoch);
        return (offset, epoch, metadata, partition.error_code);
    }
    let [found] = answer.topics.as_slice() else { panic!("{answer:?}") };
    let [partition] = found.partitions.as_slice() else { panic!("{answer:?}") };
    assert_eq!((&found.name, partition.partition_index), (&topic, 0));
    let metadata = partition.metadata.as_ref().unwrap().to_string();
    let (offset, epoch) = (partition.committed_offset, partition.committed_leader_epoch);
    (offset, epoch, metadata, partition.error_code)
}

impl Asked for OffsetCommitRequest {
    fn request(world: &mut World<'_>, version: i16) -> Self {
        let mut request = commit(world, i64::from(version));
        if version >= 6 {
            request.topics[0].partitions[0].committed_leader_epoch = 3;
        }
        request
    }

    fn check(answer: &OffsetCommitResponse, world: &mut World<'_>, version: i16) {
        let [topic] = answer.topics.as_slice() else { panic!("{answer:?}") };
        assert_eq!(topic.name, name(&world.topic().0));
        let [partition] = topic.partitions.as_slice() else { panic!("{answer:?}") };
        assert_eq!((partition.error_code, partition.partition_index), (0, 0));
        let epoch = if version < 6 { -1 } else { 3 };
        assert_eq!(world.fetch(8), (i64::from(version), epoch, "m".to_owned(), 0));
    }
}

impl Asked for OffsetFetchRequest {
    fn request(world: &mut World<'_>, version: i16) -> Self {
        let (topic, _) = world.topic();
        if version < SEVERAL {
            let topic = OffsetFetchRequestTopic::default().with_name(name(&topic));
            return Self::default()
                .with_group_id(world.group())
                .with_topics(Some(vec![topic.with_partition_indexes(vec![0])]));
        }
        let topic = OffsetFetchRequestTopics::default().with_name(name(&topic));
        let topics = Some(vec![topic.with_partition_indexes(vec![0])]);
        let group = OffsetFetchRequestGroup::default().with_group_id(world.group());
        Self::default().with_groups(vec![group.with_topics(topics)])
    }

    fn check(answer: &OffsetFetchResponse, world: &mut World<'_>, version: i16) {
        let before = known(answer, world);
        let first = *super::versions::<Self>(world.broker).start();
        if version == first {
            assert_eq!(before, (-1, -1, String::new(), 0), "nothing is committed yet");
        }
        world.commit(7);
        let committed = (7, -1, "m".to_owned(), 0);
        assert_eq!(world.fetch(version), committed);
        // Since version 2 null stands for all.
        if version >= 2 {
            let mut all = Self::request(world, version);
            match all.groups.first_mut() {
                Some(group) => group.topics = None,
                None => all.topics = None,
            }
            assert_eq!(known(&world.client.ask_in(version, &all), world), committed);
        }
    }
}

impl Asked for OffsetDeleteRequest {
    fn request(world: &mut World<'_>, _version: i16) -> Self {
        world.commit(7);
        let partition = OffsetDeleteRequestPartition::default();
        let topic = OffsetDeleteRequestTopic::default().with_name(name(&world.topic().0));
        let topics = vec![topic.with_partitions(vec![partition])];
        Self::default().with_group_id(world.group()).with_topics(topics)
    }

    fn check(answer: &OffsetDeleteResponse, world: &mut World<'_>, _version: i16) {
        assert_eq!(answer.error_code, 0);
        let [topic] = answer.topics.as_slice() else { panic!("{answer:?}") };
        assert_eq!(topic.name, name(&world.topic().0));
        let [partition] = topic.partitions.as_slice() else { panic!("{answer:?}") };
        assert_eq!((partition.error_code, partition.partition_index), (0, 0));
        assert_eq!(world.fetch(8), (-1, -1, String::new(), 0));
    }
}

impl Asked for DeleteGroupsRequest {
    fn request(world: &mut World<'_>, _version: i16) -> Self {
        world.commit(7);
        Self::default().with_groups_names(vec![world.group()])
    }

    fn check(answer: &DeleteGroupsResponse, world: &mut World<'_>, _version: i16) {
        let [deleted] = answer.results.as_slice() else { panic!("{answer:?}") };
        assert_eq!((deleted.error_code, &deleted.group_id), (0, &world.group()));
        assert_eq!(world.fetch(8), (-1, -1, String::new(), 0));
    }
}

//! Offsets that groups commit.

use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::offset_delete_request::{
    OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};
use kafka_protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use kafka_protocol::messages::offset_fetch_response::OffsetFetchResponseTopics;
use kafka_protocol::messages::{
    DeleteTopicsRequest, GroupId, OffsetCommitRequest, OffsetDeleteRequest, OffsetFetchRequest,
};

use crate::broker::Broker;
use crate::client::Client;
use crate::membership::{Member, group, text, topic, until};
use crate::topics::name;

crate::behaviours! {
    a_client_without_a_group_commits_while_it_is_empty,
    members_commit_in_their_generation,
    metadata_and_unknown_partitions_are_refused_one_by_one,
    offsets_are_fetched_in_every_version,
    offsets_of_what_is_read_are_not_deleted,
    offsets_go_with_their_topic,
}

fn partition(number: i32, offset: i64) -> OffsetCommitRequestPartition {
    OffsetCommitRequestPartition::default()
        .with_partition_index(number)
        .with_committed_offset(offset)
        .with_committed_metadata(Some(text("m")))
}

fn request(
    group: &GroupId,
    topic: &str,
    partitions: Vec<OffsetCommitRequestPartition>,
) -> OffsetCommitRequest {
    OffsetCommitRequest::default()
        .with_group_id(group.clone())
        .with_generation_id_or_member_epoch(-1)
        .with_topics(vec![
            OffsetCommitRequestTopic::default().with_name(name(topic)).with_partitions(partitions),
        ])
}

fn commit(client: &mut Client, request: &OffsetCommitRequest) -> Vec<i16> {
    let [topic] = client.ask_in(9, request).topics.try_into().unwrap();
    topic.partitions.iter().map(|partition| partition.error_code).collect()
}

/// Returns all offsets of a group.
fn all(client: &mut Client, group: &GroupId) -> Vec<OffsetFetchResponseTopics> {
    let wanted = OffsetFetchRequestGroup::default().with_group_id(group.clone()).with_topics(None);
    let request = OffsetFetchRequest::default().with_groups(vec![wanted]);
    let [fetched] = client.ask_in(8, &request).groups.try_into().unwrap();
    assert_eq!(fetched.error_code, 0);
    fetched.topics
}

fn a_client_without_a_group_commits_while_it_is_empty(broker: &Broker) {
    let (group, mut client) = (group(broker), broker.connect());
    let topic = topic(&mut client, 1);
    assert!(all(&mut client, &group).is_empty());
    let request = request(&group, &topic, vec![partition(0, 42)]);
    assert_eq!(commit(&mut client, &request), [0]);
    let [fetched] = all(&mut client, &group).try_into().unwrap();
    assert_eq!((fetched.name, fetched.partitions[0].committed_offset), (name(&topic), 42));
    let _member = Member::alone(broker, &group);
    assert_eq!(commit(&mut client, &request), [25]);
}

fn members_commit_in_their_generation(broker: &Broker) {
    let group = group(broker);
    let mut member = Member::alone(broker, &group);
    let topic = topic(&mut member.client, 1);
    let as_member = |member: &Member, generation| {
        request(&group, &topic, vec![partition(0, 1)])
            .with_member_id(member.id.clone())
            .with_generation_id_or_member_epoch(generation)
    };
    let wrong = as_member(&member, 0);
    assert_eq!(commit(&mut member.client, &wrong), [22]);
    let stranger = as_member(&member, 1).with_member_id(text("nobody"));
    assert_eq!(commit(&mut member.client, &stranger), [25]);
    let fine = as_member(&member, 1);
    assert_eq!(commit(&mut member.client, &fine), [0]);
    assert_eq!(member.join().generation_id, 2);
    let between = as_member(&member, 2);
    assert_eq!(commit(&mut member.client, &between), [27], "it has not synced");
    let elsewhere = as_member(&member, 1).with_group_id(crate::membership::group(broker));
    for (version, code) in [(8, 22), (9, 69)] {
        let answer = member.client.ask_in(version, &elsewhere);
        assert_eq!(answer.topics[0].partitions[0].error_code, code, "version {version}");
    }
}

fn metadata_and_unknown_partitions_are_refused_one_by_one(broker: &Broker) {
    let (group, mut client) = (group(broker), broker.connect());
    let topic = topic(&mut client, 3);
    let with = |number, length| {
        partition(number, 1).with_committed_metadata(Some(text(&"é".repeat(length))))
    };
    let partitions = vec![
        partition(7, 1),
        with(0, 4_096),
        with(1, 4_097),
        partition(2, 1).with_committed_metadata(None),
    ];
    assert_eq!(commit(&mut client, &request(&group, &topic, partitions)), [3, 0, 12, 0]);
    let missing = request(&group, "not-there", vec![partition(0, 1)]);
    assert_eq!(commit(&mut client, &missing), [3]);
    let [fetched] = all(&mut client, &group).try_into().unwrap();
    let mut partitions = fetched.partitions;
    partitions.sort_by_key(|partition| partition.partition_index);
    assert_eq!(partitions[0].metadata, Some(text(&"é".repeat(4_096))));
    assert_eq!((partitions[1].partition_index, &partitions[1].metadata), (2, &Some(text(""))));
}

fn offsets_are_fetched_in_every_version(broker: &Broker) {
    let (group, mut client) = (group(broker), broker.connect());
    let topic = topic(&mut client, 2);
    let committed = partition(0, 42).with_committed_leader_epoch(5);
    assert_eq!(commit(&mut client, &request(&group, &topic, vec![committed])), [0]);
    for version in 1..8 {
        let wanted = OffsetFetchRequestTopic::default()
            .with_name(name(&topic))
            .with_partition_indexes(vec![0, 1]);
        let request = OffsetFetchRequest::default()
            .with_group_id(group.clone())
            .with_topics(Some(vec![wanted]));
        let [fetched] = client.ask_in(version, &request).topics.try_into().unwrap();
        let found: Vec<_> = fetched
            .partitions
            .iter()
            .map(|one| (one.partition_index, one.committed_offset, one.error_code))
            .collect();
        assert_eq!(found, [(0, 42, 0), (1, -1, 0)], "version {version}");
        let epoch = if version >= 5 { 5 } else { -1 };
        assert_eq!(fetched.partitions[0].committed_leader_epoch, epoch, "version {version}");
        assert_eq!(fetched.partitions[1].metadata, Some(text("")));
    }
    let wanted = OffsetFetchRequestTopics::default()
        .with_name(name(&topic))
        .with_partition_indexes(vec![1, 0]);
    let groups = [group.clone(), crate::membership::group(broker)].map(|group| {
        OffsetFetchRequestGroup::default()
            .with_group_id(group)
            .with_topics(Some(vec![wanted.clone()]))
    });
    let request =
        OffsetFetchRequest::default().with_groups(groups.to_vec()).with_require_stable(true);
    let answer = client.ask_in(8, &request);
    let of = |group: &GroupId| {
        let fetched = answer.groups.iter().find(|fetched| fetched.group_id == *group).unwrap();
        let mut partitions = fetched.topics[0].partitions.clone();
        partitions.sort_by_key(|partition| partition.partition_index);
        partitions.iter().map(|partition| partition.committed_offset).collect::<Vec<_>>()
    };
    assert_eq!((of(&group), of(&groups[1].group_id)), (vec![42, -1], vec![-1, -1]));
}

fn offsets_of_what_is_read_are_not_deleted(broker: &Broker) {
    let (group, mut client) = (group(broker), broker.connect());
    let (read, unread) = (topic(&mut client, 1), topic(&mut client, 1));
    for topic in [&read, &unread] {
        assert_eq!(commit(&mut client, &request(&group, topic, vec![partition(0, 1)])), [0]);
    }
    let mut member = Member::new(broker, &group);
    member.topics = vec![read.clone()];
    member.settle();
    let topics = [(&read, 0), (&unread, 0), (&unread, 5)].map(|(topic, number)| {
        OffsetDeleteRequestTopic::default().with_name(name(topic)).with_partitions(vec![
            OffsetDeleteRequestPartition::default().with_partition_index(number),
        ])
    });
    let request = |group: &GroupId, topic: usize| {
        OffsetDeleteRequest::default()
            .with_group_id(group.clone())
            .with_topics(vec![topics[topic].clone()])
    };
    let codes: Vec<_> = (0..3)
        .map(|topic| client.ask_in(0, &request(&group, topic)).topics[0].partitions[0].error_code)
        .collect();
    assert_eq!(codes, [86, 0, 3]);
    let [left] = all(&mut client, &group).try_into().unwrap();
    assert_eq!(left.name, name(&read));
    assert_eq!(member.leave(), 0);
    assert_eq!(client.ask_in(0, &request(&group, 0)).topics[0].partitions[0].error_code, 0);
    let nowhere = crate::membership::group(broker);
    assert_eq!(client.ask_in(0, &request(&nowhere, 0)).error_code, 69);
    assert_eq!(client.ask_in(0, &request(&GroupId(text("")), 0)).error_code, 24);
}

fn offsets_go_with_their_topic(broker: &Broker) {
    let (group, mut client) = (group(broker), broker.connect());
    let topic = topic(&mut client, 1);
    assert_eq!(commit(&mut client, &request(&group, &topic, vec![partition(0, 1)])), [0]);
    let delete = DeleteTopicsRequest::default()
        .with_timeout_ms(30_000)
        .with_topics(vec![DeleteTopicState::default().with_name(Some(name(&topic)))]);
    assert_eq!(client.ask_in(6, &delete).responses[0].error_code, 0);
    until(|| all(&mut client, &group), Vec::is_empty);
}

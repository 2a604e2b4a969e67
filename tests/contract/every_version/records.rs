//! Records, and where they are.

use kafka_protocol::messages::delete_records_request::{
    DeleteRecordsPartition, DeleteRecordsTopic,
};
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::{
    DeleteRecordsRequest, DeleteRecordsResponse, FetchRequest, FetchResponse, ListOffsetsRequest,
    ListOffsetsResponse, ProduceRequest, ProduceResponse,
};

use super::{Asked, World};
use crate::records::{encode, find, record, request, send};
use crate::topics::name;

/// The first version of `Fetch` that names topics by their id.
const FETCH_BY_ID: i16 = 13;

impl World<'_> {
    /// Appends one record; returns its offset.
    fn append(&mut self) -> i64 {
        let (topic, _) = self.topic();
        let sent = send(&mut self.client, &topic, encode(&[record(0, "a")]));
        assert_eq!(sent.error_code, 0, "{sent:?}");
        sent.base_offset
    }

    /// Returns the end of the log.
    fn end(&mut self) -> i64 {
        let (topic, _) = self.topic();
        find(&mut self.client, &topic, -1).offset
    }
}

impl Asked for ProduceRequest {
    fn request(world: &mut World<'_>, _version: i16) -> Self {
        request(&world.topic().0, Some(encode(&[record(0, "a")])))
    }

    fn check(answer: &ProduceResponse, world: &mut World<'_>, version: i16) {
        let [topic] = answer.responses.as_slice() else { panic!("{answer:?}") };
        assert_eq!(topic.name, name(&world.topic().0));
        let [partition] = topic.partition_responses.as_slice() else { panic!("{answer:?}") };
        assert_eq!((partition.error_code, partition.index), (0, 0));
        assert_eq!(partition.base_offset, world.end() - 1);
        assert_eq!(partition.log_append_time_ms, -1);
        assert_eq!(partition.log_start_offset, if version < 5 { -1 } else { 0 });
    }
}

impl Asked for FetchRequest {
    fn request(world: &mut World<'_>, version: i16) -> Self {
        let offset = world.append();
        let (topic, id) = world.topic();
        let partition =
            FetchPartition::default().with_fetch_offset(offset).with_partition_max_bytes(1_000);
        let wanted = FetchTopic::default().with_partitions(vec![partition]);
        let wanted = if version < FETCH_BY_ID {
            wanted.with_topic(name(&topic))
        } else {
            wanted.with_topic_id(id)
        };
        Self::default()
            .with_max_wait_ms(1_000)
            .with_min_bytes(1)
            .with_max_bytes(1_000)
            .with_session_epoch(-1)
            .with_topics(vec![wanted])
    }

    fn check(answer: &FetchResponse, world: &mut World<'_>, version: i16) {
        let (name_, id) = world.topic();
        assert_eq!((answer.error_code, answer.session_id), (0, 0));
        let [topic] = answer.responses.as_slice() else { panic!("{answer:?}") };
        if version < FETCH_BY_ID {
            assert_eq!(topic.topic, name(&name_));
        } else {
            assert_eq!(topic.topic_id, id);
        }
        let [partition] = topic.partitions.as_slice() else { panic!("{answer:?}") };
        assert_eq!((partition.error_code, partition.partition_index), (0, 0));
        let end = world.end();
        assert_eq!((partition.high_watermark, partition.last_stable_offset), (end, end));
        assert_eq!(partition.log_start_offset, if version < 5 { -1 } else { 0 });
        let records = partition.records.as_ref().unwrap();
        assert_eq!(records[..8], (end - 1).to_be_bytes(), "the base offset of the batch");
    }
}

impl Asked for ListOffsetsRequest {
    fn request(world: &mut World<'_>, _version: i16) -> Self {
        world.append();
        let partition =
            ListOffsetsPartition::default().with_timestamp(-1).with_current_leader_epoch(-1);
        let topic = ListOffsetsTopic::default().with_name(name(&world.topic().0));
        Self::default()
            .with_replica_id((-1).into())
            .with_topics(vec![topic.with_partitions(vec![partition])])
    }

    fn check(answer: &ListOffsetsResponse, world: &mut World<'_>, version: i16) {
        let [topic] = answer.topics.as_slice() else { panic!("{answer:?}") };
        assert_eq!(topic.name, name(&world.topic().0));
        let [partition] = topic.partitions.as_slice() else { panic!("{answer:?}") };
        assert_eq!((partition.error_code, partition.partition_index), (0, 0));
        assert_eq!((partition.offset, partition.timestamp), (world.end(), -1));
        assert_eq!(partition.leader_epoch, if version < 4 { -1 } else { 0 });
    }
}

impl Asked for DeleteRecordsRequest {
    fn request(world: &mut World<'_>, _version: i16) -> Self {
        let partition = DeleteRecordsPartition::default().with_offset(world.append() + 1);
        let topic = DeleteRecordsTopic::default().with_name(name(&world.topic().0));
        Self::default()
            .with_topics(vec![topic.with_partitions(vec![partition])])
            .with_timeout_ms(30_000)
    }

    fn check(answer: &DeleteRecordsResponse, world: &mut World<'_>, _version: i16) {
        let [topic] = answer.topics.as_slice() else { panic!("{answer:?}") };
        assert_eq!(topic.name, name(&world.topic().0));
        let [partition] = topic.partitions.as_slice() else { panic!("{answer:?}") };
        assert_eq!((partition.error_code, partition.low_watermark), (0, world.end()));
    }
}

//! Producers and their transactions.

use kafka_protocol::messages::add_partitions_to_txn_request::AddPartitionsToTxnTopic;
use kafka_protocol::messages::{
    AddOffsetsToTxnRequest, AddOffsetsToTxnResponse, AddPartitionsToTxnRequest,
    AddPartitionsToTxnResponse, DescribeTransactionsRequest, DescribeTransactionsResponse,
    EndTxnRequest, EndTxnResponse, InitProducerIdRequest, InitProducerIdResponse,
    ListTransactionsRequest, ListTransactionsResponse, ProducerId, TxnOffsetCommitRequest,
    TxnOffsetCommitResponse,
};

use super::{Asked, World, text};
use crate::membership::until;
use crate::topics::name;

impl Asked for InitProducerIdRequest {
    fn request(world: &mut World<'_>, _version: i16) -> Self {
        world.new_producer().init_request(60_000)
    }

    fn check(answer: &InitProducerIdResponse, world: &mut World<'_>, version: i16) {
        let (id, epoch) = world.producer().current;
        assert_eq!((answer.error_code, answer.producer_id.0), (0, id));
        assert_eq!(answer.producer_epoch, epoch + 1);
        let request = Self::default().with_transactional_id(None);
        let idempotent = world.client.ask_in(version, &request);
        assert_eq!((idempotent.error_code, idempotent.producer_epoch), (0, 0));
        assert!(idempotent.producer_id.0 >= 0 && idempotent.producer_id.0 != id);
    }
}

impl Asked for AddPartitionsToTxnRequest {
    fn request(world: &mut World<'_>, _version: i16) -> Self {
        let (topic, _) = world.topic();
        let producer = world.new_producer();
        let topic = AddPartitionsToTxnTopic::default().with_name(name(&topic));
        Self::default()
            .with_v3_and_below_transactional_id(producer.id.clone())
            .with_v3_and_below_producer_id(ProducerId(producer.current.0))
            .with_v3_and_below_producer_epoch(producer.current.1)
            .with_v3_and_below_topics(vec![topic.with_partitions(vec![0])])
    }

    fn check(answer: &AddPartitionsToTxnResponse, world: &mut World<'_>, _version: i16) {
        let [topic] = answer.results_by_topic_v3_and_below.as_slice() else { panic!("{answer:?}") };
        assert_eq!(topic.name, name(&world.topic().0));
        let [partition] = topic.results_by_partition.as_slice() else { panic!("{answer:?}") };
        assert_eq!((partition.partition_error_code, partition.partition_index), (0, 0));
    }
}

impl Asked for AddOffsetsToTxnRequest {
    fn request(world: &mut World<'_>, _version: i16) -> Self {
        let group = world.group();
        let producer = world.new_producer();
        Self::default()
            .with_transactional_id(producer.id.clone())
            .with_producer_id(ProducerId(producer.current.0))
            .with_producer_epoch(producer.current.1)
            .with_group_id(group)
    }

    fn check(answer: &AddOffsetsToTxnResponse, _world: &mut World<'_>, _version: i16) {
        assert_eq!(answer.error_code, 0);
    }
}

impl Asked for TxnOffsetCommitRequest {
    fn request(world: &mut World<'_>, version: i16) -> Self {
        let ((topic, _), group) = (world.topic(), world.group());
        let producer = world.new_producer();
        assert_eq!(producer.add_group(&group), 0);
        producer.commit_request(&group, &topic, i64::from(version))
    }

    fn check(answer: &TxnOffsetCommitResponse, world: &mut World<'_>, _version: i16) {
        let [topic] = answer.topics.as_slice() else { panic!("{answer:?}") };
        assert_eq!(topic.name, name(&world.topic().0));
        let [partition] = topic.partitions.as_slice() else { panic!("{answer:?}") };
        assert_eq!((partition.error_code, partition.partition_index), (0, 0));
        assert_eq!(world.producer().end(3, true), 0);
    }
}

impl Asked for EndTxnRequest {
    fn request(world: &mut World<'_>, _version: i16) -> Self {
        let (topic, _) = world.topic();
        let producer = world.new_producer();
        assert_eq!(producer.add(&topic, &[0]), [0]);
        producer.end_request(true)
    }

    fn check(answer: &EndTxnResponse, world: &mut World<'_>, _version: i16) {
        assert_eq!(answer.error_code, 0);
        assert_eq!(world.producer().end(3, false), 48, "it was committed");
    }
}

impl Asked for ListTransactionsRequest {
    fn request(world: &mut World<'_>, version: i16) -> Self {
        let (topic, _) = world.topic();
        let producer = world.new_producer();
        assert_eq!(producer.add(&topic, &[0]), [0]);
        let request = Self::default()
            .with_state_filters(vec![text("Ongoing")])
            .with_producer_id_filters(vec![ProducerId(producer.current.0)]);
        if version < 1 {
            return request;
        }
        // It takes a moment until it has been going on for more than nothing.
        let request = request.with_duration_filter(0);
        let ask = || world.client.ask_in(version, &request).transaction_states.len();
        until(ask, |count| *count == 1);
        request
    }

    fn check(answer: &ListTransactionsResponse, world: &mut World<'_>, _version: i16) {
        assert_eq!(answer.error_code, 0);
        let [listed] = answer.transaction_states.as_slice() else { panic!("{answer:?}") };
        let producer = world.producer();
        assert_eq!(listed.transactional_id, producer.id);
        assert_eq!(listed.producer_id.0, producer.current.0);
        assert_eq!(listed.transaction_state, text("Ongoing"));
    }
}

impl Asked for DescribeTransactionsRequest {
    fn request(world: &mut World<'_>, _version: i16) -> Self {
        let (topic, _) = world.topic();
        let producer = world.new_producer();
        assert_eq!(producer.add(&topic, &[0]), [0]);
        Self::default().with_transactional_ids(vec![producer.id.clone()])
    }

    fn check(answer: &DescribeTransactionsResponse, world: &mut World<'_>, _version: i16) {
        let [described] = answer.transaction_states.as_slice() else { panic!("{answer:?}") };
        let producer = world.producer();
        assert_eq!((described.error_code, &described.transactional_id), (0, &producer.id));
        assert_eq!((described.producer_id.0, described.producer_epoch), producer.current);
        let [topic] = described.topics.as_slice() else { panic!("{answer:?}") };
        assert_eq!((&topic.topic, &topic.partitions[..]), (&name(&world.topic().0), &[0][..]));
    }
}

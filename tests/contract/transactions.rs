//! Transactions: who may write under a transactional id, what belongs to a transaction, how it
//! ends.

use kafka_protocol::messages::add_partitions_to_txn_request::AddPartitionsToTxnTopic;
use kafka_protocol::messages::txn_offset_commit_request::{
    TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic,
};
use kafka_protocol::messages::{
    AddOffsetsToTxnRequest, AddPartitionsToTxnRequest, DescribeTransactionsRequest, EndTxnRequest,
    GroupId, InitProducerIdRequest, InitProducerIdResponse, ListTransactionsRequest, ProducerId,
    TransactionalId, TxnOffsetCommitRequest,
};

use crate::broker::{Broker, unique};
use crate::client::Client;
use crate::membership::{coordinator, is_starting, text, topic, until};
use crate::topics::name;

crate::behaviours! {
    idempotent_producers_get_ids_of_their_own,
    a_second_instance_fences_the_first,
    a_second_instance_aborts_what_the_first_was_doing,
    a_producer_asks_for_a_higher_epoch,
    what_cannot_be_a_producer_is_refused,
    partitions_are_added_all_or_none,
    a_transaction_ends_once,
    a_late_transaction_is_aborted,
    transactions_are_listed_and_described,
}

/// A producer with a transactional id that nobody else has.
pub(crate) struct Producer {
    pub(crate) client: Client,
    pub(crate) id: TransactionalId,
    /// The producer id and the epoch.
    pub(crate) current: (i64, i16),
}

impl Producer {
    pub(crate) fn new(broker: &Broker) -> Self {
        let (id, mut client) = (unique("txn"), broker.connect());
        coordinator(&mut client, &id, 1);
        let mut new = Self { client, id: TransactionalId(text(&id)), current: (-1, -1) };
        new.start(60_000);
        new
    }

    pub(crate) fn init_request(&self, timeout_ms: i32) -> InitProducerIdRequest {
        InitProducerIdRequest::default()
            .with_transactional_id(Some(self.id.clone()))
            .with_transaction_timeout_ms(timeout_ms)
            .with_producer_id(ProducerId(-1))
            .with_producer_epoch(-1)
    }

    /// Starts anew, as often as it is told to come again.
    fn start(&mut self, timeout_ms: i32) {
        let request = self.init_request(timeout_ms);
        let is_ready = |answer: &InitProducerIdResponse| {
            !is_starting(answer.error_code) && answer.error_code != 51
        };
        let started = until(|| self.client.ask_in(4, &request), is_ready);
        assert_eq!(started.error_code, 0);
        self.current = (started.producer_id.0, started.producer_epoch);
    }

    pub(crate) fn add(&mut self, topic: &str, partitions: &[i32]) -> Vec<i16> {
        self.add_in(3, topic, partitions)
    }

    fn add_in(&mut self, version: i16, topic: &str, partitions: &[i32]) -> Vec<i16> {
        let request = AddPartitionsToTxnRequest::default()
            .with_v3_and_below_transactional_id(self.id.clone())
            .with_v3_and_below_producer_id(ProducerId(self.current.0))
            .with_v3_and_below_producer_epoch(self.current.1)
            .with_v3_and_below_topics(vec![
                AddPartitionsToTxnTopic::default()
                    .with_name(name(topic))
                    .with_partitions(partitions.to_vec()),
            ]);
        // Kafka completes the transaction before in the background.
        let answer = until(
            || self.client.ask_in(version, &request).results_by_topic_v3_and_below,
            |topics| topics[0].results_by_partition[0].partition_error_code != 51,
        );
        let mut results = answer[0].results_by_partition.clone();
        results.sort_by_key(|result| result.partition_index);
        results.iter().map(|result| result.partition_error_code).collect()
    }

    pub(crate) fn add_group(&mut self, group: &GroupId) -> i16 {
        let request = AddOffsetsToTxnRequest::default()
            .with_transactional_id(self.id.clone())
            .with_producer_id(ProducerId(self.current.0))
            .with_producer_epoch(self.current.1)
            .with_group_id(group.clone());
        until(|| self.client.ask_in(3, &request).error_code, |code| *code != 51)
    }

    pub(crate) fn commit_request(
        &self,
        group: &GroupId,
        topic: &str,
        offset: i64,
    ) -> TxnOffsetCommitRequest {
        TxnOffsetCommitRequest::default()
            .with_transactional_id(self.id.clone())
            .with_group_id(group.clone())
            .with_producer_id(ProducerId(self.current.0))
            .with_producer_epoch(self.current.1)
            .with_generation_id(-1)
            .with_topics(vec![
                TxnOffsetCommitRequestTopic::default().with_name(name(topic)).with_partitions(
                    vec![TxnOffsetCommitRequestPartition::default().with_committed_offset(offset)],
                ),
            ])
    }

    pub(crate) fn commit_offset(&mut self, version: i16, request: &TxnOffsetCommitRequest) -> i16 {
        let answer = self.client.ask_in(version, request);
        answer.topics[0].partitions[0].error_code
    }

    pub(crate) fn end_request(&self, is_commit: bool) -> EndTxnRequest {
        EndTxnRequest::default()
            .with_transactional_id(self.id.clone())
            .with_producer_id(ProducerId(self.current.0))
            .with_producer_epoch(self.current.1)
            .with_committed(is_commit)
    }

    pub(crate) fn end(&mut self, version: i16, is_commit: bool) -> i16 {
        let request = self.end_request(is_commit);
        until(|| self.client.ask_in(version, &request).error_code, |code| *code != 51)
    }
}

fn idempotent_producers_get_ids_of_their_own(broker: &Broker) {
    let mut client = broker.connect();
    let request = InitProducerIdRequest::default()
        .with_transactional_id(None)
        .with_producer_id(ProducerId(-1))
        .with_producer_epoch(-1);
    let mut start =
        || until(|| client.ask_in(4, &request), |answer| !is_starting(answer.error_code));
    let (one, two) = (start(), start());
    assert_eq!((one.error_code, one.producer_epoch), (0, 0));
    assert_ne!(one.producer_id, two.producer_id);
}

fn a_second_instance_fences_the_first(broker: &Broker) {
    let mut producer = Producer::new(broker);
    let topic = topic(&mut producer.client, 1);
    let first = producer.current;
    producer.start(60_000);
    let second = producer.current;
    assert_eq!(second, (first.0, first.1 + 1));
    producer.current = first;
    assert_eq!(producer.add_in(1, &topic, &[0]), [47], "in words that the client knows");
    assert_eq!(producer.add(&topic, &[0]), [90]);
    assert_eq!((producer.end(1, true), producer.end(3, true)), (47, 90));
    producer.current = second;
    assert_eq!(producer.add(&topic, &[0]), [0]);
    producer.current.0 += 1_000_000;
    assert_eq!(producer.add(&topic, &[0]), [49]);
}

fn a_second_instance_aborts_what_the_first_was_doing(broker: &Broker) {
    let mut producer = Producer::new(broker);
    let topic = topic(&mut producer.client, 1);
    assert_eq!(producer.add(&topic, &[0]), [0]);
    let first = producer.current;
    let answer = producer.client.ask_in(4, &producer.init_request(60_000));
    assert_eq!(answer.error_code, 51);
    assert_eq!((answer.producer_id.0, answer.producer_epoch), (-1, -1));
    producer.start(60_000);
    assert_eq!(producer.current, (first.0, first.1 + 2));
    producer.current = first;
    assert_eq!(producer.end(3, true), 90);
}

fn a_producer_asks_for_a_higher_epoch(broker: &Broker) {
    let mut producer = Producer::new(broker);
    let first = producer.current;
    let request = |producer: &Producer, current: (i64, i16)| {
        producer
            .init_request(60_000)
            .with_producer_id(ProducerId(current.0))
            .with_producer_epoch(current.1)
    };
    let bump = |producer: &mut Producer, current| {
        let answer = producer.client.ask_in(4, &request(producer, current));
        (answer.error_code, answer.producer_epoch)
    };
    assert_eq!(bump(&mut producer, first), (0, first.1 + 1));
    assert_eq!(bump(&mut producer, first), (0, first.1 + 1), "the answer was lost");
    assert_eq!(bump(&mut producer, (first.0, first.1 + 1)), (0, first.1 + 2));
    assert_eq!(bump(&mut producer, first), (90, -1));
    assert_eq!(bump(&mut producer, (first.0 + 1_000_000, 0)), (90, -1));
    assert_eq!(bump(&mut producer, (first.0, -1)), (42, -1));
    assert_eq!(bump(&mut producer, (-1, 3)), (42, -1));
    let old = producer.client.ask_in(3, &request(&producer, first));
    assert_eq!(old.error_code, 47, "in words that the client knows");
}

fn what_cannot_be_a_producer_is_refused(broker: &Broker) {
    let mut producer = Producer::new(broker);
    let topic = topic(&mut producer.client, 1);
    for (timeout_ms, code) in [(0, 50), (-1, 50), (900_001, 50), (900_000, 0)] {
        let answer = producer.client.ask_in(4, &producer.init_request(timeout_ms));
        assert_eq!(answer.error_code, code, "{timeout_ms}");
    }
    let known = std::mem::replace(&mut producer.id, TransactionalId(text("")));
    assert_eq!(producer.client.ask_in(4, &producer.init_request(1_000)).error_code, 42);
    assert_eq!((producer.add(&topic, &[0]), producer.end(3, true)), (vec![42], 42));
    producer.id = TransactionalId(text(&format!("{}-other", known.as_str())));
    let other = producer.id.to_string();
    coordinator(&mut producer.client, &other, 1);
    assert_eq!((producer.add(&topic, &[0]), producer.end(3, true)), (vec![49], 49));
}

fn partitions_are_added_all_or_none(broker: &Broker) {
    let mut producer = Producer::new(broker);
    let topic = topic(&mut producer.client, 2);
    assert_eq!(producer.add(&topic, &[0, 7]), [55, 3]);
    assert_eq!(producer.end(3, true), 48, "nothing has begun");
    assert_eq!(producer.add(&topic, &[0, 1]), [0, 0]);
    assert_eq!(producer.add(&topic, &[0]), [0], "again");
    assert_eq!(producer.end(3, true), 0);
}

fn a_transaction_ends_once(broker: &Broker) {
    let mut producer = Producer::new(broker);
    let topic = topic(&mut producer.client, 1);
    assert_eq!(producer.end(3, false), 48);
    for is_commit in [true, false] {
        assert_eq!(producer.add(&topic, &[0]), [0]);
        assert_eq!(producer.end(3, is_commit), 0);
        assert_eq!(producer.end(3, is_commit), 0, "the answer was lost");
        assert_eq!(producer.end(3, !is_commit), 48);
    }
}

fn a_late_transaction_is_aborted(broker: &Broker) {
    let mut producer = Producer::new(broker);
    let topic = topic(&mut producer.client, 1);
    producer.start(100);
    assert_eq!(producer.add(&topic, &[0]), [0]);
    let describe =
        DescribeTransactionsRequest::default().with_transactional_ids(vec![producer.id.clone()]);
    until(
        || producer.client.ask_in(0, &describe).transaction_states[0].transaction_state.to_string(),
        |state| state == "CompleteAbort",
    );
    assert_eq!(producer.end(3, true), 90);
}

fn transactions_are_listed_and_described(broker: &Broker) {
    let mut producer = Producer::new(broker);
    let topic = topic(&mut producer.client, 2);
    assert_eq!(producer.add(&topic, &[0, 1]), [0, 0]);
    let missing = TransactionalId(text(&format!("{}-other", producer.id.as_str())));
    let ids = vec![producer.id.clone(), missing, TransactionalId(text(""))];
    let request = DescribeTransactionsRequest::default().with_transactional_ids(ids);
    let states = producer.client.ask_in(0, &request).transaction_states;
    let of = |id: &str| states.iter().find(|state| state.transactional_id.as_str() == id).unwrap();
    let described = of(producer.id.as_str());
    assert_eq!((described.error_code, &described.transaction_state), (0, &text("Ongoing")));
    assert_eq!((described.producer_id.0, described.producer_epoch), producer.current);
    assert_eq!(described.transaction_timeout_ms, 60_000);
    assert!(described.transaction_start_time_ms > 0);
    assert_eq!(described.topics[0].topic, name(&topic));
    assert_eq!(described.topics[0].partitions.len(), 2);
    assert_eq!(of("").error_code, 42);
    let mut listed = |states: &[&str], duration: i64| {
        let request = ListTransactionsRequest::default()
            .with_state_filters(states.iter().map(|state| text(state)).collect())
            .with_producer_id_filters(vec![ProducerId(producer.current.0)])
            .with_duration_filter(duration);
        let answer = producer.client.ask_in(1, &request);
        assert_eq!(answer.error_code, 0);
        (answer.transaction_states.len(), answer.unknown_state_filters)
    };
    assert_eq!(listed(&[], -1), (1, Vec::new()));
    assert_eq!(listed(&["Empty", "Ongoing"], -1), (1, Vec::new()));
    assert_eq!(listed(&["CompleteCommit"], -1), (0, Vec::new()));
    assert_eq!(listed(&["ongoing"], -1), (0, vec![text("ongoing")]));
    assert_eq!(listed(&[], 600_000), (0, Vec::new()));
}

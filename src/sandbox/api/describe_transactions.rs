//! `ListTransactions` and `DescribeTransactions`.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::describe_transactions_response::{
    TopicData, TransactionState as Described,
};
use kafka_protocol::messages::list_transactions_response::TransactionState as Listed;
use kafka_protocol::messages::{
    DescribeTransactionsRequest, DescribeTransactionsResponse, ListTransactionsRequest,
    ListTransactionsResponse, ProducerId, TopicName, TransactionalId,
};
use kafka_protocol::protocol::VersionRange;

use super::{Call, Caller, GroupsOf, text, versions};
use crate::model::offset::TopicPartition;
use crate::sandbox::access::Who;
use crate::sandbox::access::needs::{SEE_TOPIC, SEE_TRANSACTIONAL_ID};
use crate::sandbox::broker::Broker;
use crate::sandbox::transactions::{Wanted, is_state};

impl Call for ListTransactionsRequest {
    // Version 2 filters by a regular expression of Java's.
    const OFFERED: VersionRange = versions(0, 1);

    async fn answer(self, caller: &mut Caller) -> ListTransactionsResponse {
        let (known, unknown): (Vec<_>, Vec<_>) =
            self.state_filters.iter().cloned().partition(|state| is_state(state));
        let wanted = Wanted {
            producer_ids: self.producer_id_filters.iter().map(|id| id.0).collect(),
            states: (!self.state_filters.is_empty())
                .then(|| known.iter().map(ToString::to_string).collect()),
            longer_than_ms: Some(self.duration_filter).filter(|duration| *duration >= 0),
        };
        let who = caller.who();
        let listed = caller.broker.look(|broker| {
            let mut listed = broker.transactions.list(&wanted, broker.now());
            listed.retain(|one| broker.allows(&who, SEE_TRANSACTIONAL_ID, &one.transactional_id));
            listed
        });
        let states = listed.into_iter().map(|transaction| {
            Listed::default()
                .with_transactional_id(TransactionalId(text(&transaction.transactional_id)))
                .with_producer_id(ProducerId(transaction.producer_id))
                .with_transaction_state(text(transaction.state))
        });
        ListTransactionsResponse::default()
            .with_unknown_state_filters(unknown)
            .with_transaction_states(states.collect())
    }

    fn refuse(self, error: ResponseError) -> ListTransactionsResponse {
        ListTransactionsResponse::default().with_error_code(error.code())
    }
}

impl Call for DescribeTransactionsRequest {
    const OFFERED: VersionRange = versions(0, 0);

    const GROUPS: Option<GroupsOf<Self>> =
        Some(|request| request.transactional_ids.iter().map(|id| id.to_string()).collect());

    async fn answer(self, caller: &mut Caller) -> DescribeTransactionsResponse {
        let who = caller.who();
        let states = caller.broker.look(|broker| {
            self.transactional_ids.into_iter().map(|id| describe(broker, &who, id)).collect()
        });
        DescribeTransactionsResponse::default().with_transaction_states(states)
    }

    fn refuse(self, error: ResponseError) -> DescribeTransactionsResponse {
        let states = self.transactional_ids.into_iter().map(|id| refused(id, error));
        DescribeTransactionsResponse::default().with_transaction_states(states.collect())
    }
}

fn refused(id: TransactionalId, error: ResponseError) -> Described {
    Described::default().with_transactional_id(id).with_error_code(error.code())
}

fn describe(broker: &Broker, who: &Who, id: TransactionalId) -> Described {
    if !broker.allows(who, SEE_TRANSACTIONAL_ID, id.as_str()) {
        return refused(id, SEE_TRANSACTIONAL_ID.error());
    }
    let mut described = match broker.transactions.describe(id.as_str()) {
        Err(error) => return refused(id, error),
        Ok(described) => described,
    };
    let may_see = |one: &TopicPartition| broker.allows(who, SEE_TOPIC, one.topic.as_str());
    described.partitions.retain(may_see);
    Described::default()
        .with_transactional_id(id)
        .with_transaction_state(text(described.state))
        .with_transaction_timeout_ms(described.timeout_ms)
        .with_transaction_start_time_ms(described.started.map_or(-1, |started| started.0))
        .with_producer_id(ProducerId(described.producer.id))
        .with_producer_epoch(described.producer.epoch)
        .with_topics(by_topic(&described.partitions))
}

/// Makes topics of partitions that are in order.
fn by_topic(partitions: &[TopicPartition]) -> Vec<TopicData> {
    partitions
        .chunk_by(|one, next| one.topic == next.topic)
        .filter_map(|partitions| {
            let first = partitions.first()?;
            let numbers = partitions.iter().map(|partition| partition.partition);
            let topic = TopicName(text(first.topic.as_str()));
            Some(TopicData::default().with_topic(topic).with_partitions(numbers.collect()))
        })
        .collect()
}

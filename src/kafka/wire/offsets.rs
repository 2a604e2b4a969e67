//! The marks of a log: `ListOffsets`, asked of each partition's leader.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::list_offsets_response::ListOffsetsPartitionResponse;
use kafka_protocol::messages::{BrokerId, ListOffsetsRequest};

use super::cluster::Cluster;
use super::connection::Connection;
use super::denied::{self, Api};
use super::router::{Answers, Manner, Target};
use super::topics::{timeout_ms, wire_name};
use crate::clock::Deadline;
use crate::kafka::{Error, PerItem};
use crate::model::name::TopicName;
use crate::model::offset::{IsolationLevel, OffsetQuery, TopicPartition};

/// An offset that is asked for.
type Question = (TopicPartition, OffsetQuery);

/// How many offsets are asked for at once: an answer is about 30 bytes for each.
const MOST_OFFSETS: usize = 50_000;

impl Cluster {
    /// Looks offsets up: the log start, the end, or the first record at or after a time; `None`
    /// when there is no such record. With `read_committed` the end is the last stable offset.
    pub async fn offsets(
        &self,
        questions: &[Question],
        isolation: IsolationLevel,
        deadline: Deadline,
    ) -> Result<PerItem<Question, Option<i64>>, Error> {
        let manner = Manner { request: "ListOffsets", most: MOST_OFFSETS };
        let target = |(partition, _): &Question| Target::Leader(partition.clone());
        let call = |connection, questions| ask(connection, questions, isolation, deadline);
        self.settle(manner, questions.iter().cloned(), target, call, deadline).await.whole()
    }

    /// Looks up one offset of each of some partitions of a topic, all or none; a partition without
    /// such a record is left out.
    pub async fn offsets_of(
        &self,
        topic: &TopicName,
        queries: impl IntoIterator<Item = (i32, OffsetQuery)>,
        isolation: IsolationLevel,
        deadline: Deadline,
    ) -> Result<BTreeMap<i32, i64>, Error> {
        let place = |partition| TopicPartition::new(topic.clone(), partition);
        let questions: Vec<_> =
            queries.into_iter().map(|(partition, query)| (place(partition), query)).collect();
        let answers = self.offsets(&questions, isolation, deadline).await?;
        let found = answers.into_iter().map(|((place, _), answer)| Ok((place.partition, answer?)));
        found
            .filter_map(|found| found.map(|(at, offset)| Some((at, offset?))).transpose())
            .collect()
    }
}

/// Asks one broker.
async fn ask(
    connection: Connection,
    questions: Vec<Question>,
    isolation: IsolationLevel,
    deadline: Deadline,
) -> Answers<Question, Option<i64>> {
    // A request may name a partition once only.
    let mut rounds: Vec<BTreeMap<TopicPartition, OffsetQuery>> = Vec::new();
    for (partition, query) in questions {
        match rounds.iter_mut().find(|round| !round.contains_key(&partition)) {
            Some(round) => drop(round.insert(partition, query)),
            None => rounds.push(BTreeMap::from([(partition, query)])),
        }
    }
    let asked = rounds.iter().map(|round| ask_round(&connection, round, isolation, deadline));
    let mut answers = Vec::new();
    for round in join_all(asked).await {
        answers.extend(round?);
    }
    Ok(answers)
}

/// Sends one request.
async fn ask_round(
    connection: &Connection,
    round: &BTreeMap<TopicPartition, OffsetQuery>,
    isolation: IsolationLevel,
    deadline: Deadline,
) -> Answers<Question, Option<i64>> {
    let request = |_| request(round, isolation, deadline);
    let response = connection.call(request, deadline).await?;
    let mut answers = Vec::with_capacity(round.len());
    for topic in &response.topics {
        let name = TopicName::from(topic.name.as_str());
        for answer in &topic.partitions {
            let partition = TopicPartition::new(name.clone(), answer.partition_index);
            let Some(query) = round.get(&partition) else { continue };
            let result = result(answer, *query, &partition);
            answers.push(((partition, *query), result));
        }
    }
    Ok(answers)
}

/// Makes the request.
fn request(
    round: &BTreeMap<TopicPartition, OffsetQuery>,
    isolation: IsolationLevel,
    deadline: Deadline,
) -> ListOffsetsRequest {
    let mut topics: Vec<ListOffsetsTopic> = Vec::new();
    for (partition, query) in round {
        let name = wire_name(&partition.topic);
        let asked = ListOffsetsPartition::default()
            .with_partition_index(partition.partition)
            .with_current_leader_epoch(-1)
            .with_timestamp(match query {
                OffsetQuery::Latest => -1,
                OffsetQuery::Earliest => -2,
                // Below zero are the special values; no record is older than 1970 to Kafka.
                OffsetQuery::At(time) => time.0.max(0),
            });
        match topics.last_mut().filter(|topic| topic.name == name) {
            Some(topic) => topic.partitions.push(asked),
            None => topics
                .push(ListOffsetsTopic::default().with_name(name).with_partitions(vec![asked])),
        }
    }
    ListOffsetsRequest::default()
        .with_replica_id(BrokerId(-1))
        .with_isolation_level(match isolation {
            IsolationLevel::ReadUncommitted => 0,
            IsolationLevel::ReadCommitted => 1,
        })
        .with_topics(topics)
        .with_timeout_ms(timeout_ms(deadline))
}

/// Reads one answer.
fn result(
    answer: &ListOffsetsPartitionResponse,
    query: OffsetQuery,
    partition: &TopicPartition,
) -> Result<Option<i64>, Error> {
    match (answer.error_code, query) {
        (0, OffsetQuery::At(_)) => Ok(Some(answer.offset).filter(|offset| *offset >= 0)),
        (0, OffsetQuery::Earliest | OffsetQuery::Latest) => Ok(Some(answer.offset)),
        (code, _) => Err(denied::error(Api::ListOffsets, code, None, partition)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::timestamp::Timestamp;

    #[test]
    fn partitions_are_grouped_by_topic() {
        let partition = |topic: &str, n| TopicPartition::new(TopicName::from(topic), n);
        let round = BTreeMap::from([
            (partition("a", 0), OffsetQuery::Earliest),
            (partition("a", 1), OffsetQuery::Latest),
            (partition("b", 0), OffsetQuery::At(Timestamp(-5))),
        ]);
        let deadline = Deadline::after(std::time::Duration::from_secs(1));
        let request = request(&round, IsolationLevel::ReadCommitted, deadline);
        assert_eq!(request.isolation_level, 1);
        let asked: Vec<Vec<i64>> = request
            .topics
            .iter()
            .map(|topic| topic.partitions.iter().map(|p| p.timestamp).collect())
            .collect();
        assert_eq!(asked, [vec![-2, -1], vec![0]]);
    }

    #[test]
    fn no_record_at_or_after_a_time_is_none() {
        let answer = ListOffsetsPartitionResponse::default().with_offset(-1);
        let partition = TopicPartition::new(TopicName::from("a"), 0);
        let at = OffsetQuery::At(Timestamp(0));
        assert_eq!(result(&answer, at, &partition), Ok(None));
        let denied = ListOffsetsPartitionResponse::default().with_error_code(29);
        let error = result(&denied, at, &partition).expect_err("denied");
        assert_eq!(
            error.to_string(),
            "not authorised: DESCRIBE on topic `a` was refused (TOPIC_AUTHORIZATION_FAILED)"
        );
    }
}

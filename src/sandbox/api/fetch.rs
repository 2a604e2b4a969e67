//! `Fetch`: with long polls, without sessions. A client that asks for a session is told that it has
//! none, as by a broker whose sessions are all taken, and asks for everything each time.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kafka_protocol::ResponseError;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::fetch_response::{
    AbortedTransaction, FetchableTopicResponse, PartitionData,
};
use kafka_protocol::messages::{FetchRequest, FetchResponse, ProducerId};
use kafka_protocol::protocol::VersionRange;

use super::{Call, Caller, Repeated, TopicsOf, leader_epoch_error, versions};
use crate::sandbox::access::Who;
use crate::sandbox::access::needs::READ_TOPIC;
use crate::sandbox::broker::Broker;
use crate::sandbox::log::{Bounds, Isolation, Log, OutOfRange, Slice};

/// The most that one answer holds, whatever the client asks for: `fetch.max.bytes` of Kafka's
/// brokers.
const MOST_BYTES: usize = 55 * 1024 * 1024;
/// How long a large request waits for records at most: others wait for the memory that it takes.
const BRIEF: Duration = Duration::from_secs(1);
/// The first version that knows topics by their ids (KIP-516), and in which what fails as a whole
/// tells of no partition.
const WITH_IDS: i16 = 13;

impl Call for FetchRequest {
    const OFFERED: VersionRange = versions(4, 18);

    const TOPICS: Option<TopicsOf<Self>> = Some(|request, topics| {
        let name = |topic: &FetchTopic| {
            let by_id = topics.name_of(topic.topic_id).map(str::to_owned);
            by_id.unwrap_or_else(|| topic.topic.to_string())
        };
        request.topics.iter().map(name).collect()
    });

    async fn answer(mut self, caller: &mut Caller) -> FetchResponse {
        if self.session_id != 0 {
            let error = ResponseError::FetchSessionIdNotFound;
            return FetchResponse::default().with_error_code(error.code());
        }
        let isolation = match Isolation::of(self.isolation_level) {
            Ok(isolation) => isolation,
            Err(error) => {
                if caller.version >= WITH_IDS {
                    self.topics.clear();
                }
                return self.refuse(error).with_error_code(error.code());
            }
        };
        merge(&mut self.topics);
        let (who, manner) = (caller.who(), Manner { version: caller.version, isolation });
        let mut patience = Duration::from_millis(u64::try_from(self.max_wait_ms).unwrap_or(0));
        if caller.is_large {
            patience = patience.min(BRIEF);
        }
        let min_bytes = usize::try_from(self.min_bytes).unwrap_or(0);
        let enough = |broker: &mut Broker| {
            let read = Read::of(broker, &who, &self, manner, MOST_BYTES);
            (read.is_urgent || read.size >= min_bytes).then_some(read)
        };
        let look = |most| caller.broker.look(|it| Read::of(it, &who, &self, manner, most));
        let mut read = match caller.broker.wait_for(patience, enough).await {
            Some(read) => read,
            None => look(MOST_BYTES),
        };
        // It is there twice while it is put together.
        let size = read.size.saturating_mul(2);
        caller.room = if let Some(room) = caller.answers.try_reserve(size) {
            room
        } else {
            // As little as gets the reader on: what others do not read is not its trouble.
            read = look(0);
            caller.answers.reserve(read.size.saturating_mul(2)).await
        };
        FetchResponse::default().with_responses(read.into_responses(&self))
    }

    fn refuse(self, error: ResponseError) -> FetchResponse {
        let failed = |topic: &FetchTopic| {
            topic.partitions.iter().map(|it| Part::failed(it.partition, error)).collect()
        };
        let topics = self.topics.iter().map(failed).collect();
        let isolation = Isolation::Uncommitted;
        let read = Read { isolation, topics, size: 0, is_urgent: true };
        FetchResponse::default().with_responses(read.into_responses(&self))
    }
}

/// Leaves of a partition that is named more than once what was said last, as Kafka does.
fn merge(topics: &mut Vec<FetchTopic>) {
    let named =
        |topic: &FetchTopic, partition: i32| (topic.topic.clone(), topic.topic_id, partition);
    if Repeated::of(each(topics).map(|(topic, it)| named(topic, it.partition))).are_none() {
        return;
    }
    let last = each(topics).map(|(topic, it)| (named(topic, it.partition), it.clone()));
    let mut last: BTreeMap<_, _> = last.collect();
    for topic in &mut *topics {
        let mut partitions = std::mem::take(&mut topic.partitions);
        partitions.retain_mut(|partition| {
            let last = last.remove(&named(topic, partition.partition));
            last.map(|last| *partition = last).is_some()
        });
        topic.partitions = partitions;
    }
    topics.retain(|topic| !topic.partitions.is_empty());
}

/// Returns each partition that is asked for.
fn each(topics: &[FetchTopic]) -> impl Iterator<Item = (&FetchTopic, &FetchPartition)> {
    topics.iter().flat_map(|topic| topic.partitions.iter().map(move |it| (topic, it)))
}

/// How it is read.
#[derive(Clone, Copy)]
struct Manner {
    version: i16,
    isolation: Isolation,
}

/// What was read, still in pieces: they are put together when the broker is free for others.
struct Read {
    isolation: Isolation,
    topics: Vec<Vec<Part>>,
    /// How many bytes it is.
    size: usize,
    /// Whether the client is told at once: there is an error, or it asked for nothing.
    is_urgent: bool,
}

/// What was read of a partition.
struct Part {
    index: i32,
    outcome: Result<Slice, ResponseError>,
    high_watermark: i64,
    last_stable_offset: i64,
    log_start: i64,
}

impl Read {
    /// Reads what a request asks for. The first batch comes even if it is larger than what was
    /// asked for.
    fn of(broker: &Broker, who: &Who, request: &FetchRequest, manner: Manner, most: usize) -> Self {
        let Manner { version, isolation } = manner;
        let mut left = usize::try_from(request.max_bytes).unwrap_or(0).min(most);
        let is_urgent = request.topics.is_empty();
        let mut read = Self { isolation, topics: Vec::new(), size: 0, is_urgent };
        for topic in &request.topics {
            let mut parts = Vec::new();
            for partition in &topic.partitions {
                let max_bytes = usize::try_from(partition.partition_max_bytes).unwrap_or(0);
                let bounds =
                    Bounds { max_bytes: max_bytes.min(left), at_least_one: read.size == 0 };
                let part = match find(broker, who, topic, partition, version) {
                    Ok(log) => Part::of(log, partition, bounds, isolation),
                    Err(error) => Part::failed(partition.partition, error),
                };
                match &part.outcome {
                    Ok(slice) => {
                        read.size = read.size.saturating_add(slice.size);
                        left = left.saturating_sub(slice.size);
                    }
                    Err(_) => read.is_urgent = true,
                }
                parts.push(part);
            }
            read.topics.push(parts);
        }
        read
    }

    /// Puts together what is answered.
    fn into_responses(self, request: &FetchRequest) -> Vec<FetchableTopicResponse> {
        let topics = request.topics.iter().zip(self.topics);
        topics
            .map(|(topic, parts)| {
                let parts = parts.into_iter().map(|part| part.into_response(self.isolation));
                FetchableTopicResponse::default()
                    .with_topic(topic.topic.clone())
                    .with_topic_id(topic.topic_id)
                    .with_partitions(parts.collect())
            })
            .collect()
    }
}

/// Finds a partition, by the topic's name or since version 13 by its id.
fn find<'b>(
    broker: &'b Broker,
    who: &Who,
    topic: &FetchTopic,
    partition: &FetchPartition,
    version: i16,
) -> Result<&'b Log, ResponseError> {
    let name = if version >= WITH_IDS {
        broker.topics.name_of(topic.topic_id).ok_or(ResponseError::UnknownTopicId)?
    } else {
        &topic.topic
    };
    if !broker.allows(who, READ_TOPIC, name) {
        return Err(READ_TOPIC.error());
    }
    let log = broker.topics.log(name, partition.partition);
    let log = log.ok_or(ResponseError::UnknownTopicOrPartition)?;
    leader_epoch_error(partition.current_leader_epoch).map_or(Ok(log), Err)
}

impl Part {
    /// Reads a partition.
    fn of(log: &Log, partition: &FetchPartition, bounds: Bounds, isolation: Isolation) -> Self {
        match log.read(partition.fetch_offset, bounds, isolation) {
            Ok(slice) => Self {
                index: partition.partition,
                outcome: Ok(slice),
                high_watermark: log.end(),
                last_stable_offset: log.last_stable_offset(),
                log_start: log.start(),
            },
            Err(OutOfRange) => Self::failed(partition.partition, ResponseError::OffsetOutOfRange),
        }
    }

    /// A partition that could not be read.
    fn failed(index: i32, error: ResponseError) -> Self {
        let (high_watermark, last_stable_offset, log_start) = (-1, -1, -1);
        Self { index, outcome: Err(error), high_watermark, last_stable_offset, log_start }
    }

    /// Answers for the partition.
    fn into_response(self, isolation: Isolation) -> PartitionData {
        let Self { index, outcome, high_watermark, last_stable_offset, log_start } = self;
        let response = PartitionData::default()
            .with_partition_index(index)
            .with_high_watermark(high_watermark)
            .with_last_stable_offset(last_stable_offset)
            .with_log_start_offset(log_start)
            .with_aborted_transactions(None);
        match outcome {
            Err(error) => response.with_error_code(error.code()).with_records(Some(Bytes::new())),
            Ok(slice) => {
                let aborted = slice.aborted.iter().map(|aborted| {
                    AbortedTransaction::default()
                        .with_producer_id(ProducerId(aborted.producer_id))
                        .with_first_offset(aborted.first_offset)
                });
                let aborted = (isolation == Isolation::Committed).then(|| aborted.collect());
                response.with_aborted_transactions(aborted).with_records(Some(joined(slice)))
            }
        }
    }
}

/// Returns the batches of a slice as one piece.
fn joined(slice: Slice) -> Bytes {
    let Slice { mut batches, size, aborted: _ } = slice;
    if batches.len() == 1 {
        return batches.pop().unwrap_or_default();
    }
    let mut all = BytesMut::with_capacity(size);
    for batch in &batches {
        all.extend_from_slice(batch);
    }
    all.freeze()
}

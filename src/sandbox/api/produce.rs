//! `Produce`.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::produce_response::{
    BatchIndexAndErrorMessage, PartitionProduceResponse, TopicProduceResponse,
};
use kafka_protocol::messages::{ProduceRequest, ProduceResponse};
use kafka_protocol::protocol::VersionRange;

use super::{Call, Caller, GroupsOf, TopicsOf, text, versions};
use crate::kafka::batch::{Batches, Scratch};
use crate::model::offset::TopicPartition;
use crate::model::timestamp::Timestamp;
use crate::sandbox::access::Who;
use crate::sandbox::access::needs::{WRITE_TOPIC, WRITE_TRANSACTIONAL_ID};
use crate::sandbox::broker::Broker;
use crate::sandbox::log::{Appended, At, LogConfig, Produced, Refused, Rules, validate, weight};

/// A batch for a partition: checked, or refused already.
type Checked = Result<Produced, Refused>;

impl Call for ProduceRequest {
    /// From version 12 on a batch adds its partition to the transaction, and from 13 on topics have
    /// ids. Nothing before 3 is answered, but older librdkafka compresses only for a broker that
    /// says it knows version 0: Kafka does the same (KAFKA-18659).
    const OFFERED: VersionRange = versions(0, 11);

    const TOPICS: Option<TopicsOf<Self>> = Some(|request, _topics| {
        request.topic_data.iter().map(|topic| topic.name.to_string()).collect()
    });

    const GROUPS: Option<GroupsOf<Self>> =
        Some(|request| request.transactional_id.iter().map(|id| id.to_string()).collect());

    async fn answer(self, caller: &mut Caller) -> ProduceResponse {
        let who = caller.who();
        let id = self.transactional_id.clone();
        let id = id.as_ref().map(|id| id.as_str());
        let weights = each(&self).filter_map(|data| data.records.as_deref()).map(weight);
        let weight = weights.fold(0, usize::saturating_add);
        let (now, configs, may_transact, several) = caller.broker.look(|broker| {
            let may = |id| broker.allows(&who, WRITE_TRANSACTIONAL_ID, id);
            let configs = configs(broker, &who, &self);
            let several = has_several_producers(broker, &self, &configs);
            (broker.now(), configs, id.is_some_and(may), several)
        });
        if !may_transact && is_transactional(&self) {
            return self.refuse(WRITE_TRANSACTIONAL_ID.error());
        }
        if several {
            return refuse(&self, &Refused::of_several_producers());
        }
        let allows_zstd = caller.version >= 7;
        // Most of the work, done while others use the broker.
        let Self { topic_data, .. } = self;
        let check = move || -> Vec<_> {
            let topics = topic_data.into_iter().zip(configs);
            topics
                .map(|(topic, config)| {
                    let checked = check(&topic, &config, now, allows_zstd);
                    (topic, config, checked)
                })
                .collect()
        };
        let checked = caller.broker.heavy.work(weight, check).await;
        let by =
            By { transactional_id: id.unwrap_or_default(), knows_abortable: caller.version >= 11 };
        let responses = caller.broker.change(|broker| {
            let room = broker.check_memory();
            let append = |(topic, config, checked): (TopicProduceData, Config, Vec<Checked>)| {
                append(broker, &topic, &config, checked, &by, &room)
            };
            checked.into_iter().map(append).collect()
        });
        ProduceResponse::default().with_responses(responses)
    }

    fn refuse(self, error: ResponseError) -> ProduceResponse {
        refuse(&self, &error.into())
    }

    fn wants_answer(&self) -> bool {
        self.acks != 0
    }

    fn unheard_error(response: &ProduceResponse) -> Option<ResponseError> {
        let mut partitions = response.responses.iter().flat_map(|topic| &topic.partition_responses);
        partitions.find_map(|partition| ResponseError::try_from_code(partition.error_code))
    }
}

/// Refuses all of a request.
fn refuse(request: &ProduceRequest, refused: &Refused) -> ProduceResponse {
    let refuse = |topic: &TopicProduceData| {
        let response = |it: &PartitionProduceData| response(it.index, &Err(refused.clone()), -1);
        TopicProduceResponse::default()
            .with_name(topic.name.clone())
            .with_partition_responses(topic.partition_data.iter().map(response).collect())
    };
    ProduceResponse::default().with_responses(request.topic_data.iter().map(refuse).collect())
}

/// Who produces.
struct By<'a> {
    transactional_id: &'a str,
    /// Whether the client knows the error that lets it abort and go on.
    knows_abortable: bool,
}

/// The configs of a topic, or why nothing may be appended to it.
type Config = Result<LogConfig, ResponseError>;

/// Returns the configs of each topic.
fn configs(broker: &Broker, who: &Who, request: &ProduceRequest) -> Vec<Config> {
    let config = |topic: &TopicProduceData| {
        if !broker.allows(who, WRITE_TOPIC, &topic.name) {
            return Err(WRITE_TOPIC.error());
        }
        let topic = broker.topics.get(&topic.name);
        let topic = topic.ok_or(ResponseError::UnknownTopicOrPartition)?;
        match request.acks {
            -1..=1 => Ok(LogConfig::of(&topic.configs)),
            _ => Err(ResponseError::InvalidRequiredAcks),
        }
    };
    request.topic_data.iter().map(config).collect()
}

/// Returns what is for each partition.
fn each(request: &ProduceRequest) -> impl Iterator<Item = &PartitionProduceData> {
    request.topic_data.iter().flat_map(|topic| &topic.partition_data)
}

/// Tells whether any of the records are part of a transaction.
fn is_transactional(request: &ProduceRequest) -> bool {
    each(request).any(|data| transactional_producer(data).is_some())
}

/// Returns the transactional producer of what is for a partition, with its epoch: like Kafka, by
/// the first batch.
fn transactional_producer(data: &PartitionProduceData) -> Option<(i64, i16)> {
    let first = Batches::new(data.records.as_deref()?).next()?.ok()?.header;
    first.is_transactional().then_some((first.producer_id, first.producer_epoch))
}

/// Tells whether partitions that there are would be written to in transactions of several
/// producers, which none does that works.
fn has_several_producers(broker: &Broker, request: &ProduceRequest, configs: &[Config]) -> bool {
    let topics = request.topic_data.iter().zip(configs).filter(|(_, config)| config.is_ok());
    let mut producers = topics.flat_map(|(topic, _)| {
        let exists =
            |it: &&PartitionProduceData| broker.topics.log(&topic.name, it.index).is_some();
        let data = topic.partition_data.iter().filter(exists);
        // A batch without a producer is in nobody's transaction.
        data.filter_map(transactional_producer).filter(|(id, _)| *id >= 0)
    });
    let first = producers.next();
    producers.any(|other| Some(other) != first)
}

/// Checks what is to be appended to the partitions of a topic.
fn check(
    topic: &TopicProduceData,
    config: &Config,
    now: Timestamp,
    allows_zstd: bool,
) -> Vec<Checked> {
    let mut scratch = Scratch::default();
    let check = |data: &PartitionProduceData| {
        let config = config.as_ref().map_err(|error| *error)?;
        let partition = format!("{}-{}", topic.name.as_str(), data.index);
        let rules = Rules { config, partition: &partition, now, allows_zstd };
        let records = data.records.as_ref().ok_or(ResponseError::InvalidRecord)?;
        validate(records, rules, &mut scratch)
    };
    topic.partition_data.iter().map(check).collect()
}

/// Appends what was checked.
fn append(
    broker: &mut Broker,
    topic: &TopicProduceData,
    config: &Config,
    checked: Vec<Checked>,
    by: &By<'_>,
    room: &Result<(), Refused>,
) -> TopicProduceResponse {
    let now = broker.now();
    let append = |(data, checked): (&PartitionProduceData, Checked)| {
        let refuse = |error: ResponseError| response(data.index, &Err(error.into()), -1);
        let config = match config {
            Ok(config) => config,
            Err(error) => return refuse(*error),
        };
        let Some(log) = broker.topics.log_mut(&topic.name, data.index) else {
            return refuse(ResponseError::UnknownTopicOrPartition);
        };
        let appended = checked.and_then(|produced| {
            if let Some(producer) = produced.transactional_producer()
                && !log.has_open_transaction(producer.id)
            {
                let partition = TopicPartition::new(topic.name.as_str().into(), data.index);
                let id = by.transactional_id;
                let is_part = broker.transactions.check_partition(id, producer, &partition);
                is_part.map_err(|not| not.error(by.knows_abortable))?;
            }
            // What is stored already, and only sent again, is well.
            if log.would_grow(&produced) {
                room.clone()?;
            }
            Ok(log.append(&produced, At { config, now })?)
        });
        response(data.index, &appended, log.start())
    };
    TopicProduceResponse::default()
        .with_name(topic.name.clone())
        .with_partition_responses(topic.partition_data.iter().zip(checked).map(append).collect())
}

/// Answers for one partition.
fn response(
    index: i32,
    appended: &Result<Appended, Refused>,
    log_start: i64,
) -> PartitionProduceResponse {
    let response = PartitionProduceResponse::default().with_index(index);
    match appended {
        Ok(Appended { base_offset, append_time }) => response
            .with_base_offset(*base_offset)
            .with_log_append_time_ms(append_time.unwrap_or(-1))
            .with_log_start_offset(log_start),
        Err(refused) => {
            let Refused { error, message, records, .. } = refused;
            let records = records.iter().map(|record| {
                BatchIndexAndErrorMessage::default()
                    .with_batch_index(record.index)
                    .with_batch_index_error_message(Some(text(&record.message)))
            });
            response
                .with_error_code(error.code())
                .with_base_offset(-1)
                .with_log_append_time_ms(-1)
                .with_log_start_offset(if refused.tells_log_start() { log_start } else { -1 })
                .with_record_errors(records.collect())
                .with_error_message(message.as_deref().map(text))
        }
    }
}

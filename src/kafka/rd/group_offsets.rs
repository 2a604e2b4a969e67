//! Offsets of a consumer group, as librdkafka takes them into a transaction.

use std::collections::BTreeMap;

use rdkafka::config::FromClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata};
use rdkafka::error::KafkaError;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::model::name::GroupId;
use crate::model::offset::{CommittedOffset, TopicPartition};

/// Puts offsets into librdkafka's list.
pub(super) fn list(
    offsets: &BTreeMap<TopicPartition, CommittedOffset>,
) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::with_capacity(offsets.len());
    for (TopicPartition { topic, partition }, CommittedOffset { offset, metadata }) in offsets {
        let mut entry = list.add_partition(topic.as_str(), *partition);
        entry.set_offset(Offset::Offset(*offset))?;
        if let Some(metadata) = metadata {
            entry.set_metadata(metadata);
        }
    }
    Ok(list)
}

/// Makes the metadata of a group that nobody joined: generation −1, no member. The wrapper has no
/// other way than to ask a consumer for it; this one knows no broker and never connects.
pub(super) fn group_metadata(group: &GroupId) -> Result<ConsumerGroupMetadata, KafkaError> {
    let mut config = ClientConfig::new();
    config.set("group.id", group.as_str());
    // The newer protocol would make up a member id.
    config.set("group.protocol", "classic");
    let consumer = BaseConsumer::from_config(&config)?;
    consumer
        .group_metadata()
        .ok_or_else(|| KafkaError::ClientCreation("a group without metadata".to_owned()))
}

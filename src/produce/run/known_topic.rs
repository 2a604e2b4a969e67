//! Topics as the metadata has them: only what is there is written to.

use crate::clock::Deadline;
use crate::kafka::{Cluster, Error, ErrorCode};
use crate::model::name::TopicName;
use crate::model::own_topics::{OwnTopics, TakesNoRecords};
use crate::model::topic::{NoSuchPartition, TopicDescription};

/// A topic that was found in the metadata.
#[derive(Debug, Clone, Copy)]
pub(super) struct KnownTopic {
    /// Its number in the tags of this run.
    pub(super) number: u16,
    /// How many partitions it has.
    pub(super) partitions: usize,
}

/// Why a topic cannot be written to.
#[derive(Debug, thiserror::Error)]
pub enum TopicError {
    /// Nobody but flowctl, or Kafka, writes to it.
    #[error(transparent)]
    TakesNoRecords(#[from] TakesNoRecords),
    /// It does not have the partition.
    #[error(transparent)]
    NoSuchPartition(#[from] NoSuchPartition),
    /// It could not be found.
    #[error(transparent)]
    Kafka(#[from] Error),
}

/// Finds a topic; one that is not there, or takes no records, is an error with its name.
pub(super) async fn find(
    cluster: &Cluster,
    topic: &TopicName,
    own_topics: &OwnTopics,
    deadline: Deadline,
) -> Result<TopicDescription, TopicError> {
    own_topics.check(topic)?;
    match cluster.topics(std::slice::from_ref(topic), deadline).await?.remove(topic) {
        Some(Ok(description)) => {
            TakesNoRecords::check(&description)?;
            Ok(description)
        }
        Some(Err(error)) if error.code() != Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) => {
            Err(error.into())
        }
        Some(Err(_)) | None => Err(Error::Broker {
            code: ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            message: Some(format!("topic `{topic}`")),
        }
        .into()),
    }
}

//! Topics as the metadata has them: only what is there is written to.

use crate::clock::Deadline;
use crate::kafka::{Cluster, Error, ErrorCode};
use crate::model::name::TopicName;
use crate::model::topic::TopicDescription;

/// A topic that was found in the metadata.
#[derive(Debug, Clone, Copy)]
pub(super) struct KnownTopic {
    /// Its number in the tags of this run.
    pub(super) number: u16,
    /// How many partitions it has.
    pub(super) partitions: i32,
}

impl KnownTopic {
    /// Tells whether it has a partition.
    pub(super) fn check(self, topic: &TopicName, partition: i32) -> Result<(), Error> {
        if (0..self.partitions).contains(&partition) {
            return Ok(());
        }
        let message =
            format!("topic `{topic}` has {} partitions, no partition {partition}", self.partitions);
        Err(Error::Broker { code: ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, message: Some(message) })
    }
}

/// Finds a topic; one that is not there is an error with its name.
pub(super) async fn find(
    cluster: &Cluster,
    topic: &TopicName,
    deadline: Deadline,
) -> Result<TopicDescription, Error> {
    match cluster.topics(std::slice::from_ref(topic), deadline).await?.remove(topic) {
        Some(Ok(description)) => Ok(description),
        Some(Err(error)) if error.code() != Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) => {
            Err(error)
        }
        Some(Err(_)) | None => Err(Error::Broker {
            code: ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            message: Some(format!("topic `{topic}`")),
        }),
    }
}

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
    /// Tells whether it has a partition; the error says how many it has.
    pub(super) fn check(self, topic: &TopicName, partition: i32) -> Result<(), String> {
        if (0..self.partitions).contains(&partition) {
            return Ok(());
        }
        let count = self.partitions;
        Err(format!("{topic} has no partition {partition}: it has {count}"))
    }
}

/// Finds a topic; one that is not there, or takes no records, is an error with its name.
pub(super) async fn find(
    cluster: &Cluster,
    topic: &TopicName,
    ledger: &TopicName,
    deadline: Deadline,
) -> Result<TopicDescription, Error> {
    let refused = |whose| {
        let settings = format!("topic `{topic}` is {whose} own: it takes no records");
        Err(Error::Settings(settings))
    };
    if topic == ledger || topic.is_flowctls() {
        return refused("flowctl's");
    }
    match cluster.topics(std::slice::from_ref(topic), deadline).await?.remove(topic) {
        Some(Ok(description)) if description.is_internal => refused("Kafka's"),
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

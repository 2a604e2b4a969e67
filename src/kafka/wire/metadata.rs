//! The cluster and its topics as `Metadata` describes them.

use std::collections::BTreeMap;

use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::metadata_response::MetadataResponseTopic;
use kafka_protocol::messages::{MetadataRequest, MetadataResponse};
use kafka_protocol::protocol::StrBytes;
use uuid::Uuid;

use super::cluster::Cluster;
use super::denied;
use crate::clock::Deadline;
use crate::kafka::{Backoff, Error, ErrorCode, PerItem};
use crate::model::cluster::ClusterDescription;
use crate::model::name::TopicName;
use crate::model::topic::{PartitionDescription, TopicDescription};

impl Cluster {
    /// Describes the cluster and its brokers as they are now.
    pub async fn describe(&self, deadline: Deadline) -> Result<ClusterDescription, Error> {
        let _asking = self.asking(deadline).await?;
        self.ask_metadata(Some(&[]), deadline).await?;
        Ok(self.described())
    }

    /// Describes the cluster, and all topics as [`Cluster::all_topics`] does, by one request.
    pub async fn describe_all(
        &self,
        deadline: Deadline,
    ) -> Result<(ClusterDescription, BTreeMap<TopicName, TopicDescription>), Error> {
        let _asking = self.asking(deadline).await?;
        let topics = self.ask_all_topics(deadline).await?;
        Ok((self.described(), topics))
    }

    /// Returns what the last answer said of the cluster.
    fn described(&self) -> ClusterDescription {
        let known = self.known();
        ClusterDescription {
            id: known.cluster_id.clone(),
            controller: known.controller,
            brokers: known.brokers.values().cloned().collect(),
        }
    }

    /// Describes the named topics. A topic that does not exist has the error
    /// `UNKNOWN_TOPIC_OR_PARTITION`.
    pub async fn topics(
        &self,
        topics: &[TopicName],
        deadline: Deadline,
    ) -> Result<PerItem<TopicName, TopicDescription>, Error> {
        let _asking = self.asking(deadline).await?;
        self.ask_topics(topics, deadline).await
    }

    /// Describes the named topics as one answer does, also where that may soon be another one; a
    /// topic that is left out of it is missing.
    pub(super) async fn ask_topics_once(
        &self,
        topics: &[TopicName],
        deadline: Deadline,
    ) -> Result<PerItem<TopicName, TopicDescription>, Error> {
        let _asking = self.asking(deadline).await?;
        Ok(answers(&self.ask_metadata(Some(topics), deadline).await?))
    }

    /// Describes all topics that this client may describe; a broker hides the others without a
    /// word.
    pub async fn all_topics(
        &self,
        deadline: Deadline,
    ) -> Result<BTreeMap<TopicName, TopicDescription>, Error> {
        let _asking = self.asking(deadline).await?;
        self.ask_all_topics(deadline).await
    }

    async fn ask_all_topics(
        &self,
        deadline: Deadline,
    ) -> Result<BTreeMap<TopicName, TopicDescription>, Error> {
        let response = self.ask_metadata(None, deadline).await?;
        // A topic that is being deleted comes with an error; it is as good as gone.
        let topics = response.topics.iter().filter(|topic| topic.error_code == 0);
        Ok(topics.filter_map(description).map(|topic| (topic.name.clone(), topic)).collect())
    }

    /// Asks for named topics, again where the cluster has not made up its mind about one. The
    /// caller holds [`Cluster::asking`].
    pub(super) async fn ask_topics(
        &self,
        topics: &[TopicName],
        deadline: Deadline,
    ) -> Result<PerItem<TopicName, TopicDescription>, Error> {
        let mut results = PerItem::new();
        let mut open = topics.to_vec();
        let mut backoff = Backoff::new();
        loop {
            let mut answered = answers(&self.ask_metadata(Some(&open), deadline).await?);
            let mut again = Vec::new();
            for topic in open {
                let result = answered
                    .remove(&topic)
                    .unwrap_or_else(|| Err(denied::unanswered("Metadata", &topic.to_string())));
                let is_fresh = self.known().is_fresh(&topic);
                if result.as_ref().is_err_and(|e| e.remedy(is_fresh).is_some()) {
                    again.push(topic.clone());
                }
                results.insert(topic, result);
            }
            if again.is_empty() || !backoff.wait(deadline).await {
                return Ok(results);
            }
            open = again;
        }
    }

    /// Sends `Metadata` for some topics, none, or all (`None`), and learns from the answer.
    pub(super) async fn ask_metadata(
        &self,
        topics: Option<&[TopicName]>,
        deadline: Deadline,
    ) -> Result<MetadataResponse, Error> {
        self.send_metadata(|version| request(topics, version), deadline).await
    }

    /// Sends a `Metadata` that is made for the version which the broker speaks.
    pub(super) async fn send_metadata(
        &self,
        request: impl Fn(i16) -> MetadataRequest,
        deadline: Deadline,
    ) -> Result<MetadataResponse, Error> {
        let mut backoff = Backoff::new();
        loop {
            let asked = async {
                let connection = self.any(deadline).await?;
                let response = connection.call(&request, deadline).await?;
                if response.brokers.is_empty() {
                    return Err(Error::Broker {
                        code: ErrorCode::BROKER_NOT_AVAILABLE,
                        message: Some("the cluster has no broker yet".to_owned()),
                    });
                }
                Ok(response)
            };
            let error = match asked.await {
                Ok(response) => {
                    self.known().learn(&response);
                    return Ok(response);
                }
                Err(error) => error,
            };
            // `any` has already tried for as long as it may.
            let is_final = matches!(error, Error::Unreachable { .. });
            if is_final || error.remedy(false).is_none() || !backoff.wait(deadline).await {
                return Err(error);
            }
        }
    }
}

/// Makes the request.
pub(super) fn request(topics: Option<&[TopicName]>, version: i16) -> MetadataRequest {
    let topic = |name: &TopicName| {
        let name = StrBytes::from_string(name.as_str().to_owned());
        MetadataRequestTopic::default().with_name(Some(name.into()))
    };
    let topics = topics.map(|topics| topics.iter().map(topic).collect());
    // Before version 4 the broker's own setting decides, and the field does not exist.
    MetadataRequest::default().with_topics(topics).with_allow_auto_topic_creation(version < 4)
}

/// Sorts an answer by topic.
fn answers(response: &MetadataResponse) -> PerItem<TopicName, TopicDescription> {
    let answer = |topic: &MetadataResponseTopic| {
        let name = TopicName::from(topic.name.as_ref()?.as_str());
        let result = match topic.error_code {
            0 => Ok(description(topic)?),
            code => Err(denied::error(denied::Api::Metadata, code, None, &name)),
        };
        Some((name, result))
    };
    response.topics.iter().filter_map(answer).collect()
}

/// Describes a topic; `None` for one without a name.
fn description(topic: &MetadataResponseTopic) -> Option<TopicDescription> {
    let ids =
        |brokers: &[kafka_protocol::messages::BrokerId]| brokers.iter().map(|b| b.0).collect();
    let partitions = topic.partitions.iter().map(|partition| {
        let description = PartitionDescription {
            leader: Some(partition.leader_id.0).filter(|id| *id >= 0),
            replicas: ids(&partition.replica_nodes),
            in_sync: ids(&partition.isr_nodes),
        };
        (partition.partition_index, description)
    });
    Some(TopicDescription {
        name: TopicName::from(topic.name.as_ref()?.as_str()),
        id: (topic.topic_id != Uuid::nil()).then(|| show_id(topic.topic_id)),
        is_internal: topic.is_internal,
        partitions: partitions.collect(),
    })
}

/// Shows a topic's id as Kafka's tools do: base64url without padding.
fn show_id(id: Uuid) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(id.as_bytes())
}

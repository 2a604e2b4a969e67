//! What a refusal means: which operation on which resource. Brokers send a code only, so the
//! request that it answers tells the right that is missing (Kafka's authorization table).

use std::fmt;

use crate::kafka::{Error, ErrorCode};
use crate::model::config_entry::ConfigResource;
use crate::model::name::{GroupId, TopicName};
use crate::model::offset::TopicPartition;

/// The requests whose refusals are explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    /// `Metadata`.
    Metadata,
    /// `CreateTopics`.
    CreateTopics,
    /// `CreatePartitions`.
    CreatePartitions,
    /// `DeleteTopics`.
    DeleteTopics,
    /// `DescribeConfigs`.
    DescribeConfigs,
    /// `IncrementalAlterConfigs`.
    IncrementalAlterConfigs,
    /// `ListOffsets`.
    ListOffsets,
    /// `ListGroups`.
    ListGroups,
    /// `FindCoordinator`.
    FindCoordinator,
    /// `DescribeGroups` and `ConsumerGroupDescribe`.
    DescribeGroups,
    /// `OffsetFetch`.
    OffsetFetch,
    /// `OffsetCommit`.
    OffsetCommit,
    /// `DeleteGroups`.
    DeleteGroups,
    /// `DeleteRecords`.
    DeleteRecords,
    /// `Fetch`.
    Fetch,
}

impl Api {
    /// Returns the operation that the request needs, in the words of Kafka's ACLs.
    fn operation(self) -> &'static str {
        match self {
            Self::Metadata
            | Self::ListOffsets
            | Self::ListGroups
            | Self::FindCoordinator
            | Self::DescribeGroups
            | Self::OffsetFetch => "DESCRIBE",
            Self::CreateTopics => "CREATE",
            Self::CreatePartitions => "ALTER",
            Self::DeleteTopics | Self::DeleteGroups | Self::DeleteRecords => "DELETE",
            Self::DescribeConfigs => "DESCRIBE_CONFIGS",
            Self::IncrementalAlterConfigs => "ALTER_CONFIGS",
            Self::Fetch | Self::OffsetCommit => "READ",
        }
    }
}

/// Something that a right is about.
pub(crate) trait Resource {
    /// Names it as it stands in a message: ``topic `orders` ``.
    fn describe(&self) -> String;
}

impl Resource for TopicName {
    fn describe(&self) -> String {
        format!("topic `{self}`")
    }
}

impl Resource for TopicPartition {
    fn describe(&self) -> String {
        self.topic.describe()
    }
}

impl Resource for GroupId {
    fn describe(&self) -> String {
        format!("group `{self}`")
    }
}

impl Resource for ConfigResource {
    fn describe(&self) -> String {
        match self {
            Self::Topic(topic) => topic.describe(),
            // A broker's configs are guarded by the rights on the cluster.
            Self::Broker(id) => format!("the cluster (configs of broker {id})"),
        }
    }
}

/// The topics that a group reads, where a broker does not say which of them it is about.
pub(super) struct TopicsOf<'a>(pub(super) &'a GroupId);

impl Resource for TopicsOf<'_> {
    fn describe(&self) -> String {
        format!("a topic of group `{}`", self.0)
    }
}

/// The cluster itself.
pub(super) struct WholeCluster;

impl Resource for WholeCluster {
    fn describe(&self) -> String {
        "the cluster".to_owned()
    }
}

/// Makes an error from a broker's code for one item of a request.
pub(crate) fn error(api: Api, code: i16, message: Option<&str>, resource: &impl Resource) -> Error {
    let operation = api.operation();
    let code = ErrorCode(code);
    let resource = match code {
        ErrorCode::TOPIC_AUTHORIZATION_FAILED
        | ErrorCode::GROUP_AUTHORIZATION_FAILED
        | ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED => resource.describe(),
        ErrorCode::CLUSTER_AUTHORIZATION_FAILED => WholeCluster.describe(),
        _ => {
            let message = message.filter(|text| !text.is_empty()).map(str::to_owned);
            return Error::Broker { code, message };
        }
    };
    Error::Denied { operation: operation.to_owned(), resource, code, exists: false }
}

/// A broker left an item out of its answer.
pub(super) fn unanswered(request: &str, item: &impl fmt::Display) -> Error {
    Error::Client(format!("the broker's answer to {request} leaves `{item}` out"))
}

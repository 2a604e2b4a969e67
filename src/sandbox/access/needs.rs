//! What a call needs to be allowed to do, and to what: one table for all calls. Where a call has
//! several ways to be allowed, its file asks for each.

use kafka_protocol::ResponseError;

use super::words::{Kind, Operation};
use crate::sandbox::topics::Refusal;

/// A right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) struct Need {
    /// What is done.
    pub(super) operation: Operation,
    /// To what kind of thing.
    pub(super) kind: Kind,
}

impl Need {
    const fn new(operation: Operation, kind: Kind) -> Self {
        Self { operation, kind }
    }

    /// Returns the error of who does not have it.
    pub(in crate::sandbox) fn error(self) -> ResponseError {
        match self.kind {
            Kind::Topic => ResponseError::TopicAuthorizationFailed,
            Kind::Group => ResponseError::GroupAuthorizationFailed,
            Kind::Cluster | Kind::User => ResponseError::ClusterAuthorizationFailed,
            Kind::TransactionalId => ResponseError::TransactionalIdAuthorizationFailed,
            Kind::DelegationToken => ResponseError::DelegationTokenAuthorizationFailed,
        }
    }

    /// Refuses who does not have it, in Kafka's words.
    pub(in crate::sandbox) fn refusal(self) -> Refusal {
        let message = match self.kind {
            Kind::Topic => "Topic authorization failed.",
            Kind::Group => "Group authorization failed.",
            Kind::Cluster | Kind::User => "Cluster authorization failed.",
            Kind::TransactionalId => "Transactional Id authorization failed.",
            Kind::DelegationToken => "Delegation Token authorization failed.",
        };
        Refusal::new(self.error(), message)
    }
}

/// Names what calls need.
macro_rules! needs {
    ($($(#[$calls:meta])* $name:ident = $operation:ident $kind:ident;)+) => {
        $(
            $(#[$calls])*
            pub(in crate::sandbox) const $name: Need = Need::new(Operation::$operation, Kind::$kind);
        )+
    };
}

needs! {
    /// `Metadata`, `ListOffsets`, `OffsetFetch`, `DescribeTransactions`; to be told of a topic at
    /// all.
    SEE_TOPIC = Describe Topic;
    /// `Fetch`, `OffsetCommit`, `TxnOffsetCommit`, `OffsetDelete`.
    READ_TOPIC = Read Topic;
    /// `Produce`, `AddPartitionsToTxn`; `InitProducerId` of any topic, without a transactional id.
    WRITE_TOPIC = Write Topic;
    /// `CreateTopics`, of who may not create all.
    CREATE_TOPIC = Create Topic;
    /// `DeleteTopics`, of who may not delete all; `DeleteRecords`.
    DELETE_TOPIC = Delete Topic;
    /// `CreatePartitions`.
    ALTER_TOPIC = Alter Topic;
    /// `DescribeConfigs`, and the configs in the answer of `CreateTopics`.
    SEE_TOPIC_CONFIGS = DescribeConfigs Topic;
    /// `AlterConfigs`, `IncrementalAlterConfigs`.
    ALTER_TOPIC_CONFIGS = AlterConfigs Topic;

    /// `FindCoordinator`, `DescribeGroups`, `ListGroups`, `OffsetFetch`.
    SEE_GROUP = Describe Group;
    /// `JoinGroup`, `SyncGroup`, `Heartbeat`, `LeaveGroup`, `OffsetCommit`, `TxnOffsetCommit`,
    /// `AddOffsetsToTxn`.
    READ_GROUP = Read Group;
    /// `DeleteGroups`, `OffsetDelete`.
    DELETE_GROUP = Delete Group;

    /// `FindCoordinator`, `DescribeTransactions`, `ListTransactions`.
    SEE_TRANSACTIONAL_ID = Describe TransactionalId;
    /// `InitProducerId`, `AddPartitionsToTxn`, `AddOffsetsToTxn`, `TxnOffsetCommit`, `EndTxn`,
    /// `Produce`.
    WRITE_TRANSACTIONAL_ID = Write TransactionalId;

    /// `DescribeAcls`; `ListGroups` of all groups; authorized operations of the cluster.
    SEE_CLUSTER = Describe Cluster;
    /// `CreateAcls`, `DeleteAcls`.
    ALTER_CLUSTER = Alter Cluster;
    /// `CreateTopics` of any topic.
    CREATE_IN_CLUSTER = Create Cluster;
    /// `DeleteTopics` of any topic.
    DELETE_IN_CLUSTER = Delete Cluster;
    /// `DescribeConfigs` of brokers.
    SEE_CLUSTER_CONFIGS = DescribeConfigs Cluster;
    /// `AlterConfigs` and `IncrementalAlterConfigs` of brokers.
    ALTER_CLUSTER_CONFIGS = AlterConfigs Cluster;
    /// `InitProducerId` without a transactional id.
    WRITE_IDEMPOTENTLY = IdempotentWrite Cluster;
}

//! What is known of the cluster: brokers, leaders, coordinators. Learnt from answers, forgotten
//! when a broker says that it is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kafka_protocol::messages::MetadataResponse;
use uuid::Uuid;

use crate::clock::Deadline;
use crate::kafka::ErrorCode;
use crate::model::cluster::Broker;
use crate::model::name::{GroupId, TopicName};
use crate::model::offset::TopicPartition;

/// How long brokers may take to hear of a topic. They do within milliseconds; a loaded machine gets
/// its time, and who asks for a partition that does not exist waits no longer than this.
const FRESH_FOR: Duration = Duration::from_secs(5);

/// What is known of the cluster.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The cluster's id.
    pub(super) cluster_id: Option<String>,
    /// The broker that takes administrative requests.
    pub(super) controller: Option<i32>,
    /// The brokers by id.
    pub(super) brokers: BTreeMap<i32, Broker>,
    /// The topics whose leaders are known.
    topics: BTreeMap<TopicName, KnownTopic>,
    /// The coordinators of groups.
    pub(super) coordinators: BTreeMap<GroupId, i32>,
    /// The groups that have the protocol of KIP-848.
    pub(super) consumer_groups: BTreeSet<GroupId>,
    /// Until when topics that were made or grown here count as fresh.
    fresh: BTreeMap<TopicName, Deadline>,
}

/// A topic with its leaders.
#[derive(Debug)]
struct KnownTopic {
    id: Uuid,
    leaders: BTreeMap<i32, Option<(i32, i32)>>,
}

/// Who leads a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leader {
    /// The broker's id.
    pub(crate) broker: i32,
    /// The leader's epoch; −1 from a broker that does not say.
    pub(crate) epoch: i32,
    /// The topic's id; nil from a broker without topic ids.
    pub(crate) topic_id: Uuid,
}

impl Known {
    /// Learns brokers, leaders and topic ids from an answer.
    pub(super) fn learn(&mut self, response: &MetadataResponse) {
        self.cluster_id = response.cluster_id.as_ref().map(ToString::to_string);
        self.controller = Some(response.controller_id.0).filter(|id| *id >= 0);
        self.brokers = response
            .brokers
            .iter()
            .map(|broker| {
                let port = u16::try_from(broker.port).unwrap_or(0);
                let rack = broker.rack.as_ref().map(ToString::to_string);
                let host = broker.host.to_string();
                (broker.node_id.0, Broker { id: broker.node_id.0, host, port, rack })
            })
            .collect();
        for topic in &response.topics {
            let Some(name) = &topic.name else { continue };
            let name = TopicName::from(name.as_str());
            if topic.error_code != 0 {
                self.topics.remove(&name);
                continue;
            }
            let leaders = topic.partitions.iter().map(|partition| {
                let leader = (partition.leader_id.0, partition.leader_epoch);
                (partition.partition_index, Some(leader).filter(|(id, _)| *id >= 0))
            });
            let known = KnownTopic { id: topic.topic_id, leaders: leaders.collect() };
            self.topics.insert(name, known);
        }
    }

    /// Tells whether it is known who leads a partition, if anybody does.
    pub(super) fn knows(&self, partition: &TopicPartition) -> bool {
        let topic = self.topics.get(&partition.topic);
        topic.is_some_and(|topic| topic.leaders.contains_key(&partition.partition))
    }

    /// Returns the leader of a partition of a known topic; the error is what a broker would answer.
    pub(super) fn leader(&self, partition: &TopicPartition) -> Result<Leader, ErrorCode> {
        let missing = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
        let topic = self.topics.get(&partition.topic).ok_or(missing)?;
        let leader = topic.leaders.get(&partition.partition).ok_or(missing)?;
        let (broker, epoch) = leader.ok_or(ErrorCode::LEADER_NOT_AVAILABLE)?;
        Ok(Leader { broker, epoch, topic_id: topic.id })
    }

    /// Returns the id of a topic, if it is known and has one.
    pub(super) fn topic_id(&self, topic: &TopicName) -> Option<Uuid> {
        self.topics.get(topic).map(|topic| topic.id).filter(|id| !id.is_nil())
    }

    /// Forgets the leaders of a topic, so that they are asked for again.
    pub(super) fn forget_topic(&mut self, topic: &TopicName) {
        self.topics.remove(topic);
    }

    /// Notes that a topic was made or grown: brokers may not have heard of it yet.
    pub(super) fn changed(&mut self, topic: &TopicName) {
        self.forget_topic(topic);
        self.fresh.insert(topic.clone(), Deadline::after(FRESH_FOR));
    }

    /// Notes that a topic was deleted.
    pub(super) fn deleted(&mut self, topic: &TopicName) {
        self.forget_topic(topic);
        self.fresh.remove(topic);
    }

    /// Tells whether a topic was made or grown a moment ago.
    pub(super) fn is_fresh(&self, topic: &TopicName) -> bool {
        self.fresh.get(topic).is_some_and(|until| !until.has_passed())
    }

    /// Forgets who the controller is and where the brokers are.
    pub(super) fn forget_brokers(&mut self) {
        self.controller = None;
        self.brokers.clear();
    }
}

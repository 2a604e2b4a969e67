//! A topology for one environment: names made, layers applied, every value with its provenance.
//!
//! This is what the engines read. Nothing here is a template, a default to be filled in or a
//! variable.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::model::name::{FlowId, GroupId, TopicName};
use crate::model::offset::IsolationLevel;
use crate::model::secret::Secret;
use crate::model::topic_config::MIN_INSYNC_REPLICAS;

use super::diagnostic::Diagnostics;
use super::pattern::NamePattern;
use super::position::Position;

pub use super::provenance::{Layer, Provenance, Setting};

/// A topology, resolved for one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The project: the unit that owns topics, ledger entries and locks.
    pub project: String,
    /// The environment; `None` when the file declares none.
    pub environment: Option<String>,
    /// All environments that the file declares.
    pub environments: Vec<String>,
    /// Whether destructive changes need the environment's name typed.
    pub protected: bool,
    /// How to reach the cluster.
    pub cluster: ResolvedCluster,
    /// How to reach the schema registry.
    pub registry: Option<ResolvedRegistry>,
    /// How values are written.
    pub serialization: Serialization,
    /// The topic that remembers what flowctl did. `topics` lists it when a flow has a DLQ.
    pub ledger: ResolvedTopic,
    /// The flows by id.
    pub flows: BTreeMap<FlowId, ResolvedFlow>,
    /// What looks wrong, though it can be used.
    pub warnings: Diagnostics,
}

impl Resolved {
    /// Gives every topic of the topology, external ones too: flow by flow, the ledger last.
    pub fn topics(&self) -> impl Iterator<Item = &ResolvedTopic> {
        let has_dlq = self.flows.values().any(|flow| !flow.dlqs.is_empty());
        let ledger = has_dlq.then_some(&self.ledger);
        self.flows.values().flat_map(ResolvedFlow::topics).chain(ledger)
    }

    /// Leaves out what is only for the environment's own cluster: how to reach it, and how many
    /// brokers keep each record. A sandbox is another cluster, of one broker.
    pub fn fit_to_sandbox(&mut self) {
        self.cluster = ResolvedCluster::default();
        let topics = self.flows.values_mut().flat_map(ResolvedFlow::topics_mut);
        for topic in topics.chain([&mut self.ledger]) {
            topic.replication = None;
            topic.configs.remove(MIN_INSYNC_REPLICAS);
        }
    }

    /// Finds the flow that a topic belongs to.
    pub fn flow_of(&self, topic: &TopicName) -> Option<&ResolvedFlow> {
        self.flows.values().find(|flow| flow.topics().any(|t| t.name == *topic))
    }
}

/// How to reach the cluster of an environment. Flags and environment variables win over it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResolvedCluster {
    /// The bootstrap servers, separated by commas.
    pub brokers: Option<String>,
    /// The cluster's id: a cluster with another one is refused.
    pub id: Option<String>,
    /// A properties file, its path already relative to the topology file's folder.
    pub properties_file: Option<PathBuf>,
    /// Client properties written in the topology, variables already replaced.
    pub properties: BTreeMap<String, Secret>,
}

/// How to reach the schema registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedRegistry {
    /// The base address.
    pub url: String,
}

/// How values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serialization {
    /// JSON text.
    Json,
    /// Avro with a schema registry.
    Avro,
}

/// A flow: a main topic with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedFlow {
    /// The flow's key in the file.
    pub id: FlowId,
    /// Who answers for it.
    pub owner: Option<String>,
    /// What it carries.
    pub description: Option<String>,
    /// The main topic; external when the flow only refers to it.
    pub main: ResolvedTopic,
    /// The retry topics by consumer and tier.
    pub retries: Vec<ResolvedRetryTopic>,
    /// The dead-letter topics: the shared one first, then those of consumers.
    pub dlqs: Vec<ResolvedDlq>,
    /// The consumers by id.
    pub consumers: BTreeMap<String, ResolvedConsumer>,
    /// The producers by id.
    pub producers: BTreeMap<String, ResolvedProducer>,
    /// What the key is; `None` when records have none. Keyed flows keep their order per key.
    pub key: Option<String>,
    /// The schemas, as declared.
    pub schema: Option<Schema>,
    /// How the consumers mark their dead letters.
    pub dead_letters: Convention,
    /// The names that its retry topics and DLQs could have, declared now or not.
    pub names: Vec<NamePattern>,
    /// Where the flow is declared.
    pub declared_at: Position,
}

impl ResolvedFlow {
    /// Gives the flow's topics: main, retries, DLQs.
    pub fn topics(&self) -> impl Iterator<Item = &ResolvedTopic> {
        std::iter::once(&self.main)
            .chain(self.retries.iter().map(|retry| &retry.topic))
            .chain(self.dlqs.iter().map(|dlq| &dlq.topic))
    }

    /// Gives the same topics, to change them.
    fn topics_mut(&mut self) -> impl Iterator<Item = &mut ResolvedTopic> {
        std::iter::once(&mut self.main)
            .chain(self.retries.iter_mut().map(|retry| &mut retry.topic))
            .chain(self.dlqs.iter_mut().map(|dlq| &mut dlq.topic))
    }
}

/// A topic as it is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedTopic {
    /// The name.
    pub name: TopicName,
    /// What it is for.
    pub role: Role,
    /// Whether it belongs to somebody else: referred to, never created or changed.
    pub external: bool,
    /// The partition count; `None` leaves it to the broker (`num.partitions`) and is never
    /// compared.
    pub partitions: Option<Setting<i32>>,
    /// The replication factor; `None` leaves it to the broker and is never compared.
    pub replication: Option<Setting<i16>>,
    /// The declared configs in Kafka's names (`retention.ms`), as exact text.
    pub configs: BTreeMap<String, Setting<String>>,
    /// How it is protected from changes.
    pub protect: Protect,
    /// Whether records with the same key must stay in one partition.
    pub keyed: bool,
    /// Where it is declared: the place of its flow, DLQ or retry.
    pub declared_at: Position,
}

/// What a topic is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The flow's records.
    Main,
    /// Records that wait for another attempt.
    Retry,
    /// Dead letters.
    Dlq,
    /// What flowctl did.
    Ledger,
}

impl Role {
    /// Returns the word that the file and the output use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Retry => "retry",
            Self::Dlq => "dlq",
            Self::Ledger => "ledger",
        }
    }
}

/// How a topic is protected from changes; `plan` has the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protect {
    /// Everything but destruction goes without asking for more.
    None,
    /// Disruptive and destructive changes need a flag.
    Standard,
    /// They need a flag that names the resource.
    Strict,
}

/// A retry topic: one tier of one consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedRetryTopic {
    /// The topic.
    pub topic: ResolvedTopic,
    /// The consumer whose records wait here.
    pub consumer: String,
    /// The tier, from 0.
    pub tier: u32,
    /// How long a record waits before it is tried again.
    pub delay: Duration,
}

/// A dead-letter topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedDlq {
    /// The topic.
    pub topic: ResolvedTopic,
    /// The consumer that it belongs to; `None` when the flow's consumers share it.
    pub consumer: Option<String>,
    /// How often a dead letter may be redriven.
    pub max_redrives: Setting<u32>,
    /// Where a redrive sends to.
    pub redrive_to: TopicName,
}

/// A consumer: an application that reads the main topic as a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedConsumer {
    /// Its key in the file.
    pub id: String,
    /// The consumer group.
    pub group: GroupId,
    /// What it sees of transactions, if the file says it.
    pub isolation: Option<IsolationLevel>,
    /// How far it may be behind.
    pub lag: LagBudget,
    /// The attempts at once, before any retry topic.
    pub immediate: Option<ImmediateRetry>,
    /// The retry topics with their delays, first tier first.
    pub tiers: Vec<(TopicName, Duration)>,
    /// Where its dead letters go; `None` when it has no DLQ.
    pub dlq: Option<TopicName>,
    /// Where it is declared.
    pub declared_at: Position,
}

/// How far a consumer may be behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LagBudget {
    /// At most this many records.
    pub max_records: Option<u64>,
    /// The first unread record is at most this old.
    pub max_age: Option<Duration>,
}

/// Attempts at once, in the consumer's own process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImmediateRetry {
    /// How many.
    pub attempts: u32,
    /// How long it waits between two.
    pub delay: Duration,
}

/// A producer: an application that writes the main topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedProducer {
    /// Its key in the file.
    pub id: String,
    /// Whether it writes idempotently, if the file says it.
    pub idempotent: Option<bool>,
    /// Its transactional id, if it writes in transactions.
    pub transactional_id: Option<String>,
}

/// The schemas of a flow, as declared; nothing is read or checked here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schema {
    /// The file of the value's schema.
    pub value: Option<String>,
    /// The file of the key's schema, or the name of a primitive type.
    pub key: Option<String>,
    /// The compatibility level.
    pub compatibility: Option<String>,
    /// How subjects are named.
    pub subject: Option<String>,
}

/// How dead letters carry their origin and error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Convention {
    /// Found out record by record.
    Auto,
    /// flowctl's own: `originalTopic` … headers and an `error` object in the value.
    Flowctl,
    /// Spring Kafka.
    Spring,
    /// Kafka Connect.
    Connect,
}

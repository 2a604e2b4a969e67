//! The file as typed values: what is written, where, nothing resolved.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::offset::IsolationLevel;

use super::resolved::{Convention, Protect, Role, Schema, Serialization};
use super::source::Place;

/// A value with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Located<T> {
    pub value: T,
    pub place: Place,
}

/// The whole file.
#[derive(Debug)]
pub(super) struct Document {
    pub project: String,
    pub naming: Naming,
    pub classes: BTreeMap<String, Class>,
    pub environments: BTreeMap<String, Environment>,
    pub flows: BTreeMap<String, Flow>,
}

/// How names are made; the templates have been checked.
#[derive(Debug)]
pub(super) struct Naming {
    pub main: Located<String>,
    pub retry: Located<String>,
    pub dlq: Located<String>,
    pub group: Located<String>,
    pub rules: Vec<Rule>,
}

/// What the names of topics must look like.
#[derive(Debug)]
pub(super) struct Rule {
    pub pattern: regex_lite::Regex,
    pub message: Option<String>,
    pub place: Place,
}

/// Settings of a topic: of a class, a flow, a DLQ or the retry topics.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub partitions: Option<Located<i32>>,
    pub replication: Option<Located<i16>>,
    pub min_insync_replicas: Option<Located<MinInsyncReplicas>>,
    /// Configs in Kafka's names; `retention` and `cleanup` are among them.
    pub configs: BTreeMap<String, Located<String>>,
    pub protect: Option<Located<Protect>>,
}

/// `min_insync_replicas`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MinInsyncReplicas {
    /// One less than the replication factor, at least 1.
    Auto,
    /// This many.
    Count(i16),
}

/// Named settings.
#[derive(Debug)]
pub(super) struct Class {
    pub extends: Option<Located<String>>,
    pub settings: Settings,
}

/// An environment.
#[derive(Debug, Default)]
pub(super) struct Environment {
    pub namespace: Option<Located<String>>,
    pub cluster: Cluster,
    pub registry_url: Option<Located<String>>,
    pub serialization: Option<Serialization>,
    pub protected: bool,
    pub ledger: Option<Located<String>>,
    pub clamp: Clamp,
    pub require: Vec<Requirement>,
}

/// How to reach a cluster, variables not yet replaced.
#[derive(Debug, Default)]
pub(super) struct Cluster {
    pub brokers: Option<Located<String>>,
    pub id: Option<Located<String>>,
    pub properties_file: Option<Located<String>>,
    pub properties: BTreeMap<String, Located<String>>,
}

/// Upper bounds by role.
#[derive(Debug, Default)]
pub(super) struct Clamp {
    pub partitions: BTreeMap<Role, Located<i32>>,
    pub replication: BTreeMap<Role, Located<i16>>,
    pub retention_ms: BTreeMap<Role, Located<i64>>,
}

/// A lower or upper bound whose violation is an error.
#[derive(Debug)]
pub(super) struct Requirement {
    pub subject: Subject,
    pub comparison: Comparison,
    pub bound: i64,
    pub place: Place,
}

/// What a requirement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Partitions,
    Replication,
    MinInsyncReplicas,
}

/// How a value is compared with its bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    AtLeast,
    AtMost,
    Equal,
}

/// A flow.
#[derive(Debug)]
pub(super) struct Flow {
    pub class: Option<Located<String>>,
    pub owner: Option<String>,
    pub description: Option<String>,
    /// The template of the main topic's name, when the flow has its own.
    pub main: Option<Located<String>>,
    /// The name of the topic that the flow refers to.
    pub external: Option<Located<String>>,
    pub settings: Settings,
    pub key: Option<String>,
    pub schema: Option<Schema>,
    pub producers: BTreeMap<String, Producer>,
    /// `None` when the file does not say who reads the flow.
    pub consumers: Option<BTreeMap<String, Consumer>>,
    pub dlq: DlqChoice,
    pub dead_letters: Convention,
    pub place: Place,
}

/// A producer.
#[derive(Debug)]
pub(super) struct Producer {
    pub idempotent: Option<bool>,
    pub transactional_id: Option<String>,
}

/// A consumer.
#[derive(Debug)]
pub(super) struct Consumer {
    pub group: Option<Located<String>>,
    pub isolation: Option<IsolationLevel>,
    pub max_records: Option<u64>,
    pub max_age: Option<Duration>,
    pub immediate: Option<(u32, Duration)>,
    pub tiers: Option<Tiers>,
    pub dlq: DlqChoice,
    pub place: Place,
}

/// Retry topics with growing delays.
#[derive(Debug)]
pub(super) struct Tiers {
    pub delays: Vec<Duration>,
    pub settings: Settings,
    pub place: Place,
}

/// What the file says of a DLQ.
#[derive(Debug)]
pub(super) enum DlqChoice {
    /// Nothing: the default.
    Unsaid,
    /// `none`.
    None,
    /// One with settings.
    Declared(Box<DlqSettings>),
}

/// The settings of a DLQ.
#[derive(Debug)]
pub(super) struct DlqSettings {
    pub settings: Settings,
    pub max_redrives: Option<Located<u32>>,
    pub redrive_to: Located<RedriveTo>,
    pub place: Place,
}

/// Where a redrive sends to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RedriveTo {
    /// The main topic: every group reads it.
    Main,
    /// The first retry topic of the consumer: nobody else reads it.
    Retry,
}

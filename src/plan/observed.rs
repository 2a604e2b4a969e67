//! What the cluster has, in the words of `model`.

use std::collections::BTreeMap;

use crate::error::Report;
use crate::model::cluster::ClusterDescription;
use crate::model::config_entry::ConfigEntry;
use crate::model::name::TopicName;
use crate::model::topic::TopicDescription;

/// A cluster as one gathering found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// The cluster and its brokers.
    pub cluster: ClusterDescription,
    /// Every topic that was asked for.
    pub topics: BTreeMap<TopicName, Presence>,
}

/// Whether a topic is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// It does not exist.
    Missing,
    /// It exists.
    Present(ObservedTopic),
    /// Nobody knows: the cluster did not say.
    Unknown(Report),
}

/// A topic that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedTopic {
    /// Its partitions and replicas.
    pub description: TopicDescription,
    /// Its configs with the values in force; the reason where they could not be read.
    pub configs: Result<BTreeMap<String, ConfigEntry>, Report>,
}

impl ObservedTopic {
    /// Returns the value in force of a config.
    pub fn config(&self, key: &str) -> Option<&str> {
        self.configs.as_ref().ok()?.get(key)?.value.as_deref()
    }
}

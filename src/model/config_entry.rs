//! Configs of topics and brokers, as `DescribeConfigs` and `IncrementalAlterConfigs` name them.

use super::name::TopicName;

/// Something that has configs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConfigResource {
    /// A topic.
    Topic(TopicName),
    /// A broker by its id.
    Broker(i32),
}

/// A config as a broker gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigEntry {
    /// The value in force; `None` when it is secret.
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: ConfigSource,
    /// Whether it cannot be changed.
    pub is_read_only: bool,
    /// Whether the value is withheld.
    pub is_sensitive: bool,
}

/// Where a config's value comes from (`ConfigSource` of the protocol).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConfigSource {
    /// Set on this topic.
    DynamicTopic,
    /// Set on this broker while it runs.
    DynamicBroker,
    /// Set for all brokers while they run.
    DynamicDefaultBroker,
    /// From the broker's properties file.
    StaticBroker,
    /// Kafka's default.
    Default,
    /// Something else, by the protocol's number.
    Other(i8),
}

/// A change of one config (`IncrementalAlterConfigs`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigChange {
    /// Sets a value.
    Set(String),
    /// Goes back to the broker's default.
    Delete,
}

//! A broker as tests see it, whether it is Apache Kafka or a sandbox: its address, topics and
//! offsets, and the real binary that talks to it.

use std::collections::BTreeMap;
use std::time::Duration;

use assert_cmd::Command;
use flowctl::clock::Deadline;
use flowctl::kafka::{Cluster, ConnectionSettings, Mode, Properties};
use flowctl::model::name::TopicName;
use flowctl::model::offset::{IsolationLevel, OffsetQuery, TopicPartition};
use flowctl::model::topic::{NewTopic, TopicDescription};

use crate::home::{Home, PATIENCE, unique};

/// A broker.
#[derive(Debug)]
pub(crate) struct Broker {
    /// The bootstrap servers.
    address: String,
    /// The file with the properties of the super user, where there are users.
    properties: Option<String>,
}

impl Broker {
    /// Knows a broker by its address.
    pub(crate) fn new(address: String, properties: Option<String>) -> Self {
        Self { address, properties }
    }

    /// Returns the bootstrap servers.
    pub(crate) fn brokers(&self) -> &str {
        &self.address
    }

    /// Prepares the real binary in a home, with these brokers and, where they ask, as the super
    /// user.
    pub(crate) fn flowctl(&self, home: &Home) -> Command {
        let mut command = home.flowctl();
        command.env("FLOWCTL_BROKERS", &self.address);
        if let Some(properties) = &self.properties {
            command.args(["-F", properties]);
        }
        command
    }

    /// Returns the settings by which the library connects, as the super user.
    pub(crate) fn settings(&self) -> ConnectionSettings {
        let mut properties = Properties::new();
        if let Some(file) = &self.properties {
            let text = std::fs::read_to_string(file).unwrap();
            properties = Properties::parse(&text, file).unwrap();
        }
        ConnectionSettings::from_properties(Some(&self.address), &properties).unwrap().0
    }

    /// Connects by the library.
    pub(crate) async fn connect(&self, deadline: Deadline) -> Cluster {
        Cluster::connect(&self.settings(), deadline).await.unwrap()
    }

    /// Returns how many offsets a topic has, of what is committed and what is not.
    pub(crate) fn end_offsets(&self, topic: &str) -> i64 {
        self.offsets(topic, IsolationLevel::ReadUncommitted)
    }

    /// Returns how many offsets a topic has before its first open transaction.
    pub(crate) fn stable_offsets(&self, topic: &str) -> i64 {
        self.offsets(topic, IsolationLevel::ReadCommitted)
    }

    fn offsets(&self, topic: &str, isolation: IsolationLevel) -> i64 {
        block_on(async {
            let deadline = Deadline::after(PATIENCE);
            let cluster = self.connect(deadline).await;
            let name = TopicName::new(topic);
            let seen = cluster.topics(std::slice::from_ref(&name), deadline).await.unwrap();
            let described = seen.into_values().next().unwrap().unwrap();
            let questions: Vec<_> = described
                .partitions
                .into_keys()
                .map(|partition| {
                    (TopicPartition::new(name.clone(), partition), OffsetQuery::Latest)
                })
                .collect();
            let ends = cluster.offsets(&questions, isolation, deadline).await.unwrap();
            ends.into_values().map(|end| end.unwrap().unwrap()).sum()
        })
    }

    /// Creates a topic under a name that no other test has, and returns it.
    pub(crate) fn new_topic(&self, name: &str, partitions: i32) -> String {
        self.new_topic_with(name, partitions, &[])
    }

    /// The same, with these configs.
    pub(crate) fn new_topic_with(
        &self,
        name: &str,
        partitions: i32,
        configs: &[(&str, &str)],
    ) -> String {
        let name = unique(name);
        self.create_topic(&name, partitions, configs);
        name
    }

    /// Creates a topic and waits until it has its leaders. The library does it: Kafka's own tool
    /// takes a second of two cores.
    pub(crate) fn create_topic(&self, name: &str, partitions: i32, configs: &[(&str, &str)]) {
        let name = TopicName::new(name);
        let configs: BTreeMap<_, _> =
            configs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let topic = NewTopic { name: name.clone(), partitions, replication: 1, configs };
        block_on(async {
            let deadline = Deadline::after(PATIENCE);
            let cluster = self.connect(deadline).await;
            let created = cluster.create_topics(&[topic], Mode::Execute, deadline).await.unwrap();
            for result in created.into_values() {
                result.unwrap();
            }
            let has_leaders = |topic: &TopicDescription| {
                topic.partition_count() == partitions
                    && topic.partitions.values().all(|partition| partition.leader.is_some())
            };
            loop {
                let seen = cluster.topics(std::slice::from_ref(&name), deadline).await.unwrap();
                if seen.values().flatten().any(has_leaders) {
                    return;
                }
                assert!(!deadline.has_passed(), "`{name}` has no leaders");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
    }
}

/// Runs what the library does to its end.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(work)
}

//! What every live test needs: Kafka itself, its tools, kcat, and the real binary in a home of its
//! own.
//!
//! Kafka comes from `dev/kafka up`, which finds the running instance or starts one: in the folder
//! of `FLOWCTL_DEV_DIR` (`dev/test` sets one), else the developer's own. Nothing here ever skips.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use assert_cmd::Command;
use flowctl::clock::Deadline;
use flowctl::kafka::{Cluster, ConnectionSettings, Mode, Properties};
use flowctl::model::name::TopicName;
use flowctl::model::offset::{IsolationLevel, OffsetQuery, TopicPartition};
use flowctl::model::topic::{NewTopic, TopicDescription};

use crate::home::{Home, PATIENCE, text, unique};
use crate::instance;

/// A running instance of Kafka.
#[derive(Debug)]
pub(crate) struct Kafka {
    variables: BTreeMap<String, String>,
}

/// Returns the instance that has no security: one broker, shared by all tests.
pub(crate) fn kafka() -> &'static Kafka {
    static KAFKA: OnceLock<Kafka> = OnceLock::new();
    KAFKA.get_or_init(|| Kafka::up(""))
}

/// Returns the instance with TLS, SASL and an authorizer: one broker, shared by all tests.
pub(crate) fn secure_kafka() -> &'static Kafka {
    static KAFKA: OnceLock<Kafka> = OnceLock::new();
    KAFKA.get_or_init(|| Kafka::up("--secure"))
}

/// Returns the instance of three brokers. It is for tests which stop brokers, so only one test has
/// it at a time, and the next one finds all three up again.
pub(crate) fn three_brokers() -> ThreeBrokers {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    ThreeBrokers { kafka: Kafka::up("--brokers 3"), _turn: turn }
}

/// Three brokers, for one test.
#[derive(Debug)]
pub(crate) struct ThreeBrokers {
    /// The instance.
    pub(crate) kafka: Kafka,
    _turn: MutexGuard<'static, ()>,
}

impl ThreeBrokers {
    /// Ends one broker by SIGKILL.
    pub(crate) fn kill(&self, broker: i32) {
        self.change("kill", broker);
    }

    /// Starts a broker again and waits until it answers.
    pub(crate) fn start(&self, broker: i32) {
        self.change("start", broker);
    }

    fn change(&self, action: &str, broker: i32) {
        let mut command = self.kafka.tool(action);
        command.args([&broker.to_string(), "--brokers", "3"]).assert().success();
    }
}

/// An instance for one test alone, which ends with it: the test may do with it what it likes.
#[derive(Debug)]
pub(crate) struct OwnKafka {
    /// The instance.
    pub(crate) kafka: Kafka,
}

impl OwnKafka {
    /// Starts one broker without security; `name` is the test's.
    pub(crate) fn up(name: &str) -> Self {
        // Below the folder of the others: whoever ends those looks there too.
        let folder = "${FLOWCTL_DEV_DIR:-/tmp/flowctl-dev-$UID}/own";
        let script =
            format!("export FLOWCTL_DEV_DIR=\"{folder}/{name}\"; mkdir -p \"$FLOWCTL_DEV_DIR\"");
        Self { kafka: Kafka::up_after(&script, "") }
    }
}

impl Drop for OwnKafka {
    fn drop(&mut self) {
        drop(self.kafka.tool("down").output());
    }
}

impl Kafka {
    /// Finds the running instance or starts it.
    fn up(flags: &str) -> Self {
        Self::up_after("", flags)
    }

    /// Finds the running instance or starts it, after a line of bash.
    fn up_after(line: &str, flags: &str) -> Self {
        Self { variables: instance::up(line, flags) }
    }

    /// Returns the bootstrap servers.
    pub(crate) fn brokers(&self) -> &str {
        self.variable("FLOWCTL_BROKERS")
    }

    /// Returns a variable of `dev/kafka env`.
    pub(crate) fn variable(&self, name: &str) -> &str {
        self.optional(name).unwrap_or_else(|| panic!("dev/kafka env does not print {name}"))
    }

    /// Returns a variable of `dev/kafka env` that only some instances have.
    pub(crate) fn optional(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// Returns the process id of a broker.
    pub(crate) fn pid(&self, broker: i32) -> String {
        let listed = self.tool("status").assert().success();
        let listed = text(&listed.get_output().stdout);
        let line =
            listed.lines().find(|line| line.contains(&format!(" broker={broker} "))).unwrap();
        let pid = line.split(' ').find_map(|word| word.strip_prefix("pid=")).unwrap();
        pid.to_owned()
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
            let cluster = Cluster::connect(&self.settings(), deadline).await.unwrap();
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

    /// Prepares one of Kafka's own tools, as the super user: `topics`, `console-producer` …
    pub(crate) fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(instance::dev("kafka"));
        command.arg(name).env_remove("FLOWCTL_DEV_COMMAND_CONFIG").envs(&self.variables);
        command.timeout(PATIENCE);
        command
    }

    /// Prepares kcat, as the super user. `dev/need kcat` has installed it.
    pub(crate) fn kcat(&self) -> Command {
        let mut command = Command::new("kcat");
        if let Some(clients) = self.variables.get("FLOWCTL_DEV_CLIENTS") {
            command.args(["-F", &format!("{clients}/admin.kcat")]);
        }
        command.args(["-b", self.brokers()]).timeout(PATIENCE);
        command
    }

    /// Prepares the real binary in a home, with these brokers and, where they ask, as the super
    /// user.
    pub(crate) fn flowctl(&self, home: &Home) -> Command {
        let mut command = home.flowctl();
        command.env("FLOWCTL_BROKERS", self.brokers());
        if let Some(properties) = self.variables.get("FLOWCTL_DEV_ADMIN_PROPERTIES") {
            command.args(["-F", properties]);
        }
        command
    }

    /// Returns the settings by which the library connects, as the super user.
    pub(crate) fn settings(&self) -> ConnectionSettings {
        let mut properties = Properties::new();
        if let Some(file) = self.variables.get("FLOWCTL_DEV_ADMIN_PROPERTIES") {
            let text = std::fs::read_to_string(file).unwrap();
            properties = Properties::parse(&text, file).unwrap();
        }
        ConnectionSettings::from_properties(Some(self.brokers()), &properties).unwrap().0
    }

    /// Creates a topic under a name that no other test has, and returns it.
    pub(crate) fn new_topic(&self, name: &str, partitions: i32) -> String {
        let name = unique(name);
        self.create_topic(&name, partitions);
        name
    }

    /// Creates a topic and waits until it has its leaders. The library does it: Kafka's own tool
    /// takes a second of two cores.
    pub(crate) fn create_topic(&self, name: &str, partitions: i32) {
        let name = TopicName::new(name);
        let topic =
            NewTopic { name: name.clone(), partitions, replication: 1, configs: BTreeMap::new() };
        block_on(async {
            let deadline = Deadline::after(PATIENCE);
            let cluster = Cluster::connect(&self.settings(), deadline).await.unwrap();
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

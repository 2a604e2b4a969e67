//! What every live test needs: Kafka itself, its tools, and kcat.
//!
//! Kafka comes from `dev/kafka up`, which finds the running instance or starts one: in the folder
//! of `FLOWCTL_DEV_DIR` (`dev/test` sets one), else the developer's own. Nothing here ever skips.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use assert_cmd::Command;
use flowctl::clock::Deadline;

use crate::broker::Broker;
use crate::home::{PATIENCE, text};
use crate::instance;

/// A running instance of Kafka.
#[derive(Debug)]
pub(crate) struct Kafka {
    broker: Broker,
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
        let variables = instance::up(line, flags);
        let address = variables["FLOWCTL_BROKERS"].clone();
        let properties = variables.get("FLOWCTL_DEV_ADMIN_PROPERTIES").cloned();
        Self { broker: Broker::new(address, properties), variables }
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

    /// Prepares one of Kafka's own tools, as the super user: `topics`, `console-producer` …
    pub(crate) fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(instance::dev("kafka"));
        command.arg(name).env_remove("FLOWCTL_DEV_COMMAND_CONFIG").envs(&self.variables);
        command.timeout(PATIENCE);
        command
    }

    /// Sets a config of a topic by Kafka's own tool, and waits until the broker has heard of it.
    pub(crate) fn set_config(&self, topic: &str, config: &str) {
        let about = ["--entity-type", "topics", "--entity-name", topic];
        let mut alter = self.tool("configs");
        alter.args(["--alter", "--add-config", config]).args(about).assert().success();
        self.wait_for_tool("configs", &[&["--describe"], &about[..]].concat(), config);
    }

    /// Grants a user an operation on a topic by Kafka's own tool, and waits until the broker has
    /// heard of it.
    pub(crate) fn grant(&self, user: &str, operation: &str, topic: &str) {
        let principal = format!("User:{user}");
        let mut add = self.tool("acls");
        add.args(["--add", "--allow-principal", &principal, "--operation", operation]);
        add.args(["--topic", topic]).assert().success();
        let what = format!("operation={}, permissionType=ALLOW", operation.to_uppercase());
        let list = ["--list", "--principal", &principal, "--topic", topic];
        self.wait_for_tool("acls", &list, &what);
    }

    /// Asks one of Kafka's own tools until it says something.
    fn wait_for_tool(&self, name: &str, arguments: &[&str], what: &str) {
        let deadline = Deadline::after(PATIENCE);
        loop {
            let told = self.tool(name).args(arguments).assert().success();
            let told = text(&told.get_output().stdout);
            if told.contains(what) {
                return;
            }
            assert!(!deadline.has_passed(), "{what:?} is never said: {told}");
        }
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
}

impl Deref for Kafka {
    type Target = Broker;

    fn deref(&self) -> &Broker {
        &self.broker
    }
}

//! The wire against real brokers: what it reads, what it changes, and what refusals say.

mod controller;
mod groups;
mod moving;
mod refusals;
mod topics;

use std::time::Duration;

use flowctl::clock::Deadline;
use flowctl::kafka::connection::Properties;
use flowctl::kafka::{Cluster, ConnectionSettings, Error};

use crate::home::PATIENCE;
use crate::support::Kafka;

/// Runs a test's calls, as the commands do: on one thread.
fn run<T>(calls: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(calls)
}

/// The deadline of calls that are to succeed.
fn soon() -> Deadline {
    Deadline::after(PATIENCE / 2)
}

/// Reads settings from a file of `dev/kafka env`, if one is named, and from further lines.
fn settings(brokers: &str, file: Option<&str>, lines: &str) -> Result<ConnectionSettings, Error> {
    let mut properties = match file {
        None => Properties::new(),
        Some(file) => Properties::parse(&std::fs::read_to_string(file).unwrap(), file)?,
    };
    properties.extend(Properties::parse(lines, "the test")?);
    Ok(ConnectionSettings::from_properties(Some(brokers), &properties)?.0)
}

/// Connects to an instance, as the super user where it asks who we are.
async fn connect(kafka: &Kafka) -> Cluster {
    let admin = kafka.optional("FLOWCTL_DEV_ADMIN_PROPERTIES");
    let settings = settings(kafka.brokers(), admin, "").unwrap();
    Cluster::connect(&settings, soon()).await.unwrap()
}

/// Connects to an instance as a user of its own files and describes the cluster, which is the least
/// that needs a working connection.
async fn try_connect(brokers: &str, file: Option<&str>, lines: &str) -> Result<(), Error> {
    let deadline = Deadline::after(Duration::from_secs(20));
    let cluster = Cluster::connect(&settings(brokers, file, lines)?, deadline).await?;
    cluster.describe(deadline).await.map(drop)
}

//! `flowctl tail` on Apache Kafka, held against what kcat says of the same topic.

mod records;
mod transactions;
mod trouble;

use crate::support::kafka;

/// Writes with kcat.
fn kcat_produce(topic: &str, flags: &[&str], input: impl Into<Vec<u8>>) {
    let mut command = kafka().kcat();
    command.args(["-P", "-t", topic]).args(flags).write_stdin(input).assert().success();
}

/// Reads with kcat.
fn kcat(topic: &str, flags: &[&str]) -> Vec<u8> {
    let mut command = kafka().kcat();
    command.args(["-C", "-t", topic, "-e", "-q"]).args(flags);
    command.assert().success().get_output().stdout.clone()
}

//! `flowctl tail` on Apache Kafka, held against what kcat says of the same topic.

mod following;
mod positions;
mod records;
mod trouble;

use std::io::{BufRead, BufReader, Read};
use std::process::ChildStdout;

use crate::home::{Home, text};
use crate::running::{Running, flowctl};
use crate::support::{Kafka, kafka};

/// Runs `flowctl tail TOPIC FLAGS…` to its end and returns what it printed.
fn tail(topic: &str, flags: &[&str]) -> Vec<u8> {
    let home = Home::new();
    let mut command = kafka().flowctl(&home);
    let ended = command.args(["tail", topic]).args(flags).assert().success();
    ended.get_output().stdout.clone()
}

/// The same, as text.
fn tail_text(topic: &str, flags: &[&str]) -> String {
    text(&tail(topic, flags))
}

/// Runs `flowctl produce TOPIC FLAGS…` with an input.
fn produce(topic: &str, flags: &[&str], input: impl Into<Vec<u8>>) {
    let home = Home::new();
    let mut command = kafka().flowctl(&home);
    command.args(["produce", topic]).args(flags).write_stdin(input).assert().success();
}

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

/// A tail that goes on until it is ended.
struct Tail {
    child: Running,
    stdout: Option<BufReader<ChildStdout>>,
    _home: Home,
}

impl Tail {
    /// Starts `flowctl tail TOPIC FLAGS…`.
    fn start(topic: &str, flags: &[&str]) -> Self {
        Self::start_on(kafka(), topic, flags)
    }

    /// The same, on an instance of Kafka.
    fn start_on(kafka: &Kafka, topic: &str, flags: &[&str]) -> Self {
        let home = Home::new();
        let mut command = flowctl(&home);
        command.args(["tail", topic, "-b", kafka.brokers()]).args(flags);
        let mut child = Running::start(&mut command);
        let stdout = child.stdout.take().map(BufReader::new);
        Self { child, stdout, _home: home }
    }

    /// Waits for the next line of stdout.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.as_mut().unwrap().read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Waits for the next line of stderr. Only once: what follows it may be lost.
    fn said(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.child.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Sends a signal.
    fn signal(&self, signal: &str) {
        self.child.send(signal);
    }

    /// Waits for the end; returns the exit code and what was said on stderr.
    fn wait(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

//! `flowctl tail`, run to its end or left running.

use std::io::{BufRead, BufReader, Read};
use std::process::ChildStdout;

use crate::broker::Broker;
use crate::home::{Home, text};
use crate::running::{Running, flowctl};

/// Runs `flowctl tail TOPIC FLAGS…` to its end and returns what it printed.
pub(crate) fn tail(broker: &Broker, topic: &str, flags: &[&str]) -> Vec<u8> {
    let home = Home::new();
    let mut command = broker.flowctl(&home);
    let ended = command.args(["tail", topic]).args(flags).assert().success();
    ended.get_output().stdout.clone()
}

/// The same, as text.
pub(crate) fn tail_text(broker: &Broker, topic: &str, flags: &[&str]) -> String {
    text(&tail(broker, topic, flags))
}

/// Runs `flowctl produce TOPIC FLAGS…` with an input.
pub(crate) fn produce(broker: &Broker, topic: &str, flags: &[&str], input: impl Into<Vec<u8>>) {
    let home = Home::new();
    let mut command = broker.flowctl(&home);
    command.args(["produce", topic]).args(flags).write_stdin(input).assert().success();
}

/// A tail that goes on until it is ended.
pub(crate) struct Tail {
    child: Running,
    pub(crate) stdout: Option<BufReader<ChildStdout>>,
    _home: Home,
}

impl Tail {
    /// Starts `flowctl tail TOPIC FLAGS…`.
    pub(crate) fn start(broker: &Broker, topic: &str, flags: &[&str]) -> Self {
        let home = Home::new();
        let mut command = flowctl(&home);
        command.args(["tail", topic, "-b", broker.brokers()]).args(flags);
        let mut child = Running::start(&mut command);
        let stdout = child.stdout.take().map(BufReader::new);
        Self { child, stdout, _home: home }
    }

    /// Waits for the next line of stdout.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.as_mut().unwrap().read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Waits for the next line of stderr. Only once: what follows it may be lost.
    pub(crate) fn said(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.child.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: &str) {
        self.child.send(signal);
    }

    /// Waits for the end; returns the exit code and what was said on stderr.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

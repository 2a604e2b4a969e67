//! A produce that is running: records leave before the input ends, and a signal ends it.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use flowctl::clock::Deadline;

use super::placed;
use crate::broker::Broker;
use crate::home::{Home, PATIENCE, text};
use crate::running::{Running, flowctl};
use crate::sandboxed::Sandboxed;

/// Starts `flowctl produce` with pipes.
fn start(broker: &Broker, home: &Home, arguments: &[&str]) -> Running {
    let mut command = flowctl(home);
    command.args(["produce", "-b", broker.brokers()]).args(arguments);
    Running::start(command.stdin(Stdio::piped()))
}

/// Waits until the topic has `count` records.
fn wait_for_records(broker: &Broker, topic: &str, count: i64) {
    let deadline = Deadline::after(PATIENCE);
    while broker.end_offsets(topic) < count {
        assert!(!deadline.has_passed(), "the records do not come");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_record_is_sent_before_the_input_ends() {
    let sandbox = Sandboxed::start();
    let topic = sandbox.new_topic("produce-follow", 1);
    let home = Home::new();
    let mut child = start(&sandbox, &home, &[&topic]);
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"first\n").unwrap();
    wait_for_records(&sandbox, &topic, 1);
    stdin.write_all(b"second").unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert_eq!(placed(&sandbox, &topic), [(0, "first".to_owned()), (0, "second".to_owned())]);
}

#[test]
fn a_signal_ends_it_and_what_it_says_was_delivered_is_there() {
    let sandbox = Sandboxed::start();
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let topic = sandbox.new_topic("produce-signal", 3);
        let home = Home::new();
        let child = start(&sandbox, &home, &[&topic, "--rate", "500"]);
        wait_for_records(&sandbox, &topic, 20);
        child.send(signal);
        let output = child.wait_with_output();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{said}");
        let count = sandbox.read(&topic).len();
        assert!(said.contains(&format!("produced {count} records to ")), "{count}: {said}");
        assert!(said.contains(&format!("all up to record {count} were delivered")), "{said}");
    }
}

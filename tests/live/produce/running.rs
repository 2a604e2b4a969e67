//! A produce that is running: records leave before the input ends, and a signal ends it.

use std::io::Write;
use std::process::Stdio;

use super::kcat;
use crate::home::{Home, text};
use crate::running::{Running, flowctl};
use crate::support::kafka;

/// Starts `flowctl produce` with pipes.
fn start(home: &Home, arguments: &[&str]) -> Running {
    let mut command = flowctl(home);
    command.args(["produce", "-b", kafka().brokers()]).args(arguments);
    Running::start(command.stdin(Stdio::piped()))
}

/// Waits until kcat has read `count` records of the topic.
fn wait_for_records(topic: &str, count: usize) {
    let mut follower = kafka().kcat();
    follower.args(["-C", "-t", topic, "-u", "-q", "-f", "x\n", "-c", &count.to_string()]);
    let read = text(&follower.assert().success().get_output().stdout);
    assert_eq!(read.lines().count(), count);
}

#[test]
fn a_record_is_sent_before_the_input_ends() {
    let topic = kafka().new_topic("produce-follow", 1);
    let home = Home::new();
    let mut child = start(&home, &[&topic]);
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"first\n").unwrap();
    wait_for_records(&topic, 1);
    stdin.write_all(b"second").unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert_eq!(kcat(&topic, "%s\n"), "first\nsecond\n");
}

#[test]
fn a_signal_ends_it_and_what_it_says_was_delivered_is_there() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let topic = kafka().new_topic("produce-signal", 3);
        let home = Home::new();
        let child = start(&home, &[&topic, "--rate", "500"]);
        wait_for_records(&topic, 20);
        child.send(signal);
        let output = child.wait_with_output();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{said}");
        let count = kcat(&topic, "x").len();
        assert!(said.contains(&format!("produced {count} records to ")), "{count}: {said}");
        assert!(said.contains(&format!("all up to record {count} were delivered")), "{said}");
    }
}

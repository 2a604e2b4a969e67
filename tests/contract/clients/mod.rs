//! Clients that others have written, doing what people do with them.

mod confluent;
mod kcat;
mod tools;

use std::io::Write;
use std::process::{Command, Stdio};

use crate::running::Running;

/// Runs a program to its end with this as its input; returns what it printed to stdout.
#[track_caller]
fn run(command: &mut Command, input: &str) -> String {
    let (code, printed, complaint) = attempt(command, input);
    assert_eq!(code, Some(0), "{command:?}\n{printed}\n{complaint}");
    printed
}

/// Runs a program that may fail; returns its exit code and what it printed to stdout and stderr.
fn attempt(command: &mut Command, input: &str) -> (Option<i32>, String, String) {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running::start(command);
    // It may have ended already, without reading.
    drop(running.stdin.take().unwrap().write_all(input.as_bytes()));
    let output = running.wait_with_output();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

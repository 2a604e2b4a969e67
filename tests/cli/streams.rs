//! stdout carries data only, and a reader that has gone ends a command quietly.

use std::process::{Command, Stdio};

use crate::home::Home;

#[test]
fn a_closed_pipe_is_quiet() {
    let home = Home::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_flowctl"))
        .args(["completions", "bash"])
        .env_clear()
        .env("HOME", home.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_full_disk_is_an_error() {
    let home = Home::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_flowctl"))
        .args(["completions", "bash"])
        .env_clear()
        .env("HOME", home.path())
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write to stdout"));
}

#[test]
fn nothing_is_coloured_without_a_terminal() {
    for line in [&["--help"][..], &["help", "exit-codes"], &["no-such-command"], &["help", "no"]] {
        for no_color in [None, Some("1")] {
            let home = Home::new();
            let mut command = home.flowctl();
            if let Some(value) = no_color {
                command.env("NO_COLOR", value);
            }
            let output = command.args(line).output().unwrap();
            for stream in [output.stdout, output.stderr] {
                assert!(!stream.contains(&0x1b), "{line:?}");
            }
        }
    }
}

//! A cluster that is not there: the command ends when `--timeout` is over, with 5, and says where it
//! tried; a signal ends it at once.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::commands::{ASKING, ENVIRONMENT, home};
use crate::home::text;
use crate::peer::{Silent, nobody};

/// Runs a line and checks how it ends.
fn ends_with_5(line: &[&str], address: &str) {
    let home = home();
    let mut command = home.flowctl();
    command.env(ENVIRONMENT.0, ENVIRONMENT.1);
    command.args(line).args(["-b", address, "--timeout", "1s"]).timeout(Duration::from_secs(20));
    let failed = command.assert().code(5);
    let said = text(&failed.get_output().stderr);
    assert!(said.contains(address), "{line:?} must name {address}:\n{said}");
    assert!(failed.get_output().stdout.is_empty(), "{line:?}: an error is no data");
}

#[test]
fn where_nobody_listens() {
    for line in ASKING {
        ends_with_5(line, &nobody());
    }
}

#[test]
fn where_nobody_answers() {
    for line in ASKING {
        ends_with_5(line, &Silent::listen().address);
    }
}

#[test]
fn a_signal_ends_a_command_that_waits() {
    for line in ASKING {
        for (signal, code) in [("TERM", 143), ("INT", 130)] {
            let (home, peer) = (home(), Silent::listen());
            let child = Command::new(env!("CARGO_BIN_EXE_flowctl"))
                .args(*line)
                .args(["-b", &peer.address, "--timeout", "60s"])
                .env_clear()
                .env("HOME", home.path())
                .env(ENVIRONMENT.0, ENVIRONMENT.1)
                .current_dir(home.path())
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            peer.wait();
            let begun = flowctl::clock::Deadline::after(Duration::from_secs(5));
            let process = child.id().to_string();
            assert!(
                Command::new("kill").args(["-s", signal, &process]).status().unwrap().success()
            );
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(code), "{line:?}: {}", text(&output.stderr));
            assert_eq!(text(&output.stderr), "", "{line:?}: who pressed Ctrl-C knows");
            assert!(!begun.has_passed(), "{line:?} took long to end after {signal}");
        }
    }
}

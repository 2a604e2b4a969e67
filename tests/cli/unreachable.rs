//! A cluster that is not there: the command ends when `--timeout` is over, with 5, and says where
//! it tried; a signal ends it at once.

use std::time::Duration;

use crate::commands::{ASKING, ENVIRONMENT, home};
use crate::home::text;
use crate::peer::{Silent, nobody};
use crate::running::{Running, flowctl};

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
fn who_waits_is_told_for_whom_and_why() {
    let flowctl = env!("CARGO_BIN_EXE_flowctl");
    let line = |address: &str, more: &str| {
        format!("{flowctl} lag group/g -b {address} --timeout 2s {more}")
    };
    // The streams of a terminal are one; there stderr shows it by itself.
    let at_terminal = |line: String| format!("TERM=xterm script -qec '{line}' /dev/null");
    let told = |script: &str| {
        let home = home();
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", script]).current_dir(home.path()).env_remove("FLOWCTL_BROKERS");
        let output = shell.output().unwrap();
        assert_eq!(output.status.code(), Some(5), "{script}");
        (text(&output.stdout), text(&output.stderr))
    };
    let (address, silent) = (nobody(), Silent::listen());
    let refused = format!("waiting for {address}: connection refused (1 s left)");
    let unanswered = format!("waiting for {}: no answer yet (1 s left)", silent.address);

    assert!(told(&at_terminal(line(&address, ""))).0.contains(&refused));
    assert!(told(&at_terminal(line(&silent.address, ""))).0.contains(&unanswered));
    assert!(!told(&at_terminal(line(&address, "-q"))).0.contains("waiting for"));
    let (stdout, stderr) = told(&line(&address, "-v"));
    assert!(stdout.is_empty(), "{stdout}");
    assert_eq!(stderr.matches("waiting for").count(), 1, "{stderr}");
    assert!(stderr.contains(&format!("{refused}\nerror: ")), "{stderr}");
    assert!(!told(&line(&address, "")).1.contains("waiting for"), "a log needs no line of it");
}

#[test]
fn a_signal_ends_a_command_that_waits() {
    for line in ASKING {
        for (signal, code) in [("TERM", 143), ("INT", 130)] {
            let (home, peer) = (home(), Silent::listen());
            let mut command = flowctl(&home);
            command.args(*line).args(["-b", &peer.address, "--timeout", "60s"]);
            let child = Running::start(command.env(ENVIRONMENT.0, ENVIRONMENT.1));
            peer.wait();
            let begun = flowctl::clock::Deadline::after(Duration::from_secs(5));
            child.send(signal);
            let output = child.wait_with_output();
            assert_eq!(output.status.code(), Some(code), "{line:?}: {}", text(&output.stderr));
            let changes = line.iter().any(|word| ["apply", "redrive", "replay"].contains(word));
            let name = if signal == "INT" { "Ctrl-C" } else { "SIGTERM" };
            // Of the others who pressed Ctrl-C knows all there is to know.
            let told = if changes {
                format!("error: ended by {name}: nothing was done\n")
            } else if *line == ["tour"] {
                format!("the tour runs on {}, as -b says\n", peer.address)
            } else {
                String::new()
            };
            assert_eq!(text(&output.stderr), told, "{line:?}");
            assert!(!begun.has_passed(), "{line:?} took long to end after {signal}");
        }
    }
}

#[test]
fn who_applies_hears_that_a_variable_wins_over_the_files_brokers() {
    let (home, address) = (home(), nobody());
    home.write(
        "topology.yaml",
        "apiVersion: flowctl/v1\nproject: shop\nenvironments:\n  dev: { cluster: { brokers: \
         \"declared:9092\" } }\nflows:\n  orders: { partitions: 1 }\n",
    );
    let said = |line: &[&str]| {
        let mut command = home.flowctl();
        command.env("FLOWCTL_BROKERS", &address).args(line).args(["-e", "dev", "--timeout", "1s"]);
        text(&command.assert().code(5).get_output().stderr)
    };
    let warning =
        format!("FLOWCTL_BROKERS is `{address}` and wins over the topology's brokers `declared");
    assert!(said(&["apply", "--yes"]).contains(&warning), "{}", said(&["apply", "--yes"]));
    assert!(!said(&["plan"]).contains(&warning), "who reads does not want to hear it");
}

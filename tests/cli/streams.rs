//! stdout carries data only, and a reader that has gone ends a command quietly.

use crate::home::{Home, PATIENCE, text};
use crate::running::{Running, flowctl};

#[test]
fn a_closed_pipe_is_quiet() {
    let home = Home::new();
    let mut running = Running::start(flowctl(&home).args(["completions", "bash"]));
    drop(running.stdout.take());
    let output = running.wait_with_output();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_full_disk_is_an_error() {
    let home = Home::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let running = Running::start(flowctl(&home).args(["completions", "bash"]).stdout(full));
    let output = running.wait_with_output();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write to stdout"));
}

#[test]
fn json_on_a_terminal_is_escaped_and_stays_the_same() {
    let home = Home::new();
    let name = "a\u{202e}\u{9b}2J.yaml";
    home.write(
        name,
        "apiVersion: flowctl/v1\nproject: shop\nflows: { orders: { partitions: 1 } }\n",
    );
    let mut script = assert_cmd::Command::new("script");
    let command = format!("'{}' validate -f '{name}' -o json", env!("CARGO_BIN_EXE_flowctl"));
    script.args(["-qec", &command, "/dev/null"]).env("HOME", home.path()).timeout(PATIENCE);
    let output = script.current_dir(home.path()).assert().success().get_output().stdout.clone();
    let shown = text(&output);
    assert!(shown.contains(r"a\u202e\u009b2J.yaml"), "{shown}");
    assert!(!shown.contains(['\u{202e}', '\u{9b}']), "{shown}");
    let value: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(value["file"], name);
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

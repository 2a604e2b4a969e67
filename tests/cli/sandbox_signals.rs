//! `flowctl sandbox` and signals: what is sent to it alone reaches the command beside it, once.

use std::io::{BufRead, BufReader, Read};
use std::process::{ChildStdout, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use crate::home::{Home, PATIENCE, text};
use crate::running::{self, Running};

/// The signals that end a command, with their numbers.
const ENDING: [(&str, i32); 4] = [("HUP", 1), ("INT", 2), ("QUIT", 3), ("TERM", 15)];

/// Prepares `flowctl sandbox`.
fn sandbox(home: &Home, handling: &str, arguments: &[&str]) -> Command {
    let mut command = flowctl(home, handling);
    command.arg("sandbox").args(arguments);
    command
}

/// Prepares the real binary. `handling` says how it takes signals, whatever the tests themselves
/// have inherited: `nohup` has them ignore SIGHUP.
pub(crate) fn flowctl(home: &Home, handling: &str) -> Command {
    let flowctl = running::flowctl(home);
    let mut command = Command::new("env");
    command.args([handling, env!("CARGO_BIN_EXE_flowctl")]);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", home.path());
    command.current_dir(flowctl.get_current_dir().unwrap());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// As a terminal has them.
pub(crate) const DEFAULT: &str = "--default-signal=HUP,INT,QUIT";

/// Starts a script beside a sandbox, and waits until it is ready: its first line.
fn start(home: &Home, handling: &str, script: &str) -> (Running, BufReader<ChildStdout>) {
    let mut running = Running::start(&mut sandbox(home, handling, &["--", "sh", "-c", script]));
    let mut output = BufReader::new(running.stdout.take().unwrap());
    assert_eq!(line(&mut output), "ready");
    (running, output)
}

fn line(output: &mut impl BufRead) -> String {
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

#[test]
fn a_signal_reaches_the_command_once_and_what_it_makes_of_it_counts() {
    for (signal, _) in ENDING {
        let home = Home::new();
        // A second one would end it before it has waited for it.
        let told = format!("trap - {signal}; echo told; sleep 0.3; exit 9");
        let script = format!("trap '{told}' {signal}; echo ready; while :; do sleep 0.05; done");
        let (running, mut output) = start(&home, DEFAULT, &script);
        running.send(signal);
        assert_eq!(line(&mut output), "told", "{signal}");
        assert_eq!(running.wait_with_output().status.code(), Some(9), "{signal}");
    }
}

#[test]
fn a_command_that_a_signal_ends_has_the_code_of_shells() {
    for (signal, number) in ENDING {
        let home = Home::new();
        let (running, _output) = start(&home, DEFAULT, "ulimit -c 0; echo ready; exec sleep 600");
        running.send(signal);
        assert_eq!(running.wait_with_output().status.code(), Some(128 + number), "{signal}");
    }
}

#[test]
fn the_second_signal_kills_the_command() {
    let home = Home::new();
    let script = "trap 'echo told' TERM; trap '' INT; echo ready; while :; do sleep 0.05; done";
    let (running, mut output) = start(&home, DEFAULT, script);
    running.send("TERM");
    assert_eq!(line(&mut output), "told");
    running.send("INT");
    assert_eq!(running.wait_with_output().status.code(), Some(137));
}

#[test]
fn hang_ups_of_a_terminal_that_closes_are_one() {
    let home = Home::new();
    let told = "echo told; sleep 0.3; exit 9";
    let script = format!("trap '{told}' HUP; echo ready; while :; do sleep 0.05; done");
    let (running, mut output) = start(&home, DEFAULT, &script);
    running.send("HUP");
    assert_eq!(line(&mut output), "told");
    running.send("HUP");
    running.send("HUP");
    assert_eq!(running.wait_with_output().status.code(), Some(9));
    assert_eq!(line(&mut output), "", "it hears of one");
}

#[test]
fn without_a_terminal_what_the_command_has_started_ends_too() {
    let home = Home::new();
    // It is the leader of no group, so that setsid need not start another process.
    let script = "sleep 600 & echo $PPID; wait";
    let mut command = Command::new("setsid");
    let sandbox = sandbox(&home, DEFAULT, &["--", "sh", "-c", script]);
    command.args(["--wait", "env"]).args(sandbox.get_args());
    command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", home.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut running = Running::start(&mut command);
    let mut output = BufReader::new(running.stdout.take().unwrap());
    let wrapper = line(&mut output);
    let kill = Command::new("kill").args(["-s", "TERM", &wrapper]).status().unwrap();
    assert!(kill.success());
    // Its end is that of the last one who holds the pipe.
    let (ended, is_ended) = channel();
    thread::spawn(move || ended.send(output.read_to_end(&mut Vec::new()).unwrap()));
    assert_eq!(is_ended.recv_timeout(PATIENCE / 2), Ok(0));
    assert_eq!(running.wait().unwrap().code(), Some(143));
}

#[test]
fn what_nohup_ignores_stays_ignored() {
    let home = Home::new();
    let script = "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done";
    let (running, _output) = start(&home, "--ignore-signal=HUP", script);
    running.send("HUP");
    // It would be the second one.
    running.send("TERM");
    assert_eq!(running.wait_with_output().status.code(), Some(9));
}

#[test]
fn a_sandbox_by_itself_ends_when_the_terminal_goes() {
    let home = Home::new();
    let mut running = Running::start(&mut sandbox(&home, DEFAULT, &["--listen", "127.0.0.1:0"]));
    let mut output = BufReader::new(running.stdout.take().unwrap());
    assert!(line(&mut output).starts_with("-b "));
    running.send("HUP");
    let output = running.wait_with_output();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

//! Ctrl-C and SIGTERM end a command whatever it waits for: a file that nobody writes, a pipe that
//! nobody reads.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use rustix::io::ioctl_fionread;

use crate::home::{Home, PATIENCE, text};
use crate::running::{Running, flowctl};
use crate::sandbox_signals;

/// Starts the real binary with all streams as pipes.
fn start(home: &Home, arguments: &[&str]) -> Running {
    Running::start(flowctl(home).args(arguments).stdin(Stdio::piped()))
}

/// Starts a sandbox with the topics of two flows, `orders` and `copy`, and returns its address too.
fn sandbox(home: &Home, arguments: &[&str]) -> (Running, String) {
    home.write(
        "topology.yaml",
        "apiVersion: flowctl/v1\nproject: shop\n\
         flows: { orders: { partitions: 3, dlq: {} }, copy: {} }\n",
    );
    let sandbox = ["sandbox", "--listen", "127.0.0.1:0", "-f", "topology.yaml"];
    let mut sandbox = start(home, &[&sandbox, arguments].concat());
    let mut line = String::new();
    BufReader::new(sandbox.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let brokers = line.trim().strip_prefix("-b ").unwrap().to_owned();
    (sandbox, brokers)
}

/// Waits until a sandbox with `-v` says that a rule about this call struck.
fn wait_until_struck(sandbox: &mut Running, call: &str) {
    let struck = format!("a rule struck {call}");
    let mut events = BufReader::new(sandbox.stderr.as_mut().unwrap()).lines();
    assert!(events.any(|event| event.unwrap().contains(&struck)));
}

/// Waits until a pipe takes no more.
fn wait_until_full(child: &mut Running, pipe: impl AsFd) {
    // What every pipe of Linux holds; the last page may have room that the writer leaves.
    while ioctl_fionread(&pipe).unwrap() < 60 * 1024 {
        assert_eq!(child.try_wait().unwrap(), None, "it has ended");
        std::thread::yield_now();
    }
}

/// Opens a FIFO for writing, which waits until the command has opened it for reading.
fn open_when_read(fifo: &Path) -> File {
    let (sender, opened) = channel();
    let fifo = fifo.to_owned();
    // On a thread of its own: a command that never opens it is a failure, not a test without end.
    std::thread::spawn(move || sender.send(OpenOptions::new().write(true).open(fifo)));
    opened.recv_timeout(PATIENCE).unwrap().unwrap()
}

/// Returns the exit code and stderr.
fn ended(child: Running) -> (Option<i32>, String) {
    let output = child.wait_with_output();
    (output.status.code(), text(&output.stderr))
}

#[test]
fn a_file_that_nobody_writes_is_waited_for_until_a_signal() {
    for (arguments, signal, code) in [
        (&["validate", "-f", "fifo"][..], "INT", 130),
        (&["validate", "-f", "fifo"], "TERM", 143),
        (&["plan", "-f", "fifo", "-b", "127.0.0.1:1"], "INT", 130),
        (&["apply", "-f", "fifo", "-b", "127.0.0.1:1"], "INT", 130),
        (&["lag", "--all-groups", "-F", "fifo"], "INT", 130),
        (&["tail", "topic/t", "-F", "fifo"], "INT", 130),
        (&["dlq", "ls", "topic/t", "-F", "fifo"], "INT", 130),
        (&["dlq", "redrive", "topic/t", "-F", "fifo"], "INT", 130),
        (&["replay", "topic/t", "--to", "topic/u", "-F", "fifo"], "INT", 130),
        (&["produce", "t", "--template", "fifo", "--dry-run"], "INT", 130),
    ] {
        let home = Home::new();
        let fifo = home.path().join("fifo");
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let child = start(&home, arguments);
        let writer = open_when_read(&fifo);
        child.send(signal);
        let (exit, said) = ended(child);
        // Who only reads needs no such word.
        let is_told = arguments.iter().any(|word| ["apply", "redrive", "replay"].contains(word));
        let told = "error: ended by Ctrl-C: nothing was done\n";
        assert_eq!(
            (exit, said.as_str()),
            (Some(code), if is_told { told } else { "" }),
            "{arguments:?}"
        );
        drop(writer);
    }
}

#[test]
fn a_topology_that_nobody_types_is_waited_for_until_a_signal() {
    let home = Home::new();
    let mut child = start(&home, &["validate", "-f", "-", "-o", "json"]);
    // It listens by now: signals are heard before anything is read, and it reads what is here.
    let stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut &stdin, b"#").unwrap();
    while ioctl_fionread(&stdin).unwrap() > 0 {
        std::thread::yield_now();
    }
    child.send("TERM");
    assert_eq!(ended(child), (Some(143), String::new()));
    drop(stdin);
}

#[test]
fn a_pipe_that_nobody_reads_is_waited_for_until_a_signal() {
    let home = Home::new();
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mut child = start(&home, &["produce", "t", "--count", "1000000", "--dry-run"]);
        let stdout = child.stdout.take().unwrap();
        wait_until_full(&mut child, &stdout);
        child.send(signal);
        assert_eq!(ended(child), (Some(code), String::new()));
    }
}

#[test]
fn a_report_that_nobody_reads_is_not_called_done() {
    let home = Home::new();
    let (_sandbox, brokers) = sandbox(&home, &[]);
    let brokers = brokers.as_str();
    // Told as JSON, so many dead letters are more than a pipe holds.
    let headers = r#"[["originalTopic","orders"],["originalPartition","0"]]"#;
    let envelope = |n| format!(r#"{{"topic":"orders-dlq","value":"{n}","headers":{headers}}}"#);
    let dead_letters: Vec<_> = (0..1_000).map(envelope).collect();
    let produce = ["produce", "-b", brokers, "--input", "jsonl"];
    home.flowctl().args(produce).write_stdin(dead_letters.join("\n")).assert().success();

    let redrive = ["dlq", "redrive", "orders", "-b", brokers, "--yes", "-o", "jsonl"];
    let mut child = start(&home, &redrive);
    let stdout = child.stdout.take().unwrap();
    wait_until_full(&mut child, &stdout);
    child.send("INT");
    child.send("TERM");
    let (code, told) = ended(child);
    assert!([Some(130), Some(143)].contains(&code), "{code:?} {told}");
    assert!(told.contains("redriven 1000 of 1000"), "{told}");
}

#[test]
fn a_terminal_that_closes_leaves_time_for_a_transaction() {
    let home = Home::new();
    // Longer than anything that was told to stop at once is waited for.
    let (mut sandbox, brokers) = sandbox(&home, &["-v", "--fault", "EndTxn delay=2s"]);
    // More than one transaction of a replay.
    let produce = ["produce", "orders", "-b", &brokers, "--count", "12000"];
    home.flowctl().args(produce).assert().success();

    let mut replay = sandbox_signals::flowctl(&home, sandbox_signals::DEFAULT);
    replay.args(["replay", "orders", "--to", "copy", "-b", &brokers, "--yes"]);
    let replay = Running::start(&mut replay);
    wait_until_struck(&mut sandbox, "EndTxn");
    for _ in 0..3 {
        replay.send("HUP");
    }
    let (code, told) = ended(replay);
    assert_eq!(code, Some(129), "{told}");
    assert!(told.starts_with("copied ") && !told.contains("copied 0 "), "{told}");
    assert!(told.contains("stopped; to go on: flowctl replay"), "{told}");
}

#[test]
fn the_second_signal_ends_a_command_that_is_stuck() {
    let home = Home::new();
    // Twice what a pipe holds is wrong with it, and nobody reads what.
    let wrong: Vec<_> = (0..400).map(|number| format!("unknown_{number}: {{}}")).collect();
    let wrong = wrong.join("\n");
    home.write("topology.yaml", &format!("apiVersion: flowctl/v1\nproject: shop\n{wrong}\n"));
    let mut child = start(&home, &["validate"]);
    let stderr = child.stderr.take().unwrap();
    wait_until_full(&mut child, &stderr);
    child.send("INT");
    child.send("TERM");
    // Which of them is heard first is up to the system.
    let code = child.wait().unwrap().code().unwrap();
    assert!([130, 143].contains(&code), "{code}");
}

#[test]
fn a_program_that_never_ends_is_killed_with_what_it_started() {
    let mut command = Command::new("sh");
    // The pipe stays open as long as the second one lives.
    command.args(["-c", "sleep 600 & wait"]).stdout(Stdio::piped());
    let hanging = Running::start_within(&mut command, Duration::from_millis(200));
    let output = hanging.wait_with_output();
    assert_eq!(output.status.code(), None);
}

//! A tail that goes on: what comes is seen at once, and it ends as it should.

use std::collections::BTreeMap;
use std::io::Read;
use std::time::Duration;

use flowctl::clock::Deadline;
use flowctl::kafka::Mode;
use flowctl::model::name::TopicName;
use rustix::io::ioctl_fionread;
use rustix::pipe::fcntl_getpipe_size;

use crate::broker::{Broker, block_on};
use crate::home::{Home, PATIENCE, text};
use crate::sandboxed::Sandboxed;
use crate::tailing::{Tail, produce};

#[test]
fn what_comes_is_seen_and_ctrl_c_ends_it_quietly() {
    let sandbox = Sandboxed::start();
    for signal in ["INT", "TERM"] {
        let topic = sandbox.new_topic("tail-follow", 2);
        produce(&sandbox, &topic, &["-p", "0"], "before\n");
        let mut running = Tail::start(&sandbox, &topic, &[]);
        assert_eq!(running.line(), "before");
        produce(&sandbox, &topic, &["-p", "1"], "after\n");
        assert_eq!(running.line(), "after");
        running.signal(signal);
        // No terminal: no banner and no summary.
        assert_eq!(running.wait(), (Some(0), String::new()));
    }
}

#[test]
fn a_signal_before_a_bound_is_an_interruption() {
    let sandbox = Sandboxed::start();
    let topic = sandbox.new_topic("tail-interrupted", 1);
    produce(&sandbox, &topic, &[], "one\n");
    let mut running = Tail::start(&sandbox, &topic, &["-c", "2"]);
    assert_eq!(running.line(), "one");
    running.signal("INT");
    assert_eq!(running.wait(), (Some(130), String::new()));
}

#[test]
fn a_reader_that_has_gone_ends_it_while_nothing_comes() {
    let sandbox = Sandboxed::start();
    let topic = sandbox.new_topic("tail-closed", 3);
    produce(&sandbox, &topic, &[], "one\n");
    let mut running = Tail::start(&sandbox, &topic, &[]);
    assert_eq!(running.line(), "one");
    drop(running.stdout.take());
    let soon = Deadline::after(Duration::from_secs(5));
    assert_eq!(running.wait(), (Some(0), String::new()));
    assert!(!soon.has_passed(), "it was noticed late");
}

#[test]
fn a_reader_that_has_gone_ends_it_while_much_comes() {
    let sandbox = Sandboxed::start();
    let topic = sandbox.new_topic("tail-closed-busy", 1);
    produce(&sandbox, &topic, &[], "a line\n".repeat(200_000));
    let mut running = Tail::start(&sandbox, &topic, &["--from", "start"]);
    assert_eq!(running.line(), "a line");
    drop(running.stdout.take());
    assert_eq!(running.wait(), (Some(0), String::new()));
}

#[test]
fn a_reader_who_does_not_read_is_left_by_a_signal_and_nothing_is_lost() {
    let sandbox = Sandboxed::start();
    let topic = sandbox.new_topic("tail-stuck", 2);
    for partition in 0..2 {
        let lines: Vec<_> = (0..100_000).map(|number| format!("{partition}-{number:05}")).collect();
        produce(&sandbox, &topic, &["-p", &partition.to_string()], lines.join("\n"));
    }
    let mut running = Tail::start(&sandbox, &topic, &["--from", "start", "-e"]);
    let mut stdout = running.stdout.take().unwrap().into_inner();
    // It may be made wider first; the last page may have room that the writer leaves.
    let is_full = || {
        let size = u64::try_from(fcntl_getpipe_size(&stdout).unwrap()).unwrap();
        ioctl_fionread(&stdout).unwrap() + 4096 >= size
    };
    while !is_full() {
        std::thread::yield_now();
    }
    running.signal("INT");
    let (code, said) = running.wait();
    assert_eq!(code, Some(130));
    let resume = said.lines().last().unwrap().strip_prefix("to go on from here: flowctl ").unwrap();
    let mut read = String::new();
    stdout.read_to_string(&mut read).unwrap();
    // The last line may be cut: it counts as unread.
    let whole = read.rfind('\n').map_or(0, |end| end + 1);
    let home = Home::new();
    let mut rest = sandbox.flowctl(&home);
    rest.args(resume.split_whitespace());
    let rest = text(&rest.assert().success().get_output().stdout);
    let mut lines: Vec<_> = read[..whole].lines().chain(rest.lines()).collect();
    assert!(whole > 0 && lines.len() > read.lines().count());
    lines.sort_unstable();
    assert_eq!(lines.len(), 200_000, "records are missing, or came twice");
    lines.dedup();
    assert_eq!(lines.len(), 200_000, "records came twice");
}

#[test]
fn new_partitions_are_read_from_their_start() {
    let sandbox = Sandboxed::start();
    let topic = sandbox.new_topic("tail-grows", 1);
    let mut running = Tail::start(&sandbox, &topic, &["-f", "%p %s\n", "--from", "start"]);
    produce(&sandbox, &topic, &["-p", "0"], "old\n");
    block_on(async {
        let deadline = Deadline::after(PATIENCE);
        let cluster = sandbox.connect(deadline).await;
        let wanted = BTreeMap::from([(TopicName::from(topic.as_str()), 2)]);
        let made = cluster.create_partitions(&wanted, Mode::Execute, deadline).await.unwrap();
        assert!(made.into_values().all(|made| made.is_ok()));
    });
    produce(&sandbox, &topic, &["-p", "1"], "new\n");
    let mut lines = vec![running.line(), running.line()];
    lines.sort();
    assert_eq!(lines, ["0 old", "1 new"]);
}

/// Runs `flowctl tail TOPIC FLAGS…` on a terminal of its own and returns what appears there.
fn on_a_terminal(broker: &Broker, topic: &str, flags: &str) -> String {
    let home = Home::new();
    let flowctl = env!("CARGO_BIN_EXE_flowctl");
    let mut script = assert_cmd::Command::new("script");
    let command = format!("'{flowctl}' tail {topic} {flags}");
    script.args(["-qec", &command, "/dev/null"]).env("HOME", home.path());
    script.env("FLOWCTL_BROKERS", broker.brokers()).env_remove("NO_COLOR").timeout(PATIENCE);
    text(&script.current_dir(home.path()).assert().success().get_output().stdout)
        .replace("\r\n", "\n")
}

#[test]
fn a_terminal_gets_safe_text_a_banner_and_the_command_that_goes_on() {
    let sandbox = Sandboxed::start();
    let topic = sandbox.new_topic("tail-terminal", 1);
    produce(&sandbox, &topic, &["-K", ":"], b"k\x1b:evil \x1b[2J\xff\nk:second\n".to_vec());
    assert_eq!(
        on_a_terminal(&sandbox, &topic, "--from start -c 1 --keys"),
        format!(
            "{topic}: 1 partition, from the given positions, then what comes, up to 1 in all, \
             read_committed\nk\\x1b\tevil \\x1b[2J\\xff\n1 record\nto go on from here: flowctl tail \
             topic/{topic} --from 0=1 --count 1 --keys\n"
        )
    );
    let pretty = on_a_terminal(&sandbox, &topic, "--from 0=1 -c 1 -o pretty -q");
    assert!(
        pretty.contains("\u{1b}[1;33mk\u{1b}[0m") && pretty.ends_with("second\n\n"),
        "{pretty}"
    );
}

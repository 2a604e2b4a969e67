//! The place where examples run: a folder with the sample topology, and Kafka of its own.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use flowctl::approval::{Approval, ApprovedBy};
use flowctl::clock::Deadline;
use flowctl::kafka::Cluster;
use flowctl::model::name::TopicName;

use super::fixture;
use crate::broker::block_on;
use crate::home::{Home, PATIENCE};
use crate::support::OwnKafka;

/// How long a command that never ends by itself is watched.
const GLANCE: Duration = Duration::from_secs(3);

/// A folder, brokers, and the binary on the `PATH`.
#[derive(Debug)]
pub(super) struct Project {
    home: Home,
    kafka: OwnKafka,
}

/// How a script ended.
#[derive(Debug)]
pub(super) struct Ended {
    status: ExitStatus,
    /// Whether it was asked to end, by Ctrl-C.
    pub(super) asked: bool,
    /// What it printed as data.
    pub(super) stdout: String,
    /// What it said.
    pub(super) stderr: String,
}

impl Ended {
    /// Returns the exit code; that of a signal counts from 128, as in a shell.
    pub(super) fn code(&self) -> i32 {
        use std::os::unix::process::ExitStatusExt;
        self.status.code().or_else(|| self.status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
    }
}

impl Project {
    /// Makes the folder and starts the brokers.
    pub(super) fn new() -> Self {
        let home = Home::new();
        fixture::write(&home);
        Self { home, kafka: OwnKafka::up("examples") }
    }

    /// Deletes every topic.
    pub(super) fn empty(&self) {
        block_on(async {
            let deadline = Deadline::after(PATIENCE);
            let cluster = Cluster::connect(&self.kafka.kafka.settings(), deadline).await.unwrap();
            loop {
                let topics = cluster.all_topics(deadline).await.unwrap();
                let names: Vec<TopicName> = topics
                    .into_values()
                    .filter(|topic| !topic.is_internal)
                    .map(|topic| topic.name)
                    .collect();
                if names.is_empty() {
                    return;
                }
                let approval = Approval::given(ApprovedBy::Flag);
                drop(cluster.delete_topics(&names, approval, deadline).await.unwrap());
            }
        });
    }

    /// Makes what a page finds that does not begin with nothing.
    pub(super) fn prepare(&self) {
        for topic in fixture::TOPICS {
            self.kafka.kafka.create_topic(topic, 1, &[]);
        }
        for script in fixture::PREPARATION {
            let ended = self.run(script);
            assert_eq!(ended.code(), 0, "{script}\n{}", ended.stderr);
        }
    }

    /// Runs a script to its end. What follows a topic for ever is ended by Ctrl-C after a while.
    pub(super) fn run(&self, script: &str) -> Ended {
        let streams = [self.home.path().join(".stdout"), self.home.path().join(".stderr")];
        let [stdout, stderr] = streams.each_ref().map(|path| File::create(path).unwrap());
        let binaries = Path::new(env!("CARGO_BIN_EXE_flowctl")).parent().unwrap().display();
        // The pages show the address that a broker has by default.
        let script = script.replace("localhost:9092", self.kafka.kafka.brokers());
        let script = format!("set -eo pipefail; PATH='{binaries}':$PATH\n{script}");
        let mut child = Command::new("bash")
            .args(["--norc", "-c", &script])
            .current_dir(self.home.path())
            .env("HOME", self.home.path())
            .env("FLOWCTL_BROKERS", self.kafka.kafka.brokers())
            .env("FLOWCTL_ENV", "dev")
            .env("KAFKA_BROKERS", self.kafka.kafka.brokers())
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr)
            .process_group(0)
            .spawn()
            .unwrap();
        let (glance, patience) = (Deadline::after(GLANCE), Deadline::after(PATIENCE));
        let mut asked = false;
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if !asked && never_ends(&script) && glance.has_passed() {
                signal("INT", child.id());
                asked = true;
            }
            if patience.has_passed() {
                signal("KILL", child.id());
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let [stdout, stderr] = streams
            .each_ref()
            .map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned());
        Ended { status, asked, stdout, stderr }
    }
}

/// Tells whether a script goes on until somebody presses Ctrl-C: it serves, follows a topic, or
/// makes records.
fn never_ends(script: &str) -> bool {
    const BOUNDS: [&str; 6] = [" -e", " -c", " --to", " --until", " --exit", "| head"];
    let has = |line: &str, marks: &[&str]| marks.iter().any(|mark| line.contains(mark));
    script.lines().any(|line| {
        let line = line.split(" #").next().unwrap_or_default();
        (line.contains("flowctl tail") && !has(line, &BOUNDS))
            || (line.contains(" --rate") && !line.contains(" --count"))
            || (line.contains("flowctl sandbox") && !line.contains(" -- "))
    })
}

/// Sends a signal to a script and all that it started.
fn signal(name: &str, group: u32) {
    let group = format!("-{group}");
    assert!(Command::new("kill").args(["-s", name, "--", &group]).status().unwrap().success());
}

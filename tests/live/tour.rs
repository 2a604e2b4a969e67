//! The tour: the main job from end to end, with and without security, and nothing left behind.

use std::process::Stdio;

use crate::home::{Home, text, unique};
use crate::running::{Running, flowctl};
use crate::support::{Kafka, kafka, secure_kafka};

/// Runs the tour and returns what it showed.
fn tour(kafka: &Kafka, home: &Home) -> String {
    let ended = kafka.flowctl(home).arg("tour").assert().success();
    text(&ended.get_output().stdout)
}

/// Checks that the tour came to its end and that its topics are gone.
fn is_complete_and_clean(kafka: &Kafka, shown: &str) {
    assert!(shown.ends_with("Everything came as announced.\n"), "{shown}");
    let namespace = shown
        .split_whitespace()
        .find_map(|word| word.strip_suffix("user-activity-processor"))
        .unwrap();
    assert!(namespace.starts_with("tour-"), "{namespace}");
    let topics = kafka.kcat().arg("-L").assert().success();
    assert!(!text(&topics.get_output().stdout).contains(namespace));
    let groups = kafka.tool("groups").arg("--list").assert().success();
    assert!(!text(&groups.get_output().stdout).contains(namespace));
}

#[test]
fn the_main_job_runs_from_end_to_end() {
    let shown = tour(kafka(), &Home::new());
    is_complete_and_clean(kafka(), &shown);
}

#[test]
fn the_main_job_runs_with_scram_over_tls() {
    let shown = tour(secure_kafka(), &Home::new());
    is_complete_and_clean(secure_kafka(), &shown);
    assert!(!shown.contains("admin-secret"), "a password is shown");
}

#[test]
fn no_property_is_an_argument_of_the_commands_it_runs() {
    let (home, marker) = (Home::new(), unique("marker"));
    let mut command = flowctl(&home);
    command.args(["tour", "-b", kafka().brokers(), "-X", &format!("client.id={marker}")]);
    // Nobody reads what it shows.
    let mut tour = Running::start(command.stdout(Stdio::null()).stderr(Stdio::inherit()));
    let mut has_seen_one = false;
    let ended = loop {
        for process in std::fs::read_dir("/proc").unwrap().flatten() {
            let path = process.path().join("cmdline");
            let line = std::fs::read(&path).map(|line| text(&line)).unwrap_or_default();
            // Between fork and exec a new process still has the tour's own line.
            assert!(!line.contains(&marker) || line.contains("\0tour\0"), "{line}");
            has_seen_one |= line.contains("client.properties\0") && line.contains("flowctl");
        }
        if let Some(ended) = tour.try_wait().unwrap() {
            break ended;
        }
    };
    assert!(ended.success() && has_seen_one);
}

#[test]
fn without_rights_the_tour_fails_loudly() {
    let home = Home::new();
    let nobody = secure_kafka().variable("FLOWCTL_DEV_NOBODY_PROPERTIES");
    let mut command = home.flowctl();
    command.args(["-b", secure_kafka().brokers(), "-F", nobody, "tour"]);
    let ended = command.assert().code(6);
    let told = text(&ended.get_output().stderr);
    assert!(told.contains("`flowctl plan` ended with exit code 6, announced was 0"), "{told}");
}

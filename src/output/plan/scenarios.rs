//! The scenarios of `tests/scenarios`: topology and cluster → plan, as texts that read like a
//! story.
//!
//! A scenario has a story, `--- topology`, `--- cluster`, `--- plan [-e ENV] [--allow …]` with what
//! is printed, and `exit N` as its last line. `FLOWCTL_BLESS=1 cargo test scenarios` writes what is
//! said now; a reviewer reads the difference.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::error::Report;
use crate::model::cluster::{Broker, ClusterDescription};
use crate::model::config_entry::{ConfigEntry, ConfigSource};
use crate::model::name::TopicName;
use crate::model::timestamp::Timestamp;
use crate::model::topic::{PartitionDescription, TopicDescription};
use crate::output::Screen;
use crate::plan::blast_radius::questions;
use crate::plan::decide::{Findings, Refusals};
use crate::plan::undeclared::left_over;
use crate::plan::{
    Allowance, Live, LiveGroup, LiveTopic, Observed, ObservedTopic, Permissions, Plan, Presence,
    decide, diff,
};
use crate::topology::{Variables, parse};

#[test]
fn every_scenario_says_what_is_written_in_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "no scenarios in {}", folder.display());
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let said = Scenario::read(&text).say();
        if said != text && bless() {
            fs::write(&file, &said).unwrap();
        } else if said != text {
            wrong.push(format!("=== {} says ===\n{said}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Tells whether the developer who runs the tests asks for it.
fn bless() -> bool {
    option_env!("FLOWCTL_BLESS").is_some()
}

/// A scenario as it is written.
struct Scenario<'a> {
    /// Everything up to and with the line of the command.
    given: &'a str,
    topology: &'a str,
    cluster: &'a str,
    /// The arguments of the plan.
    arguments: Vec<&'a str>,
}

impl<'a> Scenario<'a> {
    fn read(text: &'a str) -> Self {
        let (_, rest) = text.split_once("--- topology\n").unwrap();
        let (topology, rest) = rest.split_once("--- cluster\n").unwrap();
        let (cluster, rest) = rest.split_once("--- plan").unwrap();
        let (arguments, said) = rest.split_once('\n').unwrap();
        let given = text.strip_suffix(said).unwrap();
        Self { given, topology, cluster, arguments: arguments.split_whitespace().collect() }
    }

    /// Returns the scenario with what the plan says now.
    fn say(&self) -> String {
        let mut said = self.given.to_owned();
        match self.plan() {
            Ok(plan) => {
                for warning in super::warnings(&plan) {
                    writeln!(said, "warning: {warning}").unwrap();
                }
                said.push_str(&super::text(&plan, Screen::default()));
                writeln!(said, "exit {}", plan.exit().code()).unwrap();
            }
            Err(complaint) => writeln!(said, "{complaint}").unwrap(),
        }
        said
    }

    fn plan(&self) -> Result<Plan, String> {
        let value_of = |flag: &str| {
            let at = self.arguments.iter().position(|argument| *argument == flag);
            at.map(|at| self.arguments[at + 1])
        };
        let allowances = self.arguments.iter().enumerate().filter(|(_, a)| **a == "--allow");
        let permissions = Permissions {
            allowances: allowances
                .map(|(at, _)| Allowance::parse(self.arguments[at + 1]))
                .collect::<Result<_, _>>()?,
            force_nonempty: self.arguments.contains(&"--force-nonempty"),
        };
        let wanted = parse(self.topology, "topology.yaml")
            .and_then(|topology| {
                topology.resolve(value_of("-e"), &[], Variables::Lookup(&|_| None))
            })
            .map_err(|found| found.to_string())?;
        let (mut observed, live, refusals) = cluster(self.cluster);
        let there = observed.topics.iter().filter_map(|(name, presence)| match presence {
            Presence::Present(topic) => Some((name.clone(), topic.description.clone())),
            Presence::Missing | Presence::Unknown(_) => None,
        });
        observed.left_over = left_over(&wanted, &there.collect());
        let held = |(topic, live): (&TopicName, &LiveTopic)| (topic.clone(), live.records.clone());
        let holdings = live.topics.iter().map(held).collect();
        let differences = diff(&wanted, &observed);
        let now = Timestamp(1_700_000_000_000);
        let questions = questions(&differences.differences, &wanted, &observed, now);
        let findings = Findings { questions, live, refusals, holdings };
        Ok(decide(&wanted, &observed, differences, &findings, &permissions))
    }
}

/// What Kafka says of a topic on which nothing is set.
const DEFAULTS: [(&str, &str); 6] = [
    ("cleanup.policy", "delete"),
    ("max.message.bytes", "1048588"),
    ("min.insync.replicas", "1"),
    ("retention.bytes", "-1"),
    ("retention.ms", "604800000"),
    ("segment.ms", "604800000"),
];

/// Reads a cluster: `brokers 3`, `topic NAME partitions=3 replication=1`, and about the topic,
/// indented, `KEY=VALUE` that is set on it, `holds records=N too_old=N`, `read by GROUP members=N`,
/// and `refuses create|partitions|configs MESSAGE` or `hidden` for any topic.
fn cluster(text: &str) -> (Observed, Live, Refusals) {
    let mut brokers = 1;
    let mut topics = BTreeMap::new();
    let mut live = Live::default();
    let mut refusals = Refusals::default();
    let mut current = TopicName::from("");
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let words: Vec<_> = line.split_whitespace().collect();
        let number = |name: &str| -> Option<i64> {
            let prefix = format!("{name}=");
            words.iter().find_map(|word| word.strip_prefix(&prefix)?.parse().ok())
        };
        match words.as_slice() {
            ["brokers", count] => brokers = count.parse().unwrap(),
            ["topic", name, ..] => {
                current = TopicName::from(*name);
                if let (Some(partitions), Some(replication)) =
                    (number("partitions"), number("replication"))
                {
                    topics.insert(current.clone(), present(&current, partitions, replication));
                }
            }
            ["hidden"] => {
                let denied = report(
                    "not authorised: DESCRIBE on the topic was refused \
                     (TOPIC_AUTHORIZATION_FAILED)",
                    6,
                );
                topics.insert(current.clone(), Presence::Unknown(denied));
            }
            ["configs", "hidden"] => {
                let denied = report(
                    "not authorised: DESCRIBE_CONFIGS on the topic was refused \
                     (TOPIC_AUTHORIZATION_FAILED)",
                    6,
                );
                if let Some(Presence::Present(topic)) = topics.get_mut(&current) {
                    topic.configs = Err(denied);
                }
            }
            ["holds", ..] => {
                let topic = LiveTopic {
                    records: Ok(number("records").unwrap()),
                    too_old: number("too_old").map(Ok),
                    groups: Ok(Vec::new()),
                };
                live.topics.insert(current.clone(), topic);
            }
            ["read", "by", group, ..] => {
                let topic = live.topics.get_mut(&current).unwrap();
                topic.groups.as_mut().unwrap().push(LiveGroup {
                    group: (*group).into(),
                    member_count: usize::try_from(number("members").unwrap()).unwrap(),
                });
            }
            ["refuses", what, message @ ..] => {
                let refused = match *what {
                    "create" => &mut refusals.creations,
                    "partitions" => &mut refusals.partitions,
                    _ => &mut refusals.configs,
                };
                refused.insert(current.clone(), report(&message.join(" "), 1));
            }
            [setting] => {
                let (key, value) = setting.split_once('=').unwrap();
                let Some(Presence::Present(topic)) = topics.get_mut(&current) else {
                    panic!("`{line}` belongs to no topic")
                };
                let entry = entry(value, ConfigSource::DynamicTopic);
                topic.configs.as_mut().unwrap().insert(key.to_owned(), entry);
            }
            _ => panic!("`{line}` is nothing a cluster says"),
        }
    }
    let broker = |id| Broker { id, host: "localhost".to_owned(), port: 9092, rack: None };
    let cluster = ClusterDescription {
        id: Some("q1Sh-9_ISia_zwGINzRvyQ".to_owned()),
        controller: Some(1),
        brokers: (1..=brokers).map(broker).collect(),
    };
    let left_over = BTreeMap::new();
    (Observed { as_of: Timestamp(0), cluster, topics, left_over }, live, refusals)
}

fn present(name: &TopicName, partitions: i64, replication: i64) -> Presence {
    let replicas: Vec<_> = (1..=i32::try_from(replication).unwrap()).collect();
    let partition =
        PartitionDescription { leader: Some(1), replicas: replicas.clone(), in_sync: replicas };
    let partitions = 0..i32::try_from(partitions).unwrap();
    let defaults = DEFAULTS
        .iter()
        .map(|(key, value)| ((*key).to_owned(), entry(value, ConfigSource::Default)));
    Presence::Present(ObservedTopic {
        description: TopicDescription {
            name: name.clone(),
            id: None,
            is_internal: false,
            partitions: partitions.map(|number| (number, partition.clone())).collect(),
        },
        configs: Ok(defaults.collect()),
    })
}

fn entry(value: &str, source: ConfigSource) -> ConfigEntry {
    ConfigEntry { value: Some(value.to_owned()), source, is_read_only: false, is_sensitive: false }
}

fn report(message: &str, exit_code: u8) -> Report {
    Report {
        code: "refused".to_owned(),
        message: message.to_owned(),
        causes: Vec::new(),
        hints: Vec::new(),
        exit_code,
    }
}

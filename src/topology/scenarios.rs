//! The scenarios of `tests/topology`: each `NAME.yaml` and what flowctl says about it in
//! `NAME.txt`.
//!
//! The first lines of a scenario may be directives: `# environment: prod`, `# set: path=value`,
//! `# variable: NAME=value`. Without an environment it is resolved for all, variables unchecked.
//! `FLOWCTL_BLESS=1 cargo test scenarios` writes what is said now; a reviewer reads the difference.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::resolved::{Resolved, ResolvedFlow, ResolvedTopic, Setting};
use super::{SetOption, Variables, parse};
use crate::model::duration::format_duration;

#[test]
fn every_scenario_says_what_is_written_beside_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/topology");
    let mut wrong = Vec::new();
    let mut count = 0;
    let mut check = |yaml: &Path, expected: &Path| {
        let text = fs::read_to_string(yaml).unwrap();
        let name = yaml.file_name().unwrap().to_str().unwrap();
        let said = say(&text, name);
        count += 1;
        if bless() {
            fs::write(expected, &said).unwrap();
        } else if fs::read_to_string(expected).unwrap_or_default() != said {
            wrong.push(format!("=== {name} says ===\n{said}"));
        }
    };
    for entry in fs::read_dir(&folder).unwrap() {
        let yaml = entry.unwrap().path();
        if yaml.extension().is_some_and(|e| e == "yaml") {
            check(&yaml, &yaml.with_extension("txt"));
        }
    }
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("topology.yaml");
    check(&sample, &folder.join("sample.txt"));
    assert!(count > 1, "no scenarios in {}", folder.display());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_example_of_the_reference_is_valid_without_warnings() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/topology.md");
    let reference = fs::read_to_string(path).unwrap();
    let blocks = reference.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut count = 0;
    for block in blocks.filter(|block| block.starts_with("apiVersion")) {
        let said = say(block, "example.yaml");
        assert!(!said.contains("error:") && !said.contains("warning:"), "{block}\n{said}");
        count += 1;
    }
    assert!(count >= 6, "the examples were not found");
}

#[test]
fn every_code_stands_in_the_reference() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let reference = fs::read_to_string(root.join("docs/topology.md")).unwrap();
    let mut codes = std::collections::BTreeSet::new();
    for entry in fs::read_dir(root.join("tests/topology")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "yaml") {
            let text = fs::read_to_string(&path).unwrap();
            let found = match parse(&text, "scenario.yaml") {
                Ok(topology) => topology
                    .environments()
                    .iter()
                    .map(|name| topology.resolve(Some(name), &[], Variables::Unchecked))
                    .map(|resolved| resolved.map_or_else(|found| found, |r| r.warnings))
                    .collect(),
                Err(found) => vec![found],
            };
            codes.extend(found.iter().flat_map(|found| found.iter().map(|d| d.code)));
        }
    }
    assert!(codes.len() > 20, "the codes were not found: {codes:?}");
    for code in codes {
        assert!(
            reference.contains(&format!("`{code}`")),
            "docs/topology.md does not explain {code}"
        );
    }
}

fn bless() -> bool {
    option_env!("FLOWCTL_BLESS").is_some()
}

fn say(text: &str, name: &str) -> String {
    let directives = |key: &str| {
        let prefix = format!("# {key}: ");
        let lines = text.lines().take_while(|line| line.starts_with('#'));
        lines.filter_map(|l| l.strip_prefix(&prefix).map(str::to_owned)).collect::<Vec<_>>()
    };
    let pair = |text: &String| {
        let (key, value) = text.split_once('=').unwrap();
        (key.to_owned(), value.to_owned())
    };
    let variables: Vec<_> = directives("variable").iter().map(pair).collect();
    let sets = directives("set");
    let sets = sets.iter().map(pair).map(|(path, value)| SetOption { path, value });
    let sets: Vec<_> = sets.collect();
    let topology = match parse(text, name) {
        Ok(topology) => topology,
        Err(diagnostics) => return format!("{diagnostics}\n"),
    };
    let lookup =
        |name: &str| variables.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let asked = directives("environment");
    let (chosen, variables) = if asked.is_empty() {
        let all = topology.environments().iter().map(|name| Some(name.as_str()));
        let none = topology.environments().is_empty().then_some(None);
        (all.chain(none).collect(), Variables::Unchecked)
    } else {
        let chosen: Vec<_> = asked.iter().map(|name| Some(name.as_str())).collect();
        (chosen, Variables::Lookup(&lookup))
    };
    let mut said = String::new();
    for environment in chosen {
        match topology.choose(environment) {
            Ok(environment) => match topology.resolve(environment, &sets, variables) {
                Ok(resolved) => describe(&mut said, &resolved),
                Err(diagnostics) => writeln!(said, "{diagnostics}\n").unwrap(),
            },
            Err(error) => writeln!(said, "error: {error}\nhint: {}\n", error.hint()).unwrap(),
        }
    }
    said
}

fn describe(said: &mut String, resolved: &Resolved) {
    let Resolved {
        project,
        environment,
        environments: _,
        protected,
        cluster,
        registry,
        serialization,
        ledger: _,
        flows,
        warnings,
    } = resolved;
    let environment = environment.as_deref().unwrap_or("(none)");
    let protected = if *protected { ", protected" } else { "" };
    writeln!(said, "project {project}, environment {environment}{protected}, {serialization:?}")
        .unwrap();
    if let Some(brokers) = &cluster.brokers {
        writeln!(said, "brokers {brokers}").unwrap();
    }
    if let Some(id) = &cluster.id {
        writeln!(said, "cluster id {id}").unwrap();
    }
    if let Some(file) = &cluster.properties_file {
        writeln!(said, "properties of {}", file.display()).unwrap();
    }
    for (name, value) in &cluster.properties {
        writeln!(said, "property {name} = {value:?}").unwrap();
    }
    if let Some(registry) = registry {
        writeln!(said, "registry {}", registry.url).unwrap();
    }
    for flow in flows.values() {
        describe_flow(said, flow);
    }
    writeln!(said).unwrap();
    for topic in resolved.topics() {
        describe_topic(said, topic);
    }
    writeln!(said).unwrap();
    if !warnings.is_empty() {
        writeln!(said, "{warnings}\n").unwrap();
    }
}

fn describe_flow(said: &mut String, flow: &ResolvedFlow) {
    let keyed = flow.key.as_ref().map(|key| format!(", keyed by {key}")).unwrap_or_default();
    writeln!(said, "\nflow {} ({}){keyed}", flow.id, flow.declared_at).unwrap();
    for consumer in flow.consumers.values() {
        writeln!(said, "  consumer {}, group {}", consumer.id, consumer.group).unwrap();
        if let Some(immediate) = consumer.immediate {
            let delay = format_duration(immediate.delay);
            writeln!(said, "    at once {} x {delay}", immediate.attempts).unwrap();
        }
        for (topic, delay) in &consumer.tiers {
            writeln!(said, "    after {} by {topic}", format_duration(*delay)).unwrap();
        }
        let dlq = consumer.dlq.as_ref().map_or("no DLQ", |dlq| dlq.as_str());
        writeln!(said, "    then {dlq}").unwrap();
    }
    for dlq in &flow.dlqs {
        let of = dlq.consumer.as_deref().unwrap_or("all");
        let Setting { value, from } = &dlq.max_redrives;
        let (name, to) = (&dlq.topic.name, &dlq.redrive_to);
        writeln!(said, "  DLQ {name} of {of}, redrive to {to} at most {value} times ({from})")
            .unwrap();
    }
}

fn describe_topic(said: &mut String, topic: &ResolvedTopic) {
    let role = topic.role.name();
    let external = if topic.external { ", external" } else { "" };
    let protect = topic.protect;
    writeln!(said, "topic {} ({role}{external}, {protect:?})", topic.name).unwrap();
    let mut line = |name: &str, value: String, from: String| {
        writeln!(said, "  {name:<20} {value:<12} {from}").unwrap();
    };
    if let Some(Setting { value, from }) = &topic.partitions {
        line("partitions", value.to_string(), from.to_string());
    }
    if let Some(Setting { value, from }) = &topic.replication {
        line("replication", value.to_string(), from.to_string());
    }
    for (name, Setting { value, from }) in &topic.configs {
        line(name, value.clone(), from.to_string());
    }
}

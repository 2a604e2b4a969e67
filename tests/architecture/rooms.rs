//! Which room names which: the direction of the house.

use std::collections::BTreeSet;

use crate::source::{Source, Token};

/// The rooms that decide and run something with records: only their `run.rs` reaches the cluster.
pub(crate) const ENGINES: [&str; 8] =
    ["plan", "produce", "tail", "lag", "replay", "dlq", "ledger", "tour"];

/// What an engine may name, besides `kafka` in its `run.rs`.
const ENGINE: &[&str] = &[
    "approval",
    "clock",
    "error",
    "exit",
    "expr",
    "interrupt",
    "ledger",
    "model",
    "schema",
    "topology",
];

/// Returns the rooms that a room may name. A room that is not here is new: give it a line.
fn allowed(room: &str) -> Option<&'static [&'static str]> {
    Some(match room {
        "approval" | "exit" | "model" => &[],
        "clock" => &["model"],
        "interrupt" => &["exit"],
        "error" => &["exit", "kafka", "topology"],
        "topology" => &["model"],
        "kafka" => &["approval", "clock", "exit", "model"],
        "sandbox" => &["clock", "kafka", "model"],
        "config" => &["error", "kafka", "model", "output", "topology"],
        "output" => &[
            "approval",
            "clock",
            "dlq",
            "error",
            "exit",
            "interrupt",
            "lag",
            "ledger",
            "model",
            "plan",
            "produce",
            "replay",
            "tail",
            "topology",
            "tour",
        ],
        // Everything comes together here.
        "commands" | "main" | "lib" => return Some(EVERYTHING),
        engine if ENGINES.contains(&engine) => ENGINE,
        _ => return None,
    })
}

/// Stands for all rooms.
const EVERYTHING: &[&str] = &["*"];

/// Finds the names of rooms that a file must not name.
pub(crate) fn broken(source: &Source) -> Vec<String> {
    let room = source.room();
    let Some(allowed) = allowed(room) else {
        return vec![format!(
            "{}: the room `{room}` is new: say in tests/architecture/rooms.rs and docs/architecture.md \
             what it may name",
            source.path
        )];
    };
    if allowed == EVERYTHING {
        return Vec::new();
    }
    let runs = ENGINES.contains(&room) && is_run(&source.path);
    named(source)
        .into_iter()
        .filter(|(name, _)| name != room && !allowed.contains(&name.as_str()))
        .filter(|(name, _)| !(runs && name == "kafka"))
        .map(|(name, line)| format!("{}:{line}: `{room}` names `{name}`", source.path))
        .collect()
}

/// Tells whether a file of an engine is the one with the effects: `run.rs` or in a folder `run`.
fn is_run(path: &str) -> bool {
    path.split('/').skip(1).any(|name| name == "run.rs" || name == "run")
}

/// Finds the rooms that a file names, by `crate::room`, `crate::{room, …}` or enough `super::`.
pub(crate) fn named(source: &Source) -> BTreeSet<(String, usize)> {
    let tokens = &source.tokens;
    let mut found = BTreeSet::new();
    for (at, token) in tokens.iter().enumerate() {
        let is_path_root = at < 2 || text(tokens, at - 1) != ":" || text(tokens, at - 2) != ":";
        let root = match token.text.as_str() {
            "crate" => Some(at + 1),
            "super" if is_path_root => up_to_root(source, at),
            _ => None,
        };
        if let Some(root) = root
            && text(tokens, root) == ":"
            && text(tokens, root + 1) == ":"
        {
            collect(tokens, root + 2, &mut found);
        }
    }
    found
}

/// Follows `super::super` from `at`; returns where it ends if that is the root of the house.
fn up_to_root(source: &Source, at: usize) -> Option<usize> {
    let tokens = &source.tokens;
    let mut end = at + 1;
    let mut ups = 1;
    while text(tokens, end) == ":"
        && text(tokens, end + 1) == ":"
        && text(tokens, end + 2) == "super"
    {
        end += 3;
        ups += 1;
    }
    (ups == source.module().len()).then_some(end)
}

/// Adds the room at a place, or every room of a group in braces.
fn collect(tokens: &[Token], at: usize, found: &mut BTreeSet<(String, usize)>) {
    let Some(first) = tokens.get(at) else { return };
    if first.text != "{" {
        found.insert((first.text.clone(), first.line));
        return;
    }
    let mut depth = 0;
    for (place, token) in tokens.iter().enumerate().skip(at) {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ if depth == 1 && ["{", ","].contains(&text(tokens, place - 1)) => {
                found.insert((token.text.clone(), token.line));
            }
            _ => {}
        }
        if depth == 0 {
            return;
        }
    }
}

fn text(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| &token.text)
}

#[test]
fn every_way_to_name_a_room_is_seen() {
    let names = |path: &str, text: &str| -> Vec<String> {
        named(&Source::new(path, text)).into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(names("lag/show.rs", "use crate::kafka::Cluster;"), ["kafka"]);
    assert_eq!(names("lag/show.rs", "fn f() { crate::output::x() }"), ["output"]);
    let group = "use crate::{model::{a, b}, kafka::{self, c}, exit};";
    assert_eq!(names("lag/show.rs", group), ["exit", "kafka", "model"]);
    assert_eq!(names("lag/show.rs", "use super::super::kafka;"), ["kafka"]);
    assert_eq!(names("lag/mod.rs", "use super::kafka;"), ["kafka"]);
    assert!(names("lag/show.rs", "use super::total;").is_empty());
}

#[test]
fn a_broken_wall_is_seen() {
    let broken = |path: &str, text: &str| broken(&Source::new(path, text));
    assert_eq!(broken("lag/show.rs", "use crate::kafka;"), ["lag/show.rs:1: `lag` names `kafka`"]);
    assert!(broken("lag/run.rs", "use crate::kafka;").is_empty());
    assert!(broken("dlq/run/send.rs", "use crate::kafka;").is_empty());
    assert_eq!(broken("run/show.rs", "").len(), 1, "a new room is asked about");
    assert!(!broken("lag/run.rs", "use crate::output;").is_empty());
    assert!(!broken("plan/run.rs", "use crate::commands;").is_empty());
    assert!(!broken("model/topic.rs", "use crate::error;").is_empty());
    assert!(!broken("kafka/rd/mod.rs", "use crate::output;").is_empty());
    assert!(!broken("kafka/wire/mod.rs", "use crate::topology;").is_empty());
    assert!(broken("commands/lag.rs", "use crate::{kafka, output};").is_empty());
}

//! Every JSON document as docs/automation.md describes it: the same head, and the keys of its
//! example.

use std::collections::{BTreeMap, BTreeSet};

use flowctl::clock::Deadline;
use serde_json::Value;

use crate::broker::block_on;
use crate::home::{Home, PATIENCE, unique};
use crate::sandboxed::Sandboxed;

/// The page that describes them.
const PAGE: &str = include_str!("../../docs/automation.md");

/// Returns the examples of the page by their kind.
fn examples() -> BTreeMap<String, Value> {
    let blocks = PAGE.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    let examples = blocks.map(|block| {
        let example: Value = serde_json::from_str(block).unwrap();
        (word(&example, "kind").unwrap(), example)
    });
    examples.collect()
}

/// Returns a text of a document, `None` where it is null.
fn word(document: &Value, key: &str) -> Option<String> {
    document.get(key).unwrap().as_str().map(str::to_owned)
}

/// Compares what a document has with its example: keys and types, all the way down. What is null in
/// one of them tells nothing, nor does an empty list.
fn compare(place: &str, real: &Value, example: &Value) {
    match (real, example) {
        (Value::Object(real), Value::Object(example)) => {
            let keys = |object: &serde_json::Map<String, Value>| {
                object.keys().cloned().collect::<BTreeSet<_>>()
            };
            assert_eq!(keys(real), keys(example), "the keys of {place}, then those of its example");
            for (key, value) in real {
                compare(&format!("{place}.{key}"), value, example.get(key).unwrap());
            }
        }
        (Value::Array(real), Value::Array(example)) => {
            if let Some(example) = example.first() {
                for value in real {
                    compare(&format!("{place}[]"), value, example);
                }
            }
        }
        (Value::Null, _) | (_, Value::Null) => {}
        (real, example) => {
            let same = std::mem::discriminant(real) == std::mem::discriminant(example);
            assert!(same, "{place} is {real}, and in the example {example}");
        }
    }
}

/// A project in a namespace of its own, and the documents that its commands have printed.
struct Project {
    sandbox: Sandboxed,
    home: Home,
    namespace: String,
    seen: BTreeMap<String, Value>,
}

impl Project {
    fn new() -> Self {
        let (home, namespace) = (Home::new(), unique("documents"));
        let topology = format!(
            "apiVersion: flowctl/v1\nproject: shop\nenvironments:\n  dev: {{ namespace: \
             \"{namespace}.\", ledger: {namespace}.ledger }}\nflows:\n  orders: {{ partitions: 1, \
             replication: 1, consumers: {{ billing: {{}} }} }}\n  copy: {{ partitions: 1, \
             replication: 1 }}\n"
        );
        home.write("topology.yaml", &topology);
        Self { sandbox: Sandboxed::start(), home, namespace, seen: BTreeMap::new() }
    }

    /// Runs a command with `-o json` and holds the head of what it prints against the others'.
    fn run(&mut self, arguments: &[&str], exit: i32) {
        let mut command = self.sandbox.flowctl(&self.home);
        command.env("FLOWCTL_ENV", "dev").args(arguments).args(["-o", "json"]);
        let ended = command.assert().code(exit);
        let document: Value = serde_json::from_slice(&ended.get_output().stdout).unwrap();
        assert_eq!(word(&document, "apiVersion").unwrap(), "flowctl/v1");
        let kind = word(&document, "kind").unwrap();
        let cluster = (kind != "Validation").then_some(self.cluster_id());
        assert_eq!(word(&document, "cluster_id"), cluster, "{kind}");
        let as_of = word(&document, "as_of").unwrap();
        let is_time = as_of.len() == "2026-11-21T04:07:00.123Z".len() && as_of.ends_with('Z');
        assert!(is_time, "{kind} is as of {as_of}");
        for list in ["items", "errors"] {
            assert!(document.get(list).is_some_and(Value::is_array), "{kind} has no {list}");
        }
        self.seen.insert(kind, document);
    }

    /// Returns the cluster's id.
    fn cluster_id(&self) -> String {
        block_on(async {
            let deadline = Deadline::after(PATIENCE);
            let cluster = self.sandbox.connect(deadline).await;
            cluster.id(deadline).await.unwrap().unwrap()
        })
    }

    /// Leaves a dead letter of `orders`, and one that says to come from a topic that is not there.
    fn fail(&self) {
        let letter = serde_json::json!({
            "key": "o-1", "key_encoding": "utf8",
            "value": { "total": 7, "error": {
                "code": "DB_TIMEOUT", "message": "no answer", "timestamp": "2026-11-21T04:07:00Z",
                "retryCount": 3
            } },
            "value_encoding": "json",
            "headers": [
                ["originalTopic", format!("{}.orders", self.namespace)],
                ["originalPartition", "0"], ["originalOffset", "1"],
            ],
        });
        let lost = serde_json::json!({
            "value": "?", "value_encoding": "utf8",
            "headers": [["originalTopic", format!("{}.gone", self.namespace)]],
        });
        let mut command = self.sandbox.flowctl(&self.home);
        let dlq = format!("topic/{}.orders-dlq", self.namespace);
        command.env("FLOWCTL_ENV", "dev").args(["produce", &dlq, "--input", "jsonl"]);
        command.write_stdin(format!("{letter}\n{lost}\n")).assert().success();
    }
}

#[test]
fn every_document_has_the_head_of_all_and_the_keys_of_its_example() {
    let mut shop = Project::new();
    shop.run(&["validate"], 0);
    shop.run(&["apply", "--yes"], 0);
    shop.run(&["produce", "orders", "--count", "3", "--seed", "7"], 0);
    // Blocked, and dangerous: with an obstacle and a blast radius.
    shop.run(&["plan", "--set", "flows.orders.retention=1h"], 4);
    shop.run(&["lag", "orders"], 0);
    shop.fail();
    shop.run(&["dlq", "ls"], 0);
    shop.run(&["dlq", "show", "orders"], 0);
    shop.run(&["dlq", "redrive", "orders", "--dry-run"], 3);
    shop.run(&["dlq", "redrive", "orders", "--yes"], 3);
    shop.run(&["replay", "orders", "--to", "copy", "--dry-run"], 0);
    shop.run(&["replay", "orders", "--to", "copy", "--yes"], 0);
    let examples = examples();
    let kinds = |documents: &BTreeMap<String, Value>| documents.keys().cloned().collect::<Vec<_>>();
    assert_eq!(kinds(&shop.seen), kinds(&examples), "the kinds seen, then those of the page");
    for (kind, document) in &shop.seen {
        compare(kind, document, &examples[kind]);
    }
}

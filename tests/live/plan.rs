//! Plan and apply, held against what Kafka's own `TopicCommand` and `ConfigCommand` say.

use std::process::Stdio;
use std::time::Duration;

use flowctl::clock::Clock;
use serde_json::Value;

use crate::home::{text, unique};
use crate::project::Project;
use crate::running::Running;
use crate::support::{Kafka, kafka, secure_kafka, three_brokers};

/// What `TopicCommand` says of a topic.
fn described(kafka: &Kafka, topic: &str) -> String {
    let told = kafka.tool("topics").args(["--describe", "--topic", topic]).assert().success();
    text(&told.get_output().stdout)
}

#[test]
fn what_is_applied_is_what_kafkas_own_tools_see() {
    let shop = Project::new(
        kafka(),
        "partitions: 3, replication: 1, retention: 7d, dlq: { retention: 30d }",
    );
    let planned = shop.run(&["plan"], 0);
    assert!(planned.ends_with("Plan: 3 to create, 0 to change, 0 to delete, 0 blocked.\n"));
    assert!(planned.contains("# topology.yaml:8"), "{planned}");
    shop.run(&["plan", "--detailed-exitcode"], 2);
    shop.run(&["apply", "--dry-run"], 0);

    let applied = shop.run(&["apply", "--yes"], 0);
    assert!(applied.ends_with("Applied: 3 done, 0 failed, 0 skipped, 0 blocked.\n"), "{applied}");
    let described = described(kafka(), &shop.topic());
    assert!(described.contains("PartitionCount: 3"), "{described}");
    assert!(described.contains("retention.ms=604800000"), "{described}");
    assert_eq!(described.matches("Leader: none").count(), 0, "{described}");

    let again = shop.run(&["apply", "--yes"], 0);
    assert_eq!(again, "No changes. 3 topics are as the topology declares.\n");
    shop.run(&["plan", "--detailed-exitcode"], 0);
}

#[test]
fn a_change_leaves_alone_what_is_not_declared() {
    let shop = Project::new(kafka(), "partitions: 1, replication: 1, retention: 7d");
    shop.run(&["apply", "--yes"], 0);
    kafka().set_config(&shop.topic(), "segment.ms=3600000");

    shop.declare("partitions: 2, replication: 1, retention: 14d");
    let plan = shop.json(&["plan"], 0);
    assert_eq!(plan["summary"]["change"], 2);
    assert_eq!(plan["unmanaged_configs"][0]["name"], "segment.ms");
    let retention = &plan["items"][1];
    assert_eq!(retention["class"], "additive");
    assert_eq!(retention["settings"][0]["old"], "604800000");
    assert_eq!(retention["settings"][0]["provenance"], "topology.yaml:8");

    let applied = shop.json(&["apply", "--yes"], 0);
    assert_eq!(applied["tally"]["done"], 2);
    let described = described(kafka(), &shop.topic());
    for expected in ["PartitionCount: 2", "retention.ms=1209600000", "segment.ms=3600000"] {
        assert!(described.contains(expected), "{expected}: {described}");
    }
}

#[test]
fn what_is_no_longer_declared_is_named_with_what_it_holds() {
    let shop = Project::new(kafka(), "partitions: 2, replication: 1, dlq: {}");
    shop.run(&["apply", "--yes"], 0);
    let dlq = format!("{}-dlq", shop.topic());
    let mut produce = shop.flowctl(&["produce", "--topic", &dlq]);
    produce.write_stdin("a\nb\n").assert().success();
    assert_eq!(shop.json(&["plan"], 0)["undeclared_topics"], serde_json::json!([]));

    shop.declare("partitions: 2, replication: 1, dlq: none");
    let left = serde_json::json!([{
        "topic": dlq, "flow": "orders", "role": "dlq", "records_at_most": 2, "error": null
    }]);
    assert_eq!(shop.json(&["plan"], 0)["undeclared_topics"], left);
    let applied = shop.flowctl(&["apply", "-e", "dev", "--yes"]).assert().code(0);
    let told = text(&applied.get_output().stderr);
    assert!(told.contains(&format!("nothing declares `{dlq}`")), "{told}");
}

/// Starts a consumer of kcat's, which is in its group as long as it lives.
fn join(topic: &str, group: &str) -> Running {
    let mut kcat = std::process::Command::new("kcat");
    kcat.args(["-b", kafka().brokers(), "-G", group, topic]);
    kcat.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Running::start(&mut kcat)
}

#[test]
fn a_dangerous_change_shows_what_it_would_hit() {
    let shop = Project::new(kafka(), "partitions: 1, replication: 1, retention: 7d, key: id");
    shop.run(&["apply", "--yes"], 0);
    let three_days_ago = Clock::System.now().0 - 3 * 86_400_000;
    for (lines, timestamp) in [("a\nb\nc\n", three_days_ago), ("d\n", Clock::System.now().0)] {
        let timestamp = timestamp.to_string();
        let mut produce = shop.flowctl(&["produce", "--topic", &shop.topic(), "-k", "k"]);
        produce.args(["--timestamp", &timestamp]).write_stdin(lines).assert().success();
    }
    let group = unique("plan-group");
    let _member = join(&shop.topic(), &group);

    shop.declare("partitions: 2, replication: 1, retention: 1d, key: id");
    let mut plan = Value::Null;
    for _ in 0..100 {
        plan = shop.json(&["plan"], 4);
        if plan["items"][0]["blast_radius"]["live_groups"] != serde_json::json!([]) {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let partitions = &plan["items"][0];
    assert_eq!(partitions["class"], "disruptive");
    let readers = serde_json::json!([{ "group": group, "member_count": 1 }]);
    assert_eq!(partitions["blast_radius"]["live_groups"], readers);
    let retention = &plan["items"][1];
    assert_eq!(retention["class"], "destructive");
    assert_eq!(retention["blast_radius"]["records_at_most"], 4);
    assert_eq!(retention["blast_radius"]["deletable"]["records_at_most"], 3);

    let named = format!("destructive:{}", shop.topic());
    let applied = shop.json(&["apply", "--yes", "--allow", "disruptive", "--allow", &named], 0);
    assert_eq!(applied["tally"]["done"], 2);
}

#[test]
fn a_missing_right_is_named() {
    let shop = Project::new(secure_kafka(), "partitions: 1, replication: 1");
    let nobody = secure_kafka().variable("FLOWCTL_DEV_NOBODY_PROPERTIES");
    let mut command = shop.home.flowctl();
    command.env("FLOWCTL_BROKERS", secure_kafka().brokers()).args(["-F", nobody]);
    let refused = command.args(["apply", "-e", "dev", "--yes"]).assert().code(6);
    let said = text(&refused.get_output().stdout);
    assert!(said.contains("not authorised") && said.contains(&shop.topic()), "{said}");
    shop.run(&["apply", "--yes"], 0);
}

#[test]
fn three_brokers_have_what_was_applied() {
    let three = three_brokers();
    let shop = Project::new(&three.kafka, "partitions: 12, replication: 3, retention: 7d");
    shop.run(&["apply", "--yes"], 0);
    shop.declare("partitions: 24, replication: 3, retention: 14d");
    shop.run(&["apply", "--yes"], 0);
    assert!(described(&three.kafka, &shop.topic()).contains("PartitionCount: 24"));
    // The class that cannot be carried out yet stays visible.
    shop.declare("partitions: 24, replication: 2, retention: 14d");
    let plan = shop.json(&["plan"], 1);
    assert_eq!(plan["items"][0]["obstacle"]["kind"], "unsupported");
}

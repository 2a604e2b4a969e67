//! `flowctl validate`: exit codes, what goes to which stream, JSON.

use crate::home::{Home, text};

const SMALLEST: &str = "apiVersion: flowctl/v1\nproject: shop\nflows:\n  orders:\n    partitions: 3\n    \
                        consumers:\n      billing: {}\n";

const ENVIRONMENTS: &str = "apiVersion: flowctl/v1\nproject: shop\nenvironments:\n  dev: {}\n  prod:\n    \
                            cluster: { brokers: \"${SHOP_BROKERS}\" }\nflows: {}\n";

fn sample() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/topology.yaml")).unwrap()
}

#[test]
fn the_sample_is_valid_in_all_environments_without_any_variable() {
    let home = Home::new();
    home.write("topology.yaml", &sample());
    home.flowctl()
        .arg("validate")
        .assert()
        .success()
        .stdout("topology.yaml: ok, 2 flows, 7 topics (dev, prod)\n")
        .stderr("");
}

#[test]
fn errors_go_to_stderr_and_end_with_65() {
    let home = Home::new();
    home.write("topology.yaml", &SMALLEST.replace("partitions", "partition"));
    home.flowctl().arg("validate").assert().code(65).stdout("").stderr(
        "error: flow `orders` has no key `partition`\n --> topology.yaml:5:5\n  |\n\
         5 |     partition: 3\n  |     ^^^^^^^^^\nhint: did you mean `partitions`?\n\n\
         error: topology.yaml has 1 error\n",
    );
}

#[test]
fn stdin_is_read_and_settings_can_be_overridden() {
    let home = Home::new();
    let validate = |set: &str| {
        let mut command = home.flowctl();
        command.args(["validate", "-f", "-", "--set", set]).write_stdin(SMALLEST).assert()
    };
    validate("flows.orders.partitions=6").success().stdout("stdin: ok, 1 flow, 3 topics\n");
    validate("flows.orders.partitions=0").code(65);
    validate("flows.orders.partitions").code(64);
}

#[test]
fn warnings_are_errors_only_when_denied() {
    let home = Home::new();
    home.write("topology.yaml", "apiVersion: flowctl/v1\nproject: shop\nflows: { orders: {} }\n");
    let lenient = home.flowctl().arg("validate").assert().success();
    let lenient = lenient.stdout("topology.yaml: ok, 1 flow, 1 topic; 1 warning\n");
    assert!(text(&lenient.get_output().stderr).starts_with("warning: nobody reads flow `orders`"));
    let denied = home.flowctl().args(["validate", "--deny-warnings"]).assert().code(65).stdout("");
    assert!(text(&denied.get_output().stderr).ends_with("error: topology.yaml has 1 warning\n"));
}

#[test]
fn variables_are_needed_only_by_the_environment_that_was_asked_for() {
    let home = Home::new();
    home.write("topology.yaml", ENVIRONMENTS);
    home.flowctl().arg("validate").assert().success();
    home.flowctl().args(["validate", "-e", "dev"]).assert().success();
    let unset = home.flowctl().args(["validate", "-e", "prod"]).assert().code(65);
    assert!(text(&unset.get_output().stderr).contains("`SHOP_BROKERS` is not set"));
    home.flowctl()
        .args(["validate"])
        .env("FLOWCTL_ENV", "prod")
        .env("SHOP_BROKERS", "broker:9092")
        .assert()
        .success()
        .stdout("topology.yaml: ok, 0 flows, 0 topics (prod)\n");
}

#[test]
fn an_unknown_environment_or_file_is_a_usage_error() {
    let home = Home::new();
    home.write("topology.yaml", ENVIRONMENTS);
    let unknown = home.flowctl().args(["validate", "-e", "pord"]).assert().code(64);
    let unknown = unknown
        .stderr("error: the topology has no environment `pord`\nhint: did you mean `prod`?\n");
    drop(unknown);
    home.flowctl().args(["validate", "-f", "missing.yaml"]).assert().code(64).stdout("");
}

#[test]
fn json_is_one_document_on_stdout_also_when_there_are_errors() {
    let home = Home::new();
    home.write("topology.yaml", &SMALLEST.replace("partitions: 3", "partitions: three"));
    let answer = home.flowctl().args(["validate", "-o", "json"]).assert().code(65);
    let mut document: serde_json::Value =
        serde_json::from_slice(&answer.get_output().stdout).unwrap();
    let as_of = document.as_object_mut().unwrap().remove("as_of").unwrap();
    assert!(as_of.as_str().unwrap().ends_with('Z'));
    assert_eq!(
        document,
        serde_json::json!({
            "apiVersion": "flowctl/v1", "kind": "Validation", "cluster_id": null, "file": "topology.yaml",
            "is_valid": false, "environments": [], "errors": [],
            "items": [{
                "severity": "error", "code": "wrong_type",
                "message": "`partitions` must be a whole number from 1 to 100000, not `three`",
                "file": "topology.yaml", "line": 5, "column": 17, "hints": [],
            }],
        })
    );
    let said: serde_json::Value = serde_json::from_slice(&answer.get_output().stderr).unwrap();
    assert_eq!(said["error"]["code"], "invalid_data");
    home.write("topology.yaml", SMALLEST);
    let answer = home.flowctl().args(["validate", "-o", "json"]).assert().success().stderr("");
    let document: serde_json::Value = serde_json::from_slice(&answer.get_output().stdout).unwrap();
    assert_eq!(
        document["environments"],
        serde_json::json!([
            { "environment": null, "flows": 1, "topics": 3, "external_topics": 0 }
        ])
    );
}

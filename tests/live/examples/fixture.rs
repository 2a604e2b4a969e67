//! What the examples speak of: the sample topology, a shop's orders beside it, and files to
//! produce.

use crate::home::Home;

/// The production environment of the examples: ours is one broker without security.
const PROD: &str = "  prod:
    cluster: { brokers: \"${KAFKA_BROKERS}\" }
    namespace: prod.
    protected: true
    clamp: { replication: 1 }

";

/// Flows that the help of the record commands names.
const ORDERS: &str = "
  orders: { partitions: 3, key: orderId, consumers: {} }
  orders-copy: { partitions: 3, key: orderId, consumers: {} }
";

/// Topics that no flow declares.
pub(super) const TOPICS: [&str; 3] = ["orders.DLT", "orders-test", "user-activity-repair"];

/// What is done once the topics of `TOPICS` are there.
pub(super) const PREPARATION: [&str; 4] = [
    "flowctl apply --yes",
    "seq 5000 | flowctl produce orders",
    "flowctl produce user-activity-logs --count 5000 --seed 1",
    "flowctl produce topic/user-activity-logs-dlq --input jsonl -p 0 dead-letters.jsonl",
];

/// Writes the files.
pub(super) fn write(home: &Home) {
    let sample = include_str!("../../../topology.yaml");
    let (before, rest) = sample.split_once("  prod:\n").unwrap();
    let (_, after) = rest.split_once("\nclasses:").unwrap();
    home.write("topology.yaml", &format!("{before}{PROD}classes:{after}{ORDERS}"));
    home.write("client.properties", "client.id=flowctl-example\n");
    home.write("orders.txt", "o-1:first\no-2:second\n");
    home.write("orders.jsonl", "{\"orderId\":\"o-1\"}\n{\"orderId\":\"o-2\"}\n");
    home.write("faults.txt", "EndTxn times=1 drop-after\n");
    home.write("order.json.j2", "{\"id\":\"{{ uuid() }}\"}");
    home.write("dead-letters.jsonl", &dead_letters());
    for folder in [".zfunc", ".config/fish/completions"] {
        std::fs::create_dir_all(home.path().join(folder)).unwrap();
    }
}

/// Makes dead letters as the consumer of the sample would leave them, all in partition 0.
fn dead_letters() -> String {
    let letter = |number: i32| {
        let code = if number % 3 == 0 { "TIMEOUT" } else { "INVALID" };
        let error = serde_json::json!({
            "code": code, "message": "it failed", "timestamp": "2026-01-01T00:00:00Z", "retryCount": 3
        });
        let value = serde_json::json!({ "userId": "u", "number": number, "error": error });
        let envelope = serde_json::json!({
            "key": format!("user-{number}"), "key_encoding": "utf8",
            "value": value.to_string(), "value_encoding": "utf8",
            "headers": [
                ["originalTopic", "user-activity-logs"],
                ["originalPartition", (number % 3).to_string()],
                ["originalOffset", (number / 3).to_string()],
            ],
        });
        format!("{envelope}\n")
    };
    // The help shows one at offset 42.
    (0..50).map(letter).collect()
}

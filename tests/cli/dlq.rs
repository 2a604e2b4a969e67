//! What `dlq` says beside its results, on a sandbox.

use crate::home::{Home, text};

/// Runs a script of `sh` beside a sandbox with these faults, after two records a partition were
/// produced to `orders`; returns what it printed, stderr too.
fn beside_records(faults: &[&str], script: &str) -> String {
    let home = Home::new();
    home.write(
        "topology.yaml",
        "apiVersion: flowctl/v1\nproject: shop\nflows: { orders: { partitions: 3 } }\n",
    );
    let flowctl = env!("CARGO_BIN_EXE_flowctl");
    let produce = (0..3).map(|partition| {
        format!("printf 'a\\nb\\n' | '{flowctl}' produce orders -p {partition} 2>/dev/null && ")
    });
    let script = format!(
        "{}rm topology.yaml && {}",
        produce.collect::<String>(),
        script.replace("flowctl", flowctl)
    );
    let mut command = home.flowctl();
    command.env("PATH", "/usr/bin:/bin").args(["sandbox", "-f", "topology.yaml"]);
    for fault in faults {
        command.args(["--fault", fault]);
    }
    let ended = command.args(["--", "sh", "-c", &script]).assert().code(0);
    let output = ended.get_output();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_topic_that_looks_like_no_dlq_is_told() {
    let warning = "no record of `orders` looks like a dead letter";
    for line in ["ls topic/orders", "show topic/orders", "redrive topic/orders --dry-run || true"] {
        let told = beside_records(&[], &format!("flowctl dlq {line}"));
        assert_eq!(told.matches(warning).count(), 1, "{line}: {told}");
    }
}

#[test]
fn a_marked_record_makes_a_dlq() {
    let told = beside_records(
        &[],
        "echo dead | flowctl produce topic/orders -p 2 -H originalTopic=shop && flowctl dlq ls \
         topic/orders",
    );
    assert!(told.contains("orders        7        7"), "{told}");
    assert!(!told.contains("looks like"), "{told}");
}

#[test]
fn who_waits_at_a_terminal_sees_how_much_was_read() {
    // The second partition's records come when half a second is over.
    let line = "flowctl dlq ls topic/orders";
    let slow = ["Fetch delay=400ms"];
    let shown = |script: &str| beside_records(&slow, script).contains("records of orders");
    assert!(shown(&format!("TERM=xterm script -qec '{line}' /dev/null")));
    assert!(!shown(line), "a log needs no line of it");
}

#[test]
fn what_turns_leaves_room_for_a_typed_ctrl_c() {
    let line = "stty rows 24 cols 60; flowctl dlq ls topic/orders";
    let script = format!("TERM=xterm script -qec '{line}' /dev/null");
    let told = beside_records(&["Fetch delay=400ms"], &script);
    let drawn: Vec<_> = told.split(['\r', '\x1b']).filter(|d| d.contains("records of")).collect();
    assert!(!drawn.is_empty(), "{told}");
    for drawn in drawn {
        // `^C` begins no line of its own, so that this one is cleared.
        assert!(drawn.trim_start_matches("[2K").chars().count() <= 58, "{drawn:?}");
    }
}

#[test]
fn where_all_are_refused_each_has_its_line() {
    let told = beside_records(
        &[],
        "seq 30 | flowctl produce topic/orders -p 0 2>/dev/null; \
         flowctl dlq redrive topic/orders --yes -o jsonl 2>/dev/null; echo code $?",
    );
    assert_eq!(told.matches("\"status\":\"refused\"").count(), 36, "{told}");
    assert!(told.contains("code 3"), "{told}");
}

#[test]
fn a_dry_run_that_fails_shows_what_it_had_decided() {
    // One partition holds more than an answer does, also compressed.
    let told = beside_records(
        &["Fetch topic=orders every=2 error=TOPIC_AUTHORIZATION_FAILED"],
        "for n in 0 1 2 3 4 5 6 7 8 9; do head -c 700000 /dev/urandom | base64 -w0; echo; done |
         flowctl produce topic/orders -p 0 2>/dev/null
         flowctl dlq redrive topic/orders --dry-run; echo code $?",
    );
    assert!(told.lines().any(|line| line.starts_with("orders/")), "{told}");
    assert!(told.contains("code 6"), "{told}");
}

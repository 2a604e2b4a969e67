//! `flowctl produce` without a cluster: what a dry run shows, and what is refused.

use crate::home::{Home, text};

/// Runs a dry run over `input` and returns stdout.
fn dry_run(flags: &[&str], input: &[u8]) -> String {
    let home = Home::new();
    let mut command = home.flowctl();
    command.args(["produce", "orders", "--dry-run"]).args(flags).write_stdin(input);
    text(&command.assert().success().get_output().stdout)
}

/// Runs what must fail and returns stderr.
fn refused(arguments: &[&str], input: &str, code: i32) -> String {
    let home = Home::new();
    let mut command = home.flowctl();
    command.arg("produce").args(arguments).write_stdin(input);
    text(&command.assert().code(code).get_output().stderr)
}

#[test]
fn a_dry_run_shows_the_records_as_envelopes() {
    let shown = dry_run(&["-K", ":", "-H", "a=1", "-H", "n", "-p", "2", "-Z"], b"k:v\n:\n");
    let lines: Vec<serde_json::Value> =
        shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["key"], &lines[0]["value"]), (&"k".into(), &"v".into()));
    assert_eq!(lines[0]["headers"], serde_json::json!([["a", "1"], ["n", null]]));
    assert_eq!(lines[0]["partition"], 2);
    assert!(lines[0]["offset"].is_null());
    assert!(lines[1]["key"].is_null() && lines[1]["value"].is_null());
}

#[test]
fn an_envelope_survives_a_dry_run_byte_for_byte() {
    let once = dry_run(&["--input", "jsonl"], br#"{"key":"k","value":{"b":1.0, "a":2},"headers":[["h",{"base64":"AP8="}],["h",null]],"timestamp":"2026-11-21T04:07:00.123Z"}"#);
    assert!(once.contains(r#"{"b":1.0, "a":2}"#), "{once}");
    assert!(once.contains(r#"[["h",{"base64":"AP8="}],["h",null]]"#), "{once}");
    assert_eq!(dry_run(&["--input", "jsonl"], once.as_bytes()), once);
}

#[test]
fn test_events_are_the_same_with_the_same_seed() {
    let events = |seed| dry_run(&["--count", "5", "--seed", seed], b"");
    assert_eq!(events("7"), events("7"));
    assert_ne!(events("7"), events("8"));
    assert_eq!(events("7").lines().count(), 5);
    let shown = dry_run(&["--template", "{{ seq }}", "--count", "1", "-k", "k{{ value }}"], b"");
    assert!(shown.contains(r#""key":"k1""#), "{shown}");
}

#[test]
fn invalid_input_names_its_line_and_column() {
    let error = refused(&["orders", "--dry-run", "--input", "json"], "{}\n\n{\"a\":}\n", 65);
    assert!(error.contains("line 3, column 6: not valid JSON: expected value"), "{error}");
    let error = refused(&["orders", "--dry-run", "-K", ":"], "a:b\nc\n", 65);
    assert!(error.contains("line 2: no key"), "{error}");
    let error =
        refused(&["orders", "--dry-run", "--template", "{{ nope }}", "--count", "1"], "", 65);
    assert!(error.contains("the template of the value, line 1: undefined value"), "{error}");
}

#[test]
fn what_makes_no_sense_is_a_usage_error() {
    for (arguments, why) in [
        (&["--count", "1"][..], "no topic is given"),
        (&["orders", "missing.txt"], "cannot read `missing.txt`"),
        (&["orders", "."], "cannot read `.`"),
        (&["orders", "file.txt", "--count", "1"], "`file.txt` would not be read"),
        (&["orders", "--key-from", "/id"], "--key-from needs --input json"),
        (&["orders", "--partition", "same"], "--partition same needs --input jsonl"),
        (&["orders", "--seed", "1"], "--seed needs"),
        (&["orders", "--count", "1", "-K", ":"], "cannot be used with"),
        (&["orders", "-p=-3"], "a partition's number"),
        (&["orders", "--rate", "5/d", "--count", "1"], "no unit of a rate"),
        (&["orders", "-H", "=x"], "no header name"),
        (&["orders"], "no broker is given"),
    ] {
        let error = refused(arguments, "", 64);
        assert!(error.contains(why), "{arguments:?}: {error}");
    }
}

#[test]
fn an_unreachable_broker_names_its_address() {
    let error = refused(&["orders", "-b", "127.0.0.1:1", "--timeout", "2s"], "a\n", 5);
    assert!(error.contains("127.0.0.1:1"), "{error}");
}

//! The exit codes that need no cluster, and the table of all.

use std::path::Path;

use flowctl::exit::Exit;

use crate::home::{Home, text};

#[test]
fn a_wrong_command_line_is_64() {
    for line in [
        &[][..],
        &["--no-such-flag"],
        &["no-such-command"],
        &["completions"],
        &["completions", "tcsh"],
        &["--timeout", "0s", "help"],
        &["--timeout", "soon", "help"],
        &["-q", "-v", "help"],
        &["help", "no-such-concept"],
        &["dlq", "redrive", "orders", "--limit", "0"],
        &["replay", "orders", "--to", "copy", "--limit", "0"],
    ] {
        let failed = Home::new().flowctl().args(line).assert().code(64);
        assert!(failed.get_output().stdout.is_empty(), "{line:?}: errors are no data");
        assert!(!failed.get_output().stderr.is_empty(), "{line:?}: something must be said");
    }
}

#[test]
fn version_and_help_are_data() {
    let shown = Home::new().flowctl().arg("--version").assert().success();
    let version = format!("flowctl {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(text(&shown.get_output().stdout), version);
    assert!(shown.get_output().stderr.is_empty());
    let shown = Home::new().flowctl().arg("--help").assert().success();
    assert!(shown.get_output().stderr.is_empty());
}

#[test]
fn help_and_documentation_show_the_same_table() {
    let shown = Home::new().flowctl().args(["help", "exit-codes"]).assert().success();
    let shown = text(&shown.get_output().stdout);
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/automation.md");
    let page = std::fs::read_to_string(page).unwrap();
    for exit in Exit::ALL {
        let (code, meaning) = (exit.code().to_string(), exit.meaning());
        assert!(
            shown.lines().any(|line| {
                line.trim_start().strip_prefix(&code).is_some_and(|rest| rest.trim() == meaning)
            }),
            "flowctl help exit-codes lacks {code}:\n{shown}"
        );
        let row = format!("| {code} | {meaning} |");
        assert!(page.contains(&row), "docs/automation.md lacks: {row}");
    }
}

//! One command line of every command that asks the cluster: what holds for all of them is tested
//! for all.

use crate::home::Home;

/// A line for each command that asks the cluster.
pub(crate) const ASKING: &[&[&str]] = &[
    &["apply", "--yes"],
    &["dlq", "ls"],
    &["dlq", "redrive", "user-activity-logs", "--yes"],
    &["dlq", "show", "user-activity-logs"],
    &["lag", "group/processor"],
    &["plan"],
    &["produce", "topic/orders", "--count", "1"],
    &["replay", "user-activity-logs", "--to", "topic/copy", "--yes"],
    &["tail", "user-activity-logs", "-e"],
    &["tour"],
];

/// The commands that ask no cluster.
const OFFLINE: &[&str] = &["completions", "help", "sandbox", "validate"];

/// The variables that such a line needs: the sample topology has several environments.
pub(crate) const ENVIRONMENT: (&str, &str) = ("FLOWCTL_ENV", "dev");

/// Makes a home with the sample topology.
pub(crate) fn home() -> Home {
    let home = Home::new();
    home.write("topology.yaml", include_str!("../../topology.yaml"));
    home
}

#[test]
fn no_command_is_forgotten() {
    let mut root = flowctl::commands::definition();
    root.build();
    let mut open = vec![root];
    while let Some(command) = open.pop() {
        open.extend(command.get_subcommands().cloned());
        let path = command.get_bin_name().unwrap_or_default().strip_prefix("flowctl ");
        let Some(path) = path.filter(|_| !command.has_subcommands()) else { continue };
        let is_asking = ASKING
            .iter()
            .any(|line| format!("{} ", line.join(" ")).starts_with(&format!("{path} ")));
        assert!(
            is_asking || OFFLINE.contains(&path),
            "`{path}` is new: give it a line in tests/cli/commands.rs"
        );
    }
}

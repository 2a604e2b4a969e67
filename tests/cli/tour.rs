//! The tour on a sandbox: what the README shows of it, and whose cluster it says it is on.

use crate::home::{Home, text};
use crate::peer::nobody;

/// The README's transcript of a tour.
fn transcript() -> Vec<&'static str> {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("```text\n$ flowctl apply --yes\n").unwrap();
    let (shown, _) = rest.split_once("```").unwrap();
    shown.lines().filter(|line| !["", "…"].contains(line)).collect()
}

/// Tells whether a line of the README is one of a run: up to the id of the run and how long things
/// took, and to what is cut at `…`.
fn is_of_run(shown: &str, run: &str, id: &str) -> bool {
    let is_same = |(shown, run): (&str, &str)| {
        // The DLQ's oldest record, and what producing took.
        ["0s", "0.1"].contains(&shown) || shown.replace("tour-db1f3e", id) == run
    };
    let (begin, end) = shown.split_once('…').map_or((shown, None), |(b, e)| (b, Some(e)));
    let (begin, run): (Vec<_>, Vec<_>) =
        (begin.split_whitespace().collect(), run.split_whitespace().collect());
    let begins =
        run.len() >= begin.len() && begin.iter().copied().zip(run.iter().copied()).all(is_same);
    let Some(end) = end else { return begins && run.len() == begin.len() };
    let end: Vec<_> = end.split_whitespace().collect();
    begins && run.ends_with(&end)
}

#[test]
fn the_readme_shows_a_run_as_it_is_today() {
    let home = Home::new();
    let ended = home.flowctl().arg("tour").assert().success();
    let run = text(&ended.get_output().stdout);
    let at = run.find("tour-").unwrap();
    let id = &run[at..at + "tour-db1f3e".len()];
    let mut lines = run.lines();
    for shown in transcript() {
        assert!(lines.any(|line| is_of_run(shown, line, id)), "not in this order: {shown}\n{run}");
    }
}

#[test]
fn the_tour_says_whose_cluster_it_runs_on() {
    let (home, address) = (Home::new(), nobody());
    home.write("client.properties", &format!("# mine\nbootstrap.servers={address}\n"));
    let property = format!("bootstrap.servers={address}");
    for (line, variables, named) in [
        (&["-b", &address][..], &[("FLOWCTL_BROKERS", "other:1")][..], "-b"),
        (&["-X", &property], &[("FLOWCTL_BROKERS", "other:1")], "-X"),
        (&["-F", "client.properties"], &[("FLOWCTL_BROKERS", "other:1")], "client.properties:2"),
        (&[], &[("FLOWCTL_BROKERS", &address)], "FLOWCTL_BROKERS"),
        (&[], &[("FLOWCTL_BROKERS", &address), ("FLOWCTL_SANDBOX", &address)], "FLOWCTL_BROKERS"),
    ] {
        let mut command = home.flowctl();
        command.envs(variables.iter().copied()).args(["tour", "--timeout", "1s"]).args(line);
        let told = text(&command.assert().code(5).get_output().stderr);
        let kind = if variables.len() > 1 { "the sandbox at " } else { "" };
        let expected = format!("the tour runs on {kind}{address}, as {named} says\n");
        assert!(told.starts_with(&expected), "{told}");
    }
}

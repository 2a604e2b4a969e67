//! The flags of `flowctl tail`, and the command that goes on.

use std::collections::BTreeMap;

use clap::Parser;

use super::Args;
use crate::commands::resume::testing::{GLOBAL, assert_complete, read};
use crate::commands::{Cli, Command};
use crate::config::GlobalArgs;
use crate::model::shell::quote;
use crate::tail::{Ended, Outcome};

fn parse(words: &[&str]) -> (GlobalArgs, Box<Args>) {
    let start = ["flowctl", "tail"];
    let words: Vec<_> = start.iter().chain(words).map(|word| quote(word)).collect();
    parsed(&words.join(" "))
}

fn parsed(line: &str) -> (GlobalArgs, Box<Args>) {
    let cli = read(line);
    let Command::Tail(args) = cli.command else { panic!("{line} is no tail") };
    (cli.global, args)
}

/// Returns the line after one record of the given flags.
fn resumed(words: &[&str], stops: &[(i32, i64)]) -> String {
    let (global, args) = parse(words);
    let outcome = Outcome {
        records: 1,
        next: BTreeMap::from([(0, 12), (2, 7)]),
        has_gaps: false,
        goes_on: true,
        ended: Ended::Done,
    };
    args.resume(&"orders".into(), &stops.iter().copied().collect(), &outcome, &global).unwrap()
}

/// Every flag that goes on as it is.
const SAMPLES: &[&[&str]] = &[
    &["--partition", "0", "--partition", "2"],
    &["--key", "it's"],
    &["--key=-x"],
    &["--output", "table"],
    &["-J"],
    &["--format", "%k %s\\n"],
    &["--keys"],
    &["--headers"],
    &["--timestamps"],
    &["--key-delimiter", "="],
    &["--delimiter=--"],
    &["--null"],
    &["--isolation", "read_uncommitted"],
    &["--group", "g"],
    &["--file", "a b.yaml"],
    &["--env", "dev"],
];

#[test]
fn it_is_resumed_with_the_same_flags_and_other_positions() {
    for words in SAMPLES {
        let words = [&["topic/orders"], *words].concat();
        let line = resumed(&words, &[]);
        let (_, args) = parse(&words);
        let (_, mut again) = parsed(&line);
        assert_eq!(again.range.from, ["0=12", "2=7"]);
        again.range.from.clear();
        assert_eq!(format!("{again:?}"), format!("{args:?}"), "{line}");
    }
    let rest = ["--topic", "--newest", "--from", "--until", "--since", "--exit", "--count"];
    assert_complete(&["tail"], &SAMPLES.concat(), &[&rest[..], GLOBAL].concat());
}

#[test]
fn bounds_are_offsets_until_they_are_reached() {
    let line = |words: &[&str], stops: &[(i32, i64)]| resumed(words, stops);
    let begin = "flowctl tail topic/orders --from 0=12";
    assert_eq!(line(&["-t", "orders", "-n", "5"], &[]), format!("{begin} --from 2=7"));
    assert_eq!(
        line(&["orders", "-e"], &[(0, 12), (2, 9)]),
        format!("{begin} --until 0=12 --from 2=7 --until 2=9")
    );
    assert_eq!(
        line(&["orders", "--to", "12"], &[(0, 12), (2, 7)]),
        format!("{begin} --from 2=7 --exit")
    );
}

#[test]
fn the_count_is_what_is_left_or_as_many_more() {
    assert!(resumed(&["orders", "-c", "5"], &[]).ends_with(" --count 4"));
    assert!(resumed(&["orders", "-c", "1"], &[]).ends_with(" --count 1"));
}

#[test]
fn the_connection_goes_on_and_its_secrets_stay_hidden() {
    let words = ["orders", "-b", "h:1", "-F", "c.properties", "--timeout", "1m30s"];
    let line = resumed(&[&words[..], &["-X", "sasl.password=hunter2"]].concat(), &[]);
    let begin = "flowctl tail -b h:1 -F c.properties -X 'sasl.password=[hidden]' --timeout 1m30s ";
    assert!(line.starts_with(begin), "{line}");
}

#[test]
fn flags_that_say_the_same_thing_twice_are_refused() {
    for words in [
        &["orders", "-t", "orders"][..],
        &[],
        &["orders", "-J", "-o", "raw"],
        &["orders", "-f", "%s", "-o", "raw"],
        &["orders", "-n", "5", "--from", "start"],
        &["orders", "-c", "0"],
    ] {
        assert!(Cli::try_parse_from(["flowctl", "tail"].iter().chain(words)).is_err());
    }
}

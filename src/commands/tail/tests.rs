//! The flags of `flowctl tail`, and the command that goes on.

use std::collections::BTreeMap;

use clap::Parser;

use super::Args;
use crate::clock::Clock;
use crate::commands::{Cli, Command};
use crate::config::GlobalArgs;
use crate::model::offset::IsolationLevel;
use crate::model::timestamp::Timestamp;
use crate::tail::{Ended, Outcome, Request, Start};

fn parse(words: &[&str]) -> (GlobalArgs, Box<Args>) {
    let cli = Cli::try_parse_from(["flowctl", "tail"].iter().chain(words)).unwrap();
    let Command::Tail(args) = cli.command else { panic!("{words:?} is no tail") };
    (cli.global, args)
}

fn resumed(words: &[&str]) -> String {
    let (global, args) = parse(words);
    let now = Clock::Fixed(Timestamp(0)).now();
    let request = Request {
        topic: "orders".into(),
        partitions: None,
        start: Start::Newest(1),
        to: args.range.parse(now).unwrap().to,
        exit_at_end: false,
        limit: None,
        key: None,
        isolation: IsolationLevel::ReadCommitted,
        group: None,
    };
    let outcome = Outcome {
        records: 1,
        next: BTreeMap::from([(0, 12), (2, 7)]),
        has_gaps: false,
        goes_on: true,
        ended: Ended::Done,
    };
    args.resume(&request, &outcome, &global).unwrap()
}

#[test]
fn it_is_resumed_with_the_same_flags_and_other_positions() {
    assert_eq!(
        resumed(&["-t", "orders", "-n", "5", "-e"]),
        "flowctl tail topic/orders --from 0=12 --from 2=7 -e"
    );
    assert_eq!(
        resumed(&["orders", "-b", "h:1", "-p", "0,2", "--to", "2=9", "-f", "%k %s\\n", "-Z"]),
        "flowctl tail -b h:1 topic/orders -p 0 -p 2 --from 0=12 --from 2=7 --to 2=9 \
         -f '%k %s\\n' -Z"
    );
    assert_eq!(
        resumed(&["orders", "-J", "-k", "it's", "--isolation", "read_uncommitted"]),
        "flowctl tail topic/orders --from 0=12 --from 2=7 -k 'it'\\''s' \
         --isolation read_uncommitted -J"
    );
    let secret = resumed(&["orders", "-X", "sasl.password=hunter2"]);
    assert!(secret.contains("sasl.password=") && !secret.contains("hunter2"), "{secret}");
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

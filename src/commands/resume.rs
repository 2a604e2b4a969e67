//! The command line that goes on where this one ended: what it means does not depend on when it is
//! run.

use std::fmt::Display;
use std::ops::Range;

use clap::ValueEnum;

use crate::config::{DEFAULT_TIMEOUT, GlobalArgs, TopologyArgs};
use crate::kafka::{Error, ErrorCode, Properties};
use crate::model::duration::format_duration;
use crate::model::position::Position;
use crate::model::shell;
use crate::model::timestamp::Timestamp;

/// What is said instead of the command that goes on where offsets mean other records by now.
pub const NOTHING_TO_GO_ON_WITH: &str =
    "a topic is gone, or another one: no line goes on; a new run plans with what is there now";

/// Tells whether a command failed because a topic was deleted, and perhaps created again,
/// meanwhile.
pub fn is_about_a_topic_that_went(failure: &anyhow::Error) -> bool {
    failure.chain().filter_map(|cause| cause.downcast_ref::<Error>()).any(|error| {
        error.code().is_some_and(|code| {
            [ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, ErrorCode::UNKNOWN_TOPIC_ID].contains(&code)
        })
    })
}

/// A command line under construction, quoted for a shell.
#[derive(Debug)]
pub struct CommandLine {
    text: String,
}

impl CommandLine {
    /// Begins with the command and the flags that say which cluster is meant, and how long it may
    /// take to answer. Secrets are masked. What is said on stderr, and how, is left to the next
    /// time.
    pub fn new(command: &str, global: &GlobalArgs) -> Self {
        let GlobalArgs {
            brokers,
            properties: file,
            property,
            timeout,
            color: _,
            quiet: _,
            verbose: _,
        } = global;
        let mut line = Self { text: format!("flowctl {command}") };
        line.flags("-b", brokers);
        line.flags("-F", file.as_ref().map(|file| file.display()));
        let mut properties = Properties::new();
        for argument in property {
            // What is wrong with one has ended the command before.
            drop(properties.set_argument(argument.reveal(), "-X"));
        }
        line.flags("-X", properties.shown().map(|(key, value)| format!("{key}={value}")));
        if *timeout != DEFAULT_TIMEOUT {
            line.flag("--timeout", format_duration(*timeout));
        }
        line
    }

    /// Adds a word.
    pub fn word(&mut self, word: impl Display) {
        self.text.push(' ');
        self.text.push_str(&shell::quote(&word.to_string()));
    }

    /// Adds a flag and its value; a value that looks like a flag is tied to it.
    pub fn flag(&mut self, flag: &str, value: impl Display) {
        let value = value.to_string();
        if value.starts_with('-') {
            self.word(format_args!("{flag}={value}"));
        } else {
            self.word(flag);
            self.word(value);
        }
    }

    /// Adds a flag with each of its values.
    pub fn flags(&mut self, flag: &str, values: impl IntoIterator<Item: Display>) {
        for value in values {
            self.flag(flag, value);
        }
    }

    /// Adds a flag with a value of a list, unless it is the default.
    pub fn choice<T: ValueEnum + PartialEq>(&mut self, flag: &str, value: &T, default: &T) {
        if value != default
            && let Some(value) = value.to_possible_value()
        {
            self.flag(flag, value.get_name());
        }
    }

    /// Adds a flag that has no value, if it is set.
    pub fn switch(&mut self, flag: &str, is_set: bool) {
        if is_set {
            self.word(flag);
        }
    }

    /// Adds the part of a partition that is left. Where partitions are named, the others are left
    /// out.
    pub fn part(&mut self, partition: i32, from: Position, until: Option<Position>) {
        self.flag("--from", format_args!("{partition}={from}"));
        self.flags("--until", until.map(|until| format!("{partition}={until}")));
    }

    /// Adds a part that times bound as well: each record's own time decides, and offsets say what
    /// was there when the range was planned.
    pub fn bounded_part(
        &mut self,
        partition: i32,
        offsets: &Range<i64>,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
    ) {
        let position = |offset, time: Option<Timestamp>| {
            time.map_or(Position::Offset(offset), |time| Position::OffsetAndTime(offset, time))
        };
        let (from, until) = (position(offsets.start, since), position(offsets.end, until));
        self.part(partition, from, Some(until));
    }

    /// Adds where the topology is.
    pub fn topology(&mut self, topology: &TopologyArgs) {
        let TopologyArgs { file, env } = topology;
        self.flags("--file", file.as_ref().map(|file| file.display()));
        self.flags("--env", env);
    }

    /// Returns the line.
    pub fn into_text(self) -> String {
        self.text
    }
}

/// Reads a line as a shell and clap would, for the tests of those who write one: it must mean what
/// the command that was interrupted meant.
#[cfg(test)]
pub(super) mod testing {
    use clap::Parser;

    use crate::commands::Cli;

    /// The flags of every command: [`super::CommandLine::new`] takes care of them.
    pub(in crate::commands) const GLOBAL: &[&str] = &[
        "--brokers",
        "--properties",
        "--property",
        "--timeout",
        "--color",
        "--quiet",
        "--verbose",
        "--help",
    ];

    /// Splits at blanks; quotes hold words together.
    pub(in crate::commands) fn read(line: &str) -> Cli {
        let (mut words, mut word, mut is_quoted) = (Vec::new(), String::new(), false);
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            match c {
                '\'' => is_quoted = !is_quoted,
                '\\' if !is_quoted => word.extend(chars.next()),
                ' ' if !is_quoted => words.push(std::mem::take(&mut word)),
                _ => word.push(c),
            }
        }
        words.push(word);
        Cli::try_parse_from(&words).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    /// Asserts that every flag of a command is among samples, or among those that the line cannot
    /// have.
    pub(in crate::commands) fn assert_complete(path: &[&str], samples: &[&str], not: &[&str]) {
        let mut command = crate::commands::definition();
        command.build();
        let mut found = &command;
        for name in path {
            found = found.find_subcommand(name).unwrap();
        }
        for argument in found.get_arguments().filter(|argument| !argument.is_positional()) {
            let long = argument.get_long().map(|long| format!("--{long}"));
            let short = argument.get_short().map(|short| format!("-{short}"));
            let given = || samples.iter().chain(not).filter_map(|word| word.split('=').next());
            let is_given =
                [long, short].iter().flatten().any(|flag| given().any(|given| given == flag));
            assert!(is_given, "`{}` is new: say what becomes of it", argument.get_id());
        }
    }
}

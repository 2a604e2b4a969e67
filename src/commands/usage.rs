//! Usage errors: what clap says, and the way out for habits that come from other tools.

use std::ffi::OsString;

use clap::Parser as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{Cli, Command};
use crate::model::position::parse_position;
use crate::model::timestamp::Timestamp;

/// Reads a command line; its first word is the program.
pub fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let cli = Cli::try_parse_from(arguments)?;
    // clap does not tell it from a line without `--`. In CI it is a variable that is empty, and
    // the sandbox would run until somebody wonders why.
    let ends_early = arguments.last().is_some_and(|last| last == "--");
    if matches!(&cli.command, Command::Sandbox(args) if args.command.is_empty()) && ends_early {
        let mut definition = super::definition();
        definition.build();
        let sandbox = definition.find_subcommand_mut("sandbox");
        let sandbox = sandbox.map(|it| it.error(ErrorKind::TooFewValues, NOTHING_TO_RUN));
        return sandbox.map_or(Ok(cli), Err);
    }
    Ok(cli)
}

const NOTHING_TO_RUN: &str = "no command behind `--`";

/// Says what a command line that clap refused was probably meant to be, and takes out what clap
/// itself would say of that; its first word is the program. Empty for help and version, which are
/// answers.
pub fn advise(error: &mut clap::Error, arguments: &[String]) -> Vec<String> {
    if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Vec::new();
    }
    let mut lines = Vec::new();
    if let Some(hint) = habit(error, arguments) {
        lines.push(format!("hint: {hint}"));
        for tip in [ContextKind::Suggested, ContextKind::SuggestedValue] {
            drop(error.remove(tip));
        }
    }
    let cause = std::error::Error::source(error);
    if cause.is_some_and(<dyn std::error::Error>::is::<std::num::ParseIntError>) {
        // clap says `invalid digit found in string`.
        lines.push("hint: it must be a whole number, such as 10".to_owned());
    }
    lines.extend(example(arguments).map(|example| format!("example: {example}")));
    lines
}

/// Recognises what is right in kcat, or in another command of flowctl.
fn habit(error: &clap::Error, arguments: &[String]) -> Option<String> {
    if error.kind() == ErrorKind::TooFewValues && arguments.last().is_some_and(|word| word == "--")
    {
        return Some("a variable may be empty; without `--` it runs until Ctrl-C".to_owned());
    }
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        Some(_) | None => None,
    };
    let command = path(arguments);
    let is_record_command = matches!(command.first().copied(), Some("tail" | "produce"));
    let is_tail = command == ["tail"];
    let word_after_e = arguments.windows(2).find_map(|pair| match pair {
        [flag, word] if flag == "-e" && !word.starts_with('-') => Some(word),
        _ => None,
    });
    if error.kind() == ErrorKind::UnknownArgument
        && is_record_command
        && let Some(word) = word_after_e
    {
        return Some(format!(
            "the environment is --env {word} here; -e exits at the end, as in kcat"
        ));
    }
    let argument = text(ContextKind::InvalidArg)?;
    if error.kind() == ErrorKind::UnknownArgument {
        // clap takes a value such as -2 for flags of one letter, and names the first.
        let back = arguments.windows(2).find_map(|pair| match pair {
            [flag, word] if flag == "-o" && word.starts_with(argument) => Some(word.as_str()),
            _ => None,
        });
        if let Some(position) = back.and_then(position).filter(|_| is_tail) {
            return Some(begin_at(&position));
        }
        if command == ["replay"] && !argument.starts_with('-') {
            return Some(format!("where to write is --to {argument}"));
        }
    }
    match argument {
        "-C" => Some("flowctl tail reads; flowctl help kcat translates the flags".to_owned()),
        "-P" => Some("flowctl produce writes; flowctl help kcat translates the flags".to_owned()),
        "-L" => {
            Some("flowctl plan compares topics, flowctl lag --all-groups lists groups".to_owned())
        }
        "-G" => Some("flowctl tail reads without joining a group; flowctl help kcat".to_owned()),
        argument if argument.starts_with("--output") => {
            let value = text(ContextKind::InvalidValue).filter(|_| is_tail)?;
            match position(value) {
                Some(position) => Some(begin_at(&position)),
                None if value == "json" => {
                    Some("one record a line, as JSON, is -o jsonl".to_owned())
                }
                None => None,
            }
        }
        _ => None,
    }
}

/// Reads what kcat's `-o` takes as a position of ours.
fn position(value: &str) -> Option<String> {
    let position = match value.strip_prefix("s@") {
        Some(time) => format!("@{time}"),
        None => value.to_owned(),
    };
    // What time it is does not matter: only whether it can be read.
    parse_position(&position, Timestamp(0)).is_ok().then_some(position)
}

/// Says how to begin somewhere.
fn begin_at(position: &str) -> String {
    format!("-o is the output format; where to begin is --from {position}")
}

/// Returns the words of the command line that name a command.
fn path(arguments: &[String]) -> Vec<&str> {
    let mut command = super::definition();
    let mut path = Vec::new();
    for word in arguments.iter().skip(1) {
        if let Some(found) = command.find_subcommand(word) {
            path.push(word.as_str());
            command = found.clone();
        }
    }
    path
}

/// Returns the first example of the help of the command that is called.
fn example(arguments: &[String]) -> Option<String> {
    let mut command = super::definition();
    for name in path(arguments) {
        command = command.find_subcommand(name)?.clone();
    }
    let help = command.get_long_about()?.to_string();
    let line = help.lines().find_map(|line| line.strip_prefix("  flowctl "))?;
    let (example, _) = line.split_once("  #").unwrap_or((line, ""));
    Some(format!("flowctl {}", example.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[String]) -> Result<Cli, clap::Error> {
        parse(&arguments.iter().map(OsString::from).collect::<Vec<_>>())
    }

    fn said(line: &str) -> Vec<String> {
        let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
        advise(&mut read(&arguments).unwrap_err(), &arguments)
    }

    /// What clap says, once it has been advised.
    fn shown(line: &str) -> String {
        let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let mut error = read(&arguments).unwrap_err();
        advise(&mut error, &arguments);
        error.to_string()
    }

    #[test]
    fn a_tip_of_clap_stays_only_where_nothing_better_is_known() {
        for line in ["flowctl tail orders -o -2", "flowctl tail orders -o json"] {
            assert!(!shown(line).contains("tip:"), "{line}");
        }
        for line in ["flowctl tail orders -x", "flowctl tail orders -o jsonn"] {
            assert!(shown(line).contains("tip:"), "{line}");
            assert!(said(line).iter().all(|line| !line.starts_with("hint:")), "{line}");
        }
        for line in ["flowctl produce orders -o end", "flowctl produce orders -o -2"] {
            let said = said(line);
            assert!(said.iter().all(|line| !line.contains("--from")), "{said:?}: it has no --from");
        }
    }

    #[test]
    fn a_sandbox_that_is_to_run_nothing_is_refused() {
        for line in ["flowctl sandbox --", "flowctl sandbox -e dev --"] {
            assert!(shown(line).starts_with("error: no command behind `--`"), "{line}");
            assert!(said(line)[0].starts_with("hint: a variable may be empty"), "{line}");
        }
        for line in ["flowctl sandbox", "flowctl sandbox -- --", "flowctl sandbox -- true"] {
            let arguments: Vec<_> = line.split(' ').map(str::to_owned).collect();
            assert!(read(&arguments).is_ok(), "{line}");
        }
    }

    #[test]
    fn habits_of_kcat_are_recognised() {
        for (line, hint) in [
            (
                "flowctl -C -t orders",
                "hint: flowctl tail reads; flowctl help kcat translates the flags",
            ),
            (
                "flowctl -P -t orders",
                "hint: flowctl produce writes; flowctl help kcat translates the flags",
            ),
            (
                "flowctl tail orders -o beginning",
                "hint: -o is the output format; where to begin is --from beginning",
            ),
            (
                "flowctl tail orders -o s@17",
                "hint: -o is the output format; where to begin is --from @17",
            ),
            (
                "flowctl tail orders -o -2",
                "hint: -o is the output format; where to begin is --from -2",
            ),
            (
                "flowctl tail orders -o -12 -e",
                "hint: -o is the output format; where to begin is --from -12",
            ),
            ("flowctl tail orders -o json", "hint: one record a line, as JSON, is -o jsonl"),
            ("flowctl replay a b", "hint: where to write is --to b"),
            ("flowctl tail orders -n abc", "hint: it must be a whole number, such as 10"),
            ("flowctl replay a --to b --limit x", "hint: it must be a whole number, such as 10"),
            (
                "flowctl tail orders -e dev",
                "hint: the environment is --env dev here; -e exits at the end, as in kcat",
            ),
            (
                "flowctl tail -e dev orders",
                "hint: the environment is --env dev here; -e exits at the end, as in kcat",
            ),
        ] {
            assert_eq!(said(line).first().map(String::as_str), Some(hint), "{line}");
        }
    }

    #[test]
    fn a_mistake_gets_an_example_of_its_command_and_help_gets_none() {
        assert_eq!(said("flowctl lag --fail-above"), ["example: flowctl lag"]);
        assert_eq!(
            said("flowctl dlq redrive"),
            ["example: flowctl dlq redrive user-activity-logs --dry-run"]
        );
        assert!(said("flowctl --help").is_empty() && said("flowctl dlq").is_empty());
    }
}

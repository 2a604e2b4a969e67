//! `flowctl help`: the long help of a command, or a concept that no single command owns.

use super::Context;
use crate::error::Problem;
use crate::exit::Exit;
use crate::output::Screen;
use crate::output::table::{self, Column};

/// Show help of a command or a concept
///
/// Examples:
///
///   flowctl help tail
///
///   flowctl help redrive
///
///   flowctl help exit-codes
///
///   flowctl help kcat                          # what kcat, rpk and kafka-*.sh call it
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Command (`dlq redrive` too) or concept: exit-codes, kcat
    pub topic: Vec<String>,
}

/// Prints the help.
pub fn run(args: &Args, context: &mut Context) -> anyhow::Result<Exit> {
    let text = match args.topic.as_slice() {
        [concept] if concept == "exit-codes" => exit_codes(),
        [concept] if ["kcat", "rpk", "kafka"].contains(&concept.as_str()) => KCAT.to_owned(),
        path => command_help(path)?,
    };
    context.output.print(&text)?;
    Ok(Exit::Done)
}

/// The commands of other tools, translated.
const KCAT: &str = include_str!("kcat.txt");

/// Renders the long help of a command, found by its path, or by its last word alone: `redrive`.
fn command_help(path: &[String]) -> anyhow::Result<String> {
    let mut command = super::definition();
    command.build();
    let parent = match path {
        [name] if command.find_subcommand(name).is_none() => command
            .get_subcommands()
            .find(|parent| parent.find_subcommand(name).is_some())
            .map(|parent| parent.get_name().to_owned()),
        _ => None,
    };
    let mut found = &mut command;
    let path: Vec<&String> = parent.iter().chain(path).collect();
    for name in &path {
        found = found.find_subcommand_mut(name).ok_or_else(|| {
            let words: Vec<&str> = path.iter().map(|word| word.as_str()).collect();
            Problem::usage(format!("no command or concept `{}`", words.join(" ")))
                .hint("flowctl help lists the commands; the concepts are: exit-codes, kcat")
        })?;
    }
    Ok(found.render_long_help().to_string())
}

/// Renders the table of exit codes.
fn exit_codes() -> String {
    let rows: Vec<_> = Exit::ALL
        .iter()
        .map(|exit| vec![exit.code().to_string(), exit.meaning().to_owned()])
        .collect();
    table::layout(&[Column::number("CODE"), Column::text("MEANING")], &rows, Screen::default())
}

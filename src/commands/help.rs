//! `flowctl help`: the long help of a command, or a concept that no single command owns.

use super::Context;
use crate::error::Problem;
use crate::exit::Exit;
use crate::output::table::{self, Align};

/// Show help of a command or a concept
///
/// Examples:
///
///   flowctl help tail
///
///   flowctl help exit-codes
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Command (`dlq redrive` too) or concept: exit-codes
    pub topic: Vec<String>,
}

/// Prints the help.
pub fn run(args: &Args, context: &mut Context) -> anyhow::Result<Exit> {
    let text = match args.topic.as_slice() {
        [concept] if concept == "exit-codes" => exit_codes(),
        path => command_help(path)?,
    };
    context.output.print(&text)?;
    Ok(Exit::Done)
}

/// Renders the long help of a command, found by its path.
fn command_help(path: &[String]) -> anyhow::Result<String> {
    let mut command = super::definition();
    command.build();
    let mut found = &mut command;
    for name in path {
        found = found.find_subcommand_mut(name).ok_or_else(|| {
            Problem::usage(format!("no command or concept `{}`", path.join(" ")))
                .hint("flowctl help lists the commands; the concepts are: exit-codes")
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
    table::layout(&[("CODE", Align::Right), ("MEANING", Align::Left)], &rows, None)
}

//! `flowctl dlq`: dead letters are listed, shown and redriven.

mod find;
mod ls;
mod redrive;
mod resume;
mod selection;
mod show;
mod watching;

use super::Context;
use crate::exit::Exit;
use crate::output::style::ErrorFormat;

/// List, show and redrive dead letters
///
/// Examples:
///
///   flowctl dlq ls
///
///   flowctl dlq show user-activity-logs --error-code TIMEOUT
///
///   flowctl dlq redrive user-activity-logs --dry-run
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands about dead letters.
#[derive(Debug, clap::Subcommand)]
#[expect(missing_docs, reason = "a doc comment here would hide that of Args, which is the help")]
pub enum Command {
    Ls(ls::Args),
    Show(show::Args),
    Redrive(redrive::Args),
}

impl Command {
    /// Tells how errors are shown beside the results.
    pub fn error_format(&self) -> ErrorFormat {
        match self {
            Self::Ls(args) => args.output,
            Self::Show(args) => args.output,
            Self::Redrive(args) => args.output,
        }
        .into()
    }
}

/// Runs the command. Those that only read end with the first Ctrl-C.
pub async fn run(args: Args, context: &mut Context) -> anyhow::Result<Exit> {
    let interrupt = context.interrupt.clone();
    match args.command {
        Command::Ls(args) => {
            super::until_interrupted(&interrupt, Box::pin(ls::run(args, context))).await
        }
        Command::Show(args) => {
            super::until_interrupted(&interrupt, Box::pin(show::run(args, context))).await
        }
        Command::Redrive(args) => redrive::run(args, context).await,
    }
}

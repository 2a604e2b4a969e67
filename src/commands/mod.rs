//! The subcommands: one file each, with its flags (their doc comments are the help) and a short
//! run.

pub mod apply;
pub mod completions;
pub mod context;
pub mod dlq;
mod group_names;
pub mod help;
pub mod lag;
pub mod plan;
pub mod produce;
pub mod range;
mod reading;
pub mod replay;
pub mod resume;
pub mod sandbox;
pub mod tail;
pub mod target;
pub mod tour;
pub mod usage;
pub mod validate;

use clap::{CommandFactory, Parser, Subcommand};

use crate::config::GlobalArgs;
use crate::exit::Exit;
use crate::interrupt::{Interrupt, Interrupted};
use crate::output::phrases::nothing_done;
use crate::output::style::ErrorFormat;

pub use context::Context;

/// Carry a Kafka topic flow from a YAML file to production and back from failure
#[derive(Debug, Parser)]
#[command(
    name = "flowctl",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Concepts: flowctl help exit-codes, flowctl help kcat"
)]
pub struct Cli {
    /// The flags that every command takes.
    #[command(flatten)]
    pub global: GlobalArgs,

    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "a doc comment here would hide that of Args, which is the help")]
pub enum Command {
    Validate(validate::Args),
    Plan(plan::Args),
    Apply(apply::Args),
    Produce(Box<produce::Args>),
    Tail(Box<tail::Args>),
    Lag(lag::Args),
    Tour(tour::Args),
    Sandbox(sandbox::Args),
    Dlq(Box<dlq::Args>),
    Replay(replay::Args),
    Completions(completions::Args),
    Help(help::Args),
}

impl Command {
    /// Tells how errors are shown: a command that prints JSON reports its errors as JSON too.
    pub fn error_format(&self) -> ErrorFormat {
        match self {
            Self::Validate(args) => args.output.into(),
            Self::Plan(args) => args.output.into(),
            Self::Apply(args) => args.output.into(),
            Self::Produce(args) => args.output.into(),
            Self::Completions(_) | Self::Help(_) | Self::Sandbox(_) | Self::Tour(_) => {
                ErrorFormat::Text
            }
            Self::Lag(args) => args.output.into(),
            Self::Dlq(args) => args.command.error_format(),
            Self::Tail(args) => args.error_format(),
            Self::Replay(args) => args.output.into(),
        }
    }

    /// Runs the command. A command that changes something finishes what is in flight at the first
    /// Ctrl-C; one that only reads is run by [`until_interrupted`] and simply ends.
    pub async fn run(self, context: &mut Context) -> anyhow::Result<Exit> {
        let interrupt = context.interrupt.clone();
        match self {
            Self::Validate(args) => validate::run(&args, context).await,
            Self::Plan(args) => {
                until_interrupted(&interrupt, Box::pin(plan::run(args, context))).await
            }
            Self::Apply(args) => Box::pin(apply::run(args, context)).await,
            Self::Produce(args) => Box::pin(produce::run(*args, context)).await,
            Self::Completions(args) => completions::run(&args, context),
            // Boxed, as every command that waits: the futures are large, and only one is run.
            Self::Lag(args) => {
                until_interrupted(&interrupt, Box::pin(lag::run(args, context))).await
            }
            Self::Tour(args) => Box::pin(tour::run(args, context)).await,
            Self::Sandbox(args) => Box::pin(sandbox::run(args, context)).await,
            Self::Dlq(args) => Box::pin(dlq::run(*args, context)).await,
            Self::Tail(args) => Box::pin(tail::run(*args, context)).await,
            Self::Replay(args) => Box::pin(replay::run(args, context)).await,
            Self::Help(args) => help::run(&args, context),
        }
    }
}

/// Runs work that changes nothing: it ends with the first Ctrl-C or SIGTERM.
pub async fn until_interrupted(
    interrupt: &Interrupt,
    work: impl Future<Output = anyhow::Result<Exit>>,
) -> anyhow::Result<Exit> {
    interrupt.cut(work).await?
}

/// Runs work that comes before anything is changed, or asked: who ends it is told that nothing was.
pub async fn before_changes<T>(
    interrupt: &Interrupt,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let failure = match interrupt.cut(work).await {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(failure)) => failure,
        Err(interrupted) => interrupted.into(),
    };
    // Parts of the work hear the signal themselves.
    Err(match failure.downcast_ref() {
        Some(Interrupted(signal)) => nothing_done(*signal).into(),
        None => failure,
    })
}

/// Returns the whole command line as clap has it, for help and completions.
pub fn definition() -> clap::Command {
    Cli::command()
}

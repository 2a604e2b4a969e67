//! Errors as the user meets them: a chain of causes, hints, a stable code, an exit code.
//!
//! Typed errors live where a caller decides on them (`kafka::Error`, `topology::EnvironmentError`);
//! commands add context with anyhow. This file turns a chain into what is shown and into an exit
//! code.

use std::fmt;

use crate::exit::Exit;
use crate::kafka;

/// A problem that a command found itself, with its exit code and its way out.
#[derive(Debug)]
pub struct Problem {
    exit: Exit,
    message: String,
    hints: Vec<String>,
}

impl Problem {
    /// Makes a problem that ends the command with `exit`.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hints: Vec::new() }
    }

    /// The command line asks for something that makes no sense.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Input data or the topology is invalid.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Exit::InvalidData, message)
    }

    /// Something is protected, or nobody could be asked.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Exit::Refused, message)
    }

    /// It failed.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    /// Something that was named is not there: ``topic `orderz` ``, ``group `billing` ``. One
    /// wording and one exit code, whichever command met it.
    pub fn not_found(what: &str, cluster_id: Option<&str>) -> Self {
        let id = cluster_id.map(|id| format!(" {id}")).unwrap_or_default();
        Self::failed(format!("{what} not found on cluster{id}"))
    }

    /// What was planned with, ``topic `orders` ``, is not there any more: it was `gone`.
    pub fn planned_with(what: &str, gone: impl fmt::Display) -> Self {
        Self::refused(format!("{what} was {gone} meanwhile"))
            .hint("run the command again: it plans with what is there now")
    }

    /// Somebody asked twice to stop, so that an answer was not waited for.
    pub fn not_waited_for() -> Self {
        Self::new(Exit::Unreachable, "stopped at once, before there was an answer")
    }

    /// Adds a hint: what to do about it, as a sentence or a command.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

/// An error chain, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// The stable code for machines: the exit's name, or Kafka's own name of the error.
    pub code: String,
    /// What was being done to what.
    pub message: String,
    /// The chain of causes, outermost first.
    pub causes: Vec<String>,
    /// What to do about it.
    pub hints: Vec<String>,
    /// The exit code of the process.
    pub exit_code: u8,
}

impl Report {
    /// Returns the message and its causes, where there is no room for lines of their own.
    pub fn in_one_line(&self) -> String {
        let mut text = self.message.clone();
        for cause in &self.causes {
            text.push_str(": ");
            text.push_str(cause);
        }
        text
    }
}

/// Finds the exit code of a chain: that of the first link which has one.
pub fn exit_of(error: &anyhow::Error) -> Exit {
    for cause in error.chain() {
        if let Some(problem) = cause.downcast_ref::<Problem>() {
            return problem.exit;
        }
        if let Some(kafka) = cause.downcast_ref::<kafka::Error>() {
            return kafka.exit();
        }
    }
    Exit::Failed
}

/// Turns a chain into a report.
pub fn report(error: &anyhow::Error) -> Report {
    let exit = exit_of(error);
    let mut hints = Vec::new();
    let mut code = None;
    for cause in error.chain() {
        if let Some(problem) = cause.downcast_ref::<Problem>() {
            hints.extend(problem.hints.iter().cloned());
        }
        if let Some(kafka) = cause.downcast_ref::<kafka::Error>() {
            hints.extend(kafka.hint());
            code = code.or_else(|| Some(kafka.code_name()));
        }
    }
    let mut texts = error.chain().map(ToString::to_string);
    Report {
        code: code.unwrap_or_else(|| default_code(exit).to_owned()),
        message: texts.next().unwrap_or_default(),
        causes: texts.collect(),
        hints,
        exit_code: exit.code(),
    }
}

/// Returns the code of an error that has no name of its own.
fn default_code(exit: Exit) -> &'static str {
    match exit {
        Exit::Done => "done",
        Exit::Failed => "failed",
        Exit::Finding => "finding",
        Exit::Partly => "partly_done",
        Exit::Refused => "refused",
        Exit::Unreachable => "unreachable",
        Exit::NotAuthorised => "not_authorised",
        Exit::Usage => "usage",
        Exit::InvalidData => "invalid_data",
        Exit::HungUp => "hung_up",
        Exit::Interrupted => "interrupted",
        Exit::Terminated => "terminated",
        Exit::OfCommand(_) => "command",
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn the_outermost_message_leads_and_hints_come_from_the_whole_chain() {
        let error = Err::<(), _>(Problem::refused("nobody to ask").hint("add --yes"))
            .context("cannot apply")
            .unwrap_err();
        let report = report(&error);
        assert_eq!(report.message, "cannot apply");
        assert_eq!(report.causes, ["nobody to ask"]);
        assert_eq!(report.hints, ["add --yes"]);
        assert_eq!(report.exit_code, 4);
        assert_eq!(report.code, "refused");
    }
}

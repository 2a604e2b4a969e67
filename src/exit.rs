//! The exit codes of every command.

use std::process::ExitCode;

/// How a command ended; `docs/automation.md` is the table for users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or in sync; also when the reader of stdout has gone.
    Done,
    /// Failed.
    Failed,
    /// A finding that was asked for: differences, or a threshold passed.
    Finding,
    /// Some items failed; the report names them.
    Partly,
    /// Refused: protection, or a confirmation that nobody could give.
    Refused,
    /// The cluster could not be reached in time; a retry may help.
    Unreachable,
    /// Not authenticated or not authorised.
    NotAuthorised,
    /// The command line is wrong; clap's own 2 is mapped here, so that 2 can only mean a finding.
    Usage,
    /// The topology or the input data is invalid.
    InvalidData,
    /// SIGHUP before it was done.
    HungUp,
    /// Ctrl-C before it was done.
    Interrupted,
    /// SIGTERM before it was done.
    Terminated,
    /// That of the command which `flowctl sandbox` ran, whatever it means there.
    OfCommand(u8),
}

impl Exit {
    /// Every exit of flowctl itself, for the help page and its test.
    pub const ALL: [Self; 12] = [
        Self::Done,
        Self::Failed,
        Self::Finding,
        Self::Partly,
        Self::Refused,
        Self::Unreachable,
        Self::NotAuthorised,
        Self::Usage,
        Self::InvalidData,
        Self::HungUp,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// Returns the number that the shell sees. 64 and 65 are those of sysexits.h; 129, 130 and 143
    /// are 128 + the signal, as shells have it.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Finding => 2,
            Self::Partly => 3,
            Self::Refused => 4,
            Self::Unreachable => 5,
            Self::NotAuthorised => 6,
            Self::Usage => 64,
            Self::InvalidData => 65,
            Self::HungUp => 129,
            Self::Interrupted => 130,
            Self::Terminated => 143,
            Self::OfCommand(code) => code,
        }
    }

    /// Finds the exit of a number; [`Exit::Failed`] for one that is none of ours.
    pub fn from_code(code: u8) -> Self {
        Self::ALL.into_iter().find(|exit| exit.code() == code).unwrap_or(Self::Failed)
    }

    /// Returns the meaning in one line.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, or in sync; closed reader; Ctrl-C on an unbounded tail",
            Self::Failed => "failed",
            Self::Finding => "a finding that was asked for: differences, a threshold passed",
            Self::Partly => "partly done: some items failed, the report names them",
            Self::Refused => "refused: protection, missing confirmation, or fenced by another run",
            Self::Unreachable => "cluster unreachable or deadline passed: a retry may help",
            Self::NotAuthorised => "not authenticated or not authorised",
            Self::Usage => "usage error",
            Self::InvalidData => "invalid topology or input data",
            Self::HungUp => "hung up (SIGHUP, the terminal has gone) before it was done",
            Self::Interrupted => "interrupted (Ctrl-C) before it was done",
            Self::Terminated => "terminated (SIGTERM) before it was done",
            Self::OfCommand(_) => "the exit code of the command that was run",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

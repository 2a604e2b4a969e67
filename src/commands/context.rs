//! What a command is given: its global flags, the streams, the clock, and how to reach the cluster.

use crate::clock::{Clock, Deadline};
use crate::config::{Environment, GlobalArgs};
use crate::interrupt::Interrupt;
use crate::output::Output;

/// Everything a command needs besides its own flags.
#[derive(Debug)]
pub struct Context {
    /// The flags that every command takes.
    pub global: GlobalArgs,
    /// The environment variables.
    pub environment: Environment,
    /// The streams.
    pub output: Output,
    /// The wall clock.
    pub clock: Clock,
    /// Ctrl-C and SIGTERM.
    pub interrupt: Interrupt,
    /// The one deadline for all metadata and admin calls of this command, set when it starts.
    pub deadline: Deadline,
}

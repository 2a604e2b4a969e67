//! What a command is given: its global flags, the streams, the clock, and how to reach the cluster.

use crate::clock::{Clock, Deadline};
use crate::config::{self, Environment, GlobalArgs};
use crate::interrupt::Interrupt;
use crate::kafka::ConnectionSettings;
use crate::output::Output;
use crate::topology::Resolved;

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

impl Context {
    /// Puts the connection settings together and shows what is odd about them. The environment of
    /// `topology`, if there is one, is the lowest layer.
    pub fn settings(&mut self, topology: Option<&Resolved>) -> anyhow::Result<ConnectionSettings> {
        let cluster = topology.map(|resolved| &resolved.cluster);
        let (settings, warnings) = config::connection(&self.global, &self.environment, cluster)?;
        for warning in warnings {
            self.output.warn(&warning.to_string());
        }
        Ok(settings)
    }
}

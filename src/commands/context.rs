//! What a command is given: its global flags, the streams, the clock, and how to reach the cluster.

mod connecting;

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{reading, target};
use crate::clock::{Clock, Deadline};
use crate::config::{Environment, GlobalArgs, SetArgs, TopologyArgs};
use crate::error::Problem;
use crate::interrupt::Interrupt;
use crate::kafka::Cluster;
use crate::model::own_topics::OwnTopics;
use crate::model::target::Target;
use crate::output::Output;
use crate::output::json::Source;
use crate::topology::{
    self, Diagnostics, EnvironmentError, Resolved, SetOption, Topology, Variables,
};

/// Everything a command needs besides its own flags.
#[derive(Debug)]
pub struct Context {
    /// The flags that every command takes.
    pub global: GlobalArgs,
    /// The environment variables.
    pub environment: Environment,
    /// flowctl's own topics, as far as they are known: those of the topology, once it was read.
    pub own_topics: OwnTopics,
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
    /// Says of which cluster a document speaks, as of now. An id that cannot be had is unknown, and
    /// nothing to fail for.
    pub async fn source(&self, cluster: &Cluster) -> Source {
        let cluster_id = cluster.id(self.deadline).await.ok().flatten();
        Source { cluster_id, as_of: self.clock.now() }
    }

    /// Reads the topology and resolves it for its environment. What is wrong with it is shown; the
    /// warnings are left to the caller.
    pub async fn topology(&mut self, args: &TopologyArgs) -> anyhow::Result<Resolved> {
        self.topology_with(args, &SetArgs { sets: Vec::new() }).await
    }

    /// Reads and resolves the topology, with settings of the command line put over it.
    pub async fn topology_with(
        &mut self,
        args: &TopologyArgs,
        sets: &SetArgs,
    ) -> anyhow::Result<Resolved> {
        self.chosen_topology(None, args, sets).await
    }

    /// Does the same; `name` stands where a flow's does, and may be meant as an environment.
    async fn chosen_topology(
        &mut self,
        name: Option<&str>,
        args: &TopologyArgs,
        sets: &SetArgs,
    ) -> anyhow::Result<Resolved> {
        let (file, topology) = self.read(args).await?;
        let chosen = topology.choose(self.topology_environment(args));
        let environment = chosen.map_err(|error| problem(&error, name))?;
        self.resolve(&file, &topology, environment, &sets.sets).await
    }

    /// Reads the topology for a sandbox that the caller starts, and has to fit it to. Variables say
    /// how to reach the environment's own cluster: they need no values.
    pub async fn topology_for_sandbox(&mut self, args: &TopologyArgs) -> anyhow::Result<Resolved> {
        let (file, topology) = self.read(args).await?;
        let environment = choose(&topology, self.topology_environment(args))?;
        let resolved = topology.resolve(environment, &[], Variables::Unchecked);
        resolved.map_err(|found| self.refuse(&file, &found).into())
    }

    /// Reads the topology where a command can do without: `None` when nobody named a file and there
    /// is none here.
    pub async fn topology_if_any(
        &mut self,
        args: &TopologyArgs,
    ) -> anyhow::Result<Option<Resolved>> {
        if self.has_topology(args) { self.topology(args).await.map(Some) } else { Ok(None) }
    }

    /// Reads the topology where it serves for its connection only: `None` also when it has several
    /// environments and none was chosen. Where names are looked up in it, that would be an answer
    /// about another topic.
    pub async fn topology_if_chosen(
        &mut self,
        args: &TopologyArgs,
    ) -> anyhow::Result<Option<Resolved>> {
        if !self.has_topology(args) {
            return Ok(None);
        }
        let (file, topology) = self.read(args).await?;
        match topology.choose(self.topology_environment(args)) {
            Ok(environment) => self.resolve(&file, &topology, environment, &[]).await.map(Some),
            Err(unsaid @ EnvironmentError::Unsaid { .. }) => {
                self.output.detail(&format!("{file} is not used: {unsaid}; {}", unsaid.hint()));
                Ok(None)
            }
            Err(unknown @ EnvironmentError::Unknown { .. }) => Err(problem(&unknown, None).into()),
        }
    }

    /// Reads the topology for a command that names a target: a topic that is named as such needs
    /// none.
    pub async fn topology_for(
        &mut self,
        target: &Target,
        args: &TopologyArgs,
    ) -> anyhow::Result<Option<Resolved>> {
        match target {
            Target::Topic(_) => self.topology_if_chosen(args).await,
            Target::Flow(_) => self.topology_if_any(args).await,
            Target::Either(_) if !self.has_topology(args) => Ok(None),
            Target::Either(name) => {
                let sets = SetArgs { sets: Vec::new() };
                self.chosen_topology(Some(name), args, &sets).await.map(Some)
            }
        }
    }

    /// Tells whether somebody named a topology, or there is one here. `FLOWCTL_ENV` alone names
    /// none: it may be set for a whole session, and stand in other folders too.
    fn has_topology(&self, args: &TopologyArgs) -> bool {
        self.topology_file(args).is_some() || args.env.is_some() || Path::new(DEFAULT_FILE).exists()
    }

    /// Reads the text of the topology file, and names it as messages do.
    pub async fn topology_text(&self, args: &TopologyArgs) -> anyhow::Result<(String, String)> {
        let path = self.topology_file(args).unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
        let is_stdin = path.as_os_str() == "-";
        let name = if is_stdin { "stdin".to_owned() } else { path.display().to_string() };
        let read = reading::beside(&self.interrupt, move || read_topology(&path)).await?;
        let bytes = read.map_err(|cause| {
            Problem::usage(format!("cannot read topology `{name}`: {cause}"))
                .hint("name the file with -f, --file or FLOWCTL_FILE")
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let legal = error.as_bytes().get(..error.utf8_error().valid_up_to());
            let lines = memchr::memchr_iter(b'\n', legal.unwrap_or_default()).count();
            Problem::invalid(format!("{name}:{} is not UTF-8 text", lines + 1))
        })?;
        Ok((name, text))
    }

    /// Returns the environment that was asked for.
    pub fn topology_environment<'a>(&'a self, args: &'a TopologyArgs) -> Option<&'a str> {
        args.env.as_deref().or_else(|| self.environment.setting("FLOWCTL_ENV"))
    }

    /// Returns the file that was named.
    fn topology_file(&self, args: &TopologyArgs) -> Option<PathBuf> {
        let named = || self.environment.setting("FLOWCTL_FILE").map(PathBuf::from);
        args.file.clone().or_else(named)
    }

    /// Reads and parses the topology file, and names it as messages do.
    async fn read(&mut self, args: &TopologyArgs) -> anyhow::Result<(String, Topology)> {
        let (file, text) = self.topology_text(args).await?;
        match topology::parse(&text, &file) {
            Ok(topology) => {
                self.own_topics = topology.own_topics().clone();
                Ok((file, topology))
            }
            Err(found) => Err(self.refuse(&file, &found).into()),
        }
    }

    async fn resolve(
        &mut self,
        file: &str,
        topology: &Topology,
        environment: Option<&str>,
        sets: &[SetOption],
    ) -> anyhow::Result<Resolved> {
        let is_beside_sandbox = self.is_beside_sandbox().await?;
        let lookup = |name: &str| self.environment.get(name).map(str::to_owned);
        // They are about the environment's own cluster.
        let variables =
            if is_beside_sandbox { Variables::Unchecked } else { Variables::Lookup(&lookup) };
        let resolved = topology.resolve(environment, sets, variables);
        let mut resolved = resolved.map_err(|found| self.refuse(file, &found))?;
        if is_beside_sandbox {
            resolved.fit_to_sandbox();
        }
        Ok(resolved)
    }

    /// Shows what is wrong with a topology.
    fn refuse(&mut self, file: &str, found: &Diagnostics) -> Problem {
        self.output.diagnostics(found);
        super::validate::invalid(file, found)
    }
}

/// Reads a topology: one byte more than it may have, so that the parser sees that there is more.
fn read_topology(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reading::open(path)?.take(topology::MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Where a topology is when nobody says so.
const DEFAULT_FILE: &str = "topology.yaml";

/// Chooses an environment of the topology, or says which there are.
pub(super) fn choose<'t>(
    topology: &'t Topology,
    asked: Option<&str>,
) -> anyhow::Result<Option<&'t str>> {
    topology.choose(asked).map_err(|error| problem(&error, None).into())
}

/// Says why no environment is chosen. `name` is that of a flow or topic: where it is an
/// environment's, it was meant as one.
fn problem(error: &EnvironmentError, name: Option<&str>) -> Problem {
    let hint = match (error, name) {
        (EnvironmentError::Unsaid { known }, Some(name)) if known.iter().any(|k| k == name) => {
            target::environment_hint(name)
        }
        (EnvironmentError::Unsaid { .. } | EnvironmentError::Unknown { .. }, _) => error.hint(),
    };
    Problem::usage(error.to_string()).hint(hint)
}

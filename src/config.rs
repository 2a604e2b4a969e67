//! Flags, environment variables and properties files; the only reader of the environment.

mod topology_args;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::Problem;
use crate::kafka::ConnectionSettings;
use crate::kafka::connection::{Properties, Warning};
use crate::model::duration::parse_duration;
use crate::model::secret::Secret;
use crate::output::style::{Color, ErrorFormat, Style, Verbosity};
use crate::topology::resolved::ResolvedCluster;

pub use topology_args::{RecordTopologyArgs, SetArgs, TopologyArgs};

/// The flags that every command takes.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]
    #[arg(
        short,
        long,
        global = true,
        visible_alias = "bootstrap-server",
        value_name = "HOST:PORT"
    )]
    pub brokers: Option<String>,

    /// Properties file of librdkafka or a Java client
    #[arg(short = 'F', long, global = true, value_name = "FILE")]
    pub properties: Option<PathBuf>,

    /// Connection property in librdkafka's or Java's words (can be repeated)
    #[arg(short = 'X', long = "property", global = true, value_name = "KEY=VALUE")]
    pub property: Vec<Secret>,

    /// Deadline for metadata and admin calls
    #[arg(
        long,
        global = true,
        value_name = "DURATION",
        default_value = "10s",
        value_parser = parse_timeout
    )]
    pub timeout: Duration,

    /// When to use colour; `NO_COLOR` is honoured
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub color: Color,

    /// Say less on stderr
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say more on stderr (can be repeated)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

impl GlobalArgs {
    /// Tells whether a flag says how to reach a cluster.
    pub fn names_cluster(&self) -> bool {
        self.brokers.is_some() || self.properties.is_some() || !self.property.is_empty()
    }

    /// Decides how things are shown.
    pub fn style(&self, environment: &Environment, errors: ErrorFormat) -> Style {
        let verbosity = match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, _) => Verbosity::Verbose,
        };
        // https://no-color.org: any value but an empty one switches colour off.
        let no_color = environment.get("NO_COLOR").is_some_and(|value| !value.is_empty());
        let width = environment.setting(WIDTH).and_then(|columns| columns.parse().ok());
        Style { verbosity, color: self.color, no_color, errors, width }
    }
}

/// How the tour tells its commands the width of the terminal that it shows their output on. Not for
/// users: what goes into a pipe is never cut.
pub const WIDTH: &str = "FLOWCTL_TOUR_WIDTH";

/// What `--timeout` is when nobody says so.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// Reads a duration that is longer than nothing: no time to wait would be no wish at all.
fn parse_timeout(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(Duration::ZERO) => Err("must be longer than 0s".to_owned()),
        Ok(timeout) => Ok(timeout),
        Err(error) => Err(error.to_string()),
    }
}

/// How to reach the cluster, and what is odd about it.
#[derive(Debug)]
pub struct Connection {
    /// The settings.
    pub settings: ConnectionSettings,
    /// What names the brokers: a flag, a variable, a line of a file or the topology's environment.
    pub named_by: String,
    /// What is odd about them.
    pub warnings: Vec<Warning>,
    /// That `FLOWCTL_BROKERS` wins over the topology: what one wants to read from, and may not want
    /// to write to.
    pub overridden: Option<Warning>,
}

/// Puts the layers of connection settings together: `-b`, then `-X`, then `-F`, then
/// `FLOWCTL_BROKERS`, then the topology's environment.
pub fn connection(
    global: &GlobalArgs,
    environment: &Environment,
    topology: Option<&ResolvedCluster>,
) -> anyhow::Result<Connection> {
    let mut properties = Properties::new();
    if let Some(cluster) = topology {
        if let Some(file) = &cluster.properties_file {
            properties.extend(read_properties(file)?);
        }
        for (key, value) in &cluster.properties {
            properties.set(key, value.reveal(), "the topology's environment");
        }
        if let Some(brokers) = &cluster.brokers {
            properties.set(BOOTSTRAP, brokers, "the topology's environment");
        }
    }
    if let Some(brokers) = environment.setting(BROKERS) {
        properties.set(BOOTSTRAP, brokers, BROKERS);
    }
    if let Some(file) = &global.properties {
        properties.extend(read_properties(file)?);
    }
    for argument in &global.property {
        properties.set_argument(argument.reveal(), "-X")?;
    }
    let (settings, warnings) =
        ConnectionSettings::from_properties(global.brokers.as_deref(), &properties)?;
    let declared = topology.and_then(|cluster| cluster.brokers.as_deref());
    let (used, named_by) = match (&global.brokers, properties.set_at(BOOTSTRAP)) {
        (None, Some((used, origin))) => (used, origin),
        (named, _) => (named.as_deref().unwrap_or_default(), "-b"),
    };
    // Whoever says -b means it; a variable may have been set for something else, hours ago.
    let overridden = declared.filter(|declared| named_by == BROKERS && used != *declared);
    let overridden = overridden.map(|declared| {
        Warning::new(format!(
            "{BROKERS} is `{used}` and wins over the topology's brokers `{declared}`"
        ))
    });
    Ok(Connection { settings, named_by: named_by.to_owned(), warnings, overridden })
}

/// How a sandbox tells the commands beside it where it is: there the environment's own cluster does
/// not count.
pub const SANDBOX: &str = "FLOWCTL_SANDBOX";

/// The variable for the bootstrap servers.
const BROKERS: &str = "FLOWCTL_BROKERS";

/// The property that `-b` sets.
const BOOTSTRAP: &str = "bootstrap.servers";

/// Reads a properties file.
fn read_properties(file: &Path) -> anyhow::Result<Properties> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|cause| {
        Problem::usage(format!("cannot read properties file `{name}`: {cause}"))
    })?;
    Ok(Properties::parse(&text, &name)?)
}

/// The environment variables of the process, read once.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
}

impl fmt::Debug for Environment {
    /// Shows the names: any value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { variables } = self;
        f.debug_set().entries(variables.keys()).finish()
    }
}

impl Environment {
    /// Reads the process's variables; what is not UTF-8 cannot be a setting of ours and is left
    /// out.
    #[expect(clippy::disallowed_methods, reason = "this is the one reader of the environment")]
    pub fn read() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { variables }
    }

    /// Returns a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// Returns a variable that has a value: an empty one counts as unset.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::commands::Cli;

    #[test]
    fn no_secret_is_shown_while_debugging() {
        let line = ["flowctl", "-X", "sasl.password=hunter2", "lag"];
        let shown = format!("{:?}", Cli::try_parse_from(line).unwrap());
        assert!(shown.contains("property") && !shown.contains("hunter2"), "{shown}");
        let variables = [("PASSWORD".to_owned(), "hunter2".to_owned())].into();
        let shown = format!("{:?}", Environment { variables });
        assert_eq!(shown, r#"{"PASSWORD"}"#);
    }

    #[test]
    fn a_variable_that_wins_over_the_topology_says_so() {
        let warnings = |line: &[&str], variable: &str| {
            let variables = [("FLOWCTL_BROKERS".to_owned(), variable.to_owned())].into();
            let declared =
                ResolvedCluster { brokers: Some("prod:9092".to_owned()), ..Default::default() };
            let global = Cli::try_parse_from(line).unwrap().global;
            let found = connection(&global, &Environment { variables }, Some(&declared)).unwrap();
            found.overridden.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(
            warnings(&["flowctl", "lag"], "dev:9092"),
            ["FLOWCTL_BROKERS is `dev:9092` and wins over the topology's brokers `prod:9092`"]
        );
        assert!(warnings(&["flowctl", "lag"], "prod:9092").is_empty());
        assert!(warnings(&["flowctl", "lag"], "").is_empty());
        assert!(warnings(&["flowctl", "lag", "-b", "other:9092"], "dev:9092").is_empty());
        let line = ["flowctl", "lag", "-X", "bootstrap.servers=other:9092"];
        assert!(warnings(&line, "dev:9092").is_empty());
    }

    #[test]
    fn the_default_timeout_is_the_one_of_the_flag() {
        assert_eq!(
            Cli::try_parse_from(["flowctl", "lag"]).unwrap().global.timeout,
            DEFAULT_TIMEOUT
        );
    }
}

//! `flowctl validate`: check a topology file, offline.

use super::Context;
use crate::config::{SetArgs, TopologyArgs};
use crate::error::Problem;
use crate::exit::Exit;
use crate::model::count::count;
use crate::output::Format;
use crate::output::validate::{Checked, Validation};
use crate::topology::{Diagnostics, Resolved, Topology, Variables, parse};

/// Check a topology file without a cluster
///
/// Examples:
///
///   flowctl validate
///
///   flowctl validate -f topology.yaml -e prod
///
///   flowctl validate --deny-warnings -o json
///
/// Without -e every environment is checked, and variables need no values: they are often secrets
/// that are not there where files are checked. With -e the variables of that environment must be
/// set, unless it is checked beside a sandbox, which needs none.
///
/// Errors and warnings go to stderr with file, line and column; exit code 65 when there is an
/// error.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Where the topology is.
    #[command(flatten)]
    pub topology: TopologyArgs,

    /// Treat warnings as errors
    #[arg(long)]
    pub deny_warnings: bool,

    /// Settings that win over the file's.
    #[command(flatten)]
    pub sets: SetArgs,

    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: Format,
}

/// Checks the file and tells what it has.
pub async fn run(args: &Args, context: &mut Context) -> anyhow::Result<Exit> {
    let (file, text) = context.topology_text(&args.topology).await?;
    let validation = match parse(&text, &file) {
        Ok(topology) => check(args, context, &topology, file).await?,
        Err(found) => Validation { file, environments: Vec::new(), found },
    };
    let found = &validation.found;
    let denied = args.deny_warnings && !found.is_empty();
    let is_valid = !found.has_errors() && !denied;
    match args.output {
        Format::Json => context.output.print_json(&validation.json(context.clock.now())?)?,
        Format::Text => {
            context.output.diagnostics(found);
            if is_valid {
                context.output.print(&validation.text())?;
            }
        }
    }
    if is_valid {
        return Ok(Exit::Done);
    }
    Err(invalid(&validation.file, found).into())
}

/// Resolves for the environment that was asked for, or for all.
async fn check(
    args: &Args,
    context: &Context,
    topology: &Topology,
    file: String,
) -> anyhow::Result<Validation> {
    let lookup = |name: &str| context.environment.get(name).map(str::to_owned);
    let asked = context.topology_environment(&args.topology);
    let (chosen, variables) = if let Some(asked) = asked {
        let variables = if context.is_beside_sandbox().await? {
            Variables::Unchecked
        } else {
            Variables::Lookup(&lookup)
        };
        (vec![super::context::choose(topology, Some(asked))?], variables)
    } else if topology.environments().is_empty() {
        (vec![None], Variables::Unchecked)
    } else {
        let all = topology.environments().iter().map(|name| Some(name.as_str()));
        (all.collect(), Variables::Unchecked)
    };
    let mut validation =
        Validation { file, environments: Vec::new(), found: Diagnostics::default() };
    for environment in chosen {
        match topology.resolve(environment, &args.sets.sets, variables) {
            Ok(resolved) => {
                validation.environments.push(counted(&resolved));
                validation.found.extend_with_new(resolved.warnings);
            }
            Err(found) => validation.found.extend_with_new(found),
        }
    }
    Ok(validation)
}

fn counted(resolved: &Resolved) -> Checked {
    let (external, own): (Vec<_>, Vec<_>) = resolved.topics().partition(|topic| topic.external);
    Checked {
        environment: resolved.environment.clone(),
        flows: resolved.flows.len(),
        topics: own.len(),
        external_topics: external.len(),
    }
}

/// Says how much is wrong; what it is has been shown.
pub(super) fn invalid(file: &str, found: &Diagnostics) -> Problem {
    let (errors, warnings) = (found.errors(), found.len() - found.errors());
    let message = match (errors, warnings) {
        (0, warnings) => format!("{file} has {}", count(warnings, "warning")),
        (errors, 0) => format!("{file} has {}", count(errors, "error")),
        (errors, warnings) => {
            format!("{file} has {} and {}", count(errors, "error"), count(warnings, "warning"))
        }
    };
    Problem::invalid(message)
}

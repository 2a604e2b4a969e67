//! `flowctl plan`: what `apply` would change.

use super::Context;
use crate::config::{SetArgs, TopologyArgs};
use crate::exit::Exit;
use crate::kafka::{Cluster, ConnectionSettings};
use crate::output::Format;
use crate::output::plan as view;
use crate::plan::{Allowance, Permissions, Plan, decide, diff, run};
use crate::topology::Resolved;

/// Show what apply would change
///
/// Examples:
///
///   flowctl plan -e dev
///
///   flowctl plan -e prod --detailed-exitcode   # 2 when something differs
///
///   flowctl plan -e prod --allow destructive:orders -o json
///
/// Nothing is changed; the brokers check what would be. Signs: + create, ~ change,
/// - delete, ! blocked. After # stands where the wanted value comes from.
///
/// Exit code: 0 when nothing is blocked; 4 when only a flag is missing; 6 when only a right is
/// missing; 1 when something is impossible, refused, or several of these.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// What is compared and allowed.
    #[command(flatten)]
    pub plan: PlanArgs,

    /// Exit with 2 when something differs and nothing is blocked
    #[arg(long)]
    pub detailed_exitcode: bool,

    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: Format,
}

/// What is compared and allowed, by `plan` and `apply` alike.
#[derive(Debug, clap::Args)]
pub struct PlanArgs {
    /// Where the topology is.
    #[command(flatten)]
    pub topology: TopologyArgs,

    /// Settings that win over the file's.
    #[command(flatten)]
    pub sets: SetArgs,

    /// Allow dangerous changes: disruptive, disruptive:TOPIC or destructive:TOPIC (can be repeated)
    #[arg(long, value_name = "CLASS[:TOPIC]", value_parser = Allowance::parse)]
    pub allow: Vec<Allowance>,

    /// Allow a strictly protected DLQ to lose dead letters
    #[arg(long)]
    pub force_nonempty: bool,
}

/// Prints the plan.
pub async fn run(args: Args, context: &mut Context) -> anyhow::Result<Exit> {
    let wanted = wanted(&args.plan, context).await?;
    let settings = context.settings(Some(&wanted)).await?;
    let (_, plan) = make(&args.plan, &wanted, &settings, context).await?;
    show(&plan, args.output, context)?;
    let exit = plan.exit();
    if exit == Exit::Done && args.detailed_exitcode && !plan.is_in_sync() {
        return Ok(Exit::Finding);
    }
    Ok(exit)
}

/// Reads the topology and shows what is odd about it.
pub(super) async fn wanted(args: &PlanArgs, context: &mut Context) -> anyhow::Result<Resolved> {
    let wanted = context.topology_with(&args.topology, &args.sets).await?;
    context.output.diagnostics(&wanted.warnings);
    Ok(wanted)
}

/// Compares the topology with the cluster and decides what becomes of each difference.
pub(super) async fn make(
    args: &PlanArgs,
    wanted: &Resolved,
    settings: &ConnectionSettings,
    context: &mut Context,
) -> anyhow::Result<(Cluster, Plan)> {
    let cluster = context.connect(settings, Some(wanted)).await?;
    let permissions = Permissions {
        allowances: args.allow.iter().cloned().collect(),
        force_nonempty: args.force_nonempty,
    };
    let plan = compare(wanted, &cluster, &permissions, context).await?;
    Ok((cluster, plan))
}

/// Compares a topology with a cluster and decides what becomes of each difference.
pub(super) async fn compare(
    wanted: &Resolved,
    cluster: &Cluster,
    permissions: &Permissions,
    context: &mut Context,
) -> anyhow::Result<Plan> {
    let deadline = context.deadline;
    let observed = run::gather(cluster, wanted, context.clock, deadline).await?;
    let differences = diff(wanted, &observed);
    let findings =
        run::investigate(cluster, wanted, &observed, &differences, context.clock, deadline).await?;
    for allowance in permissions.unused(&differences.differences) {
        // In an environment with a namespace a topic is not called as its flow is.
        let flow = allowance.topic().and_then(|topic| wanted.flows.get(topic.as_str()));
        let meant = flow.map(|flow| format!("; flow `{}` has topic {}", flow.id, flow.main.name));
        context.output.warn(&format!(
            "--allow {allowance} allows nothing: there is no such change{}",
            meant.unwrap_or_default()
        ));
    }
    let plan = decide(wanted, &observed, differences, &findings, permissions);
    for warning in view::warnings(&plan) {
        context.output.warn(&warning);
    }
    Ok(plan)
}

/// Prints a plan.
pub(super) fn show(plan: &Plan, format: Format, context: &mut Context) -> anyhow::Result<()> {
    let output = &mut context.output;
    match format {
        Format::Text => output.print(&view::text(plan, output.screen()))?,
        Format::Json => output.print_json(&view::json(plan)?)?,
    }
    Ok(())
}

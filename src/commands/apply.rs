//! `flowctl apply`: make the cluster as the topology declares it.

use super::Context;
use super::plan::{self, PlanArgs};
use crate::error::Problem;
use crate::exit::Exit;
use crate::kafka::Cluster;
use crate::output::Format;
use crate::output::Screen;
use crate::output::plan as view;
use crate::output::prompt::{Question, approve};
use crate::output::streams;
use crate::plan::run::Limits;
use crate::plan::{Applied, Change, Outcome, Plan, run};

/// Create and change topics as the topology declares
///
/// Examples:
///
///   flowctl apply -e dev
///
///   flowctl apply -e dev --yes
///
///   flowctl apply -e prod --dry-run
///
///   flowctl apply -e prod --yes --confirm prod
///
/// Shows the plan, asks, and carries it out: topics, then partitions, then configs. What is blocked
/// is left out, what fails does not stop the rest, and applying again goes on where this ended. It
/// is done when the brokers show it. Topics are never deleted, and replicas never moved.
///
/// Exit code: 0 when all is done; 3 when a part is; 4 when it was refused, or nobody said yes; 1
/// and 6 when nothing could be done.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// What is compared and allowed.
    #[command(flatten)]
    pub plan: PlanArgs,

    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,

    /// Show the plan and stop
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,

    /// Name the environment, for protected ones
    #[arg(long, value_name = "ENV")]
    pub confirm: Option<String>,

    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: Format,
}

/// Applies the topology.
pub async fn run(args: Args, context: &mut Context) -> anyhow::Result<Exit> {
    let interrupt = context.interrupt.clone();
    let (cluster, plan) = super::before_changes(&interrupt, Box::pin(make(&args, context))).await?;
    if args.dry_run {
        plan::show(&plan, args.output, context)?;
        return Ok(plan.exit());
    }
    if plan.to_do().next().is_none() {
        let applied = Applied::nothing(plan);
        match args.output {
            Format::Text => plan::show(&applied.plan, args.output, context)?,
            Format::Json => {
                context.output.print_json(&view::applied_json(&applied, context.clock.now())?)?;
            }
        }
        return Ok(applied.exit());
    }
    match args.output {
        Format::Text => plan::show(&plan, args.output, context)?,
        // The document of stdout is what became of it; who is asked sees the plan all the same.
        Format::Json if !args.yes => streams::say(&view::text(&plan, Screen::default())),
        Format::Json => {}
    }
    check_name(&args, &plan)?;
    let question = Question {
        text: &view::question(&plan),
        yes: args.yes,
        // `--confirm` has named it already.
        name_to_type: plan.name_to_type().filter(|_| args.confirm.is_none()),
    };
    let approval = approve(&mut context.output, &interrupt, question).await?;
    context.output.outlive_reader();
    let limits = Limits { timeout: context.global.timeout, interrupt: &interrupt };
    let prints = args.output == Format::Text;
    let width = view::topic_width(&plan);
    let output = &mut context.output;
    // A reader of stdout who goes away does not stop what was agreed on.
    let mut tell = |change: &Change, outcome: &Outcome| {
        if prints {
            drop(output.print(&view::outcome_line(change, outcome, width)));
            drop(output.flush());
        }
    };
    let applied = tokio::select! {
        applied = run::apply(&cluster, plan, approval, limits, &mut tell) => applied,
        signal = interrupt.wait_for_second() => {
            streams::say("stopped at once: flowctl plan shows what was done and what was not");
            return Ok(signal.exit());
        }
    };
    report(&applied, args.output, context)?;
    Ok(applied.exit())
}

/// Makes the plan. What is shown here is meant to be carried out on this cluster, so it says where
/// that is another one than the topology names.
async fn make(args: &Args, context: &mut Context) -> anyhow::Result<(Cluster, Plan)> {
    let wanted = plan::wanted(&args.plan, context).await?;
    let settings = context.settings_to_write(Some(&wanted)).await?;
    plan::make(&args.plan, &wanted, &settings, context).await
}

/// A `--confirm` that names another environment is a slip, also where none is needed.
fn check_name(args: &Args, plan: &Plan) -> anyhow::Result<()> {
    let name = plan.name();
    match &args.confirm {
        Some(given) if given != name => {
            Err(Problem::refused(format!("--confirm says `{given}`, and this is `{name}`")).into())
        }
        Some(_) | None => Ok(()),
    }
}

/// Tells how it ended, and what to do about what failed.
fn report(applied: &Applied, format: Format, context: &mut Context) -> anyhow::Result<()> {
    match format {
        Format::Text => context.output.print(&view::tally_line(applied))?,
        Format::Json => {
            context.output.print_json(&view::applied_json(applied, context.clock.now())?)?;
        }
    }
    context.output.flush()?;
    for hint in applied.hints() {
        context.output.note(&format!("hint: {hint}"));
    }
    if let Some(signal) = applied.interrupted {
        let text = format!("ended by {}: flowctl apply goes on where this ended", signal.name());
        context.output.note(&text);
    }
    Ok(())
}

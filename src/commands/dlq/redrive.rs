//! `flowctl dlq redrive`: plan, show, ask, run, report.

mod backlog;
mod report;
mod teller;

use rand::Rng;

use self::teller::{MOST_SHOWN, Teller};
use super::find::{self, Choice, Named};
use super::selection::SelectionArgs;
use super::watching::Watching;
use crate::commands::target::{self, Found};
use crate::commands::{Context, before_changes};
use crate::config::TopologyArgs;
use crate::dlq::{
    Composition, Decision, Declared, Dlq, Ended, Event, Fate, Job, Outcome, RecordTime, Redrive,
    Rule, Selector, Snapshot, TargetRule,
};
use crate::error::Problem;
use crate::exit::Exit;
use crate::model::name::TopicName;
use crate::model::own_topics::OwnTopics;
use crate::model::target::Target;
use crate::model::timestamp::Timestamp;
use crate::output::ListFormat;
use crate::output::dlq::redrive::{self as view, Handled, Listing};
use crate::output::json::Source;
use crate::output::phrases::place;
use crate::output::progress::Progress;
use crate::output::prompt::{Question, approve};
use crate::topology::Resolved;

/// Send dead letters back to where they belong
///
/// Examples:
///
///   flowctl dlq redrive user-activity-logs --dry-run       # what would go where
///
///   flowctl dlq redrive user-activity-logs --yes
///
///   flowctl dlq redrive user-activity-logs --error-code TIMEOUT --limit 10
///
///   flowctl dlq redrive user-activity-logs-dlq/0/42 --to user-activity-repair
///
/// Each record is sent as it was before it failed: the error object and the headers of the DLQ are
/// taken off, everything else stays byte for byte. It goes to its original partition where that
/// exists, else by its key. The ledger topic remembers each record in the same transaction, so a
/// second run, or one after a crash, sends nothing twice and leaves nothing out. That holds for
/// `read_committed` consumers; others may see a record again after a crash, with
/// the same header flowctl-redrive-id.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Flow or DLQ, or the id of a dead letter: TOPIC/PARTITION/OFFSET
    #[arg(value_name = "FLOW|TOPIC|ID", value_parser = Named::parse)]
    pub(super) target: Named,

    /// Send to this flow or topic instead of where they come from
    #[arg(long, value_name = "FLOW|TOPIC", value_parser = Target::parse, help_heading = "Sending")]
    pub(super) to: Option<Target>,

    /// The timestamp of the records that are sent
    #[arg(long, value_name = "TIME", default_value = "now", help_heading = "Sending")]
    pub(super) timestamp: RecordTime,

    /// Leave the headers of the DLQ on
    #[arg(long, help_heading = "Sending")]
    pub(super) keep_headers: bool,

    /// Add no flowctl-… headers: the records are then those that failed, byte for byte
    #[arg(long, help_heading = "Sending")]
    pub(super) no_trace_headers: bool,

    /// Refuse records that were redriven N times before [default: the topology's, else 3]
    #[arg(long, value_name = "N", help_heading = "Sending")]
    pub(super) max_redrives: Option<u32>,

    /// Show what would go where, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,

    /// Do not ask for a confirmation
    #[arg(short, long)]
    pub(super) yes: bool,

    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: ListFormat,

    /// Where the topology is.
    #[command(flatten)]
    pub(super) topology: TopologyArgs,

    /// Which ones. Behind the others: they would stand under its heading.
    #[command(flatten)]
    pub(super) selection: SelectionArgs,
}

/// Plans and runs the redrive.
pub(super) async fn run(args: Args, context: &mut Context) -> anyhow::Result<Exit> {
    let interrupt = context.interrupt.clone();
    let now = context.clock.now();
    let planned = before_changes(&interrupt, Box::pin(plan(&args, context, now))).await?;
    let Planned { dlq, snapshot, selector, plan, refusals, source, environment } = &planned;
    say_plan(plan, context);
    let predicted = if plan.is_partial() { Exit::Partly } else { Exit::Done };
    if args.dry_run {
        context.output.note(&view::dry_run_notes(plan));
        return Ok(predicted);
    }
    if !plan.writes() {
        let shown = refusals.get(..MOST_SHOWN).unwrap_or(refusals);
        match args.output {
            ListFormat::Text => {}
            ListFormat::Json => {
                let refused = plan.refused.values().sum();
                let outcome = Outcome { refused, expired: plan.expired, ..Outcome::default() };
                context.output.print_json(&view::report(source, plan, &outcome, shown, &[])?)?;
            }
            ListFormat::Jsonl => {
                for refused in refusals {
                    context.output.print_json(&refused.line())?;
                }
            }
        }
        context.output.flush()?;
        for warning in view::nothing_warnings(plan, shown) {
            context.output.warn(&warning);
        }
        context.output.note(&view::nothing(plan));
        // A run that was killed has shown nothing.
        backlog::show(dlq, backlog::WAIT, context).await;
        return Ok(predicted);
    }
    let left_out = view::left_out(plan);
    if !args.yes && !left_out.is_empty() {
        context.output.note(&format!("not sent:{left_out}"));
    }
    let place = place(environment.as_deref(), source.cluster_id.as_deref());
    let text = view::question(plan, &place);
    let question = Question { text: &text, yes: args.yes, name_to_type: None };
    let interrupt = context.interrupt.clone();
    let approval = approve(&mut context.output, &interrupt, question).await?;
    context.output.outlive_reader();
    let job = Job {
        id: job_id(now),
        selector: selector.clone(),
        composition: Composition {
            time: args.timestamp,
            keeps_headers: args.keep_headers,
            adds_trace: !args.no_trace_headers,
            now,
        },
    };
    let progress =
        Progress::start(&context.output, "handled", Some(plan.handled()), "dead letters");
    let mut teller = Teller::new(args.output, progress);
    let (outcome, ended) = {
        let output = &mut context.output;
        let mut tell = |event: Event| teller.tell(event, output);
        Box::pin(dlq.redrive(plan, &job, snapshot, approval, &interrupt, &mut tell)).await
    };
    let problems = teller.end(&mut context.output);
    let wait = match ended {
        _ if interrupt.requested_twice().is_some() => None,
        Ended::Complete => Some(backlog::WAIT),
        Ended::Interrupted(_) | Ended::Failed(_) if outcome.transactions > 0 => {
            Some(backlog::SHORT_WAIT)
        }
        // It is as it was, or who has taken over shows it.
        Ended::Interrupted(_)
        | Ended::Failed(_)
        | Ended::TakenOver(_)
        | Ended::StoppedAtOnce(_) => None,
    };
    let reported = report::report(&args, context, &planned, &outcome, ended, &problems);
    if let Some(wait) = wait {
        backlog::show(dlq, wait, context).await;
    }
    reported
}

/// What is needed to carry a plan out.
struct Planned {
    dlq: Dlq,
    snapshot: Snapshot,
    selector: Selector,
    plan: Redrive,
    /// Those that cannot be sent, where nothing else can: all for a line each, else the first ones.
    refusals: Vec<Handled>,
    source: Source,
    /// The topology's environment.
    environment: Option<String>,
}

/// Makes the plan; a dry run lists it meanwhile.
async fn plan(args: &Args, context: &mut Context, now: Timestamp) -> anyhow::Result<Planned> {
    let target = args.target.target();
    // Also for a topic named as such: the topology names the ledger, and with another one all that
    // was redriven would be sent again.
    let topology = context.topology_if_any(&args.topology).await?;
    let Choice { declared, max_redrives, redrive_to } = find::find_one(&target, topology.as_ref())?;
    let to = match &args.to {
        Some(to) => Some(send_to(to, topology.as_ref(), &declared, &context.own_topics)?),
        None => redrive_to,
    };
    let settings = context.settings_to_write(topology.as_ref()).await?;
    let cluster = context.connect(&settings, topology.as_ref()).await?;
    let source = context.source(&cluster).await;
    let found =
        target::existing_topic(&cluster, &declared.topic, topology.as_ref(), context.deadline)
            .await?;
    let dlq = Dlq::new(cluster, settings, declared, found, context.global.timeout);
    let snapshot = dlq.snapshot().await?;
    let query = args.selection.query(Some(&args.target), &dlq, &snapshot, now).await?;
    let rule = Rule {
        target: to.map_or(TargetRule::Origin, TargetRule::Topic),
        time: args.timestamp,
        max_redrives: args.max_redrives.unwrap_or(max_redrives),
        own_topics: context.own_topics.clone(),
    };
    let selector = Selector::new(query, rule);
    let mut listing = Listing::new(dlq.topic(), &snapshot, context.output.screen());
    let mut refusals = Vec::new();
    // A run has a line for every dead letter; a dry run has listed them.
    let mut most =
        if args.output == ListFormat::Jsonl && !args.dry_run { usize::MAX } else { MOST_SHOWN };
    let watching = Watching::start(&context.output, &dlq);
    let output = &mut context.output;
    let mut tell = |event: Event| {
        match event {
            Event::Decided(dead_letter, decision) => {
                if args.dry_run {
                    match args.output {
                        ListFormat::Text => {
                            let page = listing.row(&dead_letter, &decision);
                            if !page.is_empty() {
                                watching.hide();
                                output.print(&page)?;
                            }
                        }
                        ListFormat::Json => listing.collect(&dead_letter, &decision),
                        ListFormat::Jsonl => {
                            watching.hide();
                            output.print_json(&view::line(&dead_letter, &decision))?;
                        }
                    }
                }
                match decision {
                    Decision::Refused(refusal) if refusals.len() < most => refusals
                        .push(Handled { id: dead_letter.id(), fate: Fate::Refused(refusal) }),
                    // There is something to do, and the run tells of each.
                    Decision::Send(_) | Decision::Duplicate => {
                        most = 0;
                        refusals.clear();
                    }
                    Decision::Refused(_) | Decision::Resolved(_) | Decision::NotSelected => {}
                }
            }
            Event::Warning(text) => watching.pause(|| output.warn(&text)),
            Event::Note(text) => watching.pause(|| output.note(&text)),
            Event::Expired { .. } | Event::Handled(..) | Event::Progress(_) | Event::Detail(_) => {}
        }
        Ok(())
    };
    let mut see = |seen| watching.take(seen);
    let work = dlq.plan(&snapshot, selector.clone(), now, &mut see, &mut tell);
    let planned = context.interrupt.cut(work).await;
    watching.hide();
    // What was decided holds also where the rest was not found out.
    context.output.print(&listing.rest())?;
    let plan = planned??;
    watching.end(&dlq, context);
    if args.dry_run && args.output == ListFormat::Json {
        context.output.print_json(&listing.document(&source, &plan)?)?;
    }
    context.output.flush()?;
    let environment = topology.and_then(|topology| topology.environment);
    Ok(Planned { dlq, snapshot, selector, plan, refusals, source, environment })
}

/// Finds the topic that `--to` names.
fn send_to(
    to: &Target,
    topology: Option<&Resolved>,
    dlq: &Declared,
    own_topics: &OwnTopics,
) -> Result<TopicName, Problem> {
    let topic = match target::find(to, topology)? {
        Found::Flow(flow) => flow.main.name.clone(),
        Found::Topic(topic) => topic,
    };
    if topic == dlq.topic {
        return Err(Problem::usage(format!("`{topic}` is the DLQ itself")));
    }
    own_topics.check(&topic).map_err(|why| Problem::usage(why.to_string()))?;
    Ok(topic)
}

/// Says what of the plan is not as it should be.
fn say_plan(plan: &Redrive, context: &mut Context) {
    for warning in view::plan_warnings(plan) {
        context.output.warn(&warning);
    }
}

/// Makes the id of this run: sorted by time, unlike any other.
fn job_id(now: Timestamp) -> String {
    let ms = u64::try_from(now.0).unwrap_or(0);
    ulid::Ulid::from_parts(ms, rand::rng().random()).to_string()
}

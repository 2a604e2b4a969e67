//! How a redrive ended: the report, the command that goes on, and the exit code.

use super::{Args, Planned};
use crate::commands::Context;
use crate::commands::dlq::resume;
use crate::commands::resume::{NOTHING_TO_GO_ON_WITH, is_about_a_topic_that_went};
use crate::dlq::{Ended, Outcome, Redrive};
use crate::error::{self, Problem};
use crate::exit::Exit;
use crate::output::ListFormat;
use crate::output::dlq::redrive::{self as view, Handled};
use crate::output::json::Source;

/// What is known of a transaction whose commit had no answer, or was not waited for.
const IN_DOUBT: &str = "the last transaction may have been committed or aborted; the ledger knows, \
                        and as many as are counted here were handled at least";

/// Reports how it ended, and returns the exit code.
pub(super) fn report(
    args: &Args,
    context: &mut Context,
    planned: &Planned,
    outcome: &Outcome,
    ended: Ended,
    problems: &[Handled],
) -> anyhow::Result<Exit> {
    let Planned { dlq, plan, source, selector, snapshot, .. } = planned;
    let source = Source { as_of: context.clock.now(), ..source.clone() };
    let doubt = outcome.is_in_doubt.then(|| doubt(args.selection.limit.is_some()));
    let mut errors = Vec::new();
    if let Ended::Failed(failure) | Ended::TakenOver(failure) = &ended {
        errors.push(error::report(failure));
    }
    if let Some(doubt) = &doubt {
        errors.push(error::report(&Problem::failed(doubt).into()));
    }
    if args.output == ListFormat::Json {
        context.output.print_json(&view::report(&source, plan, outcome, problems, &errors)?)?;
    }
    context.output.flush()?;
    context.output.note(&view::summary(plan, outcome));
    let resume =
        resume::command(args, selector.query(), snapshot, outcome.redriven, &context.global);
    let doubt = doubt.map_or_else(String::new, |doubt| format!(": {doubt}"));
    match ended {
        Ended::Complete => Ok(exit(plan, outcome)),
        Ended::Interrupted(signal) => {
            context.output.note(&format!("stopped{doubt}; to go on: {resume}"));
            Ok(signal.exit())
        }
        Ended::StoppedAtOnce(signal) => {
            context.output.note(&format!("stopped at once{doubt}; to go on: {resume}"));
            Ok(signal.exit())
        }
        Ended::Failed(failure) | Ended::TakenOver(failure) => {
            let is_left = outcome.handled() < plan.handled();
            let resume = match is_left {
                true if is_about_a_topic_that_went(&failure) => {
                    format!("; {NOTHING_TO_GO_ON_WITH}")
                }
                true => format!("; to go on: {resume}"),
                false => String::new(),
            };
            // Where the ledger itself is gone, the failure says what follows.
            if !outcome.lost.iter().any(|lost| lost.topic == *dlq.ledger()) {
                context.output.note(&format!("what was redriven is remembered{doubt}{resume}"));
            }
            Err(failure)
        }
    }
}

/// Says what is known of a transaction in doubt. A limit goes down by what is certain.
fn doubt(is_limited: bool) -> String {
    let limit =
        "; with the command that goes on, up to one transaction more than --limit may be sent";
    format!("{IN_DOUBT}{}", if is_limited { limit } else { "" })
}

/// Returns the exit code of a redrive that went through.
fn exit(plan: &Redrive, outcome: &Outcome) -> Exit {
    let is_partial = plan.hidden > 0
        || !plan.missing.is_empty()
        || outcome.refused > 0
        || outcome.failed > 0
        || outcome.expired > 0;
    if is_partial { Exit::Partly } else { Exit::Done }
}

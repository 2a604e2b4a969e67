//! How a redrive ended: the report, the command that goes on, and the exit code.

use super::{Args, Planned};
use crate::commands::Context;
use crate::commands::dlq::resume;
use crate::dlq::{Ended, Outcome, Redrive};
use crate::error::{self, Problem};
use crate::exit::Exit;
use crate::output::ListFormat;
use crate::output::dlq::redrive::{self as view, Handled};
use crate::output::json::Source;

/// What is known of the last transaction after a second signal.
const IN_FLIGHT: &str = "the transaction in flight may have been committed or aborted; the ledger \
                         knows, and as many as are counted here were handled at least";

/// Reports how it ended, and returns the exit code.
pub(super) fn report(
    args: &Args,
    context: &mut Context,
    planned: &Planned,
    outcome: &Outcome,
    ended: Ended,
    problems: &[Handled],
) -> anyhow::Result<Exit> {
    let Planned { plan, source, selector, snapshot, .. } = planned;
    let source = Source { as_of: context.clock.now(), ..source.clone() };
    let errors = match &ended {
        Ended::Failed(failure) => vec![error::report(failure)],
        Ended::StoppedAtOnce(_) => vec![error::report(&Problem::failed(IN_FLIGHT).into())],
        Ended::Complete | Ended::Interrupted(_) => Vec::new(),
    };
    if args.output == ListFormat::Json {
        context.output.print_json(&view::report(&source, plan, outcome, problems, &errors)?)?;
    }
    context.output.flush()?;
    context.output.note(&view::summary(plan, outcome));
    let resume =
        resume::command(args, selector.query(), snapshot, outcome.redriven, &context.global);
    match ended {
        Ended::Complete => Ok(exit(plan, outcome)),
        // The signal came behind the last one: there is nothing to go on with.
        Ended::Interrupted(_) if outcome.handled() >= plan.handled() => Ok(exit(plan, outcome)),
        Ended::Interrupted(signal) => {
            context.output.note(&format!("stopped; to go on: {resume}"));
            Ok(signal.exit())
        }
        Ended::StoppedAtOnce(signal) => {
            context.output.note(&format!("stopped at once: {IN_FLIGHT}; to go on: {resume}"));
            Ok(signal.exit())
        }
        Ended::Failed(failure) => {
            context.output.note(&format!("what was redriven is remembered; to go on: {resume}"));
            Err(failure)
        }
    }
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

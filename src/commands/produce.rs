//! `flowctl produce`: write records.

mod args;
mod source;

use super::Context;
use super::target::{self, Found};
use crate::approval::{Approval, ApprovedBy};
use crate::clock::Stopwatch;
use crate::error::Problem;
use crate::exit::Exit;
use crate::kafka::{Cluster, ErrorCode, Pace, ProducerOptions};
use crate::model::count::count_that_was;
use crate::model::envelope;
use crate::model::name::TopicName;
use crate::output::produce as view;
use crate::output::progress::Progress;
use crate::output::{Format, Output};
use crate::produce::place::InputPlaceNames;
use crate::produce::preview::{self, Previewed};
use crate::produce::report::{Event, Written};
use crate::produce::run::{self, Ended, Finished, Job, TopicError};
use crate::produce::shape::PartitionChoice;
use crate::produce::source::{Source, SourceError};
use crate::topology::Resolved;
use crate::topology::resolved::{ResolvedFlow, Serialization};

pub use args::Args;

/// Writes the records, or with `--dry-run` shows them.
pub async fn run(args: Args, context: &mut Context) -> anyhow::Result<Exit> {
    let (target, files) = args.target_and_files()?;
    let topology = match &target {
        Some(target) => context.topology_for(target, &args.topology.clone().into()).await?,
        None => context.topology_if_chosen(&args.topology.clone().into()).await?,
    };
    let found = target.map(|target| target::find(&target, topology.as_ref())).transpose()?;
    let topic = found.as_ref().map(Found::main_topic);
    if let Some(topic) = &topic {
        context.own_topics.check(topic).map_err(|why| Problem::usage(why.to_string()))?;
    }
    let planned = source::plan(&args, topic.clone(), files, context).await?;
    if args.dry_run {
        return dry_run(planned.source, &planned.names, context).await;
    }
    let flow = match found {
        Some(Found::Flow(flow)) => Some(flow),
        Some(Found::Topic(_)) | None => None,
    };
    if let (Some(flow), Some(topology)) = (flow, &topology) {
        warn_of_serialization(flow, topology, &mut context.output);
    }
    let settings = context.settings_to_write(topology.as_ref()).await?;
    let cluster = context.connect(&settings, topology.as_ref()).await?;
    let job = Job {
        source: planned.source,
        topics: topic.iter().cloned().collect(),
        own_topics: context.own_topics.clone(),
        partition: match args.partition {
            Some(PartitionChoice::Number(number)) => Some(number),
            Some(PartitionChoice::ByKey | PartitionChoice::Same) | None => None,
        },
        options: ProducerOptions {
            pace: if planned.is_typed || args.rate.is_some() {
                Pace::Interactive
            } else {
                Pace::Bulk
            },
            compression: args.compression,
            ..ProducerOptions::default()
        },
    };
    let approval = Approval::given(ApprovedBy::Command);
    let stopwatch = Stopwatch::start();
    // Who types sees what is done, and a bar would stand in the way.
    let mut progress = if planned.is_typed {
        Progress::hidden()
    } else {
        Progress::start(&context.output, "produced", args.count, "records")
    };
    context.output.outlive_reader();
    let (output, names) = (&mut context.output, &planned.names);
    let mut events = |event: Event<'_>| match event {
        Event::Progress(written) => progress.set(output, written.delivered, "records"),
        Event::Failed(failure) => {
            progress.pause(|| output.error(&view::failure(failure, names)));
        }
    };
    let interrupt = context.interrupt.clone();
    let deadline = context.deadline;
    let finished =
        run::run(&cluster, &settings, job, approval, &interrupt, deadline, &mut events).await;
    drop(progress);
    let finished = match finished {
        Ok(finished) => finished,
        Err(error) => {
            return Err(explain(error, topic, topology.as_ref(), &cluster, context).await);
        }
    };
    let Finished { written, unsent, ended } = finished;
    let elapsed = stopwatch.elapsed();
    if args.output == Format::Json {
        let source = context.source(&cluster).await;
        context.output.print_json(&view::json(&source, &written, unsent, elapsed, names)?)?;
        context.output.flush()?;
    }
    context.output.note(&view::summary(&written, unsent, elapsed));
    if let Some(flow) = flow {
        warn_of_missing_keys(flow, &written, &mut context.output);
    }
    end(ended, &written, names, &mut context.output)
}

/// Prints the records as envelopes.
async fn dry_run(
    source: Source,
    names: &InputPlaceNames,
    context: &mut Context,
) -> anyhow::Result<Exit> {
    let mut line = Vec::new();
    let mut records = 0_u64;
    let output = &mut context.output;
    let previewed = preview::preview(source, &context.interrupt, |record| {
        line.clear();
        envelope::write_outgoing(record, &mut line);
        line.push(b'\n');
        records += 1;
        output.print_json(&String::from_utf8_lossy(&line))
    })
    .await?;
    context.output.flush()?;
    context.output.note(&view::dry_run_summary(records));
    match previewed {
        // Nothing was being changed.
        Previewed::AtEnd | Previewed::Interrupted(_) => Ok(Exit::Done),
        Previewed::Source(error) => Err(source_problem(&error, names, None).into()),
    }
}

/// Turns the end into an exit code, or an error.
fn end(
    ended: Ended,
    written: &Written,
    names: &InputPlaceNames,
    output: &mut Output,
) -> anyhow::Result<Exit> {
    match ended {
        Ended::AtEnd if written.failed == 0 => Ok(Exit::Done),
        Ended::AtEnd if written.delivered > 0 => Ok(Exit::Partly),
        Ended::AtEnd => Ok(Exit::Failed),
        Ended::Source(error) => Err(source_problem(&error, names, Some(written.delivered)).into()),
        Ended::Topic { place, error } => {
            let before = produced_before(written.delivered);
            let place = names.name(place);
            // What the records say is input data.
            let error = match error {
                TopicError::Kafka(error) => anyhow::Error::new(error),
                TopicError::TakesNoRecords(_) | TopicError::NoSuchPartition(_) => {
                    Problem::invalid(error.to_string()).into()
                }
            };
            Err(error.context(format!("stopped at {place}{before}")))
        }
        Ended::Interrupted(signal) => {
            if let Some(place) = written.first_undelivered {
                let place = names.name(place);
                output.note(&format!("interrupted; the first one not delivered is {place}"));
            } else if let Some(place) = written.last_sent {
                let place = names.name(place);
                output.note(&format!("interrupted; all up to {place} were delivered"));
            }
            Ok(signal.exit())
        }
        Ended::Stopped(error) => {
            let stopped = match written.last_sent {
                Some(place) => format!("stopped after {}", names.name(place)),
                None => "stopped before the first record".to_owned(),
            };
            Err(anyhow::Error::new(error).context(stopped))
        }
    }
}

/// Says why the input ended early, and what was written before.
fn source_problem(error: &SourceError, names: &InputPlaceNames, delivered: Option<u64>) -> Problem {
    let before = delivered.map(produced_before).unwrap_or_default();
    match error {
        SourceError::Invalid { place, error } => {
            let column = error.column.map(|column| format!(", column {column}"));
            let (place, column) = (names.name(*place), column.unwrap_or_default());
            Problem::invalid(format!("{place}{column}: {}{before}", error.message))
        }
        SourceError::Unreadable { source, error } => {
            let name = names.sources.get(usize::from(*source));
            let name = name.map_or("stdin", String::as_str);
            Problem::failed(format!("cannot read {name}: {error}{before}"))
        }
        SourceError::Lost => Problem::failed(format!("reading the input broke off{before}")),
        SourceError::Template(error) => Problem::invalid(format!("{error}{before}")),
    }
}

/// Says how much was written before something went wrong.
fn produced_before(delivered: u64) -> String {
    format!("; {} produced before it", count_that_was(delivered, "record"))
}

/// Says more about a topic that cannot be written to: nothing was sent.
async fn explain(
    error: TopicError,
    topic: Option<TopicName>,
    topology: Option<&Resolved>,
    cluster: &Cluster,
    context: &Context,
) -> anyhow::Error {
    let error = match error {
        TopicError::Kafka(error) => error,
        TopicError::TakesNoRecords(_) | TopicError::NoSuchPartition(_) => {
            return Problem::usage(error.to_string()).into();
        }
    };
    let is_missing = error.code() == Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    let Some(topic) = topic.filter(|_| is_missing) else {
        return error.into();
    };
    match target::existing_topic(cluster, &topic, topology, context.deadline).await {
        // It is there after all: what failed is another matter.
        Ok(_) => error.into(),
        Err(missing) => missing,
    }
}

/// Says that values are written as they are.
fn warn_of_serialization(flow: &ResolvedFlow, topology: &Resolved, output: &mut Output) {
    if topology.serialization == Serialization::Avro {
        output.warn(&format!(
            "flow `{}` is serialized as avro here; values are sent as they are, not encoded",
            flow.id
        ));
    }
}

/// Says that records without a key break what the flow promises.
fn warn_of_missing_keys(flow: &ResolvedFlow, written: &Written, output: &mut Output) {
    if let (Some(key), 1..) = (&flow.key, written.without_key) {
        output.warn(&format!(
            "{} sent without a key, but flow `{}` is keyed by `{key}`: their order is not kept",
            count_that_was(written.without_key, "record"),
            flow.id
        ));
    }
}

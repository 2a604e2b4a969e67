//! `flowctl tail`: show the records of a topic.

mod args;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::Context;
use super::group_names::GroupNames;
use super::target::{self, Found};
use crate::clock::Deadline;
use crate::config::TopologyArgs;
use crate::error::Problem;
use crate::exit::Exit;
use crate::kafka::Cluster;
use crate::model::group::GroupState;
use crate::model::name::{GroupId, TopicName};
use crate::model::target::Target;
use crate::model::topic::{NoSuchPartition, check_partitions};
use crate::output::record::RecordFormat;
use crate::output::tail::TailView;
use crate::tail::run as reading;
use crate::tail::{Ended, Outcome, Request, Span, SpanError, Start};
use crate::topology::Resolved;

pub use args::{Args, Format, Isolation};

/// Shows the records.
pub async fn run(args: Args, context: &mut Context) -> anyhow::Result<Exit> {
    let layout = args.layout().map_err(Problem::usage)?;
    let format = RecordFormat::new(&layout, context.output.screen()).map_err(Problem::usage)?;
    let interrupt = context.interrupt.clone();
    let prepared = tokio::select! {
        prepared = prepare(&args, context) => prepared?,
        signal = interrupt.wait() => return Ok(signal.exit()),
    };
    let Prepared { cluster, request, spans } = prepared;
    let stops = spans.iter().filter_map(|(number, span)| Some((*number, span.stop?))).collect();
    let timeout = context.global.timeout;
    let mut view = TailView::new(&mut context.output, format, &request);
    let outcome =
        reading::run(&cluster, &request, spans, &interrupt, timeout, |event| Ok(view.show(event)?))
            .await?;
    let outcome = view.close(outcome)?;
    // Who has come to the end that was asked for has nothing to go on with.
    let is_over = outcome.ended == Ended::Done && request.limit.is_none();
    let resume = (!is_over)
        .then(|| args.resume(&request.topic, &stops, &outcome, &context.global))
        .flatten();
    view.finish(&outcome, resume.as_deref());
    Ok(exit(&outcome))
}

/// What is known before the first record is read.
struct Prepared {
    cluster: Cluster,
    request: Request,
    spans: BTreeMap<i32, Span>,
}

/// Finds the topic and the part of it that is to be read.
async fn prepare(args: &Args, context: &mut Context) -> anyhow::Result<Prepared> {
    let target = match (&args.name, &args.topic) {
        (Some(target), _) => target.clone(),
        (None, topic) => Target::Topic(TopicName::new(topic.clone().unwrap_or_default())),
    };
    let topology_args = TopologyArgs::from(args.topology.clone());
    let topology = context.topology_for(&target, &topology_args).await?;
    let found = target::find(&target, topology.as_ref())?;
    let request = args.request(found.main_topic(), group(args, &found), context)?;
    if request.needs_committed() && request.group.is_none() {
        return Err(Problem::usage("`committed` needs a group").hint("add --group GROUP").into());
    }
    let settings = context.settings(topology.as_ref()).await?;
    let deadline = context.deadline;
    let cluster = context.connect(&settings, topology.as_ref()).await?;
    let description = target::existing_topic(&cluster, &request.topic, topology.as_ref(), deadline)
        .await
        .map_err(|error| hint_at_environment(error, &target, topology.as_ref()))?;
    let count = description.partitions.len();
    let all = description.partitions.into_keys();
    let partitions = request.partitions.clone().unwrap_or_else(|| all.collect());
    let no_such = |error: NoSuchPartition| Problem::usage(error.to_string());
    check_partitions(&request.topic, partitions.iter().copied(), count).map_err(no_such)?;
    for positions in [&request.until].into_iter().chain(match &request.start {
        Start::At(positions) => Some(positions),
        Start::Newest(_) => None,
    }) {
        positions.check(&request.topic, count).map_err(no_such)?;
    }
    match reading::gather(&cluster, &request, &partitions, deadline).await {
        Ok(spans) => Ok(Prepared { cluster, request, spans }),
        Err(error) => Err(explain(error, &request, &cluster, deadline).await),
    }
}

/// Says so where the topic that is not there has the name of an environment: `tail -e dev`.
fn hint_at_environment(
    error: anyhow::Error,
    target: &Target,
    topology: Option<&Resolved>,
) -> anyhow::Error {
    let Target::Either(name) = target else { return error };
    if !topology.is_some_and(|topology| topology.environments.contains(name)) {
        return error;
    }
    match error.downcast::<Problem>() {
        Ok(problem) => problem.hint(target::environment_hint(name)).into(),
        Err(error) => error,
    }
}

/// Says more about a group that has no committed offset: it may not be there at all.
async fn explain(
    error: anyhow::Error,
    request: &Request,
    cluster: &Cluster,
    deadline: Deadline,
) -> anyhow::Error {
    let (Some(SpanError::NoCommittedOffset(partition)), Some(group)) =
        (error.downcast_ref(), &request.group)
    else {
        return error;
    };
    let described = cluster.describe_groups(std::slice::from_ref(group), deadline).await;
    let state = described.ok().and_then(|mut described| described.remove(group)?.ok()?.state);
    if state == Some(GroupState::Dead) {
        return GroupNames::ask(cluster, None, deadline).await.missing(group).into();
    }
    let topic = &request.topic;
    Problem::failed(format!("group `{group}` has no committed offset in {topic}[{partition}]"))
        .hint("--from start and --from end need none")
        .into()
}

/// Returns the group whose committed offsets are meant.
fn group(args: &Args, found: &Found<'_>) -> Option<GroupId> {
    let only = match found {
        Found::Flow(flow) => {
            let mut consumers = flow.consumers.values();
            consumers.next().filter(|_| consumers.next().is_none()).map(|only| only.group.clone())
        }
        Found::Topic(_) => None,
    };
    args.group.as_deref().map(GroupId::from).or(only)
}

/// Decides the exit code.
fn exit(outcome: &Outcome) -> Exit {
    match outcome.ended {
        _ if outcome.has_gaps => Exit::Partly,
        Ended::Done => Exit::Done,
        Ended::Interrupted(_) if outcome.goes_on => Exit::Done,
        Ended::Interrupted(signal) => signal.exit(),
    }
}

//! The topics of a topology, made before anything else happens on a sandbox.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::Context as _;

use crate::approval::{Approval, ApprovedBy};
use crate::commands::{Context, plan};
use crate::config::TopologyArgs;
use crate::exit::Exit;
use crate::kafka::{Cluster, ConnectionSettings, Mode, Properties};
use crate::model::count::count;
use crate::model::name::TopicName;
use crate::model::topic::NewTopic;
use crate::output::{Screen, plan as plan_view};
use crate::plan::run::{self, Limits};
use crate::plan::{Permissions, Plan};
use crate::topology::Resolved;

/// Creates what the topology declares. Whatever cluster it names, this is the sandbox.
pub(super) async fn apply(
    args: &TopologyArgs,
    address: SocketAddr,
    owner: &Properties,
    context: &mut Context,
) -> anyhow::Result<Exit> {
    let mut wanted = context.topology_for_sandbox(args).await?;
    context.output.diagnostics(&wanted.warnings);
    let declared = wanted.clone();
    wanted.fit_to_sandbox();
    if wanted != declared {
        context.output.note(
            "the sandbox is one broker: replication, min.insync.replicas and the environment's \
             cluster do not count here",
        );
    }
    let (settings, _) = ConnectionSettings::from_properties(Some(&address.to_string()), owner)?;
    let cluster = Cluster::connect(&settings, context.deadline).await?;
    let external = create_external(&cluster, &wanted, context).await?;
    let plan = plan::compare(&wanted, &cluster, &Permissions::default(), context).await?;
    let exit = create(&cluster, plan, context).await?;
    if external > 0 {
        let topics = count(external, "external topic");
        context.output.note(&format!("created beside them: {topics}, here nobody else's"));
    }
    Ok(exit)
}

/// Creates the topics that belong to somebody else on the environment's own cluster: here nobody
/// else would. Flows that share one agree on the larger number of partitions. Returns how many.
async fn create_external(
    cluster: &Cluster,
    wanted: &Resolved,
    context: &Context,
) -> anyhow::Result<usize> {
    let mut counts = BTreeMap::new();
    for topic in wanted.topics().filter(|topic| topic.external) {
        let partitions = topic.partitions.as_ref().map_or(-1, |partitions| partitions.value);
        let most: &mut i32 = counts.entry(&topic.name).or_insert(partitions);
        *most = partitions.max(*most);
    }
    let new = |(name, partitions): (&TopicName, i32)| NewTopic {
        name: name.clone(),
        partitions,
        replication: -1,
        configs: BTreeMap::new(),
    };
    let topics: Vec<_> = counts.into_iter().map(new).collect();
    for (name, outcome) in cluster.create_topics(&topics, Mode::Execute, context.deadline).await? {
        outcome.with_context(|| format!("cannot create external topic `{name}`"))?;
    }
    Ok(topics.len())
}

/// Applies a plan to a sandbox: there is nothing in it that anybody would have to be asked for.
async fn create(cluster: &Cluster, plan: Plan, context: &mut Context) -> anyhow::Result<Exit> {
    if plan.exit() != Exit::Done {
        context.output.note(&plan_view::text(&plan, Screen::default()));
        return Ok(plan.exit());
    }
    let approval = Approval::given(ApprovedBy::Command);
    let interrupt = context.interrupt.clone();
    let limits = Limits { timeout: context.global.timeout, interrupt: &interrupt };
    let applied = run::apply(cluster, plan, approval, limits, &mut |_, _| {}).await;
    if applied.exit() != Exit::Done {
        context.output.note(&plan_view::text(&applied.plan, Screen::default()));
    }
    context.output.note(plan_view::tally_line(&applied).trim_end());
    Ok(applied.exit())
}

//! Runs the tour: commands as processes of their own, checks after each, and the cleaning up.

mod application;
mod guide;

use std::path::PathBuf;

use anyhow::Context;

use crate::approval::Approval;
use crate::clock::{Clock, Deadline};
use crate::error::Problem;
use crate::kafka::{Cluster, ConnectionSettings};
use crate::model::name::TopicName;
use crate::model::secret::Secret;
use crate::topology::{self, Resolved, Variables};
use crate::tour::story::{self, Event};

use application::{Application, Shift, Work};
use guide::Guide;

/// How many test events the tour produces.
const EVENTS: usize = 240;

/// The flow of the tour, and the one its results go to.
const FLOW: &str = "user-activity-logs";
const RESULTS: &str = "user-activity-analytics";

/// Where and as what the tour runs.
#[derive(Debug)]
pub struct Tour {
    /// The flowctl that is run.
    pub program: PathBuf,
    /// The connection flags as a user would type them, and as they are shown.
    pub connection: Vec<Secret>,
    /// The properties file that every command is given instead, if there is anything in it:
    /// arguments of a process can be seen by all.
    pub properties: Option<PathBuf>,
    /// The bootstrap servers.
    pub brokers: String,
    /// The same connection, for the application that the tour plays.
    pub settings: ConnectionSettings,
    /// The cluster.
    pub cluster: Cluster,
    /// What every name of the tour begins with.
    pub namespace: String,
    /// The clock.
    pub clock: Clock,
    /// The variable that tells the commands the width of the terminal, and the width.
    pub width: Option<(&'static str, u16)>,
}

/// Runs the tour in an empty folder. What it made stays when it fails, so that one can look;
/// `clean` removes it.
pub async fn run(
    tour: &Tour,
    folder: PathBuf,
    deadline: impl Fn() -> Deadline,
    say: &mut dyn FnMut(Event),
) -> anyhow::Result<()> {
    let file = folder.join("topology.yaml");
    std::fs::write(&file, story::topology(&tour.namespace))
        .with_context(|| format!("cannot write `{}`", file.display()))?;
    let resolved = resolved(tour)?;
    let application = application(&resolved)?;
    let cluster = &tour.cluster;
    let mut guide = Guide::new(tour, folder, say);

    declare(&mut guide).await?;
    feed(&mut guide).await?;
    let work =
        application.work(cluster, &tour.settings, Shift::Troubled, tour.clock, deadline()).await?;
    watch(&mut guide, &application, &work).await?;
    heal(&mut guide, &work).await?;
    let work =
        application.work(cluster, &tour.settings, Shift::Recovered, tour.clock, deadline()).await?;
    settle(&mut guide, &application, &work).await
}

/// Declare: from the file to topics.
async fn declare(guide: &mut Guide<'_>) -> anyhow::Result<()> {
    guide.step("Declare: a topology file says what there should be");
    guide.command(&["validate"], 0).await?.expect_text("ok")?;
    guide.command(&["plan"], 0).await?.expect_text("to create")?;
    guide.command(&["apply", "--yes"], 0).await?;
    guide.step("Apply again: nothing to do");
    guide.command(&["plan", "--detailed-exitcode"], 0).await?;
    Ok(())
}

/// Feed: test events, and a look at them.
async fn feed(guide: &mut Guide<'_>) -> anyhow::Result<()> {
    guide.step("Feed: test events, the same ones for the same seed");
    let count = EVENTS.to_string();
    guide.command(&["produce", FLOW, "--count", &count, "--seed", "7"], 0).await?;
    let layout = "%p@%o %k: %s\\n";
    let last = guide.command(&["tail", FLOW, "-n", "2", "-e", "-f", layout], 0).await?;
    last.expect_lines(2)?;
    let all = guide.check(&["tail", FLOW, "--from", "start", "-e", "-o", "jsonl"], 0).await?;
    all.expect_lines(EVENTS)?;
    Ok(())
}

/// Watch: the consumer fails, which shows in its lag and in the DLQ.
async fn watch(
    guide: &mut Guide<'_>,
    application: &Application,
    work: &Work,
) -> anyhow::Result<()> {
    let failures: Vec<_> = work
        .failed
        .iter()
        .map(|(failure, count)| format!("{count} fail with {}", failure.code))
        .collect();
    guide.step("Watch: a consumer in trouble");
    guide.tell(format!(
        "the consumer {} reads {} records: {}, and go to its DLQ; {} are still unread",
        application.group,
        work.read,
        failures.join(", "),
        work.left,
    ));
    guide.command(&["lag", FLOW], 0).await?;
    guide.check(&["lag", FLOW, "-o", "json"], 0).await?.expect_json("/flows/0/lag", work.left)?;
    guide.command(&["lag", FLOW, "--by", "flow", "--fail-above", "10"], 2).await?;
    guide.command(&["dlq", "ls", FLOW], 0).await?;
    expect_pending(guide, work.failures()).await?;
    guide.command(&["dlq", "show", FLOW, "--limit", "1"], 0).await?.expect_text("error")?;
    Ok(())
}

/// Heal: redrive in two selections, each record once.
async fn heal(guide: &mut Guide<'_>, work: &Work) -> anyhow::Result<()> {
    let failures: Vec<_> = work.failed.iter().collect();
    let Some((first, count)) = failures.first() else {
        return Err(Problem::failed("nothing failed, so there is nothing to redrive").into());
    };
    guide.step("Heal: what would go where, then send it there");
    let some = ["dlq", "redrive", FLOW, "--error-code", first.code];
    guide.command(&[&some[..], &["--limit", "3", "--dry-run"]].concat(), 0).await?;
    guide.command(&[&some[..], &["--yes"]].concat(), 0).await?;
    expect_pending(guide, work.failures() - *count).await?;
    guide.step("Then all the rest: what was redriven is remembered, nothing is sent twice");
    let all = ["dlq", "redrive", FLOW, "--yes"];
    guide.command(&all, 0).await?;
    expect_pending(guide, 0).await?;
    guide.command(&all, 0).await?;
    let main = guide.check(&["tail", FLOW, "--from", "start", "-e", "-o", "jsonl"], 0).await?;
    main.expect_lines(EVENTS + work.failures())?;
    Ok(())
}

/// Settle: the consumer catches up.
async fn settle(
    guide: &mut Guide<'_>,
    application: &Application,
    work: &Work,
) -> anyhow::Result<()> {
    guide.step("Settle: the consumer is mended and catches up");
    guide.tell(format!(
        "the consumer {} reads {} records, none fails",
        application.group, work.read
    ));
    guide.command(&["lag", FLOW, "--by", "group", "--fail-above", "0"], 0).await?;
    guide.check(&["lag", FLOW, "-o", "json"], 0).await?.expect_json("/flows/0/lag", 0)?;
    guide.command(&["dlq", "ls", FLOW, "--fail-if-any"], 0).await?;
    Ok(())
}

/// Checks how many dead letters are pending.
async fn expect_pending(guide: &mut Guide<'_>, wanted: usize) -> anyhow::Result<()> {
    let listed = guide.check(&["dlq", "ls", FLOW, "-o", "json"], 0).await?;
    Ok(listed.expect_json("/items/0/pending", wanted)?)
}

/// Deletes the tour's groups and topics. Gives back what could not be deleted, and why.
pub async fn clean(
    tour: &Tour,
    approve: impl Fn() -> Approval,
    deadline: Deadline,
) -> anyhow::Result<Vec<String>> {
    let cluster = &tour.cluster;
    let mut left = Vec::new();
    // The namespace is this run's own: nothing else has it. The courtesy group of a redrive is
    // named after the DLQ.
    let listed = cluster.groups(deadline).await?;
    let groups: Vec<_> = listed
        .groups
        .into_iter()
        .map(|group| group.id)
        .filter(|group| group.as_str().contains(&tour.namespace))
        .collect();
    for (group, outcome) in cluster.delete_groups(&groups, approve(), deadline).await? {
        left.extend(outcome.err().map(|cause| format!("cannot delete group `{group}`: {cause}")));
    }
    let topics: Vec<TopicName> = cluster
        .all_topics(deadline)
        .await?
        .into_keys()
        .filter(|topic| topic.as_str().starts_with(&tour.namespace))
        .collect();
    for (topic, outcome) in cluster.delete_topics(&topics, approve(), deadline).await? {
        left.extend(outcome.err().map(|cause| format!("cannot delete topic `{topic}`: {cause}")));
    }
    Ok(left)
}

/// Resolves the tour's topology.
fn resolved(tour: &Tour) -> anyhow::Result<Resolved> {
    let parsed = topology::parse(&story::topology(&tour.namespace), "topology.yaml")?;
    Ok(parsed.resolve(Some("dev"), &[], Variables::Unchecked)?)
}

/// Finds the application's topics and group in the topology.
fn application(topology: &Resolved) -> anyhow::Result<Application> {
    let flow = topology.flows.get(FLOW).context("the sample has no such flow")?;
    let results = topology.flows.get(RESULTS).context("the sample has no such flow")?;
    let consumer = flow.consumers.values().next().context("the sample's flow has no consumer")?;
    Ok(Application {
        group: consumer.group.clone(),
        source: flow.main.name.clone(),
        results: results.main.name.clone(),
        dlq: consumer.dlq.clone().context("the sample's consumer has no DLQ")?,
    })
}

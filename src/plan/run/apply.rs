//! Carrying out a plan: batch by batch, in order; what fails does not stop the rest.

use std::collections::BTreeMap;
use std::time::Duration;

use super::investigate::send;
use super::report;
use super::see::see;
use crate::approval::Approval;
use crate::clock::Deadline;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::kafka::{Cluster, Mode};
use crate::model::name::TopicName;
use crate::plan::batches::{Batch, Phase, batches};
use crate::plan::decide::{Change, Plan};
use crate::plan::outcome::{Applied, Outcome};

/// What bounds the work.
#[derive(Debug)]
pub struct Limits<'a> {
    /// How long each request may take, and how long its effect may take to be seen.
    pub timeout: Duration,
    /// Who may ask it to end.
    pub interrupt: &'a Interrupt,
}

/// Carries the plan out. `tell` hears of every change that was to be done, as soon as it is known
/// what became of it.
pub async fn apply(
    cluster: &Cluster,
    plan: Plan,
    _approval: Approval,
    limits: Limits<'_>,
    tell: &mut (dyn FnMut(&Change, &Outcome) + Send),
) -> Applied {
    let mut outcomes: BTreeMap<(Phase, TopicName), Outcome> = BTreeMap::new();
    let mut stopped: Option<String> = None;
    for batch in batches(plan.to_do().map(|change| &change.difference)) {
        if let Some(signal) = limits.interrupt.requested() {
            stopped = Some(format!("ended by {}", signal.name()));
        }
        let (phase, topics) = of(&batch);
        let results = match &stopped {
            Some(reason) => {
                topics.into_iter().map(|t| (t, Outcome::Skipped(reason.clone()))).collect()
            }
            None => carry_out(cluster, &batch, topics, &limits, &mut stopped).await,
        };
        for change in plan.to_do() {
            let Some(outcome) = results.get(&change.difference.topic) else { continue };
            if Phase::of(&change.difference.action) == Some(phase) {
                tell(change, outcome);
            }
        }
        outcomes.extend(results.into_iter().map(|(topic, outcome)| ((phase, topic), outcome)));
    }
    let outcome = |change: &Change| {
        let phase = Phase::of(&change.difference.action).filter(|_| change.is_to_do());
        let key = phase.map(|phase| (phase, change.difference.topic.clone()));
        key.and_then(|key| outcomes.get(&key).cloned()).unwrap_or(Outcome::Blocked)
    };
    let outcomes: Vec<_> = plan.changes.iter().map(outcome).collect();
    let was_cut = outcomes.iter().any(|outcome| matches!(outcome, Outcome::Skipped(_)));
    let interrupted = limits.interrupt.requested().filter(|_| was_cut);
    Applied { plan, outcomes, interrupted }
}

/// Returns the phase and the topics of a batch.
fn of(batch: &Batch) -> (Phase, Vec<TopicName>) {
    match batch {
        Batch::Create(topics) => {
            (Phase::Create, topics.iter().map(|topic| topic.name.clone()).collect())
        }
        Batch::Partitions(counts) => (Phase::Partitions, counts.keys().cloned().collect()),
        Batch::Configs(configs) => (Phase::Configs, configs.keys().cloned().collect()),
    }
}

/// Sends a batch and waits until its effect is seen. A cluster that does not answer stops what
/// would follow.
async fn carry_out(
    cluster: &Cluster,
    batch: &Batch,
    topics: Vec<TopicName>,
    limits: &Limits<'_>,
    stopped: &mut Option<String>,
) -> BTreeMap<TopicName, Outcome> {
    let deadline = Deadline::after(limits.timeout);
    let results = match send(cluster, batch, Mode::Execute, deadline).await {
        Ok(results) => results,
        Err(error) => {
            if error.exit() == Exit::Unreachable {
                *stopped = Some("the cluster did not answer before".to_owned());
            }
            let failed = Outcome::Failed(report(error));
            return topics.into_iter().map(|topic| (topic, failed.clone())).collect();
        }
    };
    let (mut outcomes, mut accepted) = (BTreeMap::new(), Vec::new());
    for (topic, refused) in results {
        match refused {
            None => accepted.push(topic),
            Some(report) => {
                outcomes.insert(topic, Outcome::Failed(report));
            }
        }
    }
    let deadline = Deadline::after(limits.timeout);
    // Whoever asks to end does not wait for the brokers to hear of what the controller has done.
    let unseen = tokio::select! {
        unseen = see(cluster, batch, accepted.clone(), deadline) => unseen,
        _ = limits.interrupt.wait() => BTreeMap::new(),
    };
    outcomes.extend(accepted.into_iter().map(|topic| (topic, Outcome::Done)));
    outcomes.extend(unseen.into_iter().map(|(topic, late)| (topic, Outcome::Failed(late))));
    outcomes
}

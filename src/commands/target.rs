//! From the name on the command line to the flow or topic that is meant.

use crate::clock::Deadline;
use crate::error::Problem;
use crate::kafka::{Cluster, ErrorCode};
use crate::model::name::{FlowId, TopicName};
use crate::model::own_topics::LEDGER;
use crate::model::similar::closest;
use crate::model::target::Target;
use crate::model::topic::TopicDescription;
use crate::topology::Resolved;
use crate::topology::resolved::ResolvedFlow;

/// What a name stands for.
#[derive(Debug, Clone)]
pub enum Found<'t> {
    /// A flow of the topology.
    Flow(&'t ResolvedFlow),
    /// A topic by its own name; nobody has asked the cluster about it yet.
    Topic(TopicName),
}

impl Found<'_> {
    /// Returns the topic: of a flow, its main topic.
    pub fn main_topic(&self) -> TopicName {
        match self {
            Self::Flow(flow) => flow.main.name.clone(),
            Self::Topic(topic) => topic.clone(),
        }
    }
}

/// Finds what is meant: a flow id first, then a topic's name, unless the kind is forced.
pub fn find<'t>(target: &Target, topology: Option<&'t Resolved>) -> Result<Found<'t>, Problem> {
    let flow = |name: &str| topology.and_then(|topology| topology.flows.get(name));
    match target {
        Target::Either(name) => {
            Ok(flow(name).map_or_else(|| Found::Topic(TopicName::from(name.as_str())), Found::Flow))
        }
        Target::Topic(topic) => Ok(Found::Topic(topic.clone())),
        Target::Flow(id) => {
            flow(id.as_str()).map(Found::Flow).ok_or_else(|| unknown_flow(id, topology))
        }
    }
}

/// Returns the name of the ledger.
pub(super) fn ledger(topology: Option<&Resolved>) -> TopicName {
    topology.map_or_else(|| TopicName::from(LEDGER), |topology| topology.ledger.name.clone())
}

/// Says that there is no such flow, and which one was probably meant.
pub fn unknown_flow(id: &FlowId, topology: Option<&Resolved>) -> Problem {
    let Some(topology) = topology else {
        return Problem::failed(format!("flow `{id}` not found: there is no topology"))
            .hint("name the file with -f, --file or FLOWCTL_FILE");
    };
    let problem = Problem::failed(format!("flow `{id}` not found in the topology"));
    let known: Vec<_> = topology.flows.keys().map(FlowId::as_str).collect();
    match closest(id.as_str(), known.iter().copied()) {
        Some(similar) => problem.hint(format!("did you mean flow/{similar}?")),
        None => problem.hint(format!("its flows: {}", known.join(", "))),
    }
}

/// Says what to do where an environment's name stands in the place of a flow's: `-e NAME` chooses
/// an environment in most commands, and means something else in those that keep kcat's letters.
pub(super) fn environment_hint(name: &str) -> String {
    format!(
        "`{name}` is an environment of the topology: choose it with --env {name}, and name a flow"
    )
}

/// Describes a topic that must exist; names the one that was probably meant when it does not.
pub async fn existing_topic(
    cluster: &Cluster,
    topic: &TopicName,
    topology: Option<&Resolved>,
    deadline: Deadline,
) -> anyhow::Result<TopicDescription> {
    let found = cluster.topics(std::slice::from_ref(topic), deadline).await?.remove(topic);
    let error = match found {
        Some(Ok(description)) => return Ok(description),
        Some(Err(error)) => Some(error),
        None => None,
    };
    let is_unknown = |code| code == Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    if let Some(error) = error.filter(|error| !is_unknown(error.code())) {
        return Err(anyhow::Error::new(error).context(format!("cannot read topic `{topic}`")));
    }
    Err(missing_topic(cluster, topic, topology, deadline).await.into())
}

/// Says that a topic is not there, and which one was probably meant.
async fn missing_topic(
    cluster: &Cluster,
    topic: &TopicName,
    topology: Option<&Resolved>,
    deadline: Deadline,
) -> Problem {
    // Id and hint are worth asking for, but not worth another error.
    let cluster_id = cluster.id(deadline).await.ok().flatten();
    let known = cluster.all_topics(deadline).await.unwrap_or_default();
    let problem = Problem::not_found(&format!("topic `{topic}`"), cluster_id.as_deref());
    problem.hint(meant(topic, known.keys(), topology))
}

/// Says which topic or flow was probably meant by a topic that is not there.
fn meant<'t>(
    topic: &TopicName,
    known: impl Iterator<Item = &'t TopicName>,
    topology: Option<&'t Resolved>,
) -> String {
    let flows = || topology.iter().flat_map(|topology| topology.flows.values());
    // One that is declared and not there needs no other name.
    if !flows().flat_map(ResolvedFlow::topics).any(|declared| declared.name == *topic) {
        // `topic/NAME` where NAME is a flow's.
        if let Some(flow) = flows().find(|flow| flow.id.as_str() == topic.as_str()) {
            return format!("did you mean `flow/{}` or `{}`?", flow.id, flow.main.name);
        }
        let flows = flows().map(|flow| flow.id.as_str());
        if let Some(similar) = closest(topic.as_str(), flows.chain(known.map(TopicName::as_str))) {
            return format!("did you mean `{similar}`?");
        }
    }
    "flowctl apply creates the topics of a topology".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{self, Variables};

    const TEXT: &str = "\
apiVersion: flowctl/v1
project: shop
environments: { dev: { namespace: dev. } }
flows: { orders: { partitions: 3 } }
";

    #[test]
    fn a_slip_in_a_flows_name_is_seen_through_its_namespace() {
        let topology = topology::parse(TEXT, "t.yaml").unwrap();
        let topology = topology.resolve(Some("dev"), &[], Variables::Unchecked).unwrap();
        let there = [TopicName::from("dev.orders"), TopicName::from("payments")];
        let meant = |topic: &str| meant(&topic.into(), there.iter(), Some(&topology));
        assert_eq!(meant("orderss"), "did you mean `orders`?");
        assert_eq!(meant("dev.order"), "did you mean `dev.orders`?");
        assert_eq!(meant("orders"), "did you mean `flow/orders` or `dev.orders`?");
        assert_eq!(meant("payment"), "did you mean `payments`?");
        for unknown in ["returns", "dev.orders"] {
            assert_eq!(meant(unknown), "flowctl apply creates the topics of a topology");
        }
    }
}

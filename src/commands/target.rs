//! From the name on the command line to the flow or topic that is meant.

use crate::clock::Deadline;
use crate::error::Problem;
use crate::kafka::{Cluster, ErrorCode};
use crate::model::name::{FlowId, TopicName};
use crate::model::target::Target;
use crate::model::topic::TopicDescription;
use crate::topology::Resolved;
use crate::topology::resolved::ResolvedFlow;
use crate::topology::similar::closest;

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
        Target::Flow(id) => flow(id.as_str()).map(Found::Flow).ok_or_else(|| {
            let problem = Problem::invalid(format!("flow `{id}` is not in the topology"));
            let known = topology.map(|topology| topology.flows.keys().map(FlowId::as_str));
            match known.and_then(|known| closest(id.as_str(), known)) {
                Some(known) => problem.hint(format!("did you mean flow/{known}?")),
                None => problem,
            }
        }),
    }
}

/// Describes a topic that must exist; names the one that was probably meant when it does not.
pub async fn existing_topic(
    cluster: &Cluster,
    topic: &TopicName,
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
    let cluster_id = cluster.id(deadline).await?.map(|id| format!(" {id}")).unwrap_or_default();
    let problem = Problem::failed(format!("topic `{topic}` not found on cluster{cluster_id}"));
    // A hint is worth asking for, but not worth another error.
    let known = cluster.all_topics(deadline).await.unwrap_or_default();
    Err(match closest(topic.as_str(), known.keys().map(TopicName::as_str)) {
        Some(similar) => problem.hint(format!("did you mean `{similar}`?")),
        None => problem.hint("flowctl apply creates the topics of a topology"),
    }
    .into())
}

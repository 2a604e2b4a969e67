//! From a group that is not there to the flow or group that was probably meant.

use crate::clock::Deadline;
use crate::error::Problem;
use crate::kafka::Cluster;
use crate::model::name::{FlowId, GroupId};
use crate::model::similar::closest;
use crate::topology::Resolved;

/// What could have been meant by the name of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GroupNames {
    cluster_id: Option<String>,
    flows: Vec<FlowId>,
    groups: Vec<GroupId>,
    /// The consumers of the topology: flow, name there, group.
    consumers: Vec<(FlowId, String, GroupId)>,
}

impl GroupNames {
    /// Takes the names of the topology and of the cluster. They are worth asking for, but not worth
    /// another error.
    pub(super) async fn ask(
        cluster: &Cluster,
        topology: Option<&Resolved>,
        deadline: Deadline,
    ) -> Self {
        let flows = || topology.iter().flat_map(|topology| topology.flows.values());
        let consumers: Vec<_> = flows()
            .flat_map(|flow| flow.consumers.iter().map(|consumer| (flow.id.clone(), consumer)))
            .map(|(flow, (name, consumer))| (flow, name.clone(), consumer.group.clone()))
            .collect();
        let listed = cluster.groups(deadline).await.map(|list| list.groups).unwrap_or_default();
        Self {
            cluster_id: cluster.id(deadline).await.ok().flatten(),
            flows: flows().map(|flow| flow.id.clone()).collect(),
            groups: consumers
                .iter()
                .map(|(_, _, group)| group.clone())
                .chain(listed.into_iter().map(|listing| listing.id))
                .collect(),
            consumers,
        }
    }

    /// Says that a group is not there, and what was probably meant.
    pub(super) fn missing(&self, group: &GroupId) -> Problem {
        let problem = Problem::not_found(&format!("group `{group}`"), self.cluster_id.as_deref());
        let mut named = self.consumers.iter().filter(|(_, name, _)| name == group.as_str());
        if let Some((flow, name, its)) = named.find(|(_, _, its)| its != group) {
            return problem.hint(format!("consumer {name} of flow {flow} has group `{its}`"));
        }
        let flows = self.flows.iter().map(FlowId::as_str);
        // A group that the topology declares may be the very one that is not there yet.
        let groups = self.groups.iter().filter(|known| *known != group).map(GroupId::as_str);
        match closest(group.as_str(), flows.chain(groups)) {
            Some(name) if self.flows.iter().any(|flow| flow.as_str() == name) => {
                problem.hint(format!("did you mean flow/{name}?"))
            }
            Some(name) => problem.hint(format!("did you mean `{name}`?")),
            None => problem.hint(
                "it has neither members nor committed offsets; flowctl lag --all-groups lists \
                 those that have",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(group: &str) -> String {
        let names = GroupNames {
            cluster_id: Some("c".to_owned()),
            flows: vec!["orders".into()],
            groups: vec!["billing".into(), "audit".into()],
            consumers: vec![("orders".into(), "mails".to_owned(), "dev.mails".into())],
        };
        let problem = names.missing(&group.into());
        let report = crate::error::report(&problem.into());
        format!("{}; {}", report.message, report.hints.join(", "))
    }

    #[test]
    fn the_flow_or_group_that_was_meant_is_named() {
        assert_eq!(
            said("biling"),
            "group `biling` not found on cluster c; did you mean `billing`?"
        );
        assert_eq!(
            said("ordres"),
            "group `ordres` not found on cluster c; did you mean flow/orders?"
        );
        assert!(said("mails").ends_with("consumer mails of flow orders has group `dev.mails`"));
        assert!(said("audit").contains("--all-groups"), "it is no help to name the same one");
        assert!(said("payments").contains("--all-groups"));
    }
}

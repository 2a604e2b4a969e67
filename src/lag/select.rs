//! Which groups a report is about.

use crate::model::name::{FlowId, GroupId, TopicName};
use crate::topology::Resolved;

/// A group that the report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedGroup {
    /// The group.
    pub group: GroupId,
    /// The flow whose consumer it is, and the main topic that it should read.
    pub flow: Option<(FlowId, TopicName)>,
}

/// The groups that the report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// These.
    Groups(Vec<WantedGroup>),
    /// Every group of the cluster; the topology's consumers are named with their flow.
    All(Vec<WantedGroup>),
}

/// What the user named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// `NAME`: a flow of the topology if there is one of that name, else a group.
    Either(String),
    /// `flow/NAME`.
    Flow(FlowId),
    /// `group/NAME`.
    Group(GroupId),
}

impl Name {
    /// Reads a name with or without its kind. A group's id may have a slash, so an unknown kind is
    /// part of the id.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.split_once('/') {
            Some(("flow", name)) if !name.is_empty() => Ok(Self::Flow(FlowId::from(name))),
            Some(("group", name)) if !name.is_empty() => Ok(Self::Group(GroupId::from(name))),
            Some(_) | None if text.is_empty() => Err("a name cannot be empty".to_owned()),
            Some(_) | None => Ok(Self::Either(text.to_owned())),
        }
    }
}

/// Why a selection cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// The flow is not in the topology.
    #[error("flow `{0}` not found in the topology")]
    UnknownFlow(FlowId),
    /// The flow has no consumers.
    #[error("flow `{0}` has no consumers")]
    NoConsumers(FlowId),
}

/// Finds the groups: those that are named, else those of the topology, else all of the cluster.
pub fn select(
    names: &[Name],
    topology: Option<&Resolved>,
    all_groups: bool,
) -> Result<Selection, SelectError> {
    let declared = topology.map(consumers).unwrap_or_default();
    if names.is_empty() {
        let all = all_groups || topology.is_none();
        return Ok(if all { Selection::All(declared) } else { Selection::Groups(declared) });
    }
    let mut wanted: Vec<WantedGroup> = Vec::new();
    for name in names {
        for group in groups_of(name, topology, &declared)? {
            if !wanted.contains(&group) {
                wanted.push(group);
            }
        }
    }
    Ok(Selection::Groups(wanted))
}

/// Finds the groups of one name.
fn groups_of(
    name: &Name,
    topology: Option<&Resolved>,
    declared: &[WantedGroup],
) -> Result<Vec<WantedGroup>, SelectError> {
    let is_flow = |flow: &FlowId| topology.is_some_and(|t| t.flows.contains_key(flow));
    let flow = match name {
        Name::Group(group) => return Ok(vec![group_of(group, declared)]),
        Name::Flow(flow) if !is_flow(flow) => return Err(SelectError::UnknownFlow(flow.clone())),
        Name::Flow(flow) => flow.clone(),
        Name::Either(text) if is_flow(&FlowId::new(text.as_str())) => FlowId::new(text.as_str()),
        Name::Either(text) => return Ok(vec![group_of(&GroupId::new(text.as_str()), declared)]),
    };
    let groups: Vec<_> = declared
        .iter()
        .filter(|wanted| wanted.flow.as_ref().is_some_and(|(id, _)| *id == flow))
        .cloned()
        .collect();
    if groups.is_empty() { Err(SelectError::NoConsumers(flow)) } else { Ok(groups) }
}

/// Names a group, with its flow if exactly one declares it.
fn group_of(group: &GroupId, declared: &[WantedGroup]) -> WantedGroup {
    let mut flows = declared.iter().filter(|wanted| wanted.group == *group);
    match (flows.next(), flows.next()) {
        (Some(only), None) => only.clone(),
        (Some(_), Some(_)) | (None, _) => WantedGroup { group: group.clone(), flow: None },
    }
}

/// Gives every consumer of the topology.
fn consumers(topology: &Resolved) -> Vec<WantedGroup> {
    topology
        .flows
        .values()
        .flat_map(|flow| {
            flow.consumers.values().map(|consumer| WantedGroup {
                group: consumer.group.clone(),
                flow: Some((flow.id.clone(), flow.main.name.clone())),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> Vec<WantedGroup> {
        vec![
            WantedGroup { group: "billing".into(), flow: Some(("orders".into(), "orders".into())) },
            WantedGroup { group: "audit".into(), flow: Some(("orders".into(), "orders".into())) },
            WantedGroup { group: "audit".into(), flow: Some(("users".into(), "users".into())) },
        ]
    }

    #[test]
    fn a_kind_forces_one_reading_and_other_slashes_belong_to_the_group() {
        assert_eq!(Name::parse("flow/orders"), Ok(Name::Flow("orders".into())));
        assert_eq!(Name::parse("group/orders"), Ok(Name::Group("orders".into())));
        assert_eq!(Name::parse("a/b"), Ok(Name::Either("a/b".to_owned())));
        assert!(Name::parse("").is_err());
    }

    #[test]
    fn without_names_and_topology_all_groups_are_meant() {
        assert_eq!(select(&[], None, false), Ok(Selection::All(Vec::new())));
    }

    #[test]
    fn a_group_keeps_its_flow_only_when_there_is_one() {
        assert!(group_of(&"billing".into(), &declared()).flow.is_some());
        assert_eq!(group_of(&"audit".into(), &declared()).flow, None);
        assert_eq!(group_of(&"other".into(), &declared()).flow, None);
    }

    #[test]
    fn an_unknown_flow_is_an_error_and_an_unknown_name_is_a_group() {
        assert_eq!(
            select(&[Name::Flow("x".into())], None, false),
            Err(SelectError::UnknownFlow("x".into()))
        );
        let group = WantedGroup { group: "x".into(), flow: None };
        assert_eq!(
            select(&[Name::Either("x".to_owned())], None, false),
            Ok(Selection::Groups(vec![group]))
        );
    }
}

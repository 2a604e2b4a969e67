//! Groups as an administrator sees them.

use bytes::Bytes;

use super::Groups;
use super::group::{Group, Phase};
use crate::model::name::GroupId;

/// A line of the list of groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct ListedGroup {
    pub(in crate::sandbox) id: GroupId,
    /// Empty where only offsets were committed.
    pub(in crate::sandbox) protocol_type: String,
    pub(in crate::sandbox) state: &'static str,
}

/// A group with its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct DescribedGroup {
    pub(in crate::sandbox) state: &'static str,
    pub(in crate::sandbox) protocol_type: String,
    /// What the members agreed on; empty while they do not.
    pub(in crate::sandbox) protocol: String,
    pub(in crate::sandbox) members: Vec<DescribedMember>,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct DescribedMember {
    pub(in crate::sandbox) member_id: String,
    pub(in crate::sandbox) instance_id: Option<String>,
    pub(in crate::sandbox) client_id: String,
    pub(in crate::sandbox) client_host: String,
    /// Empty while the group is not stable.
    pub(in crate::sandbox) metadata: Bytes,
    pub(in crate::sandbox) assignment: Bytes,
}

impl Groups {
    /// Lists all groups by id.
    pub(in crate::sandbox) fn list(&self) -> Vec<ListedGroup> {
        self.by_id
            .iter()
            .map(|(id, group)| ListedGroup {
                id: id.clone(),
                protocol_type: group.protocol_type.clone().unwrap_or_default(),
                state: group.phase.name(),
            })
            .collect()
    }

    /// Describes a group, if it exists.
    pub(in crate::sandbox) fn describe(&self, id: &GroupId) -> Option<DescribedGroup> {
        self.by_id.get(id).map(Group::describe)
    }
}

impl Group {
    fn describe(&self) -> DescribedGroup {
        // What was said under the last generation's protocol says nothing about the next one.
        let agreed = self.protocol.as_deref().filter(|_| self.phase == Phase::Stable);
        let members = self.members.iter().map(|(member_id, member)| DescribedMember {
            member_id: member_id.clone(),
            instance_id: member.instance_id.clone(),
            client_id: member.client_id.clone(),
            client_host: member.client_host.clone(),
            metadata: agreed.map(|protocol| member.metadata(protocol)).unwrap_or_default(),
            assignment: member.assignment.clone(),
        });
        DescribedGroup {
            state: self.phase.name(),
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            protocol: agreed.unwrap_or_default().to_owned(),
            members: members.collect(),
        }
    }
}

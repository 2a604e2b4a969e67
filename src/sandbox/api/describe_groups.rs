//! `DescribeGroups`, `ListGroups` and `DeleteGroups`: groups as an administrator sees them.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::delete_groups_response::DeletableGroupResult;
use kafka_protocol::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
use kafka_protocol::messages::list_groups_response::ListedGroup;
use kafka_protocol::messages::{
    DeleteGroupsRequest, DeleteGroupsResponse, DescribeGroupsRequest, DescribeGroupsResponse,
    GroupId as ProtocolGroupId, ListGroupsRequest, ListGroupsResponse,
};
use kafka_protocol::protocol::{StrBytes, VersionRange};

use super::size::{self, TooLarge};
use super::{Call, Caller, GroupsOf, code, text, versions};
use crate::model::name::GroupId;
use crate::sandbox::access::needs::{DELETE_GROUP, SEE_CLUSTER, SEE_GROUP};
use crate::sandbox::access::{CLUSTER, Kind};
use crate::sandbox::groups;

/// From this version on a group that does not exist is an error (KIP-1043), not just dead.
const NOT_FOUND: i16 = 6;

/// The type of all groups here; the consumer protocol of KIP-848 is not offered.
const CLASSIC: &str = "classic";

impl Call for DescribeGroupsRequest {
    const OFFERED: VersionRange = versions(0, 6);

    const HAS_LARGE_ANSWER: bool = true;

    const GROUPS: Option<GroupsOf<Self>> =
        Some(|request| request.groups.iter().map(|id| id.to_string()).collect());

    async fn answer(self, caller: &mut Caller) -> DescribeGroupsResponse {
        let (version, who) = (caller.version, caller.who());
        let wants_operations = self.include_authorized_operations;
        let groups = caller.broker.look(|broker| {
            let describe = |id: ProtocolGroupId| {
                if !broker.allows(&who, SEE_GROUP, id.as_str()) {
                    return refused(id, SEE_GROUP.error());
                }
                let operations = broker.access.operations(&who, Kind::Group, id.as_str());
                let group = match broker.groups.describe(&GroupId::new(id.as_str())) {
                    None => dead(id, version),
                    Some(group) => alive(id, group),
                };
                if wants_operations && group.error_code == 0 {
                    return group.with_authorized_operations(operations);
                }
                group
            };
            size::gather(version, self.groups.iter().cloned().map(describe))
        });
        match groups {
            Ok(groups) => DescribeGroupsResponse::default().with_groups(groups),
            Err(TooLarge) => self.refuse(TooLarge::ERROR),
        }
    }

    fn refuse(self, error: ResponseError) -> DescribeGroupsResponse {
        let groups = self.groups.into_iter().map(|id| refused(id, error));
        DescribeGroupsResponse::default().with_groups(groups.collect())
    }
}

fn refused(id: ProtocolGroupId, error: ResponseError) -> DescribedGroup {
    DescribedGroup::default().with_group_id(id).with_error_code(error.code())
}

fn dead(id: ProtocolGroupId, version: i16) -> DescribedGroup {
    let group = DescribedGroup::default().with_group_state(text("Dead"));
    if version < NOT_FOUND {
        return group.with_group_id(id);
    }
    group
        .with_error_code(ResponseError::GroupIdNotFound.code())
        .with_error_message(Some(text(&format!("Group {} not found.", id.as_str()))))
        .with_group_id(id)
}

fn alive(id: ProtocolGroupId, group: groups::DescribedGroup) -> DescribedGroup {
    let members = group.members.into_iter().map(|member| {
        DescribedGroupMember::default()
            .with_member_id(text(&member.member_id))
            .with_group_instance_id(member.instance_id.as_deref().map(text))
            .with_client_id(text(&member.client_id))
            .with_client_host(text(&member.client_host))
            .with_member_metadata(member.metadata)
            .with_member_assignment(member.assignment)
    });
    DescribedGroup::default()
        .with_group_id(id)
        .with_group_state(text(group.state))
        .with_protocol_type(text(&group.protocol_type))
        .with_protocol_data(text(&group.protocol))
        .with_members(members.collect())
}

impl Call for ListGroupsRequest {
    const OFFERED: VersionRange = versions(0, 5);

    const HAS_LARGE_ANSWER: bool = true;

    async fn answer(self, caller: &mut Caller) -> ListGroupsResponse {
        let who = caller.who();
        let listed = caller.broker.look(|broker| {
            let mut listed = broker.groups.list();
            if !broker.allows(&who, SEE_CLUSTER, CLUSTER) {
                listed.retain(|group| broker.allows(&who, SEE_GROUP, group.id.as_str()));
            }
            listed
        });
        let is_wanted = |filter: &[StrBytes], what: &str| {
            filter.is_empty() || filter.iter().any(|wanted| wanted.eq_ignore_ascii_case(what))
        };
        let groups = listed
            .into_iter()
            .filter(|group| is_wanted(&self.states_filter, group.state))
            .filter(|_| is_wanted(&self.types_filter, CLASSIC))
            .map(|group| {
                ListedGroup::default()
                    .with_group_id(ProtocolGroupId(text(group.id.as_str())))
                    .with_protocol_type(text(&group.protocol_type))
                    .with_group_state(text(group.state))
                    .with_group_type(text(CLASSIC))
            });
        ListGroupsResponse::default().with_groups(groups.collect())
    }

    fn refuse(self, error: ResponseError) -> ListGroupsResponse {
        ListGroupsResponse::default().with_error_code(error.code())
    }
}

impl Call for DeleteGroupsRequest {
    const OFFERED: VersionRange = versions(0, 2);

    const GROUPS: Option<GroupsOf<Self>> =
        Some(|request| request.groups_names.iter().map(|id| id.to_string()).collect());

    async fn answer(self, caller: &mut Caller) -> DeleteGroupsResponse {
        let who = caller.who();
        let results = caller.broker.change(|broker| {
            let delete = |id: ProtocolGroupId| {
                let deleted = if broker.allows(&who, DELETE_GROUP, id.as_str()) {
                    broker.groups.delete(&GroupId::new(id.as_str()))
                } else {
                    Err(DELETE_GROUP.error())
                };
                DeletableGroupResult::default().with_group_id(id).with_error_code(code(&deleted))
            };
            self.groups_names.into_iter().map(delete).collect()
        });
        DeleteGroupsResponse::default().with_results(results)
    }

    fn refuse(self, error: ResponseError) -> DeleteGroupsResponse {
        let results = self.groups_names.into_iter().map(|id| {
            DeletableGroupResult::default().with_group_id(id).with_error_code(error.code())
        });
        DeleteGroupsResponse::default().with_results(results.collect())
    }
}

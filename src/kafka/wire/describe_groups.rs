//! Groups with their members: `DescribeGroups`, and `ConsumerGroupDescribe` for those with the
//! protocol of KIP-848.

use std::collections::{BTreeMap, BTreeSet};

use kafka_protocol::messages::consumer_group_describe_response::{
    DescribedGroup as NewGroup, Member as NewMember,
};
use kafka_protocol::messages::describe_groups_response::{
    DescribedGroup as ClassicGroup, DescribedGroupMember as ClassicMember,
};
use kafka_protocol::messages::{
    ConsumerGroupDescribeRequest, DescribeGroupsRequest, GroupId as WireGroupId,
};
use kafka_protocol::protocol::StrBytes;

use super::assignment;
use super::cluster::Cluster;
use super::connection::Connection;
use super::denied::{self, Api};
use super::groups::said;
use super::router::{Answers, Manner, Target};
use crate::clock::Deadline;
use crate::kafka::{Error, ErrorCode, PerItem};
use crate::model::group::{GroupDescription, GroupMember, GroupState};
use crate::model::name::{GroupId, TopicName};

/// How many groups a request names at most: an answer is some hundred bytes a member.
const MOST_GROUPS: usize = 1000;

/// A group with what a broker says of it.
type Described = (GroupId, Result<GroupDescription, Error>);

impl Cluster {
    /// Describes groups with their members. A group that does not exist is described as `Dead`.
    pub async fn describe_groups(
        &self,
        groups: &[GroupId],
        deadline: Deadline,
    ) -> Result<PerItem<GroupId, GroupDescription>, Error> {
        let manner = Manner { request: "DescribeGroups", most: MOST_GROUPS };
        let target = |group: &GroupId| Target::Coordinator(group.clone());
        let call = |connection: Connection, groups: Vec<GroupId>| {
            let known = self.known();
            let (new, classic): (Vec<_>, Vec<_>) =
                groups.into_iter().partition(|group| known.consumer_groups.contains(group));
            describe(connection, new, classic, deadline)
        };
        let mut described =
            self.settle(manner, groups.iter().cloned(), target, call, deadline).await.whole()?;
        let known = self.known();
        for (group, description) in &mut described {
            if let (Ok(description), Some(id)) = (description, known.coordinators.get(group)) {
                description.coordinator = Some(*id);
            }
        }
        Ok(described)
    }
}

/// Asks one broker: for classic groups in the classic way, and in the new way for those that turn
/// out not to be classic.
async fn describe(
    connection: Connection,
    mut new: Vec<GroupId>,
    classic: Vec<GroupId>,
    deadline: Deadline,
) -> Answers<GroupId, GroupDescription> {
    let mut answers = Vec::new();
    let knows_new = connection.knows::<ConsumerGroupDescribeRequest>();
    if !classic.is_empty() {
        for (group, result) in describe_classic(&connection, &classic, deadline).await? {
            if knows_new && is_dead(&result) {
                new.push(group);
            } else {
                answers.push((group, result));
            }
        }
    }
    if new.is_empty() {
        return Ok(answers);
    }
    // A group that was made between the two questions is classic all the same.
    let mut doubtful = BTreeMap::new();
    for (group, result) in describe_new(&connection, &new, deadline).await? {
        if is_of_another_kind(&result) && classic.contains(&group) {
            doubtful.insert(group, result);
        } else {
            answers.push((group, result));
        }
    }
    if !doubtful.is_empty() {
        let groups: Vec<GroupId> = doubtful.keys().cloned().collect();
        for (group, result) in describe_classic(&connection, &groups, deadline).await? {
            let before = doubtful.remove(&group).filter(|_| is_dead(&result));
            answers.push((group, before.unwrap_or(result)));
        }
    }
    Ok(answers)
}

/// Tells whether there is no such group, as far as one request can say.
fn is_dead(result: &Result<GroupDescription, Error>) -> bool {
    match result {
        Ok(description) => description.state == Some(GroupState::Dead),
        Err(_) => false,
    }
}

/// Tells whether a group exists that the new protocol does not describe.
fn is_of_another_kind(result: &Result<GroupDescription, Error>) -> bool {
    result.as_ref().is_err_and(|error| error.code() == Some(ErrorCode::GROUP_ID_NOT_FOUND))
}

/// Sends `DescribeGroups`.
async fn describe_classic(
    connection: &Connection,
    groups: &[GroupId],
    deadline: Deadline,
) -> Result<Vec<Described>, Error> {
    let request = DescribeGroupsRequest::default().with_groups(wire_names(groups));
    let response = connection.call(|_| request, deadline).await?;
    Ok(response.groups.iter().map(classic_group).collect())
}

/// Sends `ConsumerGroupDescribe`.
async fn describe_new(
    connection: &Connection,
    groups: &[GroupId],
    deadline: Deadline,
) -> Result<Vec<Described>, Error> {
    let request = ConsumerGroupDescribeRequest::default().with_group_ids(wire_names(groups));
    let response = connection.call(|_| request, deadline).await?;
    Ok(response.groups.iter().map(new_group).collect())
}

/// Puts group ids in the protocol's form, each once.
fn wire_names(groups: &[GroupId]) -> Vec<WireGroupId> {
    let groups: BTreeSet<&GroupId> = groups.iter().collect();
    groups.into_iter().map(wire_name).collect()
}

/// Puts a group's id in the protocol's form.
pub(super) fn wire_name(group: &GroupId) -> WireGroupId {
    StrBytes::from_string(group.as_str().to_owned()).into()
}

/// Reads a group with the classic protocol.
fn classic_group(group: &ClassicGroup) -> Described {
    let id = GroupId::from(group.group_id.as_str());
    let message = group.error_message.as_ref().map(StrBytes::as_str);
    let result = match ErrorCode(group.error_code) {
        ErrorCode::NONE => Ok(GroupDescription {
            id: id.clone(),
            state: GroupState::parse(&group.group_state),
            protocol_type: group.protocol_type.to_string(),
            assignor: said(&group.protocol_data).map(str::to_owned),
            coordinator: None,
            members: group
                .members
                .iter()
                .map(|member| classic_member(member, &group.protocol_type))
                .collect(),
        }),
        ErrorCode::GROUP_ID_NOT_FOUND => Ok(dead(&id)),
        ErrorCode(code) => Err(denied::error(Api::DescribeGroups, code, message, &id)),
    };
    (id, result)
}

/// Reads a member of a group with the classic protocol. Only consumers' assignments are partitions;
/// Kafka Connect keeps something else there.
fn classic_member(member: &ClassicMember, protocol_type: &str) -> GroupMember {
    GroupMember {
        member_id: member.member_id.to_string(),
        instance_id: member.group_instance_id.as_ref().map(ToString::to_string),
        client_id: member.client_id.to_string(),
        host: host(&member.client_host),
        assignment: (protocol_type == "consumer")
            .then(|| assignment::decode(&member.member_assignment))
            .flatten(),
    }
}

/// Reads a group with the new protocol.
fn new_group(group: &NewGroup) -> Described {
    let id = GroupId::from(group.group_id.as_str());
    let message = group.error_message.as_ref().map(StrBytes::as_str);
    let result = match ErrorCode(group.error_code) {
        ErrorCode::NONE => Ok(GroupDescription {
            id: id.clone(),
            state: GroupState::parse(&group.group_state),
            protocol_type: "consumer".to_owned(),
            assignor: said(&group.assignor_name).map(str::to_owned),
            coordinator: None,
            members: group.members.iter().map(new_member).collect(),
        }),
        // The same code says that it is a group of yet another kind, a share group for example.
        ErrorCode::GROUP_ID_NOT_FOUND if !message.is_some_and(|text| text.contains("is not a")) => {
            Ok(dead(&id))
        }
        // The broker knows the protocol, and it is switched off: by default in 3.7 to 3.9, and in a
        // newer cluster until its feature `group.version` is 1. So there is no group of that kind.
        ErrorCode::UNSUPPORTED_VERSION => Ok(dead(&id)),
        ErrorCode::TOPIC_AUTHORIZATION_FAILED => {
            let code = group.error_code;
            Err(denied::error(Api::DescribeGroups, code, message, &denied::TopicsOf(&id)))
        }
        ErrorCode(code) => Err(denied::error(Api::DescribeGroups, code, message, &id)),
    };
    (id, result)
}

/// Reads a member of a group with the new protocol.
fn new_member(member: &NewMember) -> GroupMember {
    let partitions = member.assignment.topic_partitions.iter();
    let assignment = partitions
        .map(|topic| (TopicName::from(topic.topic_name.as_str()), topic.partitions.clone()))
        .collect();
    GroupMember {
        member_id: member.member_id.to_string(),
        instance_id: member.instance_id.as_ref().map(ToString::to_string),
        client_id: member.client_id.to_string(),
        host: host(&member.client_host),
        assignment: Some(assignment),
    }
}

/// Describes a group that does not exist.
fn dead(id: &GroupId) -> GroupDescription {
    GroupDescription {
        id: id.clone(),
        state: Some(GroupState::Dead),
        protocol_type: String::new(),
        assignor: None,
        coordinator: None,
        members: Vec::new(),
    }
}

/// Reads a client's address: Java writes it with a slash in front.
fn host(host: &str) -> String {
    host.trim_start_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_does_not_exist_is_dead_in_either_protocol() {
        let id = WireGroupId::from(StrBytes::from_static_str("g"));
        let code = ErrorCode::GROUP_ID_NOT_FOUND.0;
        let classic = ClassicGroup::default().with_group_id(id.clone()).with_error_code(code);
        assert!(is_dead(&classic_group(&classic).1));
        let new = NewGroup::default().with_group_id(id).with_error_code(code);
        assert!(is_dead(&new_group(&new).1));
        let share = new.with_error_message(Some(StrBytes::from_static_str(
            "Group g is not a consumer group.",
        )));
        assert!(new_group(&share).1.is_err());
        let off = share.with_error_code(ErrorCode::UNSUPPORTED_VERSION.0);
        assert!(is_dead(&new_group(&off).1), "the new protocol is switched off");
    }

    #[test]
    fn the_slash_of_java_goes() {
        assert_eq!(host("/127.0.0.1"), "127.0.0.1");
        assert_eq!(host("::1"), "::1");
    }
}

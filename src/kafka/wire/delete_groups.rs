//! Deleting groups: `DeleteGroups`, asked of each group's coordinator.

use kafka_protocol::messages::DeleteGroupsRequest;

use super::change::Once;
use super::cluster::Cluster;
use super::connection::Connection;
use super::denied::{self, Api};
use super::describe_groups::wire_name;
use super::router::{Answers, Manner, Target};
use crate::approval::Approval;
use crate::clock::Deadline;
use crate::kafka::{Error, ErrorCode, PerItem};
use crate::model::name::GroupId;

/// How many groups a request names at most; each costs the coordinator a tombstone or two.
const MOST_GROUPS: usize = 1000;

impl Cluster {
    /// Deletes groups with the offsets they committed. A group with members is an error
    /// (`NON_EMPTY_GROUP`), and so is one that does not exist (`GROUP_ID_NOT_FOUND`), unless an
    /// answer was lost before: then it is gone as it should be.
    pub async fn delete_groups(
        &self,
        groups: &[GroupId],
        _approval: Approval,
        deadline: Deadline,
    ) -> Result<PerItem<GroupId, ()>, Error> {
        let manner = Manner { request: "DeleteGroups", most: MOST_GROUPS };
        let once = Once { refusal: ErrorCode::GROUP_ID_NOT_FOUND, confirm: is_gone };
        let target = |group: &GroupId| Target::Coordinator(group.clone());
        let call = |connection, groups| delete(connection, groups, deadline);
        self.change(manner, once, groups.iter().cloned(), target, call, deadline).await
    }
}

/// The coordinator's word that a group does not exist is what was to be found out.
async fn is_gone(groups: Vec<GroupId>) -> Result<PerItem<GroupId, bool>, Error> {
    Ok(groups.into_iter().map(|group| (group, Ok(true))).collect())
}

/// Asks one broker.
async fn delete(
    connection: Connection,
    groups: Vec<GroupId>,
    deadline: Deadline,
) -> Answers<GroupId, ()> {
    let names = groups.iter().map(wire_name).collect();
    let request = DeleteGroupsRequest::default().with_groups_names(names);
    let response = connection.call(|_| request, deadline).await?;
    let answer =
        |result: &kafka_protocol::messages::delete_groups_response::DeletableGroupResult| {
            let group = GroupId::from(result.group_id.as_str());
            let outcome = match result.error_code {
                0 => Ok(()),
                code => Err(denied::error(Api::DeleteGroups, code, None, &group)),
            };
            (group, outcome)
        };
    Ok(response.results.iter().map(answer).collect())
}

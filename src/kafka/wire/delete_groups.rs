//! Deleting groups: `DeleteGroups`, asked of each group's coordinator.

use kafka_protocol::messages::DeleteGroupsRequest;

use super::cluster::Cluster;
use super::connection::Connection;
use super::denied::{self, Api};
use super::describe_groups::wire_name;
use super::retry::Repeat;
use super::router::{Answers, Manner, Target};
use crate::approval::Approval;
use crate::clock::Deadline;
use crate::kafka::{Error, PerItem};
use crate::model::name::GroupId;

/// How many groups a request names at most; each costs the coordinator a tombstone or two.
const MOST_GROUPS: usize = 1000;

impl Cluster {
    /// Deletes groups with the offsets they committed. A group with members is an error
    /// (`NON_EMPTY_GROUP`), and so is one that does not exist (`GROUP_ID_NOT_FOUND`).
    pub async fn delete_groups(
        &self,
        groups: &[GroupId],
        _approval: Approval,
        deadline: Deadline,
    ) -> Result<PerItem<GroupId, ()>, Error> {
        let manner = Manner { request: "DeleteGroups", repeat: Repeat::Harmful, most: MOST_GROUPS };
        let target = |group: &GroupId| Target::Coordinator(group.clone());
        let call = |connection, groups| delete(connection, groups, deadline);
        self.settle(manner, groups.iter().cloned(), target, call, deadline).await
    }
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

//! Who coordinates a group: `FindCoordinator`, many groups at once where the broker knows how.

use futures_util::future::join_all;
use kafka_protocol::messages::{FindCoordinatorRequest, FindCoordinatorResponse};
use kafka_protocol::protocol::StrBytes;

use super::cluster::Cluster;
use super::connection::Connection;
use super::denied::{self, Api};
use crate::clock::Deadline;
use crate::kafka::{Error, PerItem};
use crate::model::name::GroupId;

/// The first version that takes many groups (KIP-699).
const BATCHED: i16 = 4;

impl Cluster {
    /// Returns the coordinators of groups, from memory where they are known: a broker that lists a
    /// group coordinates it. Nothing is tried again here.
    pub(super) async fn coordinators(
        &self,
        groups: &[GroupId],
        deadline: Deadline,
    ) -> Result<PerItem<GroupId, i32>, Error> {
        let mut found = PerItem::new();
        let mut unknown = Vec::new();
        {
            let known = self.known();
            for group in groups {
                match known.coordinators.get(group) {
                    Some(broker) => drop(found.insert(group.clone(), Ok(*broker))),
                    None => unknown.push(group.clone()),
                }
            }
        }
        if unknown.is_empty() {
            return Ok(found);
        }
        let connection = self.any(deadline).await?;
        let version = connection.version::<FindCoordinatorRequest>()?;
        let size = if version >= BATCHED { unknown.len() } else { 1 };
        let asked = unknown.chunks(size).map(|groups| find(&connection, groups, deadline));
        for results in join_all(asked).await {
            for (group, result) in results? {
                if let Ok(broker) = result {
                    self.known().coordinators.insert(group.clone(), broker);
                }
                found.insert(group, result);
            }
        }
        // A broker may be newer than the metadata.
        let is_stranger = |result: &Result<i32, Error>| {
            result.as_ref().is_ok_and(|broker| !self.known().brokers.contains_key(broker))
        };
        if found.values().any(is_stranger) {
            self.known().forget_brokers();
        }
        Ok(found)
    }
}

/// Sends one request.
async fn find(
    connection: &Connection,
    groups: &[GroupId],
    deadline: Deadline,
) -> Result<PerItem<GroupId, i32>, Error> {
    let response = connection.call(|version| request(groups, version), deadline).await?;
    let version = connection.version::<FindCoordinatorRequest>()?;
    Ok(answers(groups, &response, version))
}

/// Makes the request.
fn request(groups: &[GroupId], version: i16) -> FindCoordinatorRequest {
    let mut keys = groups.iter().map(|group| StrBytes::from_string(group.to_string()));
    if version >= BATCHED {
        FindCoordinatorRequest::default().with_coordinator_keys(keys.collect())
    } else {
        FindCoordinatorRequest::default().with_key(keys.next().unwrap_or_default())
    }
}

/// Sorts an answer by group.
fn answers(
    groups: &[GroupId],
    response: &FindCoordinatorResponse,
    version: i16,
) -> PerItem<GroupId, i32> {
    let result = |group: &GroupId, node: i32, code: i16, message: Option<&StrBytes>| match code {
        0 => Ok(node),
        code => {
            Err(denied::error(Api::FindCoordinator, code, message.map(StrBytes::as_str), group))
        }
    };
    if version >= BATCHED {
        let of_group = |c: &kafka_protocol::messages::find_coordinator_response::Coordinator| {
            let group = GroupId::from(c.key.as_str());
            let result = result(&group, c.node_id.0, c.error_code, c.error_message.as_ref());
            (group, result)
        };
        return response.coordinators.iter().map(of_group).collect();
    }
    let (code, message) = (response.error_code, response.error_message.as_ref());
    groups
        .iter()
        .map(|group| (group.clone(), result(group, response.node_id.0, code, message)))
        .collect()
}

//! Which groups there are: `ListGroups`, asked of every broker.

use std::collections::BTreeMap;

use kafka_protocol::messages::{ListGroupsRequest, ListGroupsResponse};

use super::cluster::Cluster;
use super::connection::Connection;
use super::denied::{self, Api};
use super::router::{Manner, Target};
use crate::clock::Deadline;
use crate::kafka::Error;
use crate::model::group::{GroupListing, GroupState};
use crate::model::name::GroupId;

/// The groups that the brokers list. Groups that this client may not describe are hidden without a
/// word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupList {
    /// The groups in order of their ids.
    pub groups: Vec<GroupListing>,
    /// The brokers that did not answer, by id: groups that they coordinate are missing.
    pub missing: BTreeMap<i32, Error>,
}

impl Cluster {
    /// Lists the groups of all brokers. It fails only when no broker answers.
    pub async fn groups(&self, deadline: Deadline) -> Result<GroupList, Error> {
        let early = self.list_early(deadline).await;
        let mut brokers = self.broker_ids(deadline).await?;
        if let Some((broker, _)) = &early {
            brokers.retain(|id| id != broker);
        }
        let manner = Manner { request: "ListGroups", most: 1 };
        let call = |connection: Connection, brokers: Vec<i32>| async move {
            let listed = list(&connection, deadline).await?;
            let answer = |broker| (broker, listed.clone());
            Ok(brokers.into_iter().map(answer).collect())
        };
        let target = |broker: &i32| Target::Broker(*broker);
        let mut answers =
            match self.settle(manner, brokers.clone(), target, call, deadline).await.whole() {
                // The answer that came early is worth telling.
                Err(error) if early.is_none() => return Err(error),
                Err(error) => brokers.into_iter().map(|id| (id, Err(error.clone()))).collect(),
                Ok(answers) => answers,
            };
        answers.extend(early.map(|(broker, groups)| (broker, Ok(groups))));
        Ok(self.gather(answers))
    }

    /// Lists the groups of the first broker while it is asked which others there are, to save a
    /// round trip.
    async fn list_early(&self, deadline: Deadline) -> Option<(i32, Vec<GroupListing>)> {
        if !self.known().brokers.is_empty() {
            return None;
        }
        let connection = self.any(deadline).await.ok()?;
        let asked = (list(&connection, deadline), self.ensure_brokers(deadline));
        let (listed, _) = futures_util::future::join(asked.0, asked.1).await;
        let groups = listed.ok()?.ok()?;
        let known = self.known();
        let is_it = |broker: &&crate::model::cluster::Broker| {
            connection.leads_to(&broker.host, broker.port)
        };
        known.brokers.values().find(is_it).map(|broker| (broker.id, groups))
    }

    /// Puts the brokers' answers together, and remembers who coordinates what.
    fn gather(&self, answers: BTreeMap<i32, Result<Vec<GroupListing>, Error>>) -> GroupList {
        let mut list = GroupList { groups: Vec::new(), missing: BTreeMap::new() };
        let mut known = self.known();
        for (broker, answer) in answers {
            match answer {
                Ok(groups) => {
                    for group in groups {
                        known.coordinators.insert(group.id.clone(), broker);
                        if group.group_type.as_deref() == Some(CONSUMER) {
                            known.consumer_groups.insert(group.id.clone());
                        } else {
                            known.consumer_groups.remove(&group.id);
                        }
                        list.groups.push(group);
                    }
                }
                Err(error) => drop(list.missing.insert(broker, error)),
            }
        }
        list.groups.sort_by(|a, b| a.id.cmp(&b.id));
        // A group that moved between two answers is listed twice.
        list.groups.dedup_by(|a, b| a.id == b.id);
        list
    }
}

/// The type of a group with the protocol of KIP-848.
const CONSUMER: &str = "consumer";

/// Asks one broker; the inner error is the broker's.
async fn list(
    connection: &Connection,
    deadline: Deadline,
) -> Result<Result<Vec<GroupListing>, Error>, Error> {
    let response = connection.call(|_| ListGroupsRequest::default(), deadline).await?;
    Ok(match response.error_code {
        0 => Ok(listings(&response)),
        code => Err(denied::error(Api::ListGroups, code, None, &denied::WholeCluster)),
    })
}

/// Reads the groups.
fn listings(response: &ListGroupsResponse) -> Vec<GroupListing> {
    let listing = |group: &kafka_protocol::messages::list_groups_response::ListedGroup| {
        GroupListing {
            id: GroupId::from(group.group_id.as_str()),
            protocol_type: group.protocol_type.to_string(),
            state: GroupState::parse(&group.group_state),
            // Brokers name it in various cases.
            group_type: said(&group.group_type).map(str::to_lowercase),
        }
    };
    response.groups.iter().map(listing).collect()
}

/// Returns a text unless it is empty: older brokers leave it so, and that is no value.
pub(super) fn said(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

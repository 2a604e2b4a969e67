//! Consumer groups as a cluster describes them.

use super::name::{GroupId, TopicName};

/// A group in a broker's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupListing {
    /// The id.
    pub id: GroupId,
    /// `consumer` for consumer groups; other protocols use groups too (Connect, schema registry).
    pub protocol_type: String,
    /// The state; `None` from a broker that does not say.
    pub state: Option<GroupState>,
    /// `classic`, or `consumer` for the protocol of KIP-848, or another kind; `None` from a broker
    /// that does not say.
    pub group_type: Option<String>,
}

/// A group with its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupDescription {
    /// The id.
    pub id: GroupId,
    /// The state; `None` from a broker that does not say.
    pub state: Option<GroupState>,
    /// `consumer` for consumer groups; empty for a group without members, which has none.
    pub protocol_type: String,
    /// The assignor's name; `None` while there is none.
    pub assignor: Option<String>,
    /// The broker that coordinates the group, if it is known.
    pub coordinator: Option<i32>,
    /// The members.
    pub members: Vec<GroupMember>,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMember {
    /// The id that the coordinator gave it.
    pub member_id: String,
    /// The static id (`group.instance.id`), if it has one.
    pub instance_id: Option<String>,
    /// The client's id.
    pub client_id: String,
    /// The client's address, as the broker saw it.
    pub host: String,
    /// The partitions it was given; `None` when the assignment could not be read.
    pub assignment: Option<Vec<(TopicName, Vec<i32>)>>,
}

/// The state of a group, in Kafka's words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupState {
    /// No members, but offsets.
    Empty,
    /// Members and an assignment.
    Stable,
    /// Waiting for members to join again.
    PreparingRebalance,
    /// Waiting for the assignment.
    CompletingRebalance,
    /// Computing an assignment (KIP-848).
    Assigning,
    /// Members are moving to a new assignment (KIP-848).
    Reconciling,
    /// The group does not exist.
    Dead,
    /// A state that this version does not know.
    Other(String),
}

impl GroupState {
    /// Reads Kafka's name of a state; a broker that does not know it leaves it empty.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "" => return None,
            "Empty" => Self::Empty,
            "Stable" => Self::Stable,
            "PreparingRebalance" => Self::PreparingRebalance,
            "CompletingRebalance" => Self::CompletingRebalance,
            "Assigning" => Self::Assigning,
            "Reconciling" => Self::Reconciling,
            "Dead" => Self::Dead,
            other => Self::Other(other.to_owned()),
        })
    }

    /// Returns Kafka's name of the state.
    pub fn name(&self) -> &str {
        match self {
            Self::Empty => "Empty",
            Self::Stable => "Stable",
            Self::PreparingRebalance => "PreparingRebalance",
            Self::CompletingRebalance => "CompletingRebalance",
            Self::Assigning => "Assigning",
            Self::Reconciling => "Reconciling",
            Self::Dead => "Dead",
            Self::Other(name) => name,
        }
    }
}

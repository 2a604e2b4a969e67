//! The calls of the protocol, one file a call or family: between what was decoded and the machines
//! that decide. Nothing is decided here.

mod acls;
mod add_to_txn;
mod alter_configs;
mod cluster;
mod create_partitions;
mod create_topics;
mod delete_records;
mod delete_topics;
mod describe_configs;
mod describe_groups;
mod describe_transactions;
mod end_txn;
mod fetch;
mod find_coordinator;
mod heartbeat;
mod init_producer_id;
mod join_group;
mod leave_group;
mod list_offsets;
mod metadata;
mod offered;
mod offset_commit;
mod offset_delete;
mod offset_fetch;
mod produce;
mod sasl;
mod size;
mod sync_group;
mod txn_offset_commit;
mod versions;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use kafka_protocol::ResponseError;
use kafka_protocol::protocol::{Request, StrBytes, VersionRange};

use super::access::{Need, Session, Who};
use super::broker::{LEADER_EPOCH, Shared};
use super::budget::{Budget, Room};
use super::topics::{Refusal, Topics};

pub(super) use offered::{Offered, ThrottleTime, every_call, offered};
pub(super) use sasl::answer_token;
pub(super) use versions::unsupported_version;

/// Finds the names of topics in a request, also of those that it has by their ids.
type TopicsOf<C> = fn(&C, &Topics) -> Vec<String>;
/// Finds the names of groups and transactional ids in a request.
type GroupsOf<C> = fn(&C) -> Vec<String>;

/// A call as the sandbox answers it.
pub(super) trait Call: Request + ThrottleTime + Clone + Send {
    /// The versions that are offered: never more than what is answered in full.
    const OFFERED: VersionRange;

    /// Whether a small request may have a large answer. It only tells what is there: where there is
    /// no room for the answer, it is made again when there is.
    const HAS_LARGE_ANSWER: bool = false;

    /// Finds the topics that a request is about, for fault rules; nothing where none can be.
    const TOPICS: Option<TopicsOf<Self>> = None;

    /// Finds the groups and transactional ids that a request is about, for fault rules; nothing
    /// where none can be.
    const GROUPS: Option<GroupsOf<Self>> = None;

    /// Answers it.
    fn answer(self, caller: &mut Caller) -> impl Future<Output = Self::Response> + Send;

    /// Refuses everything that is asked with one error.
    fn refuse(self, error: ResponseError) -> Self::Response;

    /// Refuses it because a fault is to; beside the error the answer has what it always has.
    fn fail(self, error: ResponseError, _caller: &Caller) -> Self::Response {
        self.refuse(error)
    }

    /// Names what has to be allowed before any of it is done; the rest is asked for item by item.
    fn needs(&self) -> Vec<(Need, String)> {
        Vec::new()
    }

    /// Tells whether the client waits for an answer.
    fn wants_answer(&self) -> bool {
        true
    }

    /// Returns what went wrong of that which nobody waits to hear of.
    fn unheard_error(_response: &Self::Response) -> Option<ResponseError> {
        None
    }
}

/// Who asks, and how.
pub(super) struct Caller {
    /// The broker.
    pub(super) broker: Shared,
    /// Where this client reached the broker: what it is told as the broker's address.
    pub(super) address: SocketAddr,
    /// Where the client is.
    pub(super) peer: SocketAddr,
    /// Who the client is.
    pub(super) session: Session,
    /// What the client calls itself.
    pub(super) client_id: StrBytes,
    /// The version of the request.
    pub(super) version: i16,
    /// Whether the request takes its part of the memory as long as it is not answered.
    pub(super) is_large: bool,
    /// What the answers of all clients take together, until they are read.
    pub(super) answers: Budget,
    /// What the answer to this request takes of it.
    pub(super) room: Room,
}

impl Caller {
    /// A client that has just connected.
    pub(super) fn new(
        broker: Shared,
        address: SocketAddr,
        peer: SocketAddr,
        answers: Budget,
    ) -> Self {
        let session = Session::new(broker.users());
        let client_id = StrBytes::default();
        let room = Room::default();
        Self {
            broker,
            address,
            peer,
            session,
            client_id,
            version: 0,
            is_large: false,
            answers,
            room,
        }
    }

    /// Returns who asks, as rights are given to them.
    pub(super) fn who(&self) -> Who {
        Who::of(&self.session, self.peer.ip())
    }

    /// Returns the host by which this client reaches the broker.
    pub(super) fn host(&self) -> StrBytes {
        StrBytes::from_string(self.address.ip().to_string())
    }

    /// Returns the port by which this client reaches the broker.
    pub(super) fn port(&self) -> i32 {
        i32::from(self.address.port())
    }
}

/// Returns a range of versions.
const fn versions(min: i16, max: i16) -> VersionRange {
    VersionRange { min, max }
}

/// How long a member waits for the others: longer than any timeout that a group can have, after
/// which it would have been answered.
const GROUP_PATIENCE: Duration = Duration::from_secs(60 * 60 * 24 * 60);

/// Returns a text as the machines have it.
fn owned(text: Option<&StrBytes>) -> Option<String> {
    text.map(ToString::to_string)
}

/// Returns the error of a fenced producer in words that a client of this version knows.
fn since(first: i16, version: i16, error: ResponseError) -> ResponseError {
    if version < first && error == ResponseError::ProducerFenced {
        ResponseError::InvalidProducerEpoch
    } else {
        error
    }
}

/// Returns the code of an outcome: 0 when it is well.
fn code<T>(outcome: &Result<T, ResponseError>) -> i16 {
    outcome.as_ref().err().map_or(0, ResponseError::code)
}

/// Returns a text as the protocol has it.
fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

/// Returns the code and the text of what became of an item.
fn told(outcome: Result<(), Refusal>) -> (i16, Option<StrBytes>) {
    match outcome {
        Ok(()) => (0, None),
        Err(refusal) => (refusal.error.code(), Some(StrBytes::from_string(refusal.message))),
    }
}

/// Finds items that a request names more than once.
struct Repeated<K> {
    /// Those that come again, and whether it has been said.
    repeated: BTreeMap<K, bool>,
}

impl<K: Ord> Repeated<K> {
    /// Looks at the items.
    fn of(items: impl Iterator<Item = K>) -> Self {
        let mut repeated = BTreeMap::new();
        for item in items {
            repeated.entry(item).and_modify(|is_repeated| *is_repeated = true).or_insert(false);
        }
        repeated.retain(|_, is_repeated| *is_repeated);
        Self { repeated }
    }

    /// Tells whether every item is named once.
    fn are_none(&self) -> bool {
        self.repeated.is_empty()
    }

    /// Returns nothing for an item that is named once, and otherwise whether this is its first
    /// time.
    fn check(&mut self, item: &K) -> Option<bool> {
        self.repeated.get_mut(item).map(|is_first| std::mem::replace(is_first, false))
    }
}

/// Checks the leader's epoch that a client knows, if it says one; returns the error when it is
/// another one than that of the only leader there is.
fn leader_epoch_error(known: i32) -> Option<ResponseError> {
    match known {
        -1 | LEADER_EPOCH => None,
        ..LEADER_EPOCH => Some(ResponseError::FencedLeaderEpoch),
        _ => Some(ResponseError::UnknownLeaderEpoch),
    }
}

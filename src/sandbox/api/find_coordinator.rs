//! `FindCoordinator`: it is always this broker.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::find_coordinator_response::Coordinator;
use kafka_protocol::messages::{BrokerId, FindCoordinatorRequest, FindCoordinatorResponse};
use kafka_protocol::protocol::{StrBytes, VersionRange};

use super::{Call, Caller, GroupsOf, text, versions};
use crate::sandbox::access::Need;
use crate::sandbox::access::needs::{SEE_GROUP, SEE_TRANSACTIONAL_ID};
use crate::sandbox::broker::BROKER_ID;

/// From this version on several coordinators are asked for at once (KIP-699).
const SEVERAL: i16 = 4;
/// What a key can be: a group's id or a transactional id. Share groups are not offered.
const KEY_TYPES: std::ops::RangeInclusive<i8> = 0..=1;

impl Call for FindCoordinatorRequest {
    // Version 6 brings share groups.
    const OFFERED: VersionRange = versions(0, 5);

    const GROUPS: Option<GroupsOf<Self>> = Some(|request| {
        // One key before version 4, a list of them since.
        let keys = request.coordinator_keys.iter().chain([&request.key]);
        keys.filter(|key| !key.is_empty()).map(ToString::to_string).collect()
    });

    async fn answer(self, caller: &mut Caller) -> FindCoordinatorResponse {
        if caller.version >= SEVERAL && self.coordinator_keys.is_empty() {
            return FindCoordinatorResponse::default();
        }
        if !KEY_TYPES.contains(&self.key_type) {
            return self.refuse(ResponseError::InvalidRequest);
        }
        let (who, need) = (caller.who(), need(self.key_type));
        let may_see = |key: &StrBytes| caller.broker.look(|broker| broker.allows(&who, need, key));
        if caller.version < SEVERAL {
            if !may_see(&self.key) {
                return self.refuse(need.error());
            }
            return FindCoordinatorResponse::default()
                .with_node_id(BROKER_ID)
                .with_host(caller.host())
                .with_port(caller.port());
        }
        let coordinators = self.coordinator_keys.into_iter().map(|key| {
            if !may_see(&key) {
                return refused(key, need.error());
            }
            Coordinator::default()
                .with_key(key)
                .with_node_id(BROKER_ID)
                .with_host(caller.host())
                .with_port(caller.port())
        });
        FindCoordinatorResponse::default().with_coordinators(coordinators.collect())
    }

    fn refuse(self, error: ResponseError) -> FindCoordinatorResponse {
        if self.coordinator_keys.is_empty() {
            return FindCoordinatorResponse::default()
                .with_error_code(error.code())
                .with_error_message(Some(text(&error.to_string())))
                .with_node_id(BrokerId(-1))
                .with_port(-1);
        }
        let coordinators = self.coordinator_keys.into_iter().map(|key| refused(key, error));
        FindCoordinatorResponse::default().with_coordinators(coordinators.collect())
    }
}

/// Returns the right to find the coordinator of a key.
fn need(key_type: i8) -> Need {
    if key_type == 0 { SEE_GROUP } else { SEE_TRANSACTIONAL_ID }
}

/// Refuses one key of several.
fn refused(key: StrBytes, error: ResponseError) -> Coordinator {
    Coordinator::default()
        .with_key(key)
        .with_error_code(error.code())
        .with_error_message(Some(text(&error.to_string())))
        .with_node_id(BrokerId(-1))
        .with_port(-1)
}

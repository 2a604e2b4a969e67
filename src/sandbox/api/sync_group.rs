//! `SyncGroup`: waits until the leader has assigned.

use bytes::Bytes;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::{SyncGroupRequest, SyncGroupResponse};
use kafka_protocol::protocol::VersionRange;

use super::{Call, Caller, GROUP_PATIENCE, GroupsOf, owned, text, versions};
use crate::model::name::GroupId;
use crate::sandbox::access::Need;
use crate::sandbox::access::needs::READ_GROUP;
use crate::sandbox::groups::{Speaker, Sync, Synced};

/// From this version on a member has to name the protocol (KIP-559).
const PROTOCOL_NAMED: i16 = 5;

impl Call for SyncGroupRequest {
    const OFFERED: VersionRange = versions(0, 5);

    const GROUPS: Option<GroupsOf<Self>> = Some(|request| vec![request.group_id.to_string()]);

    async fn answer(self, caller: &mut Caller) -> SyncGroupResponse {
        let is_named = self.protocol_type.is_some() && self.protocol_name.is_some();
        if caller.version >= PROTOCOL_NAMED && !is_named {
            return self.refuse(ResponseError::InconsistentGroupProtocol);
        }
        let sync = read(&self);
        let ticket = caller.broker.change(|broker| {
            let now = broker.now();
            broker.groups.sync(&sync, now)
        });
        let waited =
            caller.broker.wait_for(GROUP_PATIENCE, |broker| broker.groups.take_sync(ticket));
        let answer = waited.await.unwrap_or_else(|| {
            caller.broker.change(|broker| broker.groups.forget(ticket));
            Err(ResponseError::RebalanceInProgress)
        });
        match answer {
            Err(error) => self.refuse(error),
            Ok(Synced { protocol_type, protocol, assignment }) => SyncGroupResponse::default()
                .with_protocol_type(protocol_type.as_deref().map(text))
                .with_protocol_name(protocol.as_deref().map(text))
                .with_assignment(assignment),
        }
    }

    fn needs(&self) -> Vec<(Need, String)> {
        vec![(READ_GROUP, self.group_id.to_string())]
    }

    fn refuse(self, error: ResponseError) -> SyncGroupResponse {
        SyncGroupResponse::default().with_error_code(error.code())
    }
}

fn read(request: &SyncGroupRequest) -> Sync {
    let assignments = request
        .assignments
        .iter()
        .map(|one| (one.member_id.to_string(), Bytes::copy_from_slice(&one.assignment)));
    Sync {
        speaker: Speaker {
            group: GroupId::new(request.group_id.as_str()),
            member_id: request.member_id.to_string(),
            instance_id: owned(request.group_instance_id.as_ref()),
            generation: request.generation_id,
        },
        protocol_type: owned(request.protocol_type.as_ref()),
        protocol: owned(request.protocol_name.as_ref()),
        assignments: assignments.collect(),
    }
}

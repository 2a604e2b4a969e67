//! `JoinGroup`: waits until everybody has joined.

use bytes::Bytes;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::join_group_response::JoinGroupResponseMember;
use kafka_protocol::messages::{JoinGroupRequest, JoinGroupResponse};
use kafka_protocol::protocol::VersionRange;

use super::{Call, Caller, GROUP_PATIENCE, GroupsOf, owned, text, versions};
use crate::model::name::GroupId;
use crate::sandbox::access::Need;
use crate::sandbox::access::needs::READ_GROUP;
use crate::sandbox::broker::new_id;
use crate::sandbox::groups::{Join, JoinAnswer, JoinRefused, Joined, Protocol};

/// From this version on a newcomer is told its member id, and joins with it (KIP-394).
const MEMBER_ID_REQUIRED: i16 = 4;
/// From this version on a leader can be told not to assign (KIP-814).
const SKIP_ASSIGNMENT: i16 = 9;
/// From this version on the protocol may be null, and its type is told (KIP-559).
const PROTOCOL_TYPE: i16 = 7;

impl Call for JoinGroupRequest {
    const OFFERED: VersionRange = versions(0, 9);

    const GROUPS: Option<GroupsOf<Self>> = Some(|request| vec![request.group_id.to_string()]);

    async fn answer(self, caller: &mut Caller) -> JoinGroupResponse {
        let join = read(&self, caller);
        let ticket = caller.broker.change(|broker| {
            let now = broker.now();
            broker.groups.join(&join, now)
        });
        let waited =
            caller.broker.wait_for(GROUP_PATIENCE, |broker| broker.groups.take_join(ticket));
        let answer = waited.await.unwrap_or_else(|| {
            caller.broker.change(|broker| broker.groups.forget(ticket));
            let error = ResponseError::RebalanceInProgress;
            Err(JoinRefused { member_id: join.member_id.clone(), error })
        });
        respond(answer, caller.version)
    }

    fn needs(&self) -> Vec<(Need, String)> {
        vec![(READ_GROUP, self.group_id.to_string())]
    }

    fn refuse(self, error: ResponseError) -> JoinGroupResponse {
        let member_id = self.member_id.to_string();
        // No protocol is as good as an empty one here, and every version can say that.
        respond(Err(JoinRefused { member_id, error }), 0)
    }
}

fn read(request: &JoinGroupRequest, caller: &Caller) -> Join {
    // Version 0 knows one timeout only.
    let rebalance_timeout_ms =
        if caller.version == 0 { request.session_timeout_ms } else { request.rebalance_timeout_ms };
    let protocols = request.protocols.iter().map(|protocol| Protocol {
        name: protocol.name.to_string(),
        metadata: Bytes::copy_from_slice(&protocol.metadata),
    });
    Join {
        group: GroupId::new(request.group_id.as_str()),
        member_id: request.member_id.to_string(),
        instance_id: owned(request.group_instance_id.as_ref()),
        client_id: caller.client_id.to_string(),
        client_host: format!("/{}", caller.peer.ip()),
        protocol_type: request.protocol_type.to_string(),
        protocols: protocols.collect(),
        session_timeout_ms: request.session_timeout_ms,
        rebalance_timeout_ms,
        unique: new_id().to_string(),
        must_know_member_id: caller.version >= MEMBER_ID_REQUIRED,
        can_keep_assignment: caller.version >= SKIP_ASSIGNMENT,
    }
}

fn respond(answer: JoinAnswer, version: i16) -> JoinGroupResponse {
    let no_protocol = (version < PROTOCOL_TYPE).then(|| text(""));
    let response = JoinGroupResponse::default();
    match answer {
        Err(JoinRefused { member_id, error }) => response
            .with_error_code(error.code())
            .with_generation_id(-1)
            .with_member_id(text(&member_id))
            .with_protocol_name(no_protocol),
        Ok(joined) => {
            let Joined {
                member_id,
                generation,
                protocol_type,
                protocol,
                leader,
                members,
                is_assignment_kept,
            } = joined;
            let members = members.into_iter().map(|member| {
                JoinGroupResponseMember::default()
                    .with_member_id(text(&member.member_id))
                    .with_group_instance_id(member.instance_id.as_deref().map(text))
                    .with_metadata(member.metadata)
            });
            response
                .with_generation_id(generation)
                .with_protocol_type(protocol_type.as_deref().map(text))
                .with_protocol_name(protocol.as_deref().map(text).or(no_protocol))
                .with_leader(text(&leader))
                .with_skip_assignment(is_assignment_kept)
                .with_member_id(text(&member_id))
                .with_members(members.collect())
        }
    }
}

//! `LeaveGroup`: one member, or several from version 3 on.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::leave_group_response::MemberResponse;
use kafka_protocol::messages::{LeaveGroupRequest, LeaveGroupResponse};
use kafka_protocol::protocol::VersionRange;

use super::{Call, Caller, GroupsOf, code, owned, versions};
use crate::model::name::GroupId;
use crate::sandbox::access::Need;
use crate::sandbox::access::needs::READ_GROUP;
use crate::sandbox::groups::Leaver;

/// From this version on several members leave at once (KIP-345).
const SEVERAL: i16 = 3;

impl Call for LeaveGroupRequest {
    const OFFERED: VersionRange = versions(0, 5);

    const GROUPS: Option<GroupsOf<Self>> = Some(|request| vec![request.group_id.to_string()]);

    async fn answer(self, caller: &mut Caller) -> LeaveGroupResponse {
        let group = GroupId::new(self.group_id.as_str());
        let members = if caller.version >= SEVERAL {
            self.members.clone()
        } else {
            vec![MemberIdentity::default().with_member_id(self.member_id.clone())]
        };
        let leavers: Vec<Leaver> = members
            .iter()
            .map(|member| Leaver {
                member_id: member.member_id.to_string(),
                instance_id: owned(member.group_instance_id.as_ref()),
            })
            .collect();
        let left = caller.broker.change(|broker| {
            let now = broker.now();
            broker.groups.leave(&group, &leavers, now)
        });
        let results = match left {
            Err(error) => return self.refuse(error),
            Ok(results) => results,
        };
        if caller.version < SEVERAL {
            let error_code = results.first().map_or(0, code);
            return LeaveGroupResponse::default().with_error_code(error_code);
        }
        let members = members.into_iter().zip(&results).map(|(member, result)| {
            MemberResponse::default()
                .with_member_id(member.member_id)
                .with_group_instance_id(member.group_instance_id)
                .with_error_code(code(result))
        });
        LeaveGroupResponse::default().with_members(members.collect())
    }

    fn needs(&self) -> Vec<(Need, String)> {
        vec![(READ_GROUP, self.group_id.to_string())]
    }

    fn refuse(self, error: ResponseError) -> LeaveGroupResponse {
        LeaveGroupResponse::default().with_error_code(error.code())
    }
}

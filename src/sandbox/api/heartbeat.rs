//! `Heartbeat`.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::{HeartbeatRequest, HeartbeatResponse};
use kafka_protocol::protocol::VersionRange;

use super::{Call, Caller, GroupsOf, code, owned, versions};
use crate::model::name::GroupId;
use crate::sandbox::access::Need;
use crate::sandbox::access::needs::READ_GROUP;
use crate::sandbox::groups::Speaker;

impl Call for HeartbeatRequest {
    const OFFERED: VersionRange = versions(0, 4);

    const GROUPS: Option<GroupsOf<Self>> = Some(|request| vec![request.group_id.to_string()]);

    async fn answer(self, caller: &mut Caller) -> HeartbeatResponse {
        let speaker = Speaker {
            group: GroupId::new(self.group_id.as_str()),
            member_id: self.member_id.to_string(),
            instance_id: owned(self.group_instance_id.as_ref()),
            generation: self.generation_id,
        };
        let heard = caller.broker.change(|broker| {
            let now = broker.now();
            broker.groups.heartbeat(&speaker, now)
        });
        HeartbeatResponse::default().with_error_code(code(&heard))
    }

    fn needs(&self) -> Vec<(Need, String)> {
        vec![(READ_GROUP, self.group_id.to_string())]
    }

    fn refuse(self, error: ResponseError) -> HeartbeatResponse {
        HeartbeatResponse::default().with_error_code(error.code())
    }
}

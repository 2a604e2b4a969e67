//! Groups and their members.

use bytes::Bytes;
use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::{
    DescribeGroupsRequest, DescribeGroupsResponse, HeartbeatRequest, HeartbeatResponse,
    JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest, LeaveGroupResponse, ListGroupsRequest,
    ListGroupsResponse, SyncGroupRequest, SyncGroupResponse,
};
use kafka_protocol::protocol::StrBytes;

use super::{Asked, World, group, text};
use crate::membership::Member;

/// The first version in which a newcomer is told its id before it joins.
const JOIN_BY_ID: i16 = 4;

impl Asked for JoinGroupRequest {
    fn request(world: &mut World<'_>, version: i16) -> Self {
        world.group = None;
        let request = Member::new(world.broker, &world.group()).join_request();
        // Version 0 has one timeout for both.
        if version == 0 { request.with_rebalance_timeout_ms(-1) } else { request }
    }

    fn check(answer: &JoinGroupResponse, world: &mut World<'_>, version: i16) {
        assert!(answer.member_id.starts_with("contract-"), "{answer:?}");
        if version >= JOIN_BY_ID {
            assert_eq!((answer.error_code, answer.generation_id), (79, -1));
            let member = Member { id: answer.member_id.clone(), ..world.newcomer() };
            let joined = world.client.ask_in(version, &member.join_request());
            assert_eq!(joined.member_id, answer.member_id);
            is_alone(&joined, version);
        } else {
            is_alone(answer, version);
        }
    }
}

/// Checks that somebody has joined a group, and leads it.
fn is_alone(joined: &JoinGroupResponse, version: i16) {
    assert_eq!((joined.error_code, joined.generation_id), (0, 1));
    assert_eq!(joined.leader, joined.member_id);
    assert_eq!(joined.protocol_name, Some(text("range")));
    assert_eq!(joined.protocol_type, (version >= 7).then(|| text("consumer")));
    let [member] = joined.members.as_slice() else { panic!("{joined:?}") };
    assert_eq!((&member.member_id, &member.group_instance_id), (&joined.member_id, &None));
    assert!(!member.metadata.is_empty() && !joined.skip_assignment);
}

impl World<'_> {
    fn newcomer(&mut self) -> Member {
        Member::new(self.broker, &self.group())
    }
}

impl Asked for SyncGroupRequest {
    fn request(world: &mut World<'_>, version: i16) -> Self {
        let member = world.member();
        let request = Self::default()
            .with_group_id(member.group.clone())
            .with_generation_id(member.generation)
            .with_member_id(member.id.clone());
        if version < 5 {
            return request;
        }
        let (protocol_type, protocol) = (Some(text("consumer")), Some(text("range")));
        request.with_protocol_type(protocol_type).with_protocol_name(protocol)
    }

    fn check(answer: &SyncGroupResponse, _world: &mut World<'_>, version: i16) {
        assert_eq!((answer.error_code, &answer.assignment), (0, &Bytes::from_static(b"all")));
        let (protocol_type, protocol) = (text("consumer"), text("range"));
        assert_eq!(answer.protocol_type, (version >= 5).then_some(protocol_type));
        assert_eq!(answer.protocol_name, (version >= 5).then_some(protocol));
    }
}

impl Asked for HeartbeatRequest {
    fn request(world: &mut World<'_>, _version: i16) -> Self {
        let member = world.member();
        Self::default()
            .with_group_id(member.group.clone())
            .with_generation_id(member.generation)
            .with_member_id(member.id.clone())
    }

    fn check(answer: &HeartbeatResponse, _world: &mut World<'_>, _version: i16) {
        assert_eq!(answer.error_code, 0);
    }
}

impl Asked for LeaveGroupRequest {
    fn request(world: &mut World<'_>, version: i16) -> Self {
        world.member = None;
        world.group = Some(group(world.broker));
        let member = world.member();
        let request = Self::default().with_group_id(member.group.clone());
        if version < 3 {
            return request.with_member_id(member.id.clone());
        }
        let leaver = MemberIdentity::default().with_member_id(member.id.clone());
        let reason = (version >= 5).then(|| text("it is over"));
        request.with_members(vec![leaver.with_reason(reason)])
    }

    fn check(answer: &LeaveGroupResponse, world: &mut World<'_>, version: i16) {
        assert_eq!(answer.error_code, 0);
        let left: Vec<(StrBytes, i16)> =
            answer.members.iter().map(|it| (it.member_id.clone(), it.error_code)).collect();
        let gone = (world.member().id.clone(), 0);
        assert_eq!(left, if version < 3 { vec![] } else { vec![gone] });
        assert_eq!(world.member().heartbeat(), 25);
    }
}

impl Asked for DescribeGroupsRequest {
    fn request(world: &mut World<'_>, _version: i16) -> Self {
        Self::default().with_groups(vec![world.member().group.clone()])
    }

    fn check(answer: &DescribeGroupsResponse, world: &mut World<'_>, _version: i16) {
        let [described] = answer.groups.as_slice() else { panic!("{answer:?}") };
        let member = world.member();
        assert_eq!((described.error_code, &described.group_id), (0, &member.group));
        assert_eq!(described.group_state, text("Stable"));
        assert_eq!(
            (&described.protocol_type, &described.protocol_data),
            (&text("consumer"), &text("range"))
        );
        assert_eq!(described.authorized_operations, i32::MIN);
        let [seen] = described.members.as_slice() else { panic!("{answer:?}") };
        assert_eq!((&seen.member_id, &seen.client_id), (&member.id, &text("contract")));
        assert_eq!((&seen.group_instance_id, &seen.client_host), (&None, &text("/127.0.0.1")));
        assert_eq!(seen.member_assignment, Bytes::from_static(b"all"));
    }
}

impl Asked for ListGroupsRequest {
    fn request(world: &mut World<'_>, version: i16) -> Self {
        world.member();
        let states = if version < 4 { vec![] } else { vec![text("Stable")] };
        let types = if version < 5 { vec![] } else { vec![text("classic")] };
        Self::default().with_states_filter(states).with_types_filter(types)
    }

    fn check(answer: &ListGroupsResponse, world: &mut World<'_>, version: i16) {
        assert_eq!(answer.error_code, 0);
        let group = world.group();
        let listed = answer.groups.iter().find(|listed| listed.group_id == group).unwrap();
        assert_eq!(listed.protocol_type, text("consumer"));
        assert_eq!(listed.group_state, text(if version < 4 { "" } else { "Stable" }));
        assert_eq!(listed.group_type, text(if version < 5 { "" } else { "classic" }));
    }
}

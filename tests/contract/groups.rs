//! Consumer groups: joining, syncing, leaving, and how they are seen.

use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::{
    DeleteGroupsRequest, DescribeGroupsRequest, GroupId, JoinGroupRequest, LeaveGroupRequest,
    ListGroupsRequest,
};
use kafka_protocol::protocol::StrBytes;

use crate::broker::Broker;
use crate::client::Client;
use crate::membership::{JOIN, Member, group, text, until};

crate::behaviours! {
    members_share_a_generation_and_the_leader_assigns,
    what_cannot_be_a_member_is_refused,
    an_old_client_joins_without_knowing_its_id,
    who_leaves_makes_the_others_join_again,
    several_leave_at_once_each_with_its_own_answer,
    a_silent_member_is_given_up,
    a_static_member_comes_back_without_a_rebalance,
    groups_are_described_listed_and_deleted,
    a_group_that_does_not_exist_is_dead_or_unknown_by_version,
}

fn members_share_a_generation_and_the_leader_assigns(broker: &Broker) {
    let group = group(broker);
    let (mut one, mut two) = (Member::new(broker, &group), Member::new(broker, &group));
    let alone = one.join();
    assert_eq!((alone.error_code, alone.generation_id), (0, 1));
    assert_eq!((&alone.leader, alone.members.len()), (&one.id, 1));
    assert_eq!(alone.protocol_type, Some(text("consumer")));
    assert_eq!(alone.protocol_name, Some(text("range")));
    let id = one.id.clone();
    one.start_sync(&[(&id, "all")]);
    assert_eq!(one.end_sync().error_code, 0);
    assert_eq!(one.heartbeat(), 0);
    two.start_join();
    until(|| one.heartbeat(), |code| *code == 27);
    let (leader, follower) = (one.join(), two.end_join());
    assert_eq!((leader.generation_id, follower.generation_id), (2, 2));
    assert_eq!((&leader.leader, &follower.leader), (&one.id, &one.id));
    assert_eq!((leader.members.len(), follower.members.len()), (2, 0));
    two.start_sync(&[]);
    let (first, second) = (one.id.clone(), two.id.clone());
    one.start_sync(&[(&first, "left"), (&second, "right")]);
    let synced = one.end_sync();
    assert_eq!(synced.protocol_name, Some(text("range")));
    assert_eq!(&two.end_sync().assignment[..], b"right");
    one.generation = 1;
    assert_eq!(one.heartbeat(), 22, "the generation is over");
    one.start_sync(&[]);
    assert_eq!(one.end_sync().error_code, 22);
}

fn what_cannot_be_a_member_is_refused(broker: &Broker) {
    let group = group(broker);
    let mut member = Member::alone(broker, &group);
    let id = std::mem::take(&mut member.id);
    let fine = member.join_request();
    let refusals = [
        (fine.clone().with_group_id(GroupId(text(""))), 24),
        (fine.clone().with_session_timeout_ms(0), 26),
        (fine.clone().with_session_timeout_ms(1_800_001), 26),
        (fine.clone().with_member_id(text("nobody")), 25),
        (fine.clone().with_protocol_type(text("connect")), 23),
        (fine.clone().with_protocols(Vec::new()), 23),
        (fine.clone().with_member_id(id.clone()).with_group_instance_id(Some(text("a"))), 25),
    ];
    for (request, code) in refusals {
        let refused = member.client.ask_in(JOIN, &request);
        assert_eq!(refused.error_code, code, "{request:?}");
        assert_eq!((refused.generation_id, refused.leader), (-1, text("")));
        assert_eq!(refused.member_id, request.member_id);
    }
    assert_eq!(member.heartbeat(), 25, "without its id");
    member.id = id;
    assert_eq!(member.heartbeat(), 0);
}

fn an_old_client_joins_without_knowing_its_id(broker: &Broker) {
    for version in [2, 3] {
        let mut member = Member::new(broker, &group(broker));
        let joined = member.client.ask_in(version, &member.join_request());
        assert_eq!((joined.error_code, joined.generation_id), (0, 1), "version {version}");
        assert!(joined.member_id.starts_with("contract-"), "{joined:?}");
    }
}

fn who_leaves_makes_the_others_join_again(broker: &Broker) {
    let group = group(broker);
    let (mut one, mut two) = Member::pair(broker, &group);
    assert_eq!(one.leave(), 0);
    assert_eq!(one.leave(), 25, "it has left");
    assert_eq!(one.heartbeat(), 25);
    assert_eq!(two.heartbeat(), 27);
    let joined = two.join();
    assert_eq!((joined.generation_id, &joined.leader), (3, &two.id));
    assert_eq!(two.leave(), 0);
    assert_eq!(describe(&mut two.client, &group).0, "Empty");
}

fn several_leave_at_once_each_with_its_own_answer(broker: &Broker) {
    let group = group(broker);
    let (one, mut two) = Member::pair(broker, &group);
    let member = |id: &StrBytes| MemberIdentity::default().with_member_id(id.clone());
    let request = LeaveGroupRequest::default().with_group_id(group).with_members(vec![
        member(&one.id),
        member(&text("nobody")),
        member(&text("")).with_group_instance_id(Some(text("nobody"))),
    ]);
    let left = two.client.ask_in(5, &request);
    assert_eq!(left.error_code, 0);
    let codes: Vec<_> = left.members.iter().map(|member| member.error_code).collect();
    assert_eq!(codes, [0, 25, 25]);
    assert_eq!(two.heartbeat(), 27);
}

fn a_silent_member_is_given_up(broker: &Broker) {
    let (mut one, mut two) = Member::pair(broker, &group(broker));
    until(|| two.heartbeat(), |code| *code == 27);
    assert_eq!(one.heartbeat(), 25);
    assert_eq!(two.join().members.len(), 1);
}

fn a_static_member_comes_back_without_a_rebalance(broker: &Broker) {
    let group = group(broker);
    let mut before = Member::new(broker, &group);
    before.instance = Some(text("a"));
    before.settle();
    let mut after = Member::new(broker, &group);
    after.instance = Some(text("a"));
    let joined = after.join();
    assert_eq!((joined.error_code, joined.generation_id), (0, 1));
    assert!(joined.skip_assignment && joined.leader == after.id && after.id != before.id);
    after.start_sync(&[]);
    assert_eq!(&after.end_sync().assignment[..], b"all");
    assert_eq!((before.heartbeat(), after.heartbeat()), (82, 0));
    let refused = before.join();
    assert_eq!((refused.error_code, refused.member_id), (82, before.id));
    let gone = MemberIdentity::default().with_group_instance_id(Some(text("a")));
    let request = LeaveGroupRequest::default().with_group_id(group).with_members(vec![gone]);
    assert_eq!(after.client.ask_in(5, &request).members[0].error_code, 0);
    assert_eq!(after.heartbeat(), 25);
}

/// Returns the state of a group and how many members it has.
fn describe(client: &mut Client, group: &GroupId) -> (String, usize) {
    let request = DescribeGroupsRequest::default().with_groups(vec![group.clone()]);
    let [described] = client.ask_in(5, &request).groups.try_into().unwrap();
    assert_eq!(described.error_code, 0);
    (described.group_state.to_string(), described.members.len())
}

fn groups_are_described_listed_and_deleted(broker: &Broker) {
    let group = group(broker);
    let mut member = Member::alone(broker, &group);
    let request = DescribeGroupsRequest::default().with_groups(vec![group.clone()]);
    let [described] = member.client.ask_in(6, &request).groups.try_into().unwrap();
    assert_eq!((described.error_code, described.error_message), (0, None));
    assert_eq!(
        (described.group_state, described.protocol_type),
        (text("Stable"), text("consumer"))
    );
    assert_eq!(
        (described.protocol_data, described.authorized_operations),
        (text("range"), i32::MIN)
    );
    let [seen] = described.members.try_into().unwrap();
    assert_eq!((seen.member_id, seen.client_id), (member.id.clone(), text("contract")));
    assert_eq!((seen.client_host, &seen.member_assignment[..]), (text("/127.0.0.1"), &b"all"[..]));
    assert_eq!(seen.member_metadata, member.join_request().protocols[0].metadata);
    let mut listed = |states: &[&str], types: &[&str]| {
        let texts = |texts: &[&str]| texts.iter().map(|one| text(one)).collect::<Vec<_>>();
        let request = ListGroupsRequest::default()
            .with_states_filter(texts(states))
            .with_types_filter(texts(types));
        let answer = member.client.ask_in(5, &request);
        assert_eq!(answer.error_code, 0);
        answer.groups.into_iter().find(|listed| listed.group_id == group)
    };
    let found = listed(&["Empty", "sTABLE"], &["Classic"]).unwrap();
    assert_eq!((found.group_state, found.group_type), (text("Stable"), text("classic")));
    assert_eq!(found.protocol_type, text("consumer"));
    assert_eq!(listed(&["Empty"], &[]), None);
    assert_eq!(listed(&[], &["consumer"]), None);
    let delete = DeleteGroupsRequest::default().with_groups_names(vec![group.clone()]);
    let deleted = |member: &mut Member| member.client.ask_in(2, &delete).results[0].error_code;
    assert_eq!(deleted(&mut member), 68);
    assert_eq!(member.leave(), 0);
    assert_eq!(deleted(&mut member), 0);
    assert_eq!(deleted(&mut member), 69);
    let joined = member.client.ask_in(JOIN, &member.join_request());
    assert_eq!(joined.error_code, 25, "its group is gone");
}

fn a_group_that_does_not_exist_is_dead_or_unknown_by_version(broker: &Broker) {
    let (group, mut client) = (group(broker), broker.connect());
    let request = DescribeGroupsRequest::default().with_groups(vec![group.clone()]);
    for (version, code) in [(5, 0), (6, 69)] {
        let [described] = client.ask_in(version, &request).groups.try_into().unwrap();
        assert_eq!((described.error_code, described.group_state), (code, text("Dead")));
        let message = (version >= 6).then(|| text(&format!("Group {} not found.", group.as_str())));
        assert_eq!(described.error_message, message);
    }
    let mut nobody = Member::new(broker, &group);
    nobody.id = text("nobody");
    assert_eq!((nobody.heartbeat(), nobody.leave()), (25, 25));
    nobody.start_sync(&[]);
    assert_eq!(nobody.end_sync().error_code, 25);
    let request: JoinGroupRequest = nobody.join_request();
    assert_eq!(nobody.client.ask_in(JOIN, &request).error_code, 25);
}

//! Leaving, heartbeats, and groups as an administrator sees them.

use super::*;

#[test]
fn who_leaves_makes_the_others_join_again() {
    let (mut world, one, two) = World::stable_pair();
    assert_eq!(world.leave(&one), Ok(()));
    assert_eq!(world.heartbeat(&one, 2), Err(ResponseError::UnknownMemberId));
    assert_eq!(world.heartbeat(&two, 2), Err(ResponseError::RebalanceInProgress));
    let ticket = world.join(&two);
    let joined = world.joined(ticket).expect("joined");
    assert_eq!((joined.generation, joined.leader), (3, two));
}

#[test]
fn a_group_that_everybody_left_is_empty_and_goes_on_counting() {
    let (mut world, one) = World::stable_single();
    assert_eq!(world.leave(&one), Ok(()));
    assert_eq!(world.state(), "Empty");
    let (_two, ticket) = world.newcomer();
    assert_eq!(world.joined(ticket).expect("joined").generation, 3);
}

#[test]
fn each_leaver_is_answered_for_itself() {
    let (mut world, one, two) = World::stable_pair();
    let ticket = world.join("");
    let promised = world.joined(ticket).expect_err("an id comes first").member_id;
    let leavers: Vec<Leaver> = [&*one, "nobody", &*promised]
        .map(|id| Leaver { member_id: id.to_owned(), instance_id: None })
        .to_vec();
    let group = GroupId::from("g");
    let unknown = Err(ResponseError::UnknownMemberId);
    assert_eq!(world.groups.leave(&group, &leavers, world.now), Ok(vec![Ok(()), unknown, Ok(())]));
    let ticket = world.join(&two);
    assert!(world.joined(ticket).is_ok(), "nobody waits for the promised id");
    let ticket = world.join(&promised);
    assert!(world.joined(ticket).is_err());
    let nowhere = world.groups.leave(&GroupId::from("h"), &leavers, world.now);
    assert_eq!(nowhere, Ok(vec![unknown; 3]));
    let nameless = world.groups.leave(&GroupId::from(""), &leavers, world.now);
    assert_eq!(nameless, Err(ResponseError::InvalidGroupId));
}

#[test]
fn who_leaves_while_it_waits_is_told_to_start_again() {
    let (mut world, one, two) = World::stable_pair();
    let (three, three_joins) = world.newcomer();
    assert_eq!(world.leave(&three), Ok(()));
    let refused = world.joined(three_joins).expect_err("it left");
    assert_eq!(refused.error, ResponseError::UnknownMemberId);
    let tickets = [world.join(&one), world.join(&two)];
    assert!(tickets.map(|ticket| world.joined(ticket)).iter().all(Result::is_ok));
    let two_syncs = world.sync(&two, 3, &[]);
    assert_eq!(world.leave(&two), Ok(()));
    assert_eq!(world.synced(two_syncs), Err(ResponseError::UnknownMemberId));
}

#[test]
fn a_heartbeat_tells_where_the_member_stands() {
    let (mut world, one) = World::stable_single();
    assert_eq!(world.heartbeat(&one, 1), Ok(()));
    assert_eq!(world.heartbeat(&one, 0), Err(ResponseError::IllegalGeneration));
    assert_eq!(world.heartbeat("nobody", 1), Err(ResponseError::UnknownMemberId));
    let elsewhere = Speaker { group: GroupId::from("h"), ..speaker(&one, 1) };
    let answer = world.groups.heartbeat(&elsewhere, world.now);
    assert_eq!(answer, Err(ResponseError::UnknownMemberId));
    let nowhere = Speaker { group: GroupId::from(""), ..speaker(&one, 1) };
    let answer = world.groups.heartbeat(&nowhere, world.now);
    assert_eq!(answer, Err(ResponseError::InvalidGroupId));
}

#[test]
fn a_description_shows_what_members_read_while_it_is_settled() {
    let (mut world, one) = World::stable_single();
    let group = world.groups.describe(&GroupId::from("g")).expect("a group");
    assert_eq!((group.state, group.protocol.as_str()), ("Stable", "range"));
    assert_eq!(group.members[0].member_id, one);
    assert_eq!(group.members[0].client_host, "/127.0.0.1");
    assert_eq!(group.members[0].metadata, protocol("range", "orders").metadata);
    assert_eq!(group.members[0].assignment, Bytes::from_static(b"all"));
    let (_two, _) = world.newcomer();
    let group = world.groups.describe(&GroupId::from("g")).expect("a group");
    assert_eq!((group.state, group.protocol.as_str()), ("PreparingRebalance", ""));
    assert_eq!(group.members.len(), 2);
    assert!(group.members.iter().all(|member| member.metadata.is_empty()));
    assert_eq!(world.groups.describe(&GroupId::from("h")), None);
    let listed: Vec<_> =
        world.groups.list().into_iter().map(|group| (group.protocol_type, group.state)).collect();
    assert_eq!(listed, [("consumer".to_owned(), "PreparingRebalance")]);
}

#[test]
fn only_an_empty_group_can_be_deleted() {
    let (mut world, one) = World::stable_single();
    let group = GroupId::from("g");
    assert_eq!(world.groups.delete(&group), Err(ResponseError::NonEmptyGroup));
    assert_eq!(world.leave(&one), Ok(()));
    assert_eq!(world.groups.delete(&group), Ok(()));
    assert_eq!(world.groups.delete(&group), Err(ResponseError::GroupIdNotFound));
}

//! Static members (KIP-345): an instance id that survives its process.

use super::*;

/// A static leader `a` and a dynamic follower, stable in generation 2.
fn static_leader() -> (World, String, String) {
    let mut world = World::new();
    let ticket = world.static_join("a");
    let leader = world.joined(ticket).expect("a static member needs no id first").member_id;
    let (two, two_joins) = world.newcomer();
    let join = Join { member_id: leader.clone(), ..static_of(&mut world, "a") };
    let one_joins = world.groups.join(&join, world.now);
    assert!(world.joined(one_joins).is_ok());
    assert!(world.joined(two_joins).is_ok());
    let ticket = world.sync(&leader, 2, &[(&leader, "left"), (&two, "right")]);
    assert!(world.synced(ticket).is_ok());
    let ticket = world.sync(&two, 2, &[]);
    assert!(world.synced(ticket).is_ok());
    (world, leader, two)
}

fn static_of(world: &mut World, instance_id: &str) -> Join {
    Join { instance_id: Some(instance_id.to_owned()), ..world.join_of("") }
}

#[test]
fn a_restarted_static_leader_keeps_its_assignment_without_a_rebalance() {
    let (mut world, old, two) = static_leader();
    let ticket = world.static_join("a");
    let joined = world.joined(ticket).expect("joined");
    assert_ne!(joined.member_id, old);
    assert_eq!((joined.generation, joined.leader.as_str()), (2, &*joined.member_id));
    assert!(joined.is_assignment_kept);
    assert_eq!(joined.members.len(), 2);
    assert_eq!(world.heartbeat(&two, 2), Ok(()), "the other notices nothing");
    let ticket = world.sync(&joined.member_id, 2, &[]);
    assert_eq!(world.synced(ticket), Ok(Bytes::from_static(b"left")));
}

#[test]
fn an_older_client_is_not_told_that_it_leads() {
    let (mut world, old, _two) = static_leader();
    let join = Join { can_keep_assignment: false, ..static_of(&mut world, "a") };
    let ticket = world.groups.join(&join, world.now);
    let joined = world.joined(ticket).expect("joined");
    assert_eq!((joined.leader, joined.members.len()), (old, 0));
    assert!(!joined.is_assignment_kept);
}

#[test]
fn the_process_that_was_replaced_is_fenced() {
    let (mut world, old, _two) = static_leader();
    let ticket = world.static_join("a");
    assert!(world.joined(ticket).is_ok());
    let mut speaker = speaker(&old, 2);
    assert_eq!(
        world.groups.heartbeat(&speaker, world.now),
        Err(ResponseError::UnknownMemberId),
        "without its instance id it is just unknown"
    );
    speaker.instance_id = Some("a".to_owned());
    let fenced = Err(ResponseError::FencedInstanceId);
    assert_eq!(world.groups.heartbeat(&speaker, world.now), fenced);
    let commit = world.groups.commit(&speaker, Vec::new(), true, world.now);
    assert_eq!(commit, Err(ResponseError::FencedInstanceId));
    let join = Join { member_id: old, ..static_of(&mut world, "a") };
    let ticket = world.groups.join(&join, world.now);
    let refused = world.joined(ticket).expect_err("fenced");
    assert_eq!(refused.error, ResponseError::FencedInstanceId);
    speaker.instance_id = Some("b".to_owned());
    let unknown = Err(ResponseError::UnknownMemberId);
    assert_eq!(world.groups.heartbeat(&speaker, world.now), unknown);
}

#[test]
fn a_double_that_waits_is_fenced_at_once() {
    let (mut world, old, _two) = static_leader();
    let (_three, _) = world.newcomer();
    let join = Join { member_id: old.clone(), ..static_of(&mut world, "a") };
    let first = world.groups.join(&join, world.now);
    let second = world.static_join("a");
    let refused = world.joined(first).expect_err("fenced");
    assert_eq!((refused.error, refused.member_id), (ResponseError::FencedInstanceId, old));
    world.join_waits(second);
}

#[test]
fn coming_back_between_join_and_assignment_rebalances() {
    let (mut world, old, two) = static_leader();
    let join = Join { member_id: old.clone(), ..static_of(&mut world, "a") };
    let tickets = [world.groups.join(&join, world.now), world.join(&two)];
    assert!(tickets.map(|ticket| world.joined(ticket)).iter().all(Result::is_ok));
    let old_syncs = world.sync(&two, 3, &[]);
    let ticket = world.static_join("a");
    world.join_waits(ticket);
    assert_eq!(world.synced(old_syncs), Err(ResponseError::RebalanceInProgress));
    assert_eq!(world.state(), "PreparingRebalance");
}

#[test]
fn a_static_member_that_is_away_is_waited_for_as_long_as_its_session() {
    let (mut world, old, two) = static_leader();
    world.pass(SESSION_MS - 1_000);
    assert_eq!(world.heartbeat(&two, 2), Ok(()));
    assert_eq!(world.state(), "Stable");
    world.pass(1_000);
    assert_eq!(world.heartbeat(&two, 2), Err(ResponseError::RebalanceInProgress));
    let ticket = world.join(&two);
    assert_eq!(world.joined(ticket).expect("joined").leader, two);
    assert_eq!(world.heartbeat(&old, 2), Err(ResponseError::UnknownMemberId));
}

#[test]
fn an_administrator_removes_a_static_member_by_its_instance_id() {
    let (mut world, _old, two) = static_leader();
    let leavers =
        ["a", "b"].map(|id| Leaver { member_id: String::new(), instance_id: Some(id.to_owned()) });
    let results = world.groups.leave(&GroupId::from("g"), &leavers, world.now);
    assert_eq!(results, Ok(vec![Ok(()), Err(ResponseError::UnknownMemberId)]));
    assert_eq!(world.heartbeat(&two, 2), Err(ResponseError::RebalanceInProgress));
}

//! What happens when nobody says anything.

use super::*;
use crate::sandbox::groups::settings::NEW_MEMBER_TIMEOUT_MS;

#[test]
fn a_silent_member_loses_its_session() {
    let (mut world, one, two) = World::stable_pair();
    world.pass(SESSION_MS - 1);
    assert_eq!(world.heartbeat(&one, 2), Ok(()));
    world.pass(1);
    assert_eq!(world.heartbeat(&two, 2), Err(ResponseError::UnknownMemberId));
    assert_eq!(world.heartbeat(&one, 2), Err(ResponseError::RebalanceInProgress));
}

#[test]
fn a_member_that_waits_for_others_needs_no_heartbeat() {
    let (mut world, one, two) = World::stable_pair();
    let (_three, three_joins) = world.newcomer();
    let two_joins = world.join(&two);
    for _ in 0..5 {
        world.pass(SESSION_MS - 1_000);
        assert_eq!(world.heartbeat(&one, 2), Err(ResponseError::RebalanceInProgress));
    }
    world.join_waits(two_joins);
    let one_joins = world.join(&one);
    for ticket in [one_joins, two_joins, three_joins] {
        assert_eq!(world.joined(ticket).expect("joined").generation, 3);
    }
}

#[test]
fn who_does_not_join_in_the_rebalance_timeout_is_left_behind() {
    let (mut world, one, two) = World::stable_pair();
    let (_three, three_joins) = world.newcomer();
    let two_joins = world.join(&two);
    for _ in 0..REBALANCE_MS / 5_000 {
        world.join_waits(three_joins);
        let _ = world.heartbeat(&one, 2);
        world.pass(5_000);
    }
    let joined = world.joined(two_joins).expect("joined");
    assert_eq!(joined.generation, 3);
    assert_ne!(joined.leader, one, "somebody who is there leads");
    assert!(world.joined(three_joins).is_ok());
    assert_eq!(world.heartbeat(&one, 2), Err(ResponseError::UnknownMemberId));
}

#[test]
fn a_leader_that_never_assigns_is_left_behind() {
    let (mut world, one, two) = World::stable_pair();
    let tickets = [world.join(&one), world.join(&two)];
    assert!(tickets.map(|ticket| world.joined(ticket)).iter().all(Result::is_ok));
    let two_syncs = world.sync(&two, 3, &[]);
    for _ in 0..REBALANCE_MS / 5_000 {
        assert_eq!(world.groups.take_sync(two_syncs), None);
        assert_eq!(world.heartbeat(&one, 3), Ok(()));
        world.pass(5_000);
    }
    assert_eq!(world.synced(two_syncs), Err(ResponseError::RebalanceInProgress));
    assert_eq!(world.heartbeat(&one, 3), Err(ResponseError::UnknownMemberId));
}

#[test]
fn a_promised_id_holds_a_rebalance_up_until_it_lapses() {
    let (mut world, one) = World::stable_single();
    let ticket = world.join("");
    let promised = world.joined(ticket).expect_err("an id comes first").member_id;
    assert_eq!(world.state(), "Stable", "a promise alone disturbs nobody");
    let one_joins = world.join(&one);
    world.join_waits(one_joins);
    world.pass(SESSION_MS);
    assert_eq!(world.joined(one_joins).expect("joined").generation, 2);
    let ticket = world.join(&promised);
    let refused = world.joined(ticket).expect_err("lapsed");
    assert_eq!(refused.error, ResponseError::UnknownMemberId);
}

#[test]
fn a_promised_id_that_nobody_uses_disturbs_nobody() {
    let (mut world, one) = World::stable_single();
    let ticket = world.join("");
    world.joined(ticket).expect_err("an id comes first");
    for _ in 0..3 {
        world.pass(SESSION_MS / 2);
        assert_eq!(world.heartbeat(&one, 1), Ok(()));
    }
    assert_eq!(world.state(), "Stable");
}

#[test]
fn a_new_member_is_not_kept_waiting_forever() {
    let mut world = World::new();
    let join =
        Join { rebalance_timeout_ms: 3_600_000, must_know_member_id: false, ..world.join_of("") };
    let ticket = world.groups.join(&join, world.now);
    let one = world.joined(ticket).expect("joined").member_id;
    let (_two, two_joins) = world.newcomer();
    for _ in 0..NEW_MEMBER_TIMEOUT_MS / 5_000 {
        world.join_waits(two_joins);
        assert_eq!(world.heartbeat(&one, 1), Err(ResponseError::RebalanceInProgress));
        world.pass(5_000);
    }
    let refused = world.joined(two_joins).expect_err("given up");
    assert_eq!(refused.error, ResponseError::UnknownMemberId);
    assert_eq!(refused.member_id, "");
}

#[test]
fn an_empty_group_waits_a_little_for_more_members() {
    let settings = Settings { initial_rebalance_delay_ms: 3_000, ..Settings::default() };
    let mut world = World::with(settings);
    let (_one, one_joins) = world.newcomer();
    world.pass(2_000);
    let (_two, two_joins) = world.newcomer();
    world.pass(3_000);
    world.join_waits(one_joins);
    world.pass(1_000);
    assert_eq!(world.joined(one_joins).expect("joined").generation, 1);
    assert_eq!(world.joined(two_joins).expect("joined").generation, 1);
}

#[test]
fn tick_says_whether_somebody_was_answered() {
    let settings = Settings { initial_rebalance_delay_ms: 3_000, ..Settings::default() };
    let mut world = World::with(settings);
    let (_one, _) = world.newcomer();
    assert!(!world.groups.tick(Timestamp(3_999)));
    assert!(world.groups.tick(Timestamp(4_000)));
    assert!(!world.groups.tick(Timestamp(4_001)));
}

#[test]
fn a_group_without_members_and_offsets_is_forgotten() {
    let (mut world, one) = World::stable_single();
    assert_eq!(world.leave(&one), Ok(()));
    world.pass(599_500);
    assert_eq!(world.state(), "Empty");
    world.pass(500);
    assert_eq!(world.state(), "Dead");
}

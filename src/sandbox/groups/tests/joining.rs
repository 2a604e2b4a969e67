//! Joining and syncing.

use super::*;

#[test]
fn a_newcomer_is_told_its_id_first() {
    let mut world = World::new();
    let ticket = world.join("");
    let refused = world.joined(ticket).expect_err("an id comes first");
    assert_eq!(refused.error, ResponseError::MemberIdRequired);
    assert_eq!(refused.member_id, "app-1");
    assert_eq!(world.state(), "Empty");
}

#[test]
fn a_client_before_version_4_joins_at_once() {
    let mut world = World::new();
    let join = Join { must_know_member_id: false, ..world.join_of("") };
    let ticket = world.groups.join(&join, world.now);
    let joined = world.joined(ticket).expect("joined");
    assert_eq!((joined.generation, joined.leader.as_str()), (1, "app-1"));
}

#[test]
fn the_first_member_leads_and_sees_everybody() {
    let mut world = World::new();
    let (one, ticket) = world.newcomer();
    let joined = world.joined(ticket).expect("joined");
    assert_eq!(joined.leader, one);
    assert_eq!(joined.protocol.as_deref(), Some("range"));
    assert_eq!(joined.protocol_type.as_deref(), Some("consumer"));
    assert_eq!(joined.members.len(), 1);
    assert_eq!(joined.members[0].metadata, protocol("range", "orders").metadata);
    assert_eq!(world.state(), "CompletingRebalance");
}

#[test]
fn a_second_member_waits_until_the_first_has_joined_again() {
    let (mut world, one) = World::stable_single();
    let (_two, two_joins) = world.newcomer();
    world.join_waits(two_joins);
    assert_eq!(world.heartbeat(&one, 1), Err(ResponseError::RebalanceInProgress));
    let one_joins = world.join(&one);
    let leader = world.joined(one_joins).expect("joined");
    let follower = world.joined(two_joins).expect("joined");
    assert_eq!((leader.generation, follower.generation), (2, 2));
    assert_eq!((leader.leader.as_str(), follower.leader.as_str()), (&*one, &*one));
    assert_eq!((leader.members.len(), follower.members.len()), (2, 0));
}

#[test]
fn followers_wait_for_the_leaders_assignment() {
    let (mut world, one, two) = World::stable_pair();
    let one_joins = world.join(&one);
    let two_joins = world.join(&two);
    assert_eq!(world.joined(one_joins).expect("joined").generation, 3);
    assert_eq!(world.joined(two_joins).expect("joined").generation, 3);
    let two_syncs = world.sync(&two, 3, &[]);
    assert_eq!(world.groups.take_sync(two_syncs), None);
    let one_syncs = world.sync(&one, 3, &[(&one, "all")]);
    assert_eq!(world.synced(one_syncs), Ok(Bytes::from_static(b"all")));
    assert_eq!(world.synced(two_syncs), Ok(Bytes::new()), "the leader left it out");
    let again = world.sync(&one, 3, &[]);
    assert_eq!(
        world.synced(again),
        Ok(Bytes::from_static(b"all")),
        "a stable group repeats itself"
    );
}

#[test]
fn a_rebalance_calls_waiting_syncs_off() {
    let (mut world, one, two) = World::stable_pair();
    let tickets = [world.join(&one), world.join(&two)];
    assert!(tickets.map(|ticket| world.joined(ticket)).iter().all(Result::is_ok));
    let two_syncs = world.sync(&two, 3, &[]);
    let (_three, _) = world.newcomer();
    assert_eq!(world.synced(two_syncs), Err(ResponseError::RebalanceInProgress));
}

#[test]
fn syncing_asks_for_the_right_member_generation_and_protocol() {
    let (mut world, one) = World::stable_single();
    for (member, generation, error) in [
        ("nobody", 1, ResponseError::UnknownMemberId),
        (one.as_str(), 0, ResponseError::IllegalGeneration),
    ] {
        let ticket = world.sync(member, generation, &[]);
        assert_eq!(world.synced(ticket), Err(error));
    }
    let sync = Sync {
        speaker: speaker(&one, 1),
        protocol_type: Some("consumer".to_owned()),
        protocol: Some("sticky".to_owned()),
        assignments: Vec::new(),
    };
    let ticket = world.groups.sync(&sync, world.now);
    assert_eq!(world.synced(ticket), Err(ResponseError::InconsistentGroupProtocol));
}

#[test]
fn members_agree_on_the_protocol_that_most_like_and_all_know() {
    let mut world = World::new();
    let mut tickets = Vec::new();
    let settings = Settings { initial_rebalance_delay_ms: 3_000, ..Settings::default() };
    world.groups = Groups::new(settings);
    for names in [["range", "sticky"], ["sticky", "range"], ["sticky", "range"]] {
        let protocols = names.map(|name| protocol(name, "orders")).to_vec();
        let join = Join { protocols, must_know_member_id: false, ..world.join_of("") };
        tickets.push(world.groups.join(&join, world.now));
    }
    let protocols = vec![protocol("roundrobin", "orders")];
    let stranger = Join { protocols, must_know_member_id: false, ..world.join_of("") };
    let ticket = world.groups.join(&stranger, world.now);
    let refused = world.joined(ticket).expect_err("no protocol in common");
    assert_eq!(refused.error, ResponseError::InconsistentGroupProtocol);
    world.pass(6_000);
    for ticket in tickets {
        assert_eq!(world.joined(ticket).expect("joined").protocol.as_deref(), Some("sticky"));
    }
}

#[test]
fn what_cannot_be_a_member_is_refused() {
    let (mut world, one) = World::stable_single();
    let refusals = [
        (Join { group: GroupId::from(""), ..world.join_of("") }, ResponseError::InvalidGroupId),
        (
            Join { session_timeout_ms: 5_999, ..world.join_of("") },
            ResponseError::InvalidSessionTimeout,
        ),
        (
            Join { session_timeout_ms: 1_800_001, ..world.join_of("") },
            ResponseError::InvalidSessionTimeout,
        ),
        (world.join_of("nobody"), ResponseError::UnknownMemberId),
        (Join { group: GroupId::from("h"), ..world.join_of(&one) }, ResponseError::UnknownMemberId),
        (
            Join { protocol_type: "connect".to_owned(), ..world.join_of("") },
            ResponseError::InconsistentGroupProtocol,
        ),
        (
            Join { group: GroupId::from("h"), protocols: Vec::new(), ..world.join_of("") },
            ResponseError::InconsistentGroupProtocol,
        ),
    ];
    for (join, error) in refusals {
        let ticket = world.groups.join(&join, world.now);
        assert_eq!(world.joined(ticket).expect_err("refused").error, error, "{join:?}");
    }
    assert_eq!(world.heartbeat(&one, 1), Ok(()), "the member notices nothing");
}

#[test]
fn a_follower_that_says_the_same_again_hears_the_same_again() {
    let (mut world, one, two) = World::stable_pair();
    let ticket = world.join(&two);
    assert_eq!(world.joined(ticket).expect("joined").generation, 2);
    assert_eq!(world.state(), "Stable");
    let join = Join { protocols: vec![protocol("range", "payments")], ..world.join_of(&two) };
    let ticket = world.groups.join(&join, world.now);
    world.join_waits(ticket);
    assert_eq!(world.heartbeat(&one, 2), Err(ResponseError::RebalanceInProgress));
}

#[test]
fn of_two_joins_of_one_member_the_later_one_counts() {
    let (mut world, _one, two) = World::stable_pair();
    let (_three, _) = world.newcomer();
    let first = world.join(&two);
    let second = world.join(&two);
    let refused = world.joined(first).expect_err("replaced");
    assert_eq!(refused.error, ResponseError::RebalanceInProgress);
    world.join_waits(second);
}

#[test]
fn a_full_group_takes_nobody_and_a_full_house_no_group() {
    let settings = Settings { max_size: 1, max_groups: 1, ..Settings::default() };
    let mut world = World::with(settings);
    let (_one, ticket) = world.newcomer();
    assert!(world.joined(ticket).is_ok());
    for group in ["g", "another"] {
        let join = Join { group: GroupId::from(group), ..world.join_of("") };
        let ticket = world.groups.join(&join, world.now);
        let refused = world.joined(ticket).expect_err("full");
        assert_eq!(refused.error, ResponseError::GroupMaxSizeReached);
    }
}

#[test]
fn what_members_say_is_bounded() {
    let mut world = World::with(Settings { max_bytes: 3_000, ..Settings::default() });
    let large = Protocol { name: "range".to_owned(), metadata: Bytes::from(vec![0; 4_000]) };
    let join = Join { protocols: vec![large], ..world.join_of("") };
    let ticket = world.groups.join(&join, world.now);
    let refused = world.joined(ticket).expect_err("too large");
    assert_eq!(refused.error, ResponseError::GroupMaxSizeReached);
    let (one, ticket) = world.newcomer();
    assert!(world.joined(ticket).is_ok());
    let assignment = "x".repeat(4_000);
    let ticket = world.sync(&one, 1, &[(&one, &assignment)]);
    assert_eq!(world.synced(ticket), Err(ResponseError::UnknownServerError));
    let ticket = world.sync(&one, 1, &[(&one, "all")]);
    assert!(world.synced(ticket).is_ok());
}

#[test]
fn whoever_hangs_up_is_not_answered() {
    let (mut world, one) = World::stable_single();
    let (_two, two_joins) = world.newcomer();
    world.groups.forget(two_joins);
    let one_joins = world.join(&one);
    assert!(world.joined(one_joins).is_ok());
    assert_eq!(world.groups.take_join(two_joins), None);
}

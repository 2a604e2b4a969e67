//! What holds whatever members do.

use proptest::prelude::*;

use super::*;
use crate::sandbox::groups::group::Phase;
use crate::sandbox::groups::settings::NEW_MEMBER_TIMEOUT_MS;

/// A thing that one of a few clients does, well-behaved or not.
#[derive(Debug, Clone)]
enum Act {
    /// Joins, as a newcomer or with the id it has.
    Join {
        client: usize,
        is_static: bool,
        is_changed: bool,
    },
    Sync(usize),
    Heartbeat(usize),
    Leave(usize),
    /// The process is gone: no answer reaches it, its id is lost.
    Crash(usize),
    Pass(i32),
}

fn act() -> impl Strategy<Value = Act> {
    let client = 0..4_usize;
    prop_oneof![
        4 => (client.clone(), any::<bool>(), any::<bool>())
            .prop_map(|(client, is_static, is_changed)| Act::Join { client, is_static, is_changed }),
        4 => client.clone().prop_map(Act::Sync),
        1 => client.clone().prop_map(Act::Heartbeat),
        1 => client.clone().prop_map(Act::Leave),
        1 => client.prop_map(Act::Crash),
        // 60 of them are less than the time an empty group is remembered, so that no generation
        // comes twice.
        2 => (1..9_900).prop_map(Act::Pass),
    ]
}

/// What a client knows about itself.
#[derive(Debug, Default)]
struct Client {
    member_id: String,
    generation: i32,
    joins: Vec<Ticket>,
    syncs: Vec<Ticket>,
}

#[derive(Debug, Default)]
struct Cast {
    clients: [Client; 4],
    /// Generation → who was told that it leads.
    leaders: BTreeMap<i32, Vec<String>>,
}

impl Cast {
    fn act(&mut self, world: &mut World, act: &Act) {
        match act {
            Act::Join { client, is_static, is_changed } => {
                let me = &mut self.clients[*client];
                let mut join = world.join_of(&me.member_id);
                join.instance_id = is_static.then(|| format!("static-{client}"));
                if *is_changed {
                    join.protocols = vec![protocol("range", "payments")];
                }
                me.joins.push(world.groups.join(&join, world.now));
            }
            Act::Sync(client) => {
                let me = &mut self.clients[*client];
                me.syncs.push(world.sync(&me.member_id, me.generation, &[]));
            }
            Act::Heartbeat(client) => {
                let me = &self.clients[*client];
                let _ = world.heartbeat(&me.member_id, me.generation);
            }
            Act::Leave(client) => {
                let _ = world.leave(&self.clients[*client].member_id);
            }
            Act::Crash(client) => {
                let gone = std::mem::take(&mut self.clients[*client]);
                for ticket in gone.joins.into_iter().chain(gone.syncs) {
                    world.groups.forget(ticket);
                }
            }
            Act::Pass(milliseconds) => world.pass(*milliseconds),
        }
        self.listen(world);
    }

    /// Everybody takes the answers that are there.
    fn listen(&mut self, world: &mut World) {
        for me in &mut self.clients {
            me.syncs.retain(|ticket| world.groups.take_sync(*ticket).is_none());
            for ticket in std::mem::take(&mut me.joins) {
                match world.groups.take_join(ticket) {
                    None => me.joins.push(ticket),
                    Some(Err(refused)) => {
                        let is_promise = refused.error == ResponseError::MemberIdRequired;
                        me.member_id = if is_promise { refused.member_id } else { String::new() };
                    }
                    Some(Ok(joined)) => {
                        if joined.leader == joined.member_id {
                            let leaders = self.leaders.entry(joined.generation).or_default();
                            leaders.push(joined.member_id.clone());
                        }
                        me.generation = joined.generation;
                        me.member_id = joined.member_id;
                    }
                }
            }
        }
    }
}

/// A group that has settled: everybody a member, the leader one of them, nobody waiting.
fn check_settled(world: &World) {
    for group in world.groups.by_id.values() {
        match group.phase {
            Phase::Empty => assert!(group.members.is_empty() && group.leader.is_none()),
            Phase::Preparing(_) => {}
            Phase::Completing | Phase::Stable => {
                let leader = group.leader.as_ref().expect("a leader");
                assert!(group.members.contains_key(leader));
                assert!(group.members.values().all(|member| member.join.is_none()));
                assert!(group.protocol.is_some());
            }
        }
        if group.phase == Phase::Stable {
            assert!(group.members.values().all(|member| member.sync.is_none()));
        }
        for (instance_id, member_id) in &group.statics {
            let member = group.members.get(member_id).expect("a member");
            assert_eq!(member.instance_id.as_ref(), Some(instance_id));
        }
        assert!(group.unsynced.iter().all(|member_id| group.members.contains_key(member_id)));
    }
}

/// Who a member id stands for: a static member that came back has a new one.
fn identity(member_id: &str) -> &str {
    match member_id.rsplit_once('-') {
        Some((instance_id, _)) if instance_id.starts_with("static-") => instance_id,
        _ => member_id,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_settled_group_has_one_leader_and_everybody_is_answered_in_the_end(
        delay in prop_oneof![Just(0), Just(3_000)],
        acts in prop::collection::vec(act(), 1..60),
    ) {
        let settings = Settings { initial_rebalance_delay_ms: delay, ..Settings::default() };
        let mut world = World::with(settings);
        let mut cast = Cast::default();
        for act in &acts {
            cast.act(&mut world, act);
            check_settled(&world);
        }
        // No heartbeat any more: sessions, joins and syncs all end.
        world.pass(2 * REBALANCE_MS + NEW_MEMBER_TIMEOUT_MS);
        cast.listen(&mut world);
        check_settled(&world);
        prop_assert_eq!(world.groups.waiting.unanswered(), 0);
        prop_assert!(world.groups.by_id.values().all(Group::is_empty));
        for (generation, leaders) in &cast.leaders {
            let first = leaders.first().map(|leader| identity(leader));
            let is_one = leaders.iter().all(|leader| Some(identity(leader)) == first);
            prop_assert!(is_one, "generation {} has the leaders {:?}", generation, leaders);
        }
    }
}

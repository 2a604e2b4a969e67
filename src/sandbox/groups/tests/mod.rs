//! Groups told as stories: a cast of clients, a clock, and what they are answered.

mod joining;
mod laws;
mod leaving;
mod offsets;
mod statics;
mod time;

use bytes::Bytes;
use kafka_protocol::ResponseError;

use super::*;

/// The groups and the time, moved by hand.
struct World {
    groups: Groups,
    now: Timestamp,
    uniques: u32,
}

const SESSION_MS: i32 = 10_000;
const REBALANCE_MS: i32 = 60_000;

impl World {
    fn new() -> Self {
        Self::with(Settings::default())
    }

    fn with(settings: Settings) -> Self {
        Self { groups: Groups::new(settings), now: Timestamp(1_000), uniques: 0 }
    }

    /// Lets milliseconds pass, with the ticks that a broker makes meanwhile.
    fn pass(&mut self, milliseconds: i32) {
        let end = later(self.now, milliseconds);
        while self.now < end {
            self.now = later(self.now, 500).min(end);
            self.groups.tick(self.now);
        }
    }

    /// A consumer's join as a current client sends it.
    fn join_of(&mut self, member_id: &str) -> Join {
        self.uniques += 1;
        Join {
            group: GroupId::from("g"),
            member_id: member_id.to_owned(),
            instance_id: None,
            client_id: "app".to_owned(),
            client_host: "/127.0.0.1".to_owned(),
            protocol_type: "consumer".to_owned(),
            protocols: vec![protocol("range", "orders")],
            session_timeout_ms: SESSION_MS,
            rebalance_timeout_ms: REBALANCE_MS,
            unique: self.uniques.to_string(),
            must_know_member_id: true,
            can_keep_assignment: true,
        }
    }

    fn join(&mut self, member_id: &str) -> Ticket {
        let join = self.join_of(member_id);
        self.groups.join(&join, self.now)
    }

    /// Asks for a member id, and joins with it.
    fn newcomer(&mut self) -> (String, Ticket) {
        let ticket = self.join("");
        let refused = self.joined(ticket).expect_err("an id comes first");
        assert_eq!(refused.error, ResponseError::MemberIdRequired);
        let ticket = self.join(&refused.member_id);
        (refused.member_id, ticket)
    }

    fn static_join(&mut self, instance_id: &str) -> Ticket {
        let join = Join { instance_id: Some(instance_id.to_owned()), ..self.join_of("") };
        self.groups.join(&join, self.now)
    }

    #[track_caller]
    fn joined(&mut self, ticket: Ticket) -> JoinAnswer {
        self.groups.take_join(ticket).expect("the join is answered")
    }

    #[track_caller]
    fn join_waits(&mut self, ticket: Ticket) {
        assert_eq!(self.groups.take_join(ticket), None);
    }

    fn sync(&mut self, member_id: &str, generation: i32, assignments: &[(&str, &str)]) -> Ticket {
        let assignments = assignments
            .iter()
            .map(|(member, text)| ((*member).to_owned(), Bytes::from((*text).to_owned())))
            .collect();
        let speaker = speaker(member_id, generation);
        let sync = Sync { speaker, protocol_type: None, protocol: None, assignments };
        self.groups.sync(&sync, self.now)
    }

    #[track_caller]
    fn synced(&mut self, ticket: Ticket) -> Result<Bytes, ResponseError> {
        let answer = self.groups.take_sync(ticket).expect("the sync is answered");
        answer.map(|synced| synced.assignment)
    }

    fn heartbeat(&mut self, member_id: &str, generation: i32) -> Result<(), ResponseError> {
        let speaker = speaker(member_id, generation);
        self.groups.heartbeat(&speaker, self.now)
    }

    fn leave(&mut self, member_id: &str) -> Result<(), ResponseError> {
        let leaver = Leaver { member_id: member_id.to_owned(), instance_id: None };
        let results = self.groups.leave(&GroupId::from("g"), &[leaver], self.now);
        results.expect("a group id").remove(0)
    }

    fn state(&self) -> &'static str {
        self.groups.describe(&GroupId::from("g")).map_or("Dead", |group| group.state)
    }

    /// One member, alone and stable in generation 1.
    fn stable_single() -> (Self, String) {
        let mut world = Self::new();
        let (one, ticket) = world.newcomer();
        let generation = world.joined(ticket).expect("joined").generation;
        let ticket = world.sync(&one, generation, &[(&one, "all")]);
        assert_eq!(world.synced(ticket), Ok(Bytes::from_static(b"all")));
        assert_eq!(world.state(), "Stable");
        (world, one)
    }

    /// Two members, stable in generation 2; the first leads.
    fn stable_pair() -> (Self, String, String) {
        let (mut world, one) = Self::stable_single();
        let (two, two_joins) = world.newcomer();
        let one_joins = world.join(&one);
        assert_eq!(world.joined(one_joins).expect("joined").generation, 2);
        assert_eq!(world.joined(two_joins).expect("joined").generation, 2);
        let two_syncs = world.sync(&two, 2, &[]);
        let one_syncs = world.sync(&one, 2, &[(&one, "left"), (&two, "right")]);
        assert_eq!(world.synced(one_syncs), Ok(Bytes::from_static(b"left")));
        assert_eq!(world.synced(two_syncs), Ok(Bytes::from_static(b"right")));
        (world, one, two)
    }
}

/// A protocol with a subscription to one topic.
fn protocol(name: &str, topic: &str) -> Protocol {
    let length = u8::try_from(topic.len()).expect("a short name");
    let metadata = [&[0, 1, 0, 0, 0, 1, 0, length], topic.as_bytes()].concat();
    Protocol { name: name.to_owned(), metadata: Bytes::from(metadata) }
}

/// Somebody who speaks for the group.
fn speaker(member_id: &str, generation: i32) -> Speaker {
    Speaker {
        group: GroupId::from("g"),
        member_id: member_id.to_owned(),
        instance_id: None,
        generation,
    }
}

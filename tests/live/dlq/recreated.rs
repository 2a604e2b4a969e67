//! Topics that are deleted and created again between a plan and its run, or while it runs.

use std::time::Duration;

use flowctl::approval::{Approval, ApprovedBy};
use flowctl::clock::Deadline;
use flowctl::dlq::{
    Composition, Declared, Dlq, Ended, Event, Expected, Job, Outcome, Query, RecordTime, Rule,
    Selector, TargetRule,
};
use flowctl::interrupt::Interrupt;
use flowctl::kafka::Cluster;
use flowctl::model::name::TopicName;
use flowctl::model::own_topics::OwnTopics;
use flowctl::model::timestamp::Timestamp;
use flowctl::model::topic::Gone;

use super::new_flow;
use crate::broker::block_on;
use crate::dead_letters::Flow;
use crate::home::PATIENCE;
use crate::support::kafka;

const NOW: Timestamp = Timestamp(1_795_233_600_000);

/// Plans a redrive, lets something happen, and runs it.
fn redrive_after(flow: &Flow<'_>, happens: impl FnOnce() + Send) -> (u64, Outcome, Ended) {
    redrive_around(flow, happens, || {})
}

/// Plans a redrive, lets something happen, runs it, and lets something else happen when it has
/// committed the first dead letters.
fn redrive_around(
    flow: &Flow<'_>,
    before: impl FnOnce() + Send,
    during: impl FnOnce() + Send,
) -> (u64, Outcome, Ended) {
    block_on(async {
        let settings = kafka().settings();
        let deadline = Deadline::after(PATIENCE);
        let cluster = Cluster::connect(&settings, deadline).await.unwrap();
        let topic = TopicName::from(flow.dlq.as_str());
        let described = cluster.topics(std::slice::from_ref(&topic), deadline).await.unwrap();
        let description = described.into_values().next().unwrap().unwrap();
        let ledger = TopicName::from("_flowctl.ledger");
        let declared = Declared { topic, main: None, expected: Expected::Auto, ledger };
        let timeout = Duration::from_secs(10);
        let dlq = Dlq::new(cluster, settings, declared, description, timeout);
        let snapshot = dlq.snapshot().await.unwrap();
        let time = RecordTime::Now;
        let own_topics = OwnTopics::default();
        let rule = Rule { target: TargetRule::Origin, time, max_redrives: 3, own_topics };
        let selector = Selector::new(Query::default(), rule);
        let mut tell = |_| Ok(());
        let plan =
            dlq.plan(&snapshot, selector.clone(), NOW, &mut |_| {}, &mut tell).await.unwrap();
        apart(before);
        let mut during = Some(during);
        let mut tell = |event| {
            if matches!(event, Event::Progress(_)) {
                during.take().into_iter().for_each(apart);
            }
            Ok(())
        };
        let composition = Composition { time, keeps_headers: false, adds_trace: true, now: NOW };
        let job = Job { id: ulid::Ulid::new().to_string(), selector, composition };
        let approval = Approval::given(ApprovedBy::Flag);
        let interrupt = Interrupt::never();
        let ran = dlq.redrive(&plan, &job, &snapshot, approval, &interrupt, &mut tell).await;
        (plan.sent(), ran.0, ran.1)
    })
}

/// Does something on a thread of its own: it has a runtime of its own.
fn apart(happens: impl FnOnce() + Send) {
    std::thread::scope(|scope| scope.spawn(happens).join()).unwrap();
}

/// Deletes a topic and creates it again, with so many partitions.
fn recreate(topic: &str, partitions: i32) {
    kafka().delete_topic(topic);
    kafka().create_topic(topic, partitions, &[]);
}

#[test]
fn a_plan_is_not_carried_out_on_another_topic_of_the_dlqs_name() {
    let flow = new_flow("redrive-recreated", 1);
    flow.fill(1, 20);
    let (planned, outcome, ended) = redrive_after(&flow, || {
        recreate(&flow.dlq, 1);
        // As many records again, which nobody has agreed to.
        flow.fill(1, 20);
    });
    assert_eq!((planned, outcome), (20, Outcome::default()));
    let Ended::Failed(error) = ended else { panic!("{ended:?}") };
    assert_eq!(flowctl::error::exit_of(&error), flowctl::exit::Exit::Refused, "{error:#}");
    assert!(kafka().read(&flow.main).is_empty());
    // The next command plans with what is there now.
    flow.redrive(&[]);
    flow.each_arrived_once(20);
}

#[test]
fn a_target_that_was_created_again_gets_each_record_once() {
    let flow = new_flow("redrive-new-target", 3);
    flow.fill(3, 10);
    let (planned, outcome, ended) = redrive_after(&flow, || recreate(&flow.main, 1));
    assert!(matches!(ended, Ended::Complete), "{ended:?}");
    assert_eq!((planned, outcome.redriven), (30, 30));
    // What belonged to partitions that are gone went by its key.
    let arrived = flow.arrived();
    assert_eq!((arrived.len(), arrived.values().sum::<usize>()), (30, 30));
    let told = flow.redrive(&[]);
    assert!(told.contains("nothing to redrive"), "{told}");
}

#[test]
fn a_target_that_is_created_again_meanwhile_has_lost_what_was_sent() {
    let flow = new_flow("redrive-lost-target", 1);
    flow.fill(1, 20);
    let (_, outcome, ended) = redrive_around(&flow, || {}, || recreate(&flow.main, 1));
    let Ended::Failed(error) = ended else { panic!("{ended:?}") };
    assert!(error.to_string().contains("was deleted and created again while"), "{error:#}");
    let [lost] = outcome.lost.as_slice() else { panic!("{outcome:?}") };
    assert_eq!((lost.topic.as_str(), lost.gone), (flow.main.as_str(), Gone::CreatedAgain));
    assert_eq!((outcome.redriven, lost.records + lost.uncertain), (20, 20));
    assert!(kafka().read(&flow.main).is_empty());
}

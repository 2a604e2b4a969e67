//! What becomes of a change whose answer is lost: a fake broker does as it is told and breaks the
//! connection.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::fake::FakeBroker;
use super::fake_changes::{Break, State, Topics};
use super::topics::Mode;
use crate::approval::Approval;
use crate::clock::Deadline;
use crate::kafka::{Error, ErrorCode};
use crate::model::name::{GroupId, TopicName};
use crate::model::topic::NewTopic;

fn nothing(_: &mut Topics) {}

/// A cluster with the topic `orders` of three partitions and the group `billing`.
fn broker(breaks: Break, meddle: fn(&mut Topics)) -> (FakeBroker, Arc<Mutex<State>>) {
    let state = Arc::new(Mutex::new(State {
        topics: BTreeMap::from([("orders".to_owned(), (3, None))]),
        groups: vec!["billing".to_owned()],
        breaks: Some(breaks),
        shown: None,
        meddle,
    }));
    let served = Arc::clone(&state);
    (FakeBroker::start(move |seen| served.lock().unwrap().answer(seen)), state)
}

fn orders() -> TopicName {
    TopicName::from("orders")
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(20))
}

/// Creates `payments` with six partitions and a retention.
async fn create(broker: &FakeBroker, deadline: Deadline) -> Result<(), Error> {
    let wanted = NewTopic {
        name: TopicName::from("payments"),
        partitions: 6,
        replication: 1,
        configs: BTreeMap::from([("retention.ms".to_owned(), "1000".to_owned())]),
    };
    let cluster = broker.connect().await;
    let made = cluster.create_topics(&[wanted], Mode::Execute, deadline).await;
    made?.remove(&TopicName::from("payments")).unwrap()
}

/// Raises the partition count of `orders` to six.
async fn grow(broker: &FakeBroker, deadline: Deadline) -> Result<(), Error> {
    let counts = BTreeMap::from([(orders(), 6)]);
    let cluster = broker.connect().await;
    let grown = cluster.create_partitions(&counts, Mode::Execute, deadline).await;
    grown?.remove(&orders()).unwrap()
}

/// Deletes `orders`.
async fn delete(broker: &FakeBroker) -> Result<(), Error> {
    let cluster = broker.connect().await;
    let deleted = cluster.delete_topics(&[orders()], Approval::for_test(), soon()).await;
    deleted?.remove(&orders()).unwrap()
}

#[tokio::test]
async fn a_topic_whose_creation_was_not_answered_is_created_once() {
    for breaks in [Break::AfterDoing, Break::BeforeDoing] {
        let (broker, state) = broker(breaks, nothing);
        assert_eq!(create(&broker, soon()).await, Ok(()), "{breaks:?}");
        let made = state.lock().unwrap().topics.get("payments").cloned();
        assert_eq!(made, Some((6, Some("1000".to_owned()))));
        let asked = broker.asked();
        assert_eq!(asked.iter().filter(|name| *name == "CreateTopics").count(), 2, "{asked:?}");
    }
}

#[tokio::test]
async fn a_topic_that_another_client_made_otherwise_is_not_taken_for_ones_own() {
    for other in [
        |topics: &mut Topics| drop(topics.insert("payments".to_owned(), (5, Some("1000".into())))),
        |topics: &mut Topics| drop(topics.insert("payments".to_owned(), (6, Some("2000".into())))),
    ] {
        let (broker, _) = broker(Break::BeforeDoing, other);
        let error = create(&broker, soon()).await.unwrap_err();
        assert_eq!(error.code(), Some(ErrorCode::TOPIC_ALREADY_EXISTS), "{error}");
    }
}

#[tokio::test]
async fn a_topic_that_was_there_is_not_taken_for_ones_own() {
    let (broker, state) = broker(Break::AfterDoing, nothing);
    {
        let mut state = state.lock().unwrap();
        state.breaks = None;
        state.topics.insert("payments".to_owned(), (6, Some("1000".to_owned())));
    }
    let error = create(&broker, soon()).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::TOPIC_ALREADY_EXISTS), "{error}");
}

#[tokio::test]
async fn a_creation_that_is_never_answered_stays_open() {
    let (broker, _) = broker(Break::Always, nothing);
    let error = create(&broker, Deadline::after(Duration::from_millis(300))).await.unwrap_err();
    assert!(matches!(error, Error::Unconfirmed { .. }), "{error}");
    let text = error.to_string();
    let change = "CreateTopics of topic `payments` may have been done or not: ";
    assert!(text.starts_with(change), "{text}");
}

#[tokio::test]
async fn partitions_whose_creation_was_not_answered_are_created_once() {
    for breaks in [Break::AfterDoing, Break::BeforeDoing] {
        let (broker, state) = broker(breaks, nothing);
        assert_eq!(grow(&broker, soon()).await, Ok(()), "{breaks:?}");
        assert_eq!(state.lock().unwrap().topics["orders"].0, 6);
    }
    let (broker, _) = broker(Break::BeforeDoing, |topics| topics.get_mut("orders").unwrap().0 = 9);
    let error = grow(&broker, soon()).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::INVALID_PARTITIONS), "{error}");
}

#[tokio::test]
async fn partitions_that_no_broker_shows_by_the_deadline_may_have_been_created() {
    let (broker, state) = broker(Break::AfterDoing, nothing);
    {
        let mut state = state.lock().unwrap();
        state.shown = Some(state.topics.clone());
    }
    let error = grow(&broker, Deadline::after(Duration::from_secs(2))).await.unwrap_err();
    assert_eq!(state.lock().unwrap().topics["orders"].0, 6);
    let text = error.to_string();
    let change = "CreatePartitions of topic `orders` may have been done or not: no answer to the \
                  question whether topic `orders` has 6 partitions";
    assert!(text.starts_with(change), "{text}");
}

#[tokio::test]
async fn a_topic_that_the_answer_leaves_out_may_have_been_created() {
    let (broker, state) = broker(Break::Silent, nothing);
    let error = create(&broker, soon()).await.unwrap_err();
    assert!(state.lock().unwrap().topics.contains_key("payments"));
    let text = error.to_string();
    let change = "CreateTopics of topic `payments` may have been done or not: the broker's answer";
    assert!(text.starts_with(change), "{text}");
}

#[tokio::test]
async fn a_topic_whose_configs_the_broker_writes_otherwise_is_ones_own() {
    let rewritten =
        |topics: &mut Topics| topics.get_mut("payments").unwrap().1 = Some("01000".into());
    let (broker, _) = broker(Break::AfterDoing, rewritten);
    assert_eq!(create(&broker, soon()).await, Ok(()));
}

#[tokio::test]
async fn a_topic_whose_deletion_was_not_answered_is_gone() {
    for breaks in [Break::AfterDoing, Break::BeforeDoing] {
        let (broker, state) = broker(breaks, nothing);
        assert_eq!(delete(&broker).await, Ok(()), "{breaks:?}");
        assert!(state.lock().unwrap().topics.is_empty());
    }
}

#[tokio::test]
async fn a_topic_made_again_after_its_deletion_is_not_deleted() {
    let again = |topics: &mut Topics| drop(topics.insert("orders".to_owned(), (8, None)));
    let (broker, state) = broker(Break::AfterDoing, again);
    assert_eq!(delete(&broker).await, Ok(()));
    assert_eq!(state.lock().unwrap().topics["orders"].0, 8, "the other one");
}

#[tokio::test]
async fn a_group_whose_deletion_was_not_answered_is_gone() {
    for breaks in [Break::AfterDoing, Break::BeforeDoing] {
        let (broker, state) = broker(breaks, nothing);
        let group = GroupId::from("billing");
        let cluster = broker.connect().await;
        let deleted = cluster
            .delete_groups(std::slice::from_ref(&group), Approval::for_test(), soon())
            .await
            .unwrap();
        assert_eq!(deleted[&group], Ok(()), "{breaks:?}");
        assert!(state.lock().unwrap().groups.is_empty());
    }
}

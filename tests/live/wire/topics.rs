//! Topics, configs, offsets and records: made, read, changed, deleted.

use std::collections::BTreeMap;

use flowctl::approval::{Approval, ApprovedBy};
use flowctl::kafka::{Cluster, Error, ErrorCode, Mode};
use flowctl::model::config_entry::{ConfigChange, ConfigResource, ConfigSource};
use flowctl::model::name::TopicName;
use flowctl::model::offset::{IsolationLevel, OffsetQuery, TopicPartition};
use flowctl::model::timestamp::Timestamp;
use flowctl::model::topic::NewTopic;

use super::{connect, run, soon};
use crate::home::unique;
use crate::support::kafka;

/// Names a topic that does not exist yet.
fn new_topic(name: &str, partitions: i32) -> NewTopic {
    NewTopic {
        name: TopicName::new(unique(name)),
        partitions,
        replication: 1,
        configs: BTreeMap::from([("retention.ms".to_owned(), "3600000".to_owned())]),
    }
}

/// Creates a topic with our own call.
async fn create(cluster: &Cluster, name: &str, partitions: i32) -> TopicName {
    let topic = new_topic(name, partitions);
    let created = cluster.create_topics(std::slice::from_ref(&topic), Mode::Execute, soon());
    assert_eq!(created.await.unwrap().get(&topic.name), Some(&Ok(())));
    topic.name
}

/// Writes lines to partition 0 by kcat.
fn write(topic: &TopicName, lines: &str) {
    let mut kcat = kafka().kcat();
    kcat.args(["-P", "-t", topic.as_str(), "-p", "0"]).write_stdin(lines).assert().success();
}

fn code<T: std::fmt::Debug>(result: Option<&Result<T, Error>>) -> ErrorCode {
    result.unwrap().as_ref().unwrap_err().code().unwrap()
}

#[test]
fn the_cluster_is_described() {
    run(async {
        let cluster = connect(kafka()).await;
        let described = cluster.describe(soon()).await.unwrap();
        assert_eq!(described.id, cluster.id(soon()).await.unwrap());
        assert_eq!(described.brokers.len(), 1);
        assert!(described.controller.is_some());
    });
}

#[test]
fn a_checked_topic_is_not_made_and_a_made_one_is_seen_at_once() {
    run(async {
        let cluster = connect(kafka()).await;
        let topic = new_topic("wire-create", 3);
        let name = &topic.name;
        let topics = std::slice::from_ref(&topic);
        let names = std::slice::from_ref(name);
        let checked = cluster.create_topics(topics, Mode::ValidateOnly, soon()).await.unwrap();
        assert_eq!(checked.get(name), Some(&Ok(())));
        let missing = cluster.topics(names, soon()).await.unwrap();
        assert_eq!(code(missing.get(name)), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);

        let made = cluster.create_topics(topics, Mode::Execute, soon()).await.unwrap();
        assert_eq!(made.get(name), Some(&Ok(())));
        let seen = cluster.topics(names, soon()).await.unwrap();
        let seen = seen[name].as_ref().unwrap();
        assert_eq!((seen.partition_count(), seen.replication_factor()), (3, 1));
        assert!(seen.id.is_some());
        assert!(cluster.all_topics(soon()).await.unwrap().contains_key(name));

        let again = cluster.create_topics(topics, Mode::Execute, soon()).await.unwrap();
        assert_eq!(code(again.get(name)), ErrorCode::TOPIC_ALREADY_EXISTS);
        let tool = kafka().tool("topics").args(["--describe", "--topic", name.as_str()]).assert();
        let told = crate::home::text(&tool.success().get_output().stdout);
        assert!(told.contains("PartitionCount: 3") && told.contains("retention.ms=3600000"));
    });
}

#[test]
fn each_topic_of_a_request_has_its_own_result() {
    run(async {
        let cluster = connect(kafka()).await;
        let good = new_topic("wire-items", 1);
        let bad = NewTopic { name: TopicName::from("wire items"), ..good.clone() };
        let wide = NewTopic { replication: 9, ..new_topic("wire-items", 1) };
        let topics = [good.clone(), bad.clone(), wide.clone()];
        let made = cluster.create_topics(&topics, Mode::Execute, soon()).await.unwrap();
        assert_eq!(made.get(&good.name), Some(&Ok(())));
        assert_eq!(code(made.get(&bad.name)).name(), "INVALID_TOPIC_EXCEPTION");
        assert_eq!(code(made.get(&wide.name)).name(), "INVALID_REPLICATION_FACTOR");
    });
}

#[test]
fn partitions_are_added_and_used_at_once() {
    run(async {
        let cluster = connect(kafka()).await;
        let name = create(&cluster, "wire-grow", 1).await;
        let end = |partition| (TopicPartition::new(name.clone(), partition), OffsetQuery::Latest);
        let isolation = IsolationLevel::ReadCommitted;
        let one = cluster.offsets(&[end(0), end(1)], isolation, soon()).await.unwrap();
        assert_eq!(one.get(&end(0)), Some(&Ok(Some(0))));

        let wanted = BTreeMap::from([(name.clone(), 3)]);
        let grown = cluster.create_partitions(&wanted, Mode::Execute, soon()).await.unwrap();
        assert_eq!(grown.get(&name), Some(&Ok(())));
        let three = cluster.offsets(&[end(0), end(1), end(2)], isolation, soon()).await.unwrap();
        assert!(three.values().all(|end| *end == Ok(Some(0))), "{three:?}");

        let fewer = BTreeMap::from([(name.clone(), 2)]);
        let refused = cluster.create_partitions(&fewer, Mode::ValidateOnly, soon()).await.unwrap();
        assert_eq!(code(refused.get(&name)).name(), "INVALID_PARTITIONS");
    });
}

#[test]
fn configs_are_changed_one_by_one() {
    run(async {
        let cluster = connect(kafka()).await;
        let name = create(&cluster, "wire-configs", 1).await;
        let topic = ConfigResource::Topic(name.clone());
        let absent = ConfigResource::Topic(TopicName::new(unique("wire-absent")));
        let broker = ConfigResource::Broker(1);
        let set = |value: &str| ConfigChange::Set(value.to_owned());
        let change = |key: &str, change| {
            BTreeMap::from([(topic.clone(), BTreeMap::from([(key.to_owned(), change)]))])
        };
        let wrong = change("retention.ms", set("soon"));
        let checked = cluster.alter_configs(&wrong, Mode::ValidateOnly, soon()).await.unwrap();
        assert_eq!(code(checked.get(&topic)).name(), "INVALID_CONFIG");
        for (key, change_of_key) in
            [("cleanup.policy", set("compact")), ("retention.ms", ConfigChange::Delete)]
        {
            let changes = change(key, change_of_key);
            let altered = cluster.alter_configs(&changes, Mode::Execute, soon()).await.unwrap();
            assert_eq!(altered.get(&topic), Some(&Ok(())));
        }
        let asked = [topic.clone(), absent.clone(), broker.clone()];
        let configs = cluster.describe_configs(&asked, soon()).await.unwrap();
        let of_topic = configs[&topic].as_ref().unwrap();
        let policy = &of_topic["cleanup.policy"];
        assert_eq!(policy.value.as_deref(), Some("compact"));
        assert_eq!(policy.source, ConfigSource::DynamicTopic);
        assert_eq!(of_topic["retention.ms"].source, ConfigSource::Default);
        assert_eq!(code(configs.get(&absent)), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        let of_broker = configs[&broker].as_ref().unwrap();
        assert!(of_broker["log.dirs"].is_read_only);
    });
}

#[test]
fn offsets_are_found_and_records_deleted() {
    run(async {
        let cluster = connect(kafka()).await;
        let name = create(&cluster, "wire-offsets", 2).await;
        write(&name, "a\nb\nc\n");
        let partition = TopicPartition::new(name.clone(), 0);
        let queries = [
            OffsetQuery::Earliest,
            OffsetQuery::Latest,
            OffsetQuery::At(Timestamp(0)),
            OffsetQuery::At(Timestamp(i64::MAX / 2)),
        ];
        let asked = queries.map(|query| (partition.clone(), query));
        let isolation = IsolationLevel::ReadUncommitted;
        let found = cluster.offsets(&asked, isolation, soon()).await.unwrap();
        let found: Vec<_> = asked.iter().map(|q| found[q].clone().unwrap()).collect();
        assert_eq!(found, [Some(0), Some(3), Some(0), None]);

        let missing = (TopicPartition::new(name.clone(), 7), OffsetQuery::Latest);
        let none =
            cluster.offsets(std::slice::from_ref(&missing), isolation, soon()).await.unwrap();
        assert_eq!(code(none.get(&missing)), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);

        let approval = Approval::given(ApprovedBy::Flag);
        let before = BTreeMap::from([(partition.clone(), 2)]);
        let deleted = cluster.delete_records(&before, approval, soon()).await.unwrap();
        assert_eq!(deleted.get(&partition), Some(&Ok(2)));
        let approval = Approval::given(ApprovedBy::Flag);
        let beyond = BTreeMap::from([(partition.clone(), 9)]);
        let refused = cluster.delete_records(&beyond, approval, soon()).await.unwrap();
        assert_eq!(code(refused.get(&partition)).name(), "OFFSET_OUT_OF_RANGE");

        let approval = Approval::given(ApprovedBy::Flag);
        let gone = cluster.delete_topics(std::slice::from_ref(&name), approval, soon()).await;
        assert_eq!(gone.unwrap().get(&name), Some(&Ok(())));
    });
}

#[test]
fn many_topics_take_several_requests() {
    run(async {
        let cluster = connect(kafka()).await;
        let absent = unique("wire-many");
        let asked: Vec<_> = (0..4_500)
            .map(|n| ConfigResource::Topic(TopicName::new(format!("{absent}-{n}"))))
            .collect();
        let configs = cluster.describe_configs(&asked, soon()).await.unwrap();
        assert_eq!(configs.len(), asked.len());
        assert!(configs.values().all(Result::is_err));
    });
}

//! Changes while the controller is killed: what is reported is what is there.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use flowctl::kafka::{Cluster, ErrorCode, Mode, PerItem};
use flowctl::model::name::TopicName;
use flowctl::model::topic::NewTopic;

use super::{connect, run, soon};
use crate::home::{text, unique};
use crate::support::{ThreeBrokers, three_brokers};

/// Returns the id of the node that leads the controllers.
fn controller(three: &ThreeBrokers) -> i32 {
    let told = three.kafka.tool("quorum").args(["describe", "--status"]).assert().success();
    let told = text(&told.get_output().stdout);
    let leader = told.lines().find_map(|line| line.strip_prefix("LeaderId:"));
    leader.and_then(|id| id.trim().parse().ok()).unwrap_or_else(|| panic!("{told}"))
}

/// Creates twenty topics.
async fn create(cluster: &Cluster, prefix: &str, round: usize) -> PerItem<TopicName, ()> {
    let topics: Vec<_> = (0..20)
        .map(|n| NewTopic {
            name: TopicName::new(format!("{prefix}-{round}-{n}")),
            partitions: 2,
            replication: 3,
            configs: BTreeMap::from([("retention.ms".to_owned(), "86400000".to_owned())]),
        })
        .collect();
    cluster.create_topics(&topics, Mode::Execute, soon()).await.unwrap()
}

#[test]
fn every_topic_is_created_once_while_the_controller_is_killed() {
    let three = three_brokers();
    let doomed = controller(&three);
    let is_killed = AtomicBool::new(false);
    let prefix = unique("controller");
    let results = std::thread::scope(|scope| {
        let creator = scope.spawn(|| {
            run(async {
                let cluster = connect(&three.kafka).await;
                let (mut results, mut round) = (PerItem::new(), 0);
                loop {
                    let is_last = is_killed.load(Ordering::Relaxed);
                    results.extend(create(&cluster, &prefix, round).await);
                    round += 1;
                    if is_last {
                        return results;
                    }
                }
            })
        });
        three.kill(doomed);
        is_killed.store(true, Ordering::Relaxed);
        creator.join().unwrap()
    });
    three.start(doomed);
    for (topic, result) in &results {
        if let Err(error) = result {
            // A broker asked its controller twice on its own, so that nobody can tell whose it is.
            assert_eq!(error.code(), Some(ErrorCode::TOPIC_ALREADY_EXISTS), "{topic}: {error}");
        }
    }
    let done = results.values().filter(|result| result.is_ok()).count();
    assert!(done > 20, "{done} of {} are done", results.len());
    run(async {
        let cluster = connect(&three.kafka).await;
        let names: Vec<_> = results.into_keys().collect();
        for (topic, found) in cluster.topics(&names, soon()).await.unwrap() {
            assert_eq!(found.unwrap().partition_count(), 2, "{topic}");
        }
    });
}

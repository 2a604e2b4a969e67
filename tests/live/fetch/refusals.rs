//! What reading says where a right or a topic is missing; reading over TLS with SCRAM.

use flowctl::kafka::connection::Properties;
use flowctl::kafka::{Error, ErrorCode, ReadOptions, Reader};
use flowctl::model::codec::Codec;
use flowctl::model::name::TopicName;

use super::{
    connect, impatient, new_topic, open, outgoing, partitions_of, read_all, run, settings,
    settings_with, soon, values, write,
};
use crate::support::{kafka, secure_kafka};

#[test]
fn a_user_who_may_describe_but_not_read_is_told_so() {
    run(async {
        let properties = |user: &str| {
            let file = secure_kafka().variable(&format!("FLOWCTL_DEV_{user}_PROPERTIES"));
            Properties::parse(&std::fs::read_to_string(file).unwrap(), file).unwrap()
        };
        let admin = settings_with(secure_kafka(), &properties("ADMIN"));
        let cluster = connect(&admin).await;
        let topic = new_topic(&cluster, 1, 1, &[]).await;
        let partitions = partitions_of(&topic, 1);
        write(&admin, Codec::Lz4, &[outgoing(&topic, 0, "secret")]);
        assert_eq!(values(&read_all(&cluster, &partitions).await), ["secret"]);

        secure_kafka().grant("alice", "Describe", topic.as_str());
        let alice = connect(&settings_with(secure_kafka(), &properties("ALICE"))).await;
        let starts = partitions.iter().map(|p| (p.clone(), 0)).collect();
        let mut reader = Reader::open(&alice, starts, impatient(), soon()).await.unwrap();
        let error = reader.next().await.unwrap_err();
        assert_eq!(
            error,
            Error::Denied {
                operation: "READ".to_owned(),
                resource: format!("topic `{topic}`"),
                code: ErrorCode::TOPIC_AUTHORIZATION_FAILED,
                exists: false,
            }
        );
    });
}

#[test]
fn a_topic_or_partition_that_does_not_exist_is_an_error_at_once() {
    run(async {
        let cluster = connect(&settings(kafka())).await;
        let topic = new_topic(&cluster, 2, 1, &[]).await;
        // Made on another connection, so that it is nothing new to this one.
        let cluster = connect(&settings(kafka())).await;
        drop(open(&cluster, &partitions_of(&topic, 2), 0, ReadOptions::default()).await);
        for missing in [partitions_of(&topic, 3), partitions_of(&TopicName::from("no-such"), 1)] {
            let starts = missing.iter().map(|p| (p.clone(), 0)).collect();
            let opened = Reader::open(&cluster, starts, ReadOptions::default(), soon()).await;
            let error = opened.map(drop).unwrap_err();
            assert_eq!(error.code(), Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION), "{error}");
            let last = missing.last().unwrap();
            assert_eq!(error.to_string(), format!("UNKNOWN_TOPIC_OR_PARTITION: {last}"));
        }
    });
}

//! Isolation levels: what is none of them is refused as a whole.

use kafka_protocol::messages::ListOffsetsRequest;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};

use crate::broker::{Broker, unique};
use crate::records::{fetch_request, produce, record, settle};
use crate::topics::{create, name};

crate::behaviours! {
    a_fetch_at_no_isolation_level_is_refused,
    offsets_at_no_isolation_level_are_refused,
}

/// No level: 0 is `read_uncommitted`, 1 is `read_committed`.
const LEVEL: i8 = 2;
/// `UNKNOWN_SERVER_ERROR`.
const UNKNOWN: i16 = -1;

fn a_fetch_at_no_isolation_level_is_refused(broker: &Broker) {
    let (topic, mut client) = (unique("isolation"), broker.connect());
    let id = create(&mut client, &topic, 1);
    settle(&mut client, &topic);
    produce(&mut client, &topic, &[&[record(0, "a")]]);
    let by_name = fetch_request(&topic, 0, 0).with_isolation_level(LEVEL);
    // Before version 7 only partitions have an error.
    for (version, code) in [(4, 0), (6, 0), (7, UNKNOWN), (12, UNKNOWN)] {
        let mut answer = client.ask_in(version, &by_name);
        assert_eq!(answer.error_code, code, "{version}");
        let partition = answer.responses.remove(0).partitions.remove(0);
        let offsets =
            (partition.high_watermark, partition.last_stable_offset, partition.log_start_offset);
        assert_eq!((partition.error_code, offsets), (UNKNOWN, (-1, -1, -1)), "{version}");
        assert_eq!(partition.records.unwrap_or_default().len(), 0, "{version}");
    }
    let mut by_id = by_name;
    by_id.topics[0].topic = name("");
    by_id.topics[0].topic_id = id;
    for version in [13, 17] {
        let answer = client.ask_in(version, &by_id);
        assert_eq!((answer.error_code, answer.responses.len()), (UNKNOWN, 0), "{version}");
    }
}

fn offsets_at_no_isolation_level_are_refused(broker: &Broker) {
    let (topic, mut client) = (unique("isolation"), broker.connect());
    create(&mut client, &topic, 1);
    settle(&mut client, &topic);
    let partition =
        ListOffsetsPartition::default().with_timestamp(-1).with_current_leader_epoch(-1);
    let topic =
        ListOffsetsTopic::default().with_name(name(&topic)).with_partitions(vec![partition]);
    let request = ListOffsetsRequest::default()
        .with_replica_id((-1).into())
        .with_isolation_level(LEVEL)
        .with_topics(vec![topic]);
    for version in [2, 10] {
        let answer = client.ask_in(version, &request).topics.remove(0).partitions.remove(0);
        let offset = (answer.offset, answer.timestamp, answer.leader_epoch);
        assert_eq!((answer.error_code, offset), (UNKNOWN, (-1, -1, -1)), "{version}");
    }
}

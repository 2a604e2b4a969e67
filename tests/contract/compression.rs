//! How batches are compressed.

use kafka_protocol::records::Record;

use crate::broker::{Broker, unique};
use crate::client::Client;
use crate::records::{encode, fetch, find, record, send, settle};
use crate::topics::create_with;

crate::behaviours! { batches_are_compressed_as_the_topic_has_it }

/// Where a batch has its attributes; the last three bits are the codec's number.
const ATTRIBUTES: usize = 22;

fn topic(client: &mut Client, compression: &str) -> String {
    let topic = unique("compression");
    create_with(client, &topic, &[("compression.type", compression)]);
    settle(client, &topic);
    topic
}

fn batches_are_compressed_as_the_topic_has_it(broker: &Broker) {
    let mut client = broker.connect();
    let numbered = |sequence: i32| {
        let numbered = record(sequence.into(), "value");
        Record { producer_id: 7, producer_epoch: 0, sequence, ..numbered }
    };
    let plain = encode(&(0..100).map(numbered).collect::<Vec<_>>());
    for (compression, number) in
        [("producer", 0), ("uncompressed", 0), ("gzip", 1), ("snappy", 2), ("lz4", 3), ("zstd", 4)]
    {
        let topic = topic(&mut client, compression);
        for _ in 0..2 {
            let sent = send(&mut client, &topic, plain.clone());
            assert_eq!((sent.error_code, sent.base_offset), (0, 0), "it is known again");
        }
        assert_eq!(find(&mut client, &topic, -1).offset, 100);
        let stored = fetch(&mut client, &topic, 0).records.unwrap();
        assert_eq!(stored[ATTRIBUTES] & 7, number, "{compression}");
        let is_smaller = stored.len() < plain.len();
        assert_eq!(is_smaller, number > 0, "{compression}: {} bytes", stored.len());
        // Another broker can read what this one has written.
        let copy = self::topic(&mut client, "producer");
        assert_eq!(send(&mut client, &copy, stored).error_code, 0);
    }
}

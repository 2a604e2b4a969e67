//! What becomes of batches that are produced: stored once, in order, or refused.

use bytes::Bytes;
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records::{Record, RecordBatchDecoder, TimestampType};

use crate::broker::{Broker, unique};
use crate::client::Client;
use crate::records::{
    PRODUCE, configured, encode, fetch, find, numbered, produce, record, request, send, topic,
};

crate::behaviours! {
    a_batch_sent_again_is_stored_once,
    sequences_are_checked,
    bad_batches_are_refused,
    a_compacted_topic_wants_keys,
    the_broker_sets_the_time_if_it_is_to,
    acks_are_none_one_or_all,
}

fn a_batch_sent_again_is_stored_once(broker: &Broker) {
    let (topic, mut client) = topic(broker);
    for sequence in 0..6 {
        produce(&mut client, &topic, &[&[numbered(7, 0, sequence)]]);
    }
    for sequence in 1..6 {
        let again = send(&mut client, &topic, encode(&[numbered(7, 0, sequence)]));
        assert_eq!((again.error_code, again.base_offset), (0, i64::from(sequence)));
    }
    let forgotten = send(&mut client, &topic, encode(&[numbered(7, 0, 0)]));
    assert_eq!(forgotten.error_code, 45);
    assert_eq!(find(&mut client, &topic, -1).offset, 6);
}

fn sequences_are_checked(broker: &Broker) {
    let (topic, mut client) = topic(broker);
    for (epoch, sequence, code) in
        [(1, 5, 0), (1, 7, 45), (1, 6, 0), (2, 7, 45), (2, 0, 0), (1, 7, 47), (2, i32::MAX, 45)]
    {
        let answer = send(&mut client, &topic, encode(&[numbered(7, epoch, sequence)]));
        assert_eq!(answer.error_code, code, "epoch {epoch}, sequence {sequence}");
        assert_eq!(answer.log_start_offset, 0);
    }
    produce(&mut client, &topic, &[&[numbered(8, 0, i32::MAX)], &[numbered(8, 0, 0)]]);
}

/// Answers with code and log start offset.
fn refused(client: &mut Client, topic: &str, bytes: Vec<u8>) -> (i16, i64) {
    let answer = send(client, topic, Bytes::from(bytes));
    assert_eq!((answer.base_offset, answer.log_append_time_ms), (-1, -1));
    (answer.error_code, answer.log_start_offset)
}

fn bad_batches_are_refused(broker: &Broker) {
    let (topic, mut client) = topic(broker);
    let batch = encode(&[record(0, "a"), record(1, "b")]).to_vec();
    let change = |place: usize, value: u8| {
        let mut batch = batch.clone();
        batch[place] = value;
        batch
    };
    let sealed = |mut batch: Vec<u8>| {
        let checksum = crc32c::crc32c(&batch[21..]);
        batch[17..21].copy_from_slice(&checksum.to_be_bytes());
        batch
    };
    assert_eq!(refused(&mut client, &topic, Vec::new()), (87, -1), "no batch");
    assert_eq!(refused(&mut client, &topic, [batch.clone(), batch.clone()].concat()), (87, -1));
    assert_eq!(refused(&mut client, &topic, batch[..70].to_vec()), (87, -1), "half a batch");
    assert_eq!(refused(&mut client, &topic, change(16, 3)), (2, -1), "magic 3");
    assert_eq!(refused(&mut client, &topic, change(30, 1)), (2, -1), "checksum");
    assert_eq!(refused(&mut client, &topic, change(7, 9)), (87, 0), "base offset");
    assert_eq!(refused(&mut client, &topic, sealed(change(26, 5))), (87, 0), "last offset");
    assert_eq!(refused(&mut client, &topic, sealed(change(22, 0x20))), (87, 0), "control");
    assert_eq!(refused(&mut client, &topic, sealed(change(22, 5))), (-1, 0), "codec");
    let numberless = encode(&[numbered(7, 0, -1)]).to_vec();
    assert_eq!(refused(&mut client, &topic, numberless), (87, 0));
    let large = "x".repeat(1_100_000);
    assert_eq!(refused(&mut client, &topic, encode(&[record(0, &large)]).to_vec()), (10, -1));
    let with_rest = [batch.clone(), vec![0; 5]].concat();
    assert_eq!(send(&mut client, &topic, with_rest.into()).error_code, 0, "what is behind it");
    let missing = send(&mut client, &unique("missing"), batch.into());
    assert_eq!((missing.error_code, missing.base_offset), (3, -1));
}

fn a_compacted_topic_wants_keys(broker: &Broker) {
    let (topic, mut client) = configured(broker, "cleanup.policy", "compact");
    let key = Some(Bytes::from_static(b"k"));
    let keyed = Record { key, ..record(0, "a") };
    let answer = send(&mut client, &topic, encode(&[keyed, record(1, "b")]));
    assert_eq!((answer.error_code, answer.log_start_offset), (87, 0));
    let wrong =
        format!("Compacted topic cannot accept message without key in topic partition {topic}-0");
    let [error] = answer.record_errors.try_into().unwrap();
    assert_eq!((error.batch_index, text(error.batch_index_error_message)), (1, wrong.clone()));
    let message = format!(
        "One or more records have been rejected due to 1 record errors in total, and only showing \
         the first three errors at most: [RecordError(batchIndex=1, message='{wrong}')]"
    );
    assert_eq!(text(answer.error_message), message);
}

fn text(text: Option<StrBytes>) -> String {
    text.unwrap().to_string()
}

fn the_broker_sets_the_time_if_it_is_to(broker: &Broker) {
    let (topic, mut client) = configured(broker, "message.timestamp.type", "LogAppendTime");
    let old = |offset, text| Record { timestamp: 1_000, ..record(offset, text) };
    let answer = send(&mut client, &topic, encode(&[old(0, "a"), old(1, "b")]));
    assert!(answer.log_append_time_ms > 1_700_000_000_000, "{answer:?}");
    let mut bytes = fetch(&mut client, &topic, 0).records.unwrap();
    for record in RecordBatchDecoder::decode_all(&mut bytes).unwrap().remove(0).records {
        assert_eq!(record.timestamp_type, TimestampType::LogAppend);
    }
    let found = find(&mut client, &topic, 2_000);
    assert_eq!((found.offset, found.timestamp), (0, answer.log_append_time_ms));
}

fn acks_are_none_one_or_all(broker: &Broker) {
    let (topic, mut client) = topic(broker);
    let batch = encode(&[record(0, "a")]);
    let wrong = request(&topic, Some(batch.clone())).with_acks(2);
    let answer = client.ask_in(PRODUCE, &wrong);
    assert_eq!(answer.responses[0].partition_responses[0].error_code, 21);
    client.send(PRODUCE, &request(&topic, Some(batch.clone())).with_acks(0));
    let next = client.ask_in(PRODUCE, &request(&topic, Some(batch)).with_acks(1));
    assert_eq!(next.responses[0].partition_responses[0].base_offset, 1, "0 has no answer");
}

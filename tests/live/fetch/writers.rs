//! Records of every writer and codec are read as they were written, and as kcat reads them.

use flowctl::model::codec::Codec;
use flowctl::model::record::{OutgoingRecord, Record, SentTime};
use flowctl::model::timestamp::{Timestamp, TimestampType};

use super::{
    connect, header, kcat_lines, lines, new_topic, outgoing, partitions_of, read_all, run,
    settings, text, write,
};
use crate::support::kafka;

/// Kafka's names of the codecs (`compression.type`).
const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];
/// Shows key, value and headers of a record.
fn content(record: &Record) -> String {
    let headers: Vec<_> = record
        .headers
        .iter()
        .map(|header| format!("{}={}", text(Some(&header.name)), text(header.value.as_deref())))
        .collect();
    let (key, value) = (text(record.key.as_deref()), text(record.value.as_deref()));
    format!("{key} {value} {}", headers.join(","))
}

#[test]
fn what_kcat_writes_is_read_whatever_the_codec() {
    run(async {
        let cluster = connect(&settings(kafka())).await;
        let topic = new_topic(&cluster, 1, 1, &[]).await;
        let partitions = partitions_of(&topic, 1);
        let mut expected = Vec::new();
        for codec in CODECS {
            let mut input: Vec<_> =
                (0..700).map(|number| format!("key-{number}:{codec} value {number}\n")).collect();
            input.push("tombstone:\n:no key\n".to_owned());
            expected.extend(
                (0..700).map(|number| format!("key-{number} {codec} value {number} a=1,b=,a=2")),
            );
            expected.push("tombstone NULL a=1,b=,a=2".to_owned());
            expected.push("NULL no key a=1,b=,a=2".to_owned());
            let mut kcat = kafka().kcat();
            kcat.args(["-P", "-t", topic.as_str(), "-p", "0", "-z", codec, "-K", ":", "-Z"]);
            kcat.args(["-H", "a=1", "-H", "b=", "-H", "a=2"]);
            kcat.write_stdin(input.concat()).assert().success();
        }
        let records = read_all(&cluster, &partitions).await;
        assert_eq!(records.iter().map(content).collect::<Vec<_>>(), expected);
        assert_eq!(lines(&records), kcat_lines(kafka(), &partitions[0]));
    });
}

#[test]
fn what_the_java_producer_writes_is_read_whatever_the_codec() {
    let input = |codec: &str| {
        (0..700)
            .map(|number| format!("a:1,b:NULL,a:2\tkey-{number}\t{codec} value {number}\n"))
            .chain(["a:1\ttombstone\tNULL\n".to_owned(), "a:1\tNULL\tno key\n".to_owned()])
            .collect::<String>()
    };
    run(async {
        let cluster = connect(&settings(kafka())).await;
        // One topic a codec: each Java process takes seconds to start, so they run side by side.
        let mut topics = Vec::new();
        for _ in CODECS {
            topics.push(new_topic(&cluster, 1, 1, &[]).await);
        }
        std::thread::scope(|scope| {
            for (codec, topic) in CODECS.iter().zip(&topics) {
                scope.spawn(move || {
                    let mut producer = kafka().tool("console-producer");
                    producer.args(["--topic", topic.as_str(), "--compression-codec", codec]);
                    for property in ["parse.key=true", "parse.headers=true", "null.marker=NULL"] {
                        producer.args(["--property", property]);
                    }
                    producer.write_stdin(input(codec)).assert().success();
                });
            }
        });
        for (codec, topic) in CODECS.iter().zip(&topics) {
            let mut expected: Vec<_> = (0..700)
                .map(|number| format!("key-{number} {codec} value {number} a=1,b=NULL,a=2"))
                .collect();
            expected.push("tombstone NULL a=1".to_owned());
            expected.push("NULL no key a=1".to_owned());
            let partitions = partitions_of(topic, 1);
            let records = read_all(&cluster, &partitions).await;
            assert_eq!(records.iter().map(content).collect::<Vec<_>>(), expected, "{codec}");
            assert_eq!(lines(&records), kcat_lines(kafka(), &partitions[0]), "{codec}");
        }
    });
}

#[test]
fn bytes_are_read_as_they_were_written_whatever_the_codec() {
    run(async {
        let settings = settings(kafka());
        let cluster = connect(&settings).await;
        let topic = new_topic(&cluster, 1, 1, &[]).await;
        let all_bytes: Vec<u8> = (0..=255).collect();
        let record = |key: Option<&[u8]>, value: Option<&[u8]>| OutgoingRecord {
            timestamp: SentTime::At(Timestamp(1_700_000_000_123)),
            key: key.map(|bytes| bytes.to_vec().into()),
            value: value.map(|bytes| bytes.to_vec().into()),
            ..outgoing(&topic, 0, "")
        };
        let mut written = Vec::new();
        for compression in Codec::ALL {
            let mut records = vec![
                record(None, None),
                record(Some(b""), Some(b"")),
                record(Some(b""), None),
                record(None, Some(b"")),
                record(Some(&all_bytes), Some(&all_bytes)),
                record(Some(b"k"), Some(&all_bytes.repeat(800))),
            ];
            records[4].headers = vec![
                header(b"same", Some(b"1")),
                header(b"same", Some(b"2")),
                header(b"other", None),
                header(b"", Some(b"")),
                // kcat shows a header's value up to the first zero byte.
                header(b"same", Some(&all_bytes[1..])),
            ];
            write(&settings, compression, &records);
            written.extend(records);
        }
        let partitions = partitions_of(&topic, 1);
        let read = read_all(&cluster, &partitions).await;
        assert_eq!(read.len(), written.len());
        for (index, (read, written)) in read.iter().zip(&written).enumerate() {
            assert_eq!(read.offset, i64::try_from(index).unwrap());
            assert_eq!(SentTime::copied(read.timestamp), written.timestamp);
            assert_eq!(read.timestamp_type, TimestampType::CreateTime);
            assert_eq!(
                (&read.key, &read.value, &read.headers),
                (&written.key, &written.value, &written.headers),
                "record {index}"
            );
        }
        assert!(lines(&read) == kcat_lines(kafka(), &partitions[0]), "kcat reads something else");
    });
}

#[test]
fn the_broker_s_own_timestamps_are_read() {
    run(async {
        let settings = settings(kafka());
        let cluster = connect(&settings).await;
        let log_append_time = [("message.timestamp.type", "LogAppendTime")];
        let topic = new_topic(&cluster, 1, 1, &log_append_time).await;
        let records: Vec<_> = (0..50)
            .map(|number| OutgoingRecord {
                timestamp: SentTime::At(Timestamp(1_000 + number)),
                ..outgoing(&topic, 0, "value")
            })
            .collect();
        write(&settings, Codec::Lz4, &records);
        let partitions = partitions_of(&topic, 1);
        let read = read_all(&cluster, &partitions).await;
        assert!(read.iter().all(|r| r.timestamp_type == TimestampType::LogAppendTime));
        assert!(read.iter().all(|r| r.timestamp > Some(Timestamp(1_700_000_000_000))));
        assert_eq!(lines(&read), kcat_lines(kafka(), &partitions[0]));
    });
}

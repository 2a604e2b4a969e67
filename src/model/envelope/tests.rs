//! The law of the envelope: what is written is read again byte for byte.

use proptest::prelude::*;

use super::*;
use crate::model::header::Headers;
use crate::model::record::RecordView;

/// Encodes headers as the record format v2 does.
fn header_block(headers: &[Header]) -> Vec<u8> {
    let mut block = Vec::new();
    for Header { name, value } in headers {
        for bytes in [Some(name), value.as_ref()] {
            let length = bytes.map_or(-1, |bytes| i64::try_from(bytes.len()).unwrap());
            let mut zigzag = ((length << 1) ^ (length >> 63)).cast_unsigned();
            while zigzag >= 0x80 {
                block.push(u8::try_from(zigzag & 0x7f).unwrap() | 0x80);
                zigzag >>= 7;
            }
            block.push(u8::try_from(zigzag).unwrap());
            block.extend_from_slice(bytes.map_or(&[], |bytes| bytes));
        }
    }
    block
}

fn line_of(record: &EnvelopeRecord) -> Vec<u8> {
    let block = header_block(&record.headers);
    let view = RecordView {
        offset: record.offset.unwrap(),
        timestamp: record.timestamp,
        timestamp_type: record.timestamp_type.unwrap(),
        key: record.key.as_deref(),
        value: record.value.as_deref(),
        headers: Headers::new(record.headers.len(), &block),
    };
    let mut line = Vec::new();
    write(record.topic.as_ref().unwrap(), record.partition.unwrap(), &view, &mut line);
    line
}

fn record(value: &[u8]) -> EnvelopeRecord {
    EnvelopeRecord {
        topic: Some("orders".into()),
        partition: Some(3),
        offset: Some(42),
        timestamp: Some(Timestamp(1_700_000_000_120)),
        timestamp_type: Some(TimestampType::CreateTime),
        key: Some(Bytes::from_static(b"o-1")),
        value: Some(Bytes::copy_from_slice(value)),
        headers: Vec::new(),
    }
}

fn bytes() -> impl Strategy<Value = Option<Bytes>> {
    let json = prop_oneof![
        Just("null"),
        Just("true"),
        Just("-1.50e+03"),
        Just(r#""\ud800""#),
        Just(r#"{"a": [1, "x\n"], "a":{}}"#),
        Just("[1,\n2]"),
        Just(" {} "),
        Just("1\r"),
        Just("01"),
    ];
    prop_oneof![
        Just(None),
        Just(Some(Bytes::new())),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| Some(bytes.into())),
        ".{0,20}".prop_map(|text| Some(text.into())),
        "[\\[\\]{}:,\" 0-9a\\\\]{0,8}".prop_map(|text| Some(text.into())),
        json.prop_map(|text| Some(text.into())),
    ]
}

fn headers() -> impl Strategy<Value = Vec<Header>> {
    let name = prop_oneof![
        "[ab]".prop_map(Bytes::from),
        proptest::collection::vec(any::<u8>(), 0..4).prop_map(Bytes::from)
    ];
    proptest::collection::vec(
        (name, bytes()).prop_map(|(name, value)| Header { name, value }),
        0..4,
    )
}

prop_compose! {
    fn records()(
        partition in any::<i32>(),
        offset in any::<i64>(),
        timestamp in proptest::option::of(any::<i64>()),
        recent in any::<i32>(),
        is_recent in any::<bool>(),
        log_append in any::<bool>(),
        key in bytes(),
        value in bytes(),
        headers in headers(),
    ) -> EnvelopeRecord {
        let timestamp = timestamp.map(|any| if is_recent { i64::from(recent) * 1000 + 7 } else { any });
        EnvelopeRecord {
            topic: Some("a-topic".into()),
            partition: Some(partition),
            offset: Some(offset),
            timestamp: timestamp.map(Timestamp),
            timestamp_type: Some(
                if log_append { TimestampType::LogAppendTime } else { TimestampType::CreateTime },
            ),
            key,
            value,
            headers,
        }
    }
}

proptest! {
    #[test]
    fn any_record_survives_byte_for_byte(record in records()) {
        let line = line_of(&record);
        prop_assert!(!line.contains(&b'\n') && !line.contains(&b'\r'));
        prop_assert_eq!(parse(&line).unwrap(), record);
    }

    #[test]
    fn any_line_is_read_or_refused(line in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _unused = parse(&line).is_ok();
    }
}

#[test]
fn a_line_has_every_field_in_kafkas_words() {
    let mut record = record(br#"{"total": 7}"#);
    record.headers = vec![
        Header::new("source", "web"),
        Header::new("source", vec![0xff]),
        Header { name: Bytes::from_static(b"x"), value: None },
    ];
    assert_eq!(
        String::from_utf8(line_of(&record)).unwrap(),
        concat!(
            r#"{"topic":"orders","partition":3,"offset":42,"timestamp":"2023-11-14T22:13:20.120Z","#,
            r#""timestamp_type":"CreateTime","key":"o-1","key_encoding":"utf8","value":{"total": 7},"#,
            r#""value_encoding":"json","headers":[["source","web"],["source",{"base64":"/w=="}],"#,
            r#"["x",null]],"schema_id":null}"#
        )
    );
}

#[test]
fn null_empty_and_the_text_null_differ() {
    for (value, expected) in [
        (None, r#""value":null,"value_encoding":null"#),
        (Some(&b""[..]), r#""value":"","value_encoding":"utf8""#),
        (Some(b"null"), r#""value":"null","value_encoding":"utf8""#),
        (Some(b"\xff"), r#""value":"/w==","value_encoding":"base64""#),
        (Some(b"7"), r#""value":7,"value_encoding":"json""#),
    ] {
        let record = EnvelopeRecord { value: value.map(Bytes::from_static), ..record(b"") };
        let line = String::from_utf8(line_of(&record)).unwrap();
        assert!(line.contains(expected), "{line}");
        assert_eq!(parse(line.as_bytes()).unwrap(), record);
    }
}

#[test]
fn a_key_is_json_only_when_it_is_an_object_or_array() {
    for (key, encoding) in [("7", "utf8"), ("{\"id\":1}", "json"), ("{no", "utf8")] {
        let record = EnvelopeRecord { key: Some(key.into()), ..record(b"") };
        let line = String::from_utf8(line_of(&record)).unwrap();
        assert!(line.contains(&format!(r#""key_encoding":"{encoding}""#)), "{line}");
    }
}

#[test]
fn a_short_line_by_hand_is_enough() {
    let short =
        parse(br#"{"value": {"a": 1}, "key": "k", "timestamp": "2023-11-14T23:13:20.12+01:00"}"#)
            .unwrap();
    assert_eq!(short.value.as_deref(), Some(&br#"{"a": 1}"#[..]));
    assert_eq!(short.key.as_deref(), Some(&b"k"[..]));
    assert_eq!(short.timestamp, Some(Timestamp(1_700_000_000_120)));
    assert_eq!((short.topic, short.partition, short.offset), (None, None, None));
    assert_eq!(parse(br#"{"value":"text"}"#).unwrap().value.as_deref(), Some(&b"text"[..]));
    assert_eq!(parse(br#"{"value":null,"value_encoding":"json"}"#).unwrap().value, None);
}

#[test]
fn mistakes_are_named() {
    for (line, expected) in [
        ("", "not a record envelope: EOF"),
        ("{}", "missing field `value`"),
        (r#"{"value":1,"hedaers":[]}"#, "unknown field `hedaers`"),
        (r#"{"value":1,"value":2}"#, "duplicate field `value`"),
        (r#"{"value":1,"value_encoding":"avro"}"#, "unknown variant `avro`"),
        (r#"{"value":1,"value_encoding":"utf8"}"#, "`value` must be a string when it is utf8"),
        (r#"{"value":"%","value_encoding":"base64"}"#, "`value` is not base64"),
        (r#"{"value":1,"timestamp":"noon"}"#, "`timestamp` is \"noon\", which is neither"),
        (r#"{"value":1,"headers":[["a",7]]}"#, "expected a string or {\"base64\": …}"),
        (r#"{"value":1,"schema_id":7}"#, "`schema_id` is set"),
    ] {
        let error = parse(line.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{line}: {error}");
    }
}

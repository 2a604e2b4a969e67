//! Which headers a redrive takes off: those that DLQ writers and retry machinery put on.
//!
//! The list is data and holds all known families, also those whose origin is not read yet: what
//! stays on can do harm. `retry_topic-attempts`, for one, makes Spring send a redriven record
//! straight back to its DLQ, and `deserialization-failure-data` overwrites a later dead letter.

use crate::model::header::Header;

/// The headers of one family of writers.
struct Family {
    /// Names that must all be there before the others are taken for this family's: they are words
    /// that applications use too. Empty for families whose names nobody else would choose.
    marks: &'static [&'static str],
    /// Whole names.
    names: &'static [&'static str],
    /// Beginnings of names.
    prefixes: &'static [&'static str],
}

/// The families that `docs/dead-letters.md` lists, in its order.
const FAMILIES: &[Family] = &[
    // The flow's own.
    Family {
        marks: &[],
        names: &["originalTopic", "originalPartition", "originalOffset"],
        prefixes: &[],
    },
    // Spring Kafka: DLQ, retry topics, error-handling deserializer, delivery attempts.
    Family {
        marks: &[],
        names: &["kafka_deliveryAttempt"],
        prefixes: &[
            "kafka_dlt-",
            "kafka_original-",
            "kafka_exception-",
            "kafka_key-exception-",
            "retry_topic-",
            "springDeserializerException",
        ],
    },
    // Spring Cloud Stream; without the topic, `x-original-offset` is a backup tool's.
    Family {
        marks: &["x-original-topic"],
        names: &[
            "x-original-topic",
            "x-original-partition",
            "x-original-offset",
            "x-original-timestamp",
            "x-original-timestamp-type",
            "x-exception-fqcn",
            "x-exception-message",
            "x-exception-stacktrace",
        ],
        prefixes: &[],
    },
    // The retry count of Spring Cloud Stream's documented re-route.
    Family { marks: &[], names: &["x-retries"], prefixes: &[] },
    // Kafka Connect, Kafka Streams (KIP-1034 and bakdata), share groups (KIP-1191).
    Family {
        marks: &[],
        names: &[],
        prefixes: &["__connect.errors.", "__streams.errors.", "__dlq.errors."],
    },
    // SmallRye and Quarkus.
    Family {
        marks: &[],
        names: &[
            "dead-letter-topic",
            "dead-letter-partition",
            "dead-letter-offset",
            "dead-letter-reason",
            "dead-letter-cause",
            "dead-letter-exception-class-name",
            "dead-letter-cause-class-name",
        ],
        prefixes: &["delayed-retry-", "deserialization-failure-"],
    },
    // Karafka from 2.5 on, 2.0 to 2.4, and its first release.
    Family {
        marks: &["source_topic", "source_attempts"],
        names: &[
            "source_topic",
            "source_partition",
            "source_offset",
            "source_consumer_group",
            "source_attempts",
            "source_trace_id",
        ],
        prefixes: &[],
    },
    Family {
        marks: &["original_topic", "original_partition", "original_offset"],
        names: &[
            "original_topic",
            "original_partition",
            "original_offset",
            "original_consumer_group",
            "original_key",
            "original_attempts",
        ],
        prefixes: &[],
    },
    Family {
        marks: &["original-topic", "original-partition", "original-offset"],
        names: &["original-topic", "original-partition", "original-offset"],
        prefixes: &[],
    },
    // Sentry's Arroyo.
    Family {
        marks: &["original_partition", "original_offset"],
        names: &["original_partition", "original_offset"],
        prefixes: &[],
    },
    // Watermill; `_watermill_message_uuid` is the message's own id and stays.
    Family {
        marks: &[],
        names: &[
            "reason_poisoned",
            "topic_poisoned",
            "handler_poisoned",
            "subscriber_poisoned",
            "_watermill_requeuer_retries",
        ],
        prefixes: &[],
    },
    // Silverback.
    Family {
        marks: &["x-source-topic"],
        names: &[
            "x-source-topic",
            "x-source-consumer-group-id",
            "x-source-partition",
            "x-source-offset",
            "x-source-timestamp",
            "x-failure-reason",
        ],
        prefixes: &[],
    },
    Family { marks: &[], names: &["x-failed-attempts"], prefixes: &[] },
    // Confluent Schema Registry rules, KafkaFlow.Retry, KDLQ, dlq-commander.
    Family {
        marks: &["__rule.topic"],
        names: &[
            "__rule.name",
            "__rule.mode",
            "__rule.subject",
            "__rule.topic",
            "__rule.exception",
        ],
        prefixes: &[],
    },
    Family {
        marks: &[],
        names: &[],
        prefixes: &["Kafka-Flow-Retry-Durable-", "KDLQ_", "x-dlq-commander-"],
    },
    // eventferry.
    Family {
        marks: &["dlq-original-topic"],
        names: &[
            "dlq-reason",
            "dlq-error-class",
            "dlq-original-topic",
            "dlq-failed-at",
            "dlq-attempts",
        ],
        prefixes: &[],
    },
];

/// Returns the headers that stay, in their order, repeated ones and null values included.
pub(super) fn strip(headers: &[Header]) -> Vec<Header> {
    let is_there = |name: &&str| headers.iter().any(|h| h.name == name.as_bytes());
    let families: Vec<&Family> =
        FAMILIES.iter().filter(|family| family.marks.iter().all(is_there)).collect();
    headers
        .iter()
        .filter(|header| !families.iter().any(|family| family.has(&header.name)))
        .cloned()
        .collect()
}

impl Family {
    fn has(&self, name: &[u8]) -> bool {
        self.names.iter().any(|n| name == n.as_bytes())
            || self.prefixes.iter().any(|p| name.starts_with(p.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(names: &[&str]) -> Vec<String> {
        let headers: Vec<_> = names.iter().map(|name| Header::new(name, "x")).collect();
        strip(&headers).iter().map(|h| String::from_utf8_lossy(&h.name).into_owned()).collect()
    }

    #[test]
    fn the_marks_of_dlq_writers_go_and_the_applications_headers_stay() {
        let names = [
            "source",
            "originalTopic",
            "timestamp",
            "originalPartition",
            "originalOffset",
            "source",
            "kafka_dlt-original-topic",
            "kafka_dlt-exception-message",
            "retry_topic-attempts",
            "kafka_deliveryAttempt",
            "__connect.errors.stage",
            "delayed-retry-count",
            "traceparent",
            "originaltopic",
            "x-original-offset",
            "source_topic",
            "original_topic",
        ];
        assert_eq!(
            left(&names),
            [
                "source",
                "timestamp",
                "source",
                "traceparent",
                "originaltopic",
                "x-original-offset",
                "source_topic",
                "original_topic"
            ]
        );
    }

    #[test]
    fn common_words_go_only_beside_their_familys_marks() {
        assert_eq!(left(&["source_topic", "source_offset"]), ["source_topic", "source_offset"]);
        assert_eq!(left(&["source_topic", "source_offset", "source_attempts", "a"]), ["a"]);
        assert_eq!(left(&["x-original-topic", "x-original-offset", "x-exception-fqcn"]), [""; 0]);
    }

    #[test]
    fn null_values_and_names_that_are_no_text_stay() {
        let header = Header { name: bytes::Bytes::from_static(b"\xff"), value: None };
        assert_eq!(strip(std::slice::from_ref(&header)), [header]);
    }
}

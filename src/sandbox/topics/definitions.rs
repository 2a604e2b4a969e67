//! The configs of topics that Kafka 4.1 has: names, types, defaults, what is allowed.

use std::ops::RangeInclusive;

/// One config.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::sandbox) struct Definition {
    /// Its name.
    pub(in crate::sandbox) name: &'static str,
    /// The config of the broker that a topic without its own inherits; some have none that is a
    /// name of one config alone.
    pub(in crate::sandbox) broker: Option<&'static str>,
    /// What values it takes.
    pub(in crate::sandbox) kind: Kind,
    /// Its value where nobody set one.
    pub(in crate::sandbox) default: &'static str,
}

/// What values a config takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::sandbox) enum Kind {
    /// `true` or `false`.
    Boolean,
    /// A whole number of 32 bits.
    Int(i32, i32),
    /// A level of compression: so many, or −1 for the codec's own.
    Level(i32, i32),
    /// A whole number of 64 bits, at least so much.
    Long(i64),
    /// A number from 0 to 1.
    Ratio,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Some of these words.
    Words(&'static [&'static str]),
    /// Replicas whose replication is throttled.
    Replicas,
}

impl Kind {
    /// Returns Kafka's number of the type, as `DescribeConfigs` has it.
    pub(in crate::sandbox) fn number(self) -> i8 {
        match self {
            Self::Boolean => 1,
            Self::Word(_) => 2,
            Self::Int(..) | Self::Level(..) => 3,
            Self::Long(_) => 5,
            Self::Ratio => 6,
            Self::Words(_) | Self::Replicas => 7,
        }
    }

    /// Tells whether the value is a list of words.
    pub(super) fn is_list(self) -> bool {
        matches!(self, Self::Words(_) | Self::Replicas)
    }

    /// Says what is wrong with a value, as Kafka says it behind the value's name.
    pub(super) fn check(self, value: &str) -> Result<(), String> {
        let value = value.trim();
        match self {
            Self::Boolean if ["true", "false"].iter().any(|b| value.eq_ignore_ascii_case(b)) => {
                Ok(())
            }
            Self::Boolean => Err("Expected value to be either true or false".to_owned()),
            Self::Int(least, most) => {
                let number = value.parse().map_err(|_| "Not a number of type INT".to_owned())?;
                between(i64::from(least)..=i64::from(most), number)
            }
            Self::Level(least, most) => {
                let number: i32 = value.parse().map_err(|_| "Not a number of type INT")?;
                if number == -1 || (least..=most).contains(&number) {
                    return Ok(());
                }
                Err(format!("Value must be between {least} and {most} or equal to -1"))
            }
            Self::Long(least) => {
                let number = value.parse().map_err(|_| "Not a number of type LONG".to_owned())?;
                between(least..=i64::MAX, number)
            }
            Self::Ratio => match value.parse::<f64>() {
                Ok(number) if number < 0.0 => Err("Value must be at least 0".to_owned()),
                Ok(number) if number > 1.0 => Err("Value must be no more than 1".to_owned()),
                Ok(_) => Ok(()),
                Err(_) => Err("Not a number of type DOUBLE".to_owned()),
            },
            Self::Word(words) if words.contains(&value) => Ok(()),
            Self::Word(words) => Err(format!("String must be one of: {}", words.join(", "))),
            Self::Words(words) => {
                match value
                    .split(',')
                    .map(str::trim)
                    .find(|word| !word.is_empty() && !words.contains(word))
                {
                    None => Ok(()),
                    Some(_) => Err(format!("String must be one of: {}", words.join(", "))),
                }
            }
            Self::Replicas if value.is_empty() || value == "*" || are_replicas(value) => Ok(()),
            Self::Replicas => Err("it must be the literal '*' or a list of replicas in the \
                                   following format: [partitionId]:[brokerId],…"
                .to_owned()),
        }
    }
}

/// Says how a number is too small or too large.
fn between(range: RangeInclusive<i64>, number: i64) -> Result<(), String> {
    if number < *range.start() {
        return Err(format!("Value must be at least {}", range.start()));
    }
    if number > *range.end() {
        return Err(format!("Value must be no more than {}", range.end()));
    }
    Ok(())
}

/// Tells whether a text is a list of `partition:broker`.
fn are_replicas(value: &str) -> bool {
    value.split(',').all(|replica| {
        replica.trim().split_once(':').is_some_and(|(partition, broker)| {
            partition.parse::<u32>().is_ok() && broker.parse::<u32>().is_ok()
        })
    })
}

/// The greatest number of 64 bits, which means never.
const NEVER: &str = "9223372036854775807";

const fn define(
    name: &'static str,
    broker: Option<&'static str>,
    kind: Kind,
    default: &'static str,
) -> Definition {
    Definition { name, broker, kind, default }
}

/// Every config, by name. The defaults are those of Apache Kafka 4.1.
static DEFINITIONS: [Definition; 33] = {
    use Kind::{Boolean, Int, Level, Long, Ratio, Replicas, Word, Words};
    let any = i32::MAX;
    [
        define(
            "cleanup.policy",
            Some("log.cleanup.policy"),
            Words(&["compact", "delete"]),
            "delete",
        ),
        define("compression.gzip.level", Some("compression.gzip.level"), Level(1, 9), "-1"),
        define("compression.lz4.level", Some("compression.lz4.level"), Int(1, 17), "9"),
        define(
            "compression.type",
            Some("compression.type"),
            Word(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]),
            "producer",
        ),
        define("compression.zstd.level", Some("compression.zstd.level"), Int(-131_072, 22), "3"),
        define("delete.retention.ms", Some("log.cleaner.delete.retention.ms"), Long(0), "86400000"),
        define("file.delete.delay.ms", Some("log.segment.delete.delay.ms"), Long(0), "60000"),
        define("flush.messages", Some("log.flush.interval.messages"), Long(1), NEVER),
        define("flush.ms", None, Long(0), NEVER),
        define("follower.replication.throttled.replicas", None, Replicas, ""),
        define("index.interval.bytes", Some("log.index.interval.bytes"), Int(0, any), "4096"),
        define("leader.replication.throttled.replicas", None, Replicas, ""),
        define("local.retention.bytes", Some("log.local.retention.bytes"), Long(-2), "-2"),
        define("local.retention.ms", Some("log.local.retention.ms"), Long(-2), "-2"),
        define("max.compaction.lag.ms", Some("log.cleaner.max.compaction.lag.ms"), Long(1), NEVER),
        define("max.message.bytes", Some("message.max.bytes"), Int(0, any), "1048588"),
        define(
            "message.timestamp.after.max.ms",
            Some("log.message.timestamp.after.max.ms"),
            Long(0),
            "3600000",
        ),
        define(
            "message.timestamp.before.max.ms",
            Some("log.message.timestamp.before.max.ms"),
            Long(0),
            NEVER,
        ),
        define(
            "message.timestamp.type",
            Some("log.message.timestamp.type"),
            Word(&["CreateTime", "LogAppendTime"]),
            "CreateTime",
        ),
        define("min.cleanable.dirty.ratio", Some("log.cleaner.min.cleanable.ratio"), Ratio, "0.5"),
        define("min.compaction.lag.ms", Some("log.cleaner.min.compaction.lag.ms"), Long(0), "0"),
        define("min.insync.replicas", Some("min.insync.replicas"), Int(1, any), "1"),
        define("preallocate", Some("log.preallocate"), Boolean, "false"),
        define("remote.log.copy.disable", None, Boolean, "false"),
        define("remote.log.delete.on.disable", None, Boolean, "false"),
        define("remote.storage.enable", None, Boolean, "false"),
        define("retention.bytes", Some("log.retention.bytes"), Long(i64::MIN), "-1"),
        define("retention.ms", None, Long(-1), "604800000"),
        define("segment.bytes", Some("log.segment.bytes"), Int(1 << 20, any), "1073741824"),
        define("segment.index.bytes", Some("log.index.size.max.bytes"), Int(4, any), "10485760"),
        define("segment.jitter.ms", None, Long(0), "0"),
        define("segment.ms", None, Long(1), "604800000"),
        define(
            "unclean.leader.election.enable",
            Some("unclean.leader.election.enable"),
            Boolean,
            "false",
        ),
    ]
};

/// Configs of the broker that no topic has: name, value, Kafka's number of the type.
pub(in crate::sandbox) static BROKER_CONFIGS: [(&str, &str, i8); 5] = [
    ("auto.create.topics.enable", "false", 1),
    ("default.replication.factor", "1", 3),
    ("delete.topic.enable", "true", 1),
    ("num.partitions", "1", 3),
    ("transaction.max.timeout.ms", "900000", 3),
];

/// Returns all definitions, by name.
pub(in crate::sandbox) fn definitions() -> &'static [Definition] {
    &DEFINITIONS
}

/// Returns the definition of a config.
pub(in crate::sandbox) fn definition(name: &str) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|definition| definition.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_allowed_and_names_are_in_order() {
        for definition in definitions() {
            assert_eq!(definition.kind.check(definition.default), Ok(()), "{}", definition.name);
        }
        assert!(definitions().is_sorted_by_key(|definition| definition.name));
    }

    #[test]
    fn values_are_checked_as_kafka_checks_them() {
        let cases = [
            ("segment.bytes", "1048575", "Value must be at least 1048576"),
            ("retention.ms", "-2", "Value must be at least -1"),
            ("retention.ms", "abc", "Not a number of type LONG"),
            ("retention.ms", "", "Not a number of type LONG"),
            ("cleanup.policy", "[compact,delete]", "String must be one of: compact, delete"),
            ("min.cleanable.dirty.ratio", "2", "Value must be no more than 1"),
            ("compression.gzip.level", "10", "Value must be between 1 and 9 or equal to -1"),
            ("preallocate", "maybe", "Expected value to be either true or false"),
            ("min.insync.replicas", "0", "Value must be at least 1"),
        ];
        for (name, value, wrong) in cases {
            let kind = definition(name).unwrap().kind;
            assert_eq!(kind.check(value), Err(wrong.to_owned()), "{name}={value}");
        }
        let fine = [
            ("retention.ms", " 100 "),
            ("cleanup.policy", ""),
            ("cleanup.policy", "compact,compact"),
            ("retention.bytes", "-5"),
            ("leader.replication.throttled.replicas", "0:1,1:1"),
            ("unclean.leader.election.enable", "TRUE"),
        ];
        for (name, value) in fine {
            assert_eq!(definition(name).unwrap().kind.check(value), Ok(()), "{name}={value}");
        }
    }
}

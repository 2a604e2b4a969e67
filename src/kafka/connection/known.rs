//! Which properties there are, in the words of librdkafka and of the Java clients, and who needs
//! them.

/// What flowctl does with a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// It says how to connect: `settings` reads it.
    Connection,
    /// It is handed to librdkafka, which writes.
    Producer,
    /// It means nothing to flowctl and no harm comes of that: files are shared with other programs.
    Nothing,
    /// It has no effect, and who set it should know why.
    NoEffect(&'static str),
    /// Nobody knows it.
    Unknown,
}

/// Two names of one property: the first is replaced by the second.
const ALIASES: &[(&str, &str)] = &[
    ("compression.codec", "compression.type"),
    ("max.in.flight", "max.in.flight.requests.per.connection"),
    ("max.request.size", "message.max.bytes"),
    ("message.send.max.retries", "retries"),
    ("message.timeout.ms", "delivery.timeout.ms"),
    ("metadata.broker.list", "bootstrap.servers"),
    ("queue.buffering.max.ms", "linger.ms"),
    ("request.required.acks", "acks"),
    ("sasl.mechanisms", "sasl.mechanism"),
];

/// Read by `settings` and `pem`.
const CONNECTION: &[&str] = &[
    "bootstrap.servers",
    "client.id",
    "enable.ssl.certificate.verification",
    "sasl.jaas.config",
    "sasl.mechanism",
    "sasl.password",
    "sasl.username",
    "security.protocol",
    "ssl.ca.location",
    "ssl.ca.pem",
    "ssl.certificate.location",
    "ssl.certificate.pem",
    "ssl.endpoint.identification.algorithm",
    "ssl.key.location",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.certificate.chain",
    "ssl.keystore.key",
    "ssl.keystore.location",
    "ssl.keystore.password",
    "ssl.keystore.type",
    "ssl.truststore.certificates",
    "ssl.truststore.location",
    "ssl.truststore.password",
    "ssl.truststore.type",
];

/// librdkafka's properties of a producer that may be changed without taking away what flowctl
/// promises.
const PRODUCER: &[&str] = &[
    "acks",
    "api.version.request.timeout.ms",
    "batch.num.messages",
    "batch.size",
    "broker.address.family",
    "broker.address.ttl",
    "client.dns.lookup",
    "client.rack",
    "compression.level",
    "compression.type",
    "connections.max.idle.ms",
    "delivery.timeout.ms",
    "enable.gapless.guarantee",
    "enable.idempotence",
    "enable.metrics.push",
    "linger.ms",
    "max.in.flight.requests.per.connection",
    "message.copy.max.bytes",
    "message.max.bytes",
    "metadata.max.age.ms",
    "metadata.recovery.rebootstrap.trigger.ms",
    "metadata.recovery.strategy",
    "partitioner",
    "queue.buffering.backpressure.threshold",
    "queue.buffering.max.kbytes",
    "queue.buffering.max.messages",
    "receive.message.max.bytes",
    "reconnect.backoff.max.ms",
    "reconnect.backoff.ms",
    "request.timeout.ms",
    "retries",
    "retry.backoff.max.ms",
    "retry.backoff.ms",
    "socket.connection.setup.timeout.ms",
    "socket.keepalive.enable",
    "socket.max.fails",
    "socket.nagle.disable",
    "socket.receive.buffer.bytes",
    "socket.send.buffer.bytes",
    "socket.timeout.ms",
    "sticky.partitioning.linger.ms",
    "topic.metadata.propagation.max.ms",
    "topic.metadata.refresh.fast.interval.ms",
    "topic.metadata.refresh.interval.ms",
    "topic.metadata.refresh.sparse",
];

/// Of consumers, serializers and Java's own concerns.
const NOTHING: &[&str] = &[
    "allow.auto.create.topics",
    "auto.commit.enable",
    "auto.commit.interval.ms",
    "auto.include.jmx.reporter",
    "auto.offset.reset",
    "auto.register.schemas",
    "buffer.memory",
    "check.crcs",
    "default.api.timeout.ms",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.partition.eof",
    "exclude.internal.topics",
    "fetch.error.backoff.ms",
    "fetch.max.bytes",
    "fetch.max.wait.ms",
    "fetch.message.max.bytes",
    "fetch.min.bytes",
    "fetch.queue.backoff.ms",
    "fetch.wait.max.ms",
    "group.id",
    "group.instance.id",
    "group.protocol",
    "group.protocol.type",
    "group.remote.assignor",
    "heartbeat.interval.ms",
    "interceptor.classes",
    "isolation.level",
    "key.deserializer",
    "key.serializer",
    "max.block.ms",
    "max.partition.fetch.bytes",
    "max.poll.interval.ms",
    "max.poll.records",
    "metadata.max.idle.ms",
    "metric.reporters",
    "partition.assignment.strategy",
    "queued.max.messages.kbytes",
    "queued.min.messages",
    "receive.buffer.bytes",
    "security.providers",
    "send.buffer.bytes",
    "session.timeout.ms",
    "specific.avro.reader",
    "ssl.enabled.protocols",
    "ssl.keymanager.algorithm",
    "ssl.protocol",
    "ssl.provider",
    "ssl.secure.random.implementation",
    "ssl.trustmanager.algorithm",
    "use.latest.version",
    "value.deserializer",
    "value.serializer",
];

/// Beginnings of whole families that mean nothing here.
const NOTHING_PREFIXES: &[&str] = &[
    "basic.auth.",
    "confluent.",
    "metrics.",
    "sasl.kerberos.",
    "sasl.login.",
    "sasl.oauthbearer.",
    "schema.registry.",
];

/// Properties that people set for a reason which flowctl cannot serve.
const NO_EFFECT: &[(&str, &str)] = &[
    ("delivery.report.only.error", "flowctl accounts for every record"),
    (
        "partitioner.class",
        "keys are partitioned as Java's default partitioner does; see `partitioner`",
    ),
    ("produce.offset.report", "flowctl accounts for every record"),
    ("ssl.cipher.suites", "flowctl uses the cipher suites of its TLS library"),
    ("ssl.crl.location", "revocation lists are not supported"),
    ("ssl.curves.list", "flowctl uses the curves of its TLS library"),
    ("ssl.engine.factory.class", "Java classes cannot be loaded"),
    ("ssl.sigalgs.list", "flowctl uses the signature algorithms of its TLS library"),
    ("statistics.interval.ms", "flowctl does not show librdkafka's statistics"),
    ("transaction.timeout.ms", "flowctl chooses it for each command"),
    ("transactional.id", "flowctl chooses it for each command"),
];

/// Returns the one name of a property that has several.
pub(super) fn canonical(key: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == key).map_or(key, |(_, name)| name)
}

/// Tells what a property, by its canonical name, is used for.
pub(super) fn use_of(key: &str) -> Use {
    if CONNECTION.contains(&key) {
        Use::Connection
    } else if PRODUCER.contains(&key) {
        Use::Producer
    } else if let Some((_, why)) = NO_EFFECT.iter().find(|(name, _)| *name == key) {
        Use::NoEffect(why)
    } else if NOTHING.contains(&key) || NOTHING_PREFIXES.iter().any(|p| key.starts_with(p)) {
        Use::Nothing
    } else {
        Use::Unknown
    }
}

/// Returns the known property whose name is most like this one, if any is close.
pub(super) fn nearest(key: &str) -> Option<&'static str> {
    // Two or three slips in a name of this length are a typing error; more is another word.
    const CLOSE: usize = 3;
    CONNECTION
        .iter()
        .chain(PRODUCER)
        .chain(ALIASES.iter().map(|(alias, _)| alias))
        .map(|name| (strsim::damerau_levenshtein(key, name), *name))
        .filter(|(distance, _)| *distance <= CLOSE)
        .min()
        .map(|(_, name)| name)
}

/// Tells whether the value must never be shown. Rather one too many: an unknown property may hold
/// a secret too.
pub(super) fn is_secret(key: &str) -> bool {
    ["password", "passphrase", "secret", "jaas", "token", "credential", "user.info", ".pem"]
        .iter()
        .any(|word| key.contains(word))
        || key == "ssl.keystore.key"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_has_one_use() {
        let lists = [CONNECTION, PRODUCER, NOTHING];
        let mut names: Vec<&str> = lists.concat();
        names.extend(NO_EFFECT.iter().map(|(name, _)| name));
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        for (alias, name) in ALIASES {
            assert!(!names.contains(alias), "{alias}");
            assert!(names.contains(name), "{name}");
            assert_eq!(canonical(canonical(alias)), *name);
        }
    }

    #[test]
    fn a_slip_is_recognised() {
        assert_eq!(nearest("security.protcol"), Some("security.protocol"));
        assert_eq!(nearest("linger"), Some("linger.ms"));
        assert_eq!(nearest("my.own.thing"), None);
    }
}

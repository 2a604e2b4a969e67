//! librdkafka's configuration, made of [`ConnectionSettings`].

use rdkafka::ClientConfig;

use crate::kafka::connection::{ConnectionSettings, Pem, TlsSettings, Verification};

/// The most bytes of a batch of several records (`batch.size`), unless somebody says otherwise.
pub(super) const LARGEST_BATCH: u32 = 262_144;

/// Returns the configuration of a producer: flowctl's defaults, under the properties that the user
/// gave, under what belongs to the connection.
pub(super) fn producer(settings: &ConnectionSettings) -> ClientConfig {
    let mut config = ClientConfig::new();
    // The partitioner of the Java clients: librdkafka's own would send the same key elsewhere.
    config.set("partitioner", "murmur2_random");
    config.set("acks", "all");
    // `acks` below `all` excludes idempotence, and who asks for that has decided.
    let has_weak_acks = settings
        .producer_properties
        .get("acks")
        .is_some_and(|acks| !matches!(acks.as_str(), "all" | "-1"));
    config.set("enable.idempotence", if has_weak_acks { "false" } else { "true" });
    // librdkafka would hold 1 GiB; 64 MiB keep any network busy.
    config.set("queue.buffering.max.kbytes", "65536");
    // Below the 1,048,588 bytes that a broker takes by default (`message.max.bytes`): a batch of
    // small records must never be what it refuses. Larger batches make nothing faster.
    config.set("batch.size", LARGEST_BATCH.to_string());
    for (key, value) in &settings.producer_properties {
        config.set(key, value);
    }
    if !settings.producer_properties.contains_key("message.max.bytes") {
        // The broker judges how large a record may be, not librdkafka with its 1,000,000 bytes.
        // Only what does not fit into the queue is refused here: it would wait for room for ever.
        let queue = config.get("queue.buffering.max.kbytes").and_then(|size| size.parse().ok());
        let bytes = queue.unwrap_or(0_u64).saturating_mul(1024).clamp(1_000, 1_000_000_000);
        config.set("message.max.bytes", bytes.to_string());
    }
    connection(&mut config, settings);
    config
}

/// Returns how many bytes of records a producer with these settings puts into a batch.
pub(super) fn batch_bytes(settings: &ConnectionSettings) -> usize {
    // A text that is no number is refused by librdkafka, which names it.
    let wished = settings.producer_properties.get("batch.size").and_then(|size| size.parse().ok());
    wished.or_else(|| usize::try_from(LARGEST_BATCH).ok()).unwrap_or(usize::MAX)
}

/// Tells whether a producer with these settings compresses.
pub(super) fn is_compressed(settings: &ConnectionSettings) -> bool {
    ["compression.type", "compression.codec"]
        .iter()
        .filter_map(|name| settings.producer_properties.get(*name))
        .any(|codec| codec != "none")
}

/// Sets what it takes to reach the cluster.
fn connection(config: &mut ClientConfig, settings: &ConnectionSettings) {
    let ConnectionSettings { bootstrap, client_id, tls, sasl, producer_properties: _ } = settings;
    let bootstrap: Vec<String> = bootstrap.iter().map(ToString::to_string).collect();
    config.set("bootstrap.servers", bootstrap.join(","));
    config.set("client.id", client_id);
    config.set("client.software.name", env!("CARGO_PKG_NAME"));
    config.set("client.software.version", env!("CARGO_PKG_VERSION"));
    config.set(
        "security.protocol",
        match (tls, sasl) {
            (None, None) => "PLAINTEXT",
            (Some(_), None) => "SSL",
            (None, Some(_)) => "SASL_PLAINTEXT",
            (Some(_), Some(_)) => "SASL_SSL",
        },
    );
    if let Some(sasl) = sasl {
        config.set("sasl.mechanism", sasl.mechanism.name());
        config.set("sasl.username", &sasl.username);
        config.set("sasl.password", sasl.password.reveal());
    }
    if let Some(tls) = tls {
        self::tls(config, tls);
    }
}

/// Sets what TLS needs.
fn tls(config: &mut ClientConfig, tls: &TlsSettings) {
    let TlsSettings { ca, identity, verification } = tls;
    match ca {
        Some(ca) => pem(config, "ssl.ca", ca),
        // OpenSSL is linked in, so it does not know where this system keeps its certificates.
        None => {
            config.set("ssl.ca.location", "probe");
        }
    }
    if let Some(identity) = identity {
        pem(config, "ssl.certificate", &identity.certificate);
        pem(config, "ssl.key", &identity.key);
        if let Some(password) = &identity.key_password {
            config.set("ssl.key.password", password.reveal());
        }
    }
    let (name_check, is_checked) = match verification {
        Verification::Full => ("https", "true"),
        Verification::AnyName => ("none", "true"),
        Verification::Nothing => ("none", "false"),
    };
    config.set("ssl.endpoint.identification.algorithm", name_check);
    config.set("enable.ssl.certificate.verification", is_checked);
}

/// Sets PEM by file or by text.
fn pem(config: &mut ClientConfig, what: &str, pem: &Pem) {
    match pem {
        Pem::File(path) => config.set(format!("{what}.location"), path.display().to_string()),
        Pem::Text(text) => config.set(format!("{what}.pem"), text.reveal()),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::Properties;

    fn config(text: &str) -> ClientConfig {
        let properties = Properties::parse(text, "f").unwrap();
        producer(&ConnectionSettings::from_properties(Some("a,b:1"), &properties).unwrap().0)
    }

    #[test]
    fn flowctls_defaults_give_way_to_the_users_properties() {
        let config = config("linger.ms=7\npartitioner=murmur2");
        for (key, value) in [
            ("bootstrap.servers", "a:9092,b:1"),
            ("acks", "all"),
            ("enable.idempotence", "true"),
            ("partitioner", "murmur2"),
            ("linger.ms", "7"),
            ("security.protocol", "PLAINTEXT"),
            ("client.software.name", "flowctl"),
        ] {
            assert_eq!(config.get(key), Some(value), "{key}");
        }
        let limit = |text| self::config(text).get("message.max.bytes").map(str::to_owned);
        assert_eq!(limit("").as_deref(), Some("67108864"));
        assert_eq!(limit("queue.buffering.max.kbytes=2").as_deref(), Some("2048"));
        assert_eq!(limit("max.request.size=1000").as_deref(), Some("1000"));
        assert_eq!(self::config("batch.size=9").get("batch.size"), Some("9"));
        assert_eq!(self::config("acks=1").get("enable.idempotence"), Some("false"));
    }

    #[test]
    fn tls_and_sasl_are_handed_on() {
        let config = config(
            "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.username=u\nsasl.password=p\n\
             ssl.ca.location=/ca\nssl.endpoint.identification.algorithm=\n\
             ssl.keystore.type=PEM\nssl.keystore.location=/both\nssl.key.password=k",
        );
        for (key, value) in [
            ("security.protocol", "SASL_SSL"),
            ("sasl.mechanism", "PLAIN"),
            ("sasl.password", "p"),
            ("ssl.ca.location", "/ca"),
            ("ssl.certificate.location", "/both"),
            ("ssl.key.location", "/both"),
            ("ssl.key.password", "k"),
            ("ssl.endpoint.identification.algorithm", "none"),
            ("enable.ssl.certificate.verification", "true"),
        ] {
            assert_eq!(config.get(key), Some(value), "{key}");
        }
        assert_eq!(self::config("security.protocol=SSL").get("ssl.ca.location"), Some("probe"));
    }

    #[test]
    fn librdkafka_knows_every_property_that_is_handed_on() {
        config("linger.ms=1\nmessage.timeout.ms=5000\nmax.in.flight=5\nmax.request.size=2000000")
            .create_native_config()
            .map(drop)
            .unwrap();
    }
}

//! From properties to [`ConnectionSettings`]: what goes together and what does not.

use std::collections::BTreeMap;
use std::fmt;

use super::known::{self, Use};
use super::properties::Property;
use super::{ConnectionSettings, Properties, SaslSettings, TlsSettings, address, pem, sasl};
use crate::kafka::Error;

/// Something in the properties that is probably not what its author thinks; the settings work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning(String);

impl Warning {
    /// Makes a warning of its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What brokers log when `client.id` is not set.
const CLIENT_ID: &str = "flowctl";

impl ConnectionSettings {
    /// Makes settings of properties in the words of librdkafka or of the Java clients; `bootstrap`
    /// wins over `bootstrap.servers`. Properties of a producer are kept for librdkafka, those that
    /// have no effect are named in the warnings. No file is read here.
    pub fn from_properties(
        bootstrap: Option<&str>,
        properties: &Properties,
    ) -> Result<(Self, Vec<Warning>), Error> {
        let mut warnings = Vec::new();
        let bootstrap =
            bootstrap.or_else(|| properties.text("bootstrap.servers")).ok_or_else(|| {
                Error::Settings(
                    "no broker is given: use -b HOST:PORT, FLOWCTL_BROKERS or `bootstrap.servers`"
                        .to_owned(),
                )
            })?;
        let protocol = Protocol::read(properties)?;
        let settings = Self {
            bootstrap: address::parse_list(bootstrap)?,
            client_id: properties.text("client.id").unwrap_or(CLIENT_ID).to_owned(),
            tls: protocol.tls(properties)?,
            sasl: protocol.sasl(properties, &mut warnings)?,
            producer_properties: producer_properties(properties, &mut warnings),
        };
        Ok((settings, warnings))
    }
}

/// `security.protocol`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Plaintext,
    Ssl,
    SaslPlaintext,
    SaslSsl,
}

impl Protocol {
    /// Reads the protocol. Without it, settings that only make sense with TLS or SASL are refused:
    /// both client libraries would ignore them and talk in the clear.
    fn read(properties: &Properties) -> Result<Self, Error> {
        let Some(name) = properties.text("security.protocol") else {
            return match needs_protocol(properties) {
                None => Ok(Self::Plaintext),
                Some((key, protocol)) => Err(Error::Settings(format!(
                    "`{key}` is set but `security.protocol` is not: set it to {protocol}"
                ))),
            };
        };
        match name.to_uppercase().as_str() {
            "PLAINTEXT" => Ok(Self::Plaintext),
            "SSL" => Ok(Self::Ssl),
            "SASL_PLAINTEXT" => Ok(Self::SaslPlaintext),
            "SASL_SSL" => Ok(Self::SaslSsl),
            _ => Err(Error::Settings(format!(
                "`security.protocol` is `{name}`, it must be PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"
            ))),
        }
    }

    /// Reads the TLS settings, where the protocol has TLS.
    fn tls(self, properties: &Properties) -> Result<Option<TlsSettings>, Error> {
        match self {
            Self::Ssl | Self::SaslSsl => pem::tls(properties).map(Some),
            Self::Plaintext | Self::SaslPlaintext => Ok(None),
        }
    }

    /// Reads user and password, where the protocol has SASL.
    fn sasl(
        self,
        properties: &Properties,
        warnings: &mut Vec<Warning>,
    ) -> Result<Option<SaslSettings>, Error> {
        match self {
            Self::SaslPlaintext | Self::SaslSsl => sasl::sasl(properties).map(Some),
            Self::Plaintext | Self::Ssl => {
                let name = if self == Self::Ssl { "SSL" } else { "PLAINTEXT" };
                if let Some(key) = first_set(properties, SASL_KEYS) {
                    warnings.push(Warning(format!(
                        "`{key}` has no effect: `security.protocol` is {name}, without SASL"
                    )));
                }
                Ok(None)
            }
        }
    }
}

/// What says that somebody wants to authenticate.
const SASL_KEYS: &[&str] =
    &["sasl.mechanism", "sasl.username", "sasl.password", "sasl.jaas.config"];

/// What says that somebody wants TLS.
const TLS_KEYS: &[&str] = &[
    "ssl.ca.location",
    "ssl.ca.pem",
    "ssl.truststore.location",
    "ssl.truststore.certificates",
    "ssl.certificate.location",
    "ssl.certificate.pem",
    "ssl.keystore.location",
    "ssl.keystore.certificate.chain",
];

/// Finds a setting that has no meaning without `security.protocol`, and the protocol to propose.
fn needs_protocol(properties: &Properties) -> Option<(&'static str, &'static str)> {
    match (first_set(properties, SASL_KEYS), first_set(properties, TLS_KEYS)) {
        (Some(key), Some(_)) => Some((key, "SASL_SSL")),
        (Some(key), None) => Some((key, "SASL_SSL (or SASL_PLAINTEXT)")),
        (None, Some(key)) => Some((key, "SSL (or SASL_SSL)")),
        (None, None) => None,
    }
}

/// Returns the first of the keys that has a value.
fn first_set(properties: &Properties, keys: &'static [&'static str]) -> Option<&'static str> {
    keys.iter().copied().find(|key| properties.text(key).is_some())
}

/// Keeps what librdkafka needs and warns of what nobody needs.
fn producer_properties(
    properties: &Properties,
    warnings: &mut Vec<Warning>,
) -> BTreeMap<String, String> {
    let mut kept = BTreeMap::new();
    for origin in properties.unnamed() {
        warnings.push(Warning(format!("{origin}: the line is ignored: it is not KEY=VALUE")));
    }
    for (key, Property { value, origin }) in properties.iter() {
        match known::use_of(key) {
            Use::Connection | Use::Nothing => {}
            Use::Producer => {
                kept.insert(key.to_owned(), value.trim().to_owned());
            }
            Use::NoEffect(why) => {
                warnings.push(Warning(format!("{origin}: `{key}` has no effect: {why}")));
            }
            Use::Unknown => warnings.push(Warning(match known::nearest(key) {
                Some(name) => {
                    format!("{origin}: `{key}` is unknown and ignored, did you mean `{name}`?")
                }
                None => format!("{origin}: `{key}` is unknown and ignored"),
            })),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::connection::SaslMechanism;

    fn read(text: &str) -> Result<(ConnectionSettings, Vec<String>), String> {
        let properties = Properties::parse(text, "f").unwrap();
        ConnectionSettings::from_properties(None, &properties)
            .map(|(settings, warnings)| {
                (settings, warnings.iter().map(ToString::to_string).collect())
            })
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_argument_wins_over_the_property() {
        let properties = Properties::parse("bootstrap.servers=a:1", "f").unwrap();
        let (settings, warnings) =
            ConnectionSettings::from_properties(Some("b:2"), &properties).unwrap();
        assert_eq!(settings.bootstrap[0].to_string(), "b:2");
        assert_eq!((settings.tls, settings.sasl), (None, None));
        assert_eq!(settings.client_id, "flowctl");
        assert!(warnings.is_empty());
    }

    #[test]
    fn a_file_of_a_java_client_is_read_whole() {
        let (settings, warnings) = read(
            "bootstrap.servers=a:9093\nclient.id=me\nsecurity.protocol=SASL_SSL\n\
             sasl.mechanism=SCRAM-SHA-512\n\
             sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\\n\
             \x20 username=\"alice\" \\\n  password=\"hush\";\n\
             ssl.truststore.type=PEM\nssl.truststore.location=/ca.pem\nlinger.ms=20 \n\
             group.id=g\nkey.serializer=x\nmax.request.size=1000\nlingr.ms=5\nmy.thing=5\n\
             partitioner.class=org.x.Y",
        )
        .unwrap();
        let sasl = settings.sasl.clone().unwrap();
        assert_eq!(sasl.mechanism, SaslMechanism::ScramSha512);
        assert_eq!((sasl.username.as_str(), sasl.password.reveal()), ("alice", "hush"));
        assert!(settings.tls.is_some());
        assert_eq!(settings.client_id, "me");
        let kept: Vec<_> = settings.producer_properties.clone().into_iter().collect();
        assert_eq!(
            kept,
            [
                ("linger.ms".to_owned(), "20".to_owned()),
                ("message.max.bytes".to_owned(), "1000".to_owned())
            ]
        );
        assert_eq!(warnings.len(), 3);
        assert_eq!(
            warnings[0],
            "f:14: `lingr.ms` is unknown and ignored, did you mean `linger.ms`?"
        );
        assert!(!format!("{settings:?}").contains("hush"));
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        for (text, why) in [
            ("", "no broker is given"),
            ("security.protocol=TLS", "must be PLAINTEXT"),
            ("sasl.username=u", "`security.protocol` is not: set it to SASL_SSL (or"),
            ("ssl.ca.location=u", "`security.protocol` is not: set it to SSL (or"),
            ("security.protocol=sasl_ssl", "set `sasl.mechanism` to"),
        ] {
            let bootstrap = if text.is_empty() { "" } else { "bootstrap.servers=a\n" };
            let error = read(&format!("{bootstrap}{text}")).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn sasl_without_a_sasl_protocol_warns() {
        let (settings, warnings) =
            read("bootstrap.servers=a\nsecurity.protocol=PLAINTEXT\nsasl.mechanism=PLAIN").unwrap();
        assert_eq!(settings.sasl, None);
        assert!(warnings[0].contains("without SASL"), "{warnings:?}");
    }
}

//! How to reach a cluster: one set of settings for both clients, read from properties in the words
//! of librdkafka or of the Java clients.

mod address;
mod jaas;
mod java_format;
mod known;
mod pem;
mod properties;
mod sasl;
mod settings;

pub use java_format::property_line;
pub use properties::Properties;
pub use settings::Warning;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

pub use crate::model::secret::Secret;

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// The host name or IP address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// Everything that it takes to reach a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionSettings {
    /// The bootstrap servers.
    pub bootstrap: Vec<Address>,
    /// The client id that brokers log.
    pub client_id: String,
    /// TLS, if the connection is encrypted.
    pub tls: Option<TlsSettings>,
    /// SASL, if the client authenticates so.
    pub sasl: Option<SaslSettings>,
    /// Further librdkafka properties, handed to the producer as they are.
    pub producer_properties: BTreeMap<String, String>,
}

/// How TLS is done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsSettings {
    /// The certificates that are trusted; the system's when absent.
    pub ca: Option<Pem>,
    /// The client's certificate chain and key, for mutual TLS.
    pub identity: Option<Identity>,
    /// Which certificates of brokers are taken.
    pub verification: Verification,
}

/// Which certificates of brokers are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verification {
    /// Those that are trusted and have the broker's name.
    #[default]
    Full,
    /// Those that are trusted, whatever name they have
    /// (`ssl.endpoint.identification.algorithm=none`, or empty).
    AnyName,
    /// All (`enable.ssl.certificate.verification=false`).
    Nothing,
}

/// PEM text, or the file that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pem {
    /// A file.
    File(PathBuf),
    /// The text itself.
    Text(Secret),
}

/// A client certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificate chain.
    pub certificate: Pem,
    /// The private key.
    pub key: Pem,
    /// The key's password, if it is encrypted.
    pub key_password: Option<Secret>,
}

/// Who the client is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaslSettings {
    /// The mechanism.
    pub mechanism: SaslMechanism,
    /// The user.
    pub username: String,
    /// The password.
    pub password: Secret,
}

/// The SASL mechanisms that both clients speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaslMechanism {
    /// PLAIN (RFC 4616).
    Plain,
    /// SCRAM-SHA-256 (RFC 7677).
    ScramSha256,
    /// SCRAM-SHA-512.
    ScramSha512,
}

impl SaslMechanism {
    /// Returns the registered name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

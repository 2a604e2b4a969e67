//! SASL from properties: mechanism, user and password, in librdkafka's words or as a JAAS text.

use super::properties::Property;
use super::{Properties, SaslMechanism, SaslSettings, Secret, jaas};
use crate::kafka::Error;

/// Reads mechanism, user and password.
pub(super) fn sasl(properties: &Properties) -> Result<SaslSettings, Error> {
    let mechanism = mechanism(properties)?;
    let mut username = properties.text("sasl.username").map(str::to_owned);
    let mut password = properties.secret("sasl.password");
    if let Some(Property { value, origin }) = properties.get("sasl.jaas.config") {
        let jaas = jaas::parse(value)
            .map_err(|why| Error::Settings(format!("{origin}: `sasl.jaas.config`: {why}")))?;
        let expected = match mechanism {
            SaslMechanism::Plain => jaas::Module::Plain,
            SaslMechanism::ScramSha256 | SaslMechanism::ScramSha512 => jaas::Module::Scram,
        };
        if jaas.module != expected {
            return Err(Error::Settings(format!(
                "{origin}: {} goes with {}, `sasl.jaas.config` has {}",
                mechanism.name(),
                expected.name(),
                jaas.module.name()
            )));
        }
        username = username.or(jaas.username);
        password = password.or(jaas.password);
    }
    let missing = |what: &str| {
        Error::Settings(format!(
            "{} needs a {what}: set `sasl.{what}` or `sasl.jaas.config`",
            mechanism.name()
        ))
    };
    let username = username.filter(|name| !name.is_empty()).ok_or_else(|| missing("username"))?;
    let password: Secret = password
        .filter(|password| !password.reveal().is_empty())
        .ok_or_else(|| missing("password"))?;
    Ok(SaslSettings { mechanism, username, password })
}

/// Reads `sasl.mechanism`.
fn mechanism(properties: &Properties) -> Result<SaslMechanism, Error> {
    let supported = "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512";
    let Some(name) = properties.text("sasl.mechanism") else {
        return Err(Error::Settings(format!(
            "`security.protocol` asks for SASL: set `sasl.mechanism` to {supported}"
        )));
    };
    match name.to_uppercase().as_str() {
        "PLAIN" => Ok(SaslMechanism::Plain),
        "SCRAM-SHA-256" => Ok(SaslMechanism::ScramSha256),
        "SCRAM-SHA-512" => Ok(SaslMechanism::ScramSha512),
        _ => {
            Err(Error::Settings(format!("`sasl.mechanism` is `{name}`, supported are {supported}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_together_is_refused() {
        for (text, why) in [
            ("", "set `sasl.mechanism` to PLAIN,"),
            ("sasl.mechanism=GSSAPI", "supported are PLAIN"),
            ("sasl.mechanism=PLAIN", "PLAIN needs a username"),
            ("sasl.mechanisms=PLAIN\nsasl.username=u", "PLAIN needs a password"),
            (
                "sasl.mechanism=PLAIN\nsasl.jaas.config=x.ScramLoginModule required;",
                "PLAIN goes with PlainLoginModule",
            ),
            ("sasl.mechanism=PLAIN\nsasl.jaas.config=x", "f:2: `sasl.jaas.config`: "),
        ] {
            let error = sasl(&Properties::parse(text, "f").unwrap()).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}

//! Properties of a client, layer over layer: files and `-X key=value`; what they mean is decided in
//! `settings`.

use std::collections::BTreeMap;
use std::fmt;

use super::Secret;
use super::java_format::{self, Pair};
use super::known;
use crate::kafka::Error;

/// Properties of a client, each with the place that it came from. Later ones win.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Properties {
    entries: BTreeMap<String, Property>,
    /// The places of lines that are no property: what stands there may be a secret.
    unnamed: Vec<String>,
}

/// A value and where it was set.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Property {
    pub(super) value: String,
    /// Such as `client.properties:3` or `-X`.
    pub(super) origin: String,
}

impl fmt::Debug for Property {
    /// Never shows the value: any of them may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[hidden] ({})", self.origin)
    }
}

impl Properties {
    /// Starts without any.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a `.properties` file in Java's format, which librdkafka's files are a part of. `name`
    /// is the file's name for messages.
    pub fn parse(text: &str, name: &str) -> Result<Self, Error> {
        let mut properties = Self::new();
        for (number, pair) in java_format::read(text) {
            let origin = format!("{name}:{number}");
            let Pair { key, value, is_assigned } =
                pair.map_err(|why| Error::Settings(format!("{origin}: {why}")))?;
            if is_assigned || known::use_of(known::canonical(&key)) != known::Use::Unknown {
                properties.set(&key, value, origin);
            } else {
                properties.unnamed.push(origin);
            }
        }
        Ok(properties)
    }

    /// Adds `key=value` as given with `-X`.
    pub fn set_argument(&mut self, argument: &str, origin: &str) -> Result<(), Error> {
        match argument.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => {
                self.set(key.trim(), value.to_owned(), origin);
                Ok(())
            }
            // The argument is not shown: it may be a password in the wrong place.
            Some(_) | None => Err(Error::Settings(format!("{origin} needs KEY=VALUE"))),
        }
    }

    /// Sets one property; `origin` names the place for messages.
    pub fn set(&mut self, key: &str, value: impl Into<String>, origin: impl Into<String>) {
        let key = known::canonical(key);
        // A user and a JAAS text say the same thing: what comes later replaces the other.
        if key == "sasl.jaas.config" {
            self.entries.remove("sasl.username");
            self.entries.remove("sasl.password");
        }
        self.entries
            .insert(key.to_owned(), Property { value: value.into(), origin: origin.into() });
    }

    /// Puts `other` over these.
    pub fn extend(&mut self, other: Self) {
        let Self { entries, unnamed } = other;
        self.unnamed.extend(unnamed);
        // A JAAS text first, so that the user of the same layer stays.
        let (jaas, rest): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|(key, _)| key == "sasl.jaas.config");
        for (key, Property { value, origin }) in jaas.into_iter().chain(rest) {
            self.set(&key, value, origin);
        }
    }

    /// Returns all names and values, such as for `context show`; secrets stay hidden.
    pub fn shown(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(key, property)| {
            // A misspelt password is still a password: what nobody knows is not shown either.
            let is_shown = !known::is_secret(key) && known::use_of(key) != known::Use::Unknown;
            let value = if is_shown { property.value.as_str() } else { "[hidden]" };
            (key.as_str(), value)
        })
    }

    /// Returns the value of a property, which may be a secret, and where it was set.
    pub fn set_at(&self, key: &str) -> Option<(&str, &str)> {
        self.get(key).map(|Property { value, origin }| (value.as_str(), origin.as_str()))
    }

    pub(super) fn get(&self, key: &str) -> Option<&Property> {
        self.entries.get(key)
    }

    /// Returns the value, where empty is the same as absent.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key).map(|property| property.value.trim()).filter(|value| !value.is_empty())
    }

    /// Returns the value as it is.
    pub(super) fn secret(&self, key: &str) -> Option<Secret> {
        self.get(key).map(|property| Secret::new(property.value.clone()))
    }

    /// Returns the places of lines that are no property.
    pub(super) fn unnamed(&self) -> impl Iterator<Item = &str> {
        self.unnamed.iter().map(String::as_str)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Property)> {
        self.entries.iter().map(|(key, property)| (key.as_str(), property))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::java_format::property_line;
    use super::*;

    #[test]
    fn arguments_need_a_key_and_errors_do_not_show_them() {
        let mut properties = Properties::new();
        properties.set_argument("linger.ms=5=6", "-X").unwrap();
        assert_eq!(properties.text("linger.ms"), Some("5=6"));
        for wrong in ["secret", "=secret"] {
            let error = properties.set_argument(wrong, "-X").unwrap_err().to_string();
            assert_eq!(error, "-X needs KEY=VALUE");
        }
    }

    #[test]
    fn a_later_layer_wins_in_either_wording() {
        let mut properties =
            Properties::parse("sasl.username=a\nsasl.mechanisms=PLAIN", "f").unwrap();
        properties.extend(
            Properties::parse("sasl.jaas.config=x\nsasl.mechanism=SCRAM-SHA-256", "g").unwrap(),
        );
        assert_eq!(properties.text("sasl.username"), None);
        assert_eq!(properties.text("sasl.mechanism"), Some("SCRAM-SHA-256"));
        let mut over = Properties::new();
        over.set("sasl.password", "p", "-X");
        properties.extend(over);
        assert_eq!(properties.text("sasl.password"), Some("p"));
        assert_eq!(properties.text("sasl.jaas.config"), Some("x"));
    }

    #[test]
    fn secrets_are_hidden() {
        let mut properties = Properties::new();
        properties.set("sasl.password", "hush", "-X");
        properties.set("sasl.jaas.config", "hush", "-X");
        properties.set("sasl.password", "hush", "-X");
        properties.set("ssl.key.pem", "hush", "-X");
        properties.set("some.unknown.secret", "hush", "-X");
        properties.set("linger.ms", "5", "-X");
        assert!(!format!("{properties:?}").contains("hush"));
        let shown: Vec<_> = properties.shown().collect();
        assert!(shown.contains(&("linger.ms", "5")));
        assert!(shown.iter().all(|(_, value)| *value != "hush"));
    }

    #[test]
    fn a_line_without_a_name_is_kept_by_its_place_only() {
        let mut properties = Properties::parse("a=1\nhunter2\nhunter2 x", "f").unwrap();
        properties.extend(Properties::parse("hunter2", "g").unwrap());
        assert_eq!(properties.unnamed().collect::<Vec<_>>(), ["f:2", "f:3", "g:1"]);
        assert!(!format!("{properties:?}").contains("hunter2"));
        assert_eq!(properties.shown().count(), 1);
    }

    proptest! {
        #[test]
        fn an_argument_is_the_same_in_a_file(key in "[a-z.]{1,9}", value in "[\\PC\n\r\t\\\\ ]{0,20}") {
            let argument = format!("{key}={value}");
            let mut wanted = Properties::new();
            wanted.set_argument(&argument, "f:1").unwrap();
            prop_assert_eq!(Properties::parse(&property_line(&argument), "f").unwrap(), wanted);
        }
    }
}

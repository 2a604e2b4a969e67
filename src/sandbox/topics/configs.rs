//! The configs of one topic: what is set, and what holds.

use std::collections::{BTreeMap, BTreeSet};

use kafka_protocol::ResponseError;

use super::{Definition, Refusal, definition};
use crate::model::codec::Codec;

/// A change of one config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) enum Change {
    /// Sets it.
    Set(Option<String>),
    /// Takes it away, so that its default holds.
    Delete,
    /// Adds words to a list.
    Append(String),
    /// Takes words out of a list.
    Subtract(String),
}

impl Change {
    /// Reads an operation of `IncrementalAlterConfigs`.
    pub(in crate::sandbox) fn of(
        operation: i8,
        name: &str,
        value: Option<String>,
    ) -> Result<Self, Refusal> {
        let invalid = |message: String| Refusal::new(ResponseError::InvalidRequest, message);
        let given = |value: Option<String>| {
            value.ok_or_else(|| invalid(format!("Null value not supported for : {name}")))
        };
        match operation {
            0 => given(value).map(|value| Self::Set(Some(value))),
            1 => Ok(Self::Delete),
            2 => given(value).map(Self::Append),
            3 => given(value).map(Self::Subtract),
            other => Err(invalid(format!("Unknown operation type {other}"))),
        }
    }
}

/// Returns the words of a list.
fn words_of(list: &str) -> Vec<&str> {
    list.split(',').map(str::trim).filter(|word| !word.is_empty()).collect()
}

/// The longest value that is kept: all topics together may have hundreds of thousands.
const LONGEST: usize = 4 << 10;

/// Configs that are set; what is not here has its default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::sandbox) struct Configs(BTreeMap<&'static str, String>);

impl Configs {
    /// Sets a config, or takes it away when there is no value.
    pub(in crate::sandbox) fn set(
        &mut self,
        name: &str,
        value: Option<&str>,
    ) -> Result<(), Refusal> {
        let invalid = |message: String| Refusal::new(ResponseError::InvalidConfig, message);
        let definition = definition(name)
            .ok_or_else(|| invalid(format!("Unknown topic config name: {name}")))?;
        let Some(value) = value else {
            let message = format!("Null value not supported for topic configs: {name}");
            return Err(invalid(message));
        };
        if value.len() > LONGEST {
            return Err(invalid(format!(
                "Invalid value for configuration {name}: the sandbox takes at most {LONGEST} bytes"
            )));
        }
        definition.kind.check(value).map_err(|wrong| {
            invalid(format!("Invalid value {value} for configuration {name}: {wrong}"))
        })?;
        // As Kafka reads it: without space around it.
        self.0.insert(definition.name, value.trim().to_owned());
        Ok(())
    }

    /// Makes one change.
    pub(in crate::sandbox) fn change(
        &mut self,
        name: &str,
        change: &Change,
    ) -> Result<(), Refusal> {
        match change {
            Change::Set(value) => self.set(name, value.as_deref()),
            Change::Delete => {
                self.0.remove(name);
                Ok(())
            }
            Change::Append(words) => self.change_words(name, "APPEND", words, |present, words| {
                let known: BTreeSet<_> = present.iter().collect();
                let new = words.iter().filter(|word| !known.contains(word));
                present.iter().chain(new).copied().collect()
            }),
            Change::Subtract(words) => {
                self.change_words(name, "SUBTRACT", words, |present, words| {
                    let gone: BTreeSet<_> = words.iter().collect();
                    present.iter().filter(|word| !gone.contains(word)).copied().collect()
                })
            }
        }
    }

    /// Checks what is allowed only together.
    pub(in crate::sandbox) fn check(&self) -> Result<(), Refusal> {
        let invalid = |message: String| Err(Refusal::new(ResponseError::InvalidConfig, message));
        let [least, most] = ["min.compaction.lag.ms", "max.compaction.lag.ms"];
        let (min, max) = (self.number(least), self.number(most));
        if min > max {
            return invalid(format!(
                "conflict topic config setting {least} ({min}) > {most} ({max})"
            ));
        }
        let is_remote = self.value("remote.storage.enable").unwrap_or_default();
        if is_remote.trim().eq_ignore_ascii_case("true") {
            return invalid(
                "Tiered Storage functionality is disabled in the broker. Topic cannot be \
                 configured with remote log storage."
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// Returns how much memory the values take.
    pub(in crate::sandbox) fn memory(&self) -> usize {
        self.0.values().map(String::len).sum()
    }

    /// Changes a list of words.
    fn change_words(
        &mut self,
        name: &str,
        operation: &str,
        words: &str,
        change: impl for<'w> Fn(&[&'w str], &[&'w str]) -> Vec<&'w str>,
    ) -> Result<(), Refusal> {
        if definition(name).is_some_and(|definition| !definition.kind.is_list()) {
            let message = format!("Can't {operation} to key {name} because its type is not LIST.");
            return Err(Refusal::new(ResponseError::InvalidConfig, message));
        }
        let present = self.value(name).unwrap_or_default().to_owned();
        let changed = change(&words_of(&present), &words_of(words)).join(",");
        self.set(name, Some(&changed))
    }

    /// Returns the value that holds, written as Kafka writes it.
    pub(in crate::sandbox) fn shown(&self, definition: &Definition) -> String {
        let value = self.value(definition.name).unwrap_or_default();
        if definition.kind.is_list() { words_of(value).join(",") } else { value.to_owned() }
    }

    /// Returns the value that was set.
    pub(in crate::sandbox) fn own(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns the value that holds; nothing for a name that is no config.
    pub(in crate::sandbox) fn value(&self, name: &str) -> Option<&str> {
        self.own(name).or_else(|| definition(name).map(|definition| definition.default))
    }

    /// Returns a number that holds; what is no number was never set.
    pub(in crate::sandbox) fn number(&self, name: &str) -> i64 {
        self.value(name).and_then(|value| value.parse().ok()).unwrap_or_default()
    }

    /// Tells whether `cleanup.policy` has a word.
    pub(in crate::sandbox) fn cleans_by(&self, policy: &str) -> bool {
        let value = self.value("cleanup.policy").unwrap_or_default();
        value.split(',').any(|word| word.trim() == policy)
    }

    /// Returns how batches are to be compressed; `None` is as the producer did.
    pub(in crate::sandbox) fn codec(&self) -> Option<Codec> {
        match self.value("compression.type")? {
            // Topics call it otherwise than producers do.
            "uncompressed" => Some(Codec::None),
            name => Codec::named(name),
        }
    }

    /// Tells whether the broker sets the timestamps.
    pub(in crate::sandbox) fn sets_append_time(&self) -> bool {
        self.value("message.timestamp.type") == Some("LogAppendTime")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_has_its_own_configs_and_defaults() {
        let mut configs = Configs::default();
        assert_eq!(configs.number("retention.ms"), 604_800_000);
        configs.set("retention.ms", Some(" 100 ")).unwrap();
        assert_eq!(configs.number("retention.ms"), 100);
        configs.set("compression.type", Some(" gzip")).unwrap();
        assert_eq!(configs.codec(), Some(Codec::Gzip));
        configs.set("cleanup.policy", Some("delete, compact")).unwrap();
        assert!(configs.cleans_by("compact") && configs.cleans_by("delete"));
        configs.change("cleanup.policy", &Change::Delete).unwrap();
        assert!(!configs.cleans_by("compact"));
    }

    #[test]
    fn what_is_wrong_is_said_and_nothing_is_set() {
        let mut configs = Configs::default();
        let refusal = configs.set("retention", Some("1")).unwrap_err();
        assert_eq!(refusal.message, "Unknown topic config name: retention");
        let refusal = configs.set("retention.ms", Some("-2")).unwrap_err();
        assert_eq!(refusal.error, ResponseError::InvalidConfig);
        assert!(refusal.message.starts_with("Invalid value -2 for configuration retention.ms: "));
        assert!(configs.set("retention.ms", None).is_err());
        assert!(configs.set("cleanup.policy", Some(&"compact,".repeat(1_000))).is_err());
        assert_eq!(configs, Configs::default());
    }
}

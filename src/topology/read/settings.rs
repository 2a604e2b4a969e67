//! The settings that classes, flows, DLQs and retry topics share.

use std::collections::BTreeMap;

use crate::model::duration::parse_duration;
use crate::model::size::parse_size;
use crate::topology::document::{Located, MinInsyncReplicas, Settings};
use crate::topology::resolved::Protect;
use crate::topology::source::Findings;
use crate::topology::yaml::Entry;

use super::fields::{Fields, entries_of};
use super::scalar;
use crate::topology::{CLEANUP, MIN_INSYNC_REPLICAS, RETENTION};

/// No cluster carries more in one topic; a number with too many zeros is caught before a broker is
/// asked.
pub(super) const MAX_PARTITIONS: i32 = 100_000;

/// Reads `partitions`, `replication`, `min_insync_replicas`, `retention`, `cleanup`, `configs` and
/// `protect`.
pub(super) fn settings(fields: &mut Fields<'_>, findings: &mut Findings<'_>) -> Settings {
    let partitions = fields
        .take("partitions")
        .and_then(|entry| scalar::integer(entry, 1, MAX_PARTITIONS, findings));
    let replication =
        fields.take("replication").and_then(|entry| scalar::integer(entry, 1, i16::MAX, findings));
    let min_insync = fields.take("min_insync_replicas");
    let retention = fields.take("retention");
    let cleanup = fields.take("cleanup");
    let configs = fields.take("configs").map(|entry| configs(entry, findings));
    let protect = fields.take("protect").and_then(|entry| {
        let words =
            [("none", Protect::None), ("standard", Protect::Standard), ("strict", Protect::Strict)];
        scalar::word(entry, &words, findings)
    });
    let mut configs = configs.unwrap_or_default();
    if let Some(entry) = retention
        && is_said_once(entry, RETENTION, &configs, findings)
        && let Some(Located { value, place }) = scalar::retention(entry, findings)
    {
        configs.insert(RETENTION.to_owned(), Located { value: value.to_string(), place });
    }
    if let Some(entry) = cleanup
        && is_said_once(entry, CLEANUP, &configs, findings)
        && let Some(Located { value, place }) = cleanup_policy(entry, findings)
    {
        configs.insert(CLEANUP.to_owned(), Located { value: value.to_owned(), place });
    }
    let min_insync_replicas = min_insync
        .filter(|entry| is_said_once(entry, MIN_INSYNC_REPLICAS, &configs, findings))
        .and_then(|entry| min_insync_replicas(entry, findings))
        .or_else(|| count_of_config(&mut configs, findings));
    Settings { partitions, replication, min_insync_replicas, configs, protect }
}

/// Takes the config that `min_insync_replicas` stands for: one value is kept, not two.
fn count_of_config(
    configs: &mut BTreeMap<String, Located<String>>,
    findings: &mut Findings<'_>,
) -> Option<Located<MinInsyncReplicas>> {
    let Located { value, place } = configs.remove(MIN_INSYNC_REPLICAS)?;
    if let Ok(count @ 1..) = value.parse() {
        return Some(Located { value: MinInsyncReplicas::Count(count), place });
    }
    let message = format!("`{MIN_INSYNC_REPLICAS}` must be a whole number from 1");
    findings.error(place, "config_value", message);
    None
}

fn min_insync_replicas(
    entry: &Entry,
    findings: &mut Findings<'_>,
) -> Option<Located<MinInsyncReplicas>> {
    let (text, _) = scalar::scalar(entry, "`auto` or a whole number", findings)?;
    if text == "auto" {
        let place = entry.value.place;
        return Some(Located { value: MinInsyncReplicas::Auto, place });
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        let message = format!("`{}` must be `auto` or a whole number, not `{text}`", entry.key);
        findings.error(entry.value.place, "wrong_type", message);
        return None;
    }
    let Located { value, place } = scalar::integer(entry, 1, i16::MAX, findings)?;
    Some(Located { value: MinInsyncReplicas::Count(value), place })
}

fn cleanup_policy(entry: &Entry, findings: &mut Findings<'_>) -> Option<Located<&'static str>> {
    // Kafka takes both orders and shows the one that was set; one spelling keeps the plan empty.
    let words = [
        ("delete", "delete"),
        ("compact", "compact"),
        ("compact,delete", "compact,delete"),
        ("delete,compact", "compact,delete"),
    ];
    scalar::word(entry, &words, findings)
}

/// Reads `configs`. A value is passed on as it is written, but a duration where the name ends with
/// `.ms` and a size where it ends with `.bytes` become numbers: Kafka takes neither.
fn configs(entry: &Entry, findings: &mut Findings<'_>) -> BTreeMap<String, Located<String>> {
    let mut configs = BTreeMap::new();
    for entry in entries_of(&entry.value, "`configs`", findings) {
        if entry.key.is_empty() || entry.key.chars().any(|c| c.is_whitespace() || c.is_control()) {
            findings.error(entry.place, "config_name", "this is not the name of a config");
            continue;
        }
        if let Some(value) = config(entry, findings) {
            configs.insert(entry.key.clone(), value);
        }
    }
    configs
}

fn config(entry: &Entry, findings: &mut Findings<'_>) -> Option<Located<String>> {
    let (text, _) = scalar::scalar(entry, "text or a number", findings)?;
    let has_unit = text.starts_with(|c: char| c.is_ascii_digit())
        && text.ends_with(|c: char| c.is_ascii_alphabetic());
    let unit = if has_unit { entry.key.rsplit('.').next() } else { None };
    let number = if unit == Some("ms") {
        parse_duration(text).map(|d| d.as_millis().to_string()).map_err(|e| e.to_string())
    } else if unit == Some("bytes") {
        parse_size(text).map(|bytes| bytes.to_string()).map_err(|e| e.to_string())
    } else {
        Ok(text.to_owned())
    };
    match number {
        Ok(value) => Some(Located { value, place: entry.value.place }),
        Err(message) => {
            findings.error(entry.value.place, "config_value", message);
            None
        }
    }
}

/// Tells whether a key is the only one that says what it says; else it is an error.
fn is_said_once(
    entry: &Entry,
    config: &str,
    configs: &BTreeMap<String, Located<String>>,
    findings: &mut Findings<'_>,
) -> bool {
    let twice = configs.contains_key(config);
    if twice {
        let message = format!("`{}` says the same as the config `{config}`", entry.key);
        findings.error_with_hint(entry.place, "said_twice", message, "keep one of them");
    }
    !twice
}

//! What the tour tells: its topology, its events, and how an outcome is held against what was
//! announced.

use serde_json::Value;

use crate::model::shell;

/// The topology of the repository, which the tour puts under a namespace of its own.
const SAMPLE: &str = include_str!("../../topology.yaml");

/// Where the environment `dev` begins in it.
const DEV: &str = "\n  dev:\n";

/// The brokers of `dev` there: the tour's are those it was started with.
const BROKERS: &str = "    cluster: { brokers: localhost:9092 }\n";

/// What happens on the tour, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A step begins: what it is about.
    Step(String),
    /// A command is run: as a user would type it.
    Command(String),
    /// What the command gave.
    Ran(Ran),
    /// Something that is no command happened: what.
    Told(String),
}

/// What a command gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// The exit code; `None` when a signal ended it.
    pub exit: Option<i32>,
    /// All of stdout.
    pub stdout: String,
    /// All of stderr.
    pub stderr: String,
}

impl Ran {
    /// Returns a value of the JSON on stdout by its pointer (RFC 6901).
    pub fn json(&self, pointer: &str) -> Result<Value, Unexpected> {
        let document: Value = serde_json::from_str(&self.stdout)
            .map_err(|cause| Unexpected(format!("stdout is not JSON: {cause}")))?;
        let value = document.pointer(pointer).cloned();
        value.ok_or_else(|| Unexpected(format!("`{pointer}` is missing in the JSON")))
    }

    /// Checks a value of the JSON on stdout.
    pub fn expect_json(&self, pointer: &str, wanted: impl Into<Value>) -> Result<(), Unexpected> {
        let (found, wanted) = (self.json(pointer)?, wanted.into());
        if found == wanted {
            Ok(())
        } else {
            Err(Unexpected(format!("`{pointer}` is {found}, announced was {wanted}")))
        }
    }

    /// Checks that a text is somewhere in the output.
    pub fn expect_text(&self, text: &str) -> Result<(), Unexpected> {
        if self.stdout.contains(text) || self.stderr.contains(text) {
            Ok(())
        } else {
            Err(Unexpected(format!("the output does not say `{text}`")))
        }
    }

    /// Checks the number of lines on stdout.
    pub fn expect_lines(&self, wanted: usize) -> Result<(), Unexpected> {
        let found = self.stdout.lines().count();
        if found == wanted {
            Ok(())
        } else {
            Err(Unexpected(format!("stdout has {found} lines, announced were {wanted}")))
        }
    }
}

/// An outcome that is not what was announced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unexpected(pub String);

/// Returns the sample topology with a namespace and a ledger of the tour's own in `dev`, so that it
/// touches nothing else on the cluster.
pub fn topology(namespace: &str) -> String {
    let own = format!("{DEV}    namespace: \"{namespace}\"\n    ledger: \"{namespace}ledger\"\n");
    SAMPLE.replacen(DEV, &own, 1).replacen(BROKERS, "", 1)
}

/// The client properties whose values are shown; any other one may be a secret, if only misspelt.
const HARMLESS: &[&str] =
    &["security.protocol", "sasl.mechanism", "sasl.mechanisms", "ssl.ca.location"];

/// Shows an argument as a shell takes it; the value of a property that may be a secret stays
/// hidden.
pub fn shown(argument: &str) -> String {
    if let Some((key, _)) = argument.split_once('=')
        && key.contains('.')
        && !HARMLESS.contains(&key)
    {
        return format!("{key}=[hidden]");
    }
    shell::quote(argument)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{self, Variables};

    #[test]
    fn every_topic_of_the_tour_is_under_its_namespace() {
        let text = topology("tour-x.");
        let parsed = topology::parse(&text, "topology.yaml").unwrap();
        let resolved = parsed.resolve(Some("dev"), &[], Variables::Unchecked).unwrap();
        let names: Vec<_> = resolved.topics().map(|topic| topic.name.to_string()).collect();
        assert!(names.len() > 5);
        assert!(names.iter().all(|name| name.starts_with("tour-x.")), "{names:?}");
        assert_eq!(resolved.cluster.brokers, None, "FLOWCTL_BROKERS would win over them each time");
    }

    #[test]
    fn secrets_are_not_shown_and_odd_arguments_are_quoted() {
        assert_eq!(shown("sasl.password=hunter2"), "sasl.password=[hidden]");
        assert_eq!(shown("sasl.pasword=hunter2"), "sasl.pasword=[hidden]");
        assert_eq!(shown("security.protocol=SSL"), "security.protocol=SSL");
        assert_eq!(shown("--count=3"), "--count=3");
        assert_eq!(shown("it's"), r"'it'\''s'");
        assert_eq!(shown(""), "''");
    }

    #[test]
    fn an_outcome_is_held_against_what_was_announced() {
        let ran = Ran {
            exit: Some(0),
            stdout: "{\"items\":[{\"lag\":3}]}\n".to_owned(),
            stderr: "done".to_owned(),
        };
        assert_eq!(ran.expect_json("/items/0/lag", 3), Ok(()));
        assert!(ran.expect_json("/items/0/lag", 4).unwrap_err().to_string().contains("is 3"));
        assert!(ran.expect_json("/items/1", 4).is_err());
        assert_eq!(ran.expect_text("done"), Ok(()));
        assert!(ran.expect_text("failed").is_err());
        assert_eq!(ran.expect_lines(1), Ok(()));
        assert!(ran.expect_lines(2).is_err());
    }
}

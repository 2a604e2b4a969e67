//! Topics that take no records from outside: flowctl's own, and Kafka's.

use std::collections::BTreeSet;

use super::name::TopicName;
use super::topic::TopicDescription;

/// The ledger where no topology names one.
pub const LEDGER: &str = "_flowctl.ledger";

/// What the names of flowctl's own topics start with, unless a topology names them otherwise.
const PREFIX: &str = "_flowctl.";

/// The topics that flowctl keeps for itself: what a ledger remembers decides what is sent again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnTopics {
    /// Those that a topology names.
    ledgers: BTreeSet<TopicName>,
}

impl OwnTopics {
    /// Takes the ledgers that a topology names, of all its environments: they may share a cluster.
    pub fn new(ledgers: impl IntoIterator<Item = TopicName>) -> Self {
        Self { ledgers: ledgers.into_iter().collect() }
    }

    /// Tells whether a topic is one of them.
    pub fn contains(&self, topic: &TopicName) -> bool {
        topic.as_str().starts_with(PREFIX) || self.ledgers.contains(topic)
    }

    /// Checks, before the cluster is asked, that a topic takes records.
    pub fn check(&self, topic: &TopicName) -> Result<(), TakesNoRecords> {
        if self.contains(topic) { Err(TakesNoRecords::Flowctls(topic.clone())) } else { Ok(()) }
    }
}

/// Why a topic takes no records.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TakesNoRecords {
    /// It is one of [`OwnTopics`].
    #[error("topic `{0}` is flowctl's own: it takes no records")]
    Flowctls(TopicName),
    /// Kafka itself uses it.
    #[error("topic `{0}` is Kafka's own: it takes no records")]
    Kafkas(TopicName),
}

impl TakesNoRecords {
    /// Checks that a topic, as the cluster describes it, takes records.
    pub fn check(found: &TopicDescription) -> Result<(), Self> {
        if found.is_internal { Err(Self::Kafkas(found.name.clone())) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_is_known_by_its_name_or_by_the_topology() {
        let own = OwnTopics::new(["shop.ledger".into()]);
        for (topic, is_own) in [(LEDGER, true), ("shop.ledger", true), ("_flow", false)] {
            assert_eq!(own.contains(&topic.into()), is_own, "{topic}");
        }
        assert_eq!(
            own.check(&"shop.ledger".into()).unwrap_err().to_string(),
            "topic `shop.ledger` is flowctl's own: it takes no records"
        );
    }
}

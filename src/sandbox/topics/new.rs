//! What somebody wants a new topic to be, and whether it can.

use std::collections::BTreeSet;

use kafka_protocol::ResponseError;

use super::{Configs, Refusal, name};
use crate::sandbox::broker::BROKER_ID;

/// The partitions of a topic whose maker does not say: `num.partitions`.
const DEFAULT_PARTITIONS: usize = 1;

/// A topic to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct NewTopic {
    /// Its name.
    pub(in crate::sandbox) name: String,
    /// How many partitions; −1 for the broker's default, or with assignments.
    pub(in crate::sandbox) partitions: i32,
    /// How many replicas; −1 for the broker's default, or with assignments.
    pub(in crate::sandbox) replication: i16,
    /// The brokers of each partition, where the maker chooses them.
    pub(in crate::sandbox) assignments: Vec<(i32, Vec<i32>)>,
    /// The configs.
    pub(in crate::sandbox) configs: Vec<(String, Option<String>)>,
}

impl NewTopic {
    /// A topic with so many partitions and nothing else said.
    #[cfg(test)]
    pub(in crate::sandbox) fn of(name: &str, partitions: i32) -> Self {
        Self {
            name: name.to_owned(),
            partitions,
            replication: -1,
            assignments: Vec::new(),
            configs: Vec::new(),
        }
    }

    /// Checks everything that does not depend on other topics.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        name::check(&self.name)
            .map_err(|message| Refusal::new(ResponseError::InvalidTopicException, message))?;
        self.partition_count()?;
        self.configs().map(drop)
    }

    /// Returns how many partitions it gets.
    pub(super) fn partition_count(&self) -> Result<usize, Refusal> {
        if !self.assignments.is_empty() {
            return self.assigned();
        }
        if self.replication != -1 && self.replication != 1 {
            return Err(replication_refused(self.replication));
        }
        match self.partitions {
            -1 => Ok(DEFAULT_PARTITIONS),
            count => usize::try_from(count).ok().filter(|count| *count > 0).ok_or_else(|| {
                let message =
                    "Number of partitions was set to an invalid non-positive value.".to_owned();
                Refusal::new(ResponseError::InvalidPartitions, message)
            }),
        }
    }

    /// Returns the number of partitions whose brokers were chosen.
    fn assigned(&self) -> Result<usize, Refusal> {
        let invalid = |error, message: &str| Err(Refusal::new(error, message));
        if self.replication != -1 {
            return invalid(
                ResponseError::InvalidRequest,
                "A manual partition assignment was specified, but replication factor was not set \
                 to -1.",
            );
        }
        if self.partitions != -1 {
            return invalid(
                ResponseError::InvalidRequest,
                "A manual partition assignment was specified, but numPartitions was not set to -1.",
            );
        }
        let numbers: BTreeSet<i32> = self.assignments.iter().map(|(number, _)| *number).collect();
        if numbers.len() != self.assignments.len()
            || !numbers.into_iter().zip(0..).all(|(a, b)| a == b)
        {
            return invalid(
                ResponseError::InvalidReplicaAssignment,
                "partitions should be a consecutive 0-based integer sequence",
            );
        }
        for (_, brokers) in &self.assignments {
            check_brokers(brokers)?;
        }
        Ok(self.assignments.len())
    }

    /// Returns the configs, checked.
    pub(in crate::sandbox) fn configs(&self) -> Result<Configs, Refusal> {
        let mut configs = Configs::default();
        for (key, value) in &self.configs {
            configs.set(key, value.as_deref())?;
        }
        configs.check()?;
        Ok(configs)
    }
}

/// Checks the brokers of partitions that are added.
pub(super) fn check_additional(assignments: &[Vec<i32>], more: usize) -> Result<(), Refusal> {
    if assignments.len() != more {
        let message = format!(
            "Attempted to add {more} additional partition(s), but only {} assignment(s) were \
             specified.",
            assignments.len()
        );
        return Err(Refusal::new(ResponseError::InvalidReplicaAssignment, message));
    }
    assignments.iter().try_for_each(|brokers| check_brokers(brokers))
}

/// Checks that the only broker is the only replica.
fn check_brokers(brokers: &[i32]) -> Result<(), Refusal> {
    if brokers == [BROKER_ID.0] {
        return Ok(());
    }
    let message = match brokers {
        [] => "The manual partition assignment includes an empty replica list.".to_owned(),
        [one] => format!(
            "The manual partition assignment includes broker {one}, but no such broker is registered."
        ),
        _ => "The manual partition assignment includes brokers that the sandbox does not have."
            .to_owned(),
    };
    Err(Refusal::new(ResponseError::InvalidReplicaAssignment, message))
}

/// Refuses a replication factor other than 1.
fn replication_refused(factor: i16) -> Refusal {
    let message = if factor <= 0 {
        "Replication factor must be larger than 0, or -1 to use the default value.".to_owned()
    } else {
        format!(
            "Unable to replicate the partition {factor} time(s): The target replication factor of \
             {factor} cannot be reached because only 1 broker(s) are registered."
        )
    };
    Refusal::new(ResponseError::InvalidReplicationFactor, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(new: &NewTopic) -> ResponseError {
        new.check().unwrap_err().error
    }

    #[test]
    fn counts_have_defaults_and_limits() {
        assert_eq!(NewTopic::of("t", -1).partition_count(), Ok(1));
        assert_eq!(NewTopic::of("t", 7).partition_count(), Ok(7));
        assert_eq!(error(&NewTopic::of("t", 0)), ResponseError::InvalidPartitions);
        assert_eq!(error(&NewTopic::of("t", -2)), ResponseError::InvalidPartitions);
        for replication in [0, -2, 2, 3] {
            let new = NewTopic { replication, ..NewTopic::of("t", 1) };
            assert_eq!(error(&new), ResponseError::InvalidReplicationFactor, "{replication}");
        }
    }

    #[test]
    fn brokers_can_be_chosen_if_it_is_the_only_one() {
        let chosen = |assignments: &[(i32, &[i32])]| NewTopic {
            assignments: assignments.iter().map(|(p, b)| (*p, b.to_vec())).collect(),
            ..NewTopic::of("t", -1)
        };
        assert_eq!(chosen(&[(1, &[1]), (0, &[1])]).partition_count(), Ok(2));
        for wrong in [chosen(&[(1, &[1])]), chosen(&[(0, &[])]), chosen(&[(0, &[2])])] {
            assert_eq!(error(&wrong), ResponseError::InvalidReplicaAssignment);
        }
        let both = NewTopic { partitions: 1, ..chosen(&[(0, &[1])]) };
        assert_eq!(error(&both), ResponseError::InvalidRequest);
    }
}

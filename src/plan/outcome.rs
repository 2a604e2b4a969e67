//! What became of a plan that was applied.

use std::collections::BTreeSet;

use crate::error::Report;
use crate::exit::Exit;
use crate::interrupt::Signal;

use super::decide::{Change, Plan};

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was carried out.
    Done,
    /// It was not, or the cluster does not show it.
    Failed(Report),
    /// It was not tried; the text says why.
    Skipped(String),
    /// The plan did not mean to.
    Blocked,
}

impl Outcome {
    /// Returns the word that the output uses.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed(_) => "failed",
            Self::Skipped(_) => "skipped",
            Self::Blocked => "blocked",
        }
    }
}

/// How many changes had each outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Tally {
    /// Carried out.
    pub done: usize,
    /// Tried in vain.
    pub failed: usize,
    /// Not tried.
    pub skipped: usize,
    /// Not meant to be.
    pub blocked: usize,
}

/// A plan and what became of each of its changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The plan.
    pub plan: Plan,
    /// The outcomes, in the order of the plan's changes.
    pub outcomes: Vec<Outcome>,
    /// The signal that ended it early.
    pub interrupted: Option<Signal>,
}

impl Applied {
    /// A plan of which nothing is to be done.
    pub fn nothing(plan: Plan) -> Self {
        let outcomes = vec![Outcome::Blocked; plan.changes.len()];
        Self { plan, outcomes, interrupted: None }
    }

    /// Gives what can be done about what failed, each hint once.
    pub fn hints(&self) -> BTreeSet<&str> {
        let failed = self.outcomes.iter().filter_map(|outcome| match outcome {
            Outcome::Failed(report) => Some(report),
            Outcome::Done | Outcome::Skipped(_) | Outcome::Blocked => None,
        });
        failed.flat_map(|report| report.hints.iter().map(String::as_str)).collect()
    }

    /// Gives the changes with their outcomes.
    pub fn changes(&self) -> impl Iterator<Item = (&Change, &Outcome)> {
        self.plan.changes.iter().zip(&self.outcomes)
    }

    /// Counts the outcomes.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for outcome in &self.outcomes {
            match outcome {
                Outcome::Done => tally.done += 1,
                Outcome::Failed(_) => tally.failed += 1,
                Outcome::Skipped(_) => tally.skipped += 1,
                Outcome::Blocked => tally.blocked += 1,
            }
        }
        tally
    }

    /// Returns the exit code: partly done when only some of it is, else what was in the way of all.
    pub fn exit(&self) -> Exit {
        let Tally { done, failed, skipped, blocked } = self.tally();
        if let Some(signal) = self.interrupted {
            return signal.exit();
        }
        if failed + skipped + blocked == 0 {
            return Exit::Done;
        }
        if done > 0 {
            return Exit::Partly;
        }
        let mut exits = self.outcomes.iter().filter_map(|outcome| match outcome {
            Outcome::Failed(report) => Some(Exit::from_code(report.exit_code)),
            Outcome::Done | Outcome::Skipped(_) | Outcome::Blocked => None,
        });
        let Some(first) = exits.next() else { return self.plan.exit() };
        if exits.all(|exit| exit == first) { first } else { Exit::Failed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::timestamp::Timestamp;
    use crate::plan::decide::Verdict;
    use crate::plan::difference::{Obstacle, ObstacleKind};
    use crate::plan::testing::create;

    fn applied(outcomes: &[Outcome]) -> Applied {
        let protected =
            Obstacle { kind: ObstacleKind::Protected, reason: String::new(), hints: Vec::new() };
        let changes = outcomes.iter().map(|outcome| Change {
            difference: create("orders", 1),
            blast_radius: None,
            verdict: match outcome {
                Outcome::Blocked => Verdict::Blocked(protected.clone()),
                Outcome::Done | Outcome::Failed(_) | Outcome::Skipped(_) => Verdict::Go,
            },
        });
        let plan = Plan {
            project: "shop".to_owned(),
            environment: None,
            protected: false,
            cluster_id: Some("cluster".to_owned()),
            as_of: Timestamp(0),
            changes: changes.collect(),
            unmanaged: Vec::new(),
            undeclared: Vec::new(),
            compared: outcomes.len(),
        };
        Applied { plan, outcomes: outcomes.to_vec(), interrupted: None }
    }

    fn failed(exit: Exit) -> Outcome {
        let problem = crate::error::Problem::new(exit, "no").hint("try this");
        Outcome::Failed(crate::error::report(&problem.into()))
    }

    #[test]
    fn the_exit_code_tells_how_much_is_done() {
        let skipped = || Outcome::Skipped("late".to_owned());
        for (outcomes, exit) in [
            (vec![], Exit::Done),
            (vec![Outcome::Done, Outcome::Done], Exit::Done),
            (vec![Outcome::Done, failed(Exit::NotAuthorised)], Exit::Partly),
            (vec![Outcome::Done, Outcome::Blocked], Exit::Partly),
            (vec![failed(Exit::NotAuthorised), failed(Exit::NotAuthorised)], Exit::NotAuthorised),
            (vec![failed(Exit::NotAuthorised), failed(Exit::Failed)], Exit::Failed),
            (vec![failed(Exit::Unreachable), skipped()], Exit::Unreachable),
            (vec![Outcome::Blocked], Exit::Refused),
        ] {
            assert_eq!(applied(&outcomes).exit(), exit, "{outcomes:?}");
        }
    }

    #[test]
    fn a_signal_is_told_by_the_exit_code_and_hints_are_told_once() {
        let mut applied = applied(&[failed(Exit::Failed), failed(Exit::Failed)]);
        assert_eq!(applied.hints().into_iter().collect::<Vec<_>>(), ["try this"]);
        applied.interrupted = Some(Signal::Terminate);
        assert_eq!(applied.exit(), Exit::Terminated);
    }
}

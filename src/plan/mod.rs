//! Wanted and observed topics → a plan: what would change, how dangerous it is, what stands in the
//! way. `run` gathers and carries out; everything else decides and touches nothing.

pub mod batches;
pub mod blast_radius;
pub mod classify;
pub mod decide;
pub mod diff;
pub mod difference;
mod hold_back;
pub mod observed;
pub mod outcome;
pub mod permissions;
pub mod run;
pub mod undeclared;

#[cfg(test)]
mod law;
#[cfg(test)]
mod testing;

pub use blast_radius::{BlastRadius, Deletable, Known, Live, LiveGroup, LiveTopic};
pub use classify::Class;
pub use decide::{Change, Plan, Summary, Verdict, decide};
pub use diff::{Differences, diff};
pub use difference::{Action, Difference, Obstacle, ObstacleKind, UnmanagedConfig};
pub use observed::{Observed, ObservedTopic, Presence};
pub use outcome::{Applied, Outcome};
pub use permissions::{Allowance, Permissions};
pub use undeclared::{LeftOver, Undeclared};

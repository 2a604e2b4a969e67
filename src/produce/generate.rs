//! Makes records of a template, at a rate or as fast as they go.

use tokio::time::{Interval, MissedTickBehavior};

use super::place::InputPlace;
use super::rate::Rate;
use super::shape::Shape;
use super::source::{Chunk, SourceError};
use super::template::Template;
use crate::clock::Clock;
use crate::model::record::OutgoingRecord;

/// Makes records of a template, at a rate or as fast as they go.
#[derive(Debug)]
pub struct Generator {
    template: Template,
    shape: Shape,
    clock: Clock,
    count: Option<u64>,
    pace: Option<Pace>,
    made: u64,
}

/// A rate and how far it is.
#[derive(Debug)]
struct Pace {
    rate: Rate,
    interval: Interval,
    ticks: u64,
}

/// How many records are made before others get their turn: about a millisecond's work.
const CHUNK: u64 = 256;

impl Generator {
    /// Prepares to make `count` records, or records without end. To be called inside the runtime.
    pub fn new(
        template: Template,
        shape: Shape,
        clock: Clock,
        count: Option<u64>,
        rate: Option<Rate>,
    ) -> Self {
        let pace = rate.map(|rate| {
            let mut interval = tokio::time::interval(rate.period());
            // Late ticks are made up for, so that the rate is kept over time.
            interval.set_missed_tick_behavior(MissedTickBehavior::Burst);
            Pace { rate, interval, ticks: 0 }
        });
        Self { template, shape, clock, count, pace, made: 0 }
    }

    /// Makes the next records, when they are due. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Chunk {
        let end = self.count.unwrap_or(u64::MAX);
        if self.made >= end {
            return Chunk::End;
        }
        let due = match &mut self.pace {
            None => {
                tokio::task::yield_now().await;
                u64::MAX
            }
            Some(pace) => {
                let mut due = pace.rate.due(pace.ticks.saturating_sub(1));
                while pace.ticks == 0 || due <= self.made {
                    let _: tokio::time::Instant = pace.interval.tick().await;
                    due = pace.rate.due(pace.ticks);
                    pace.ticks += 1;
                }
                due
            }
        };
        let until = end.min(due).min(self.made.saturating_add(CHUNK));
        let mut records = Vec::new();
        while self.made < until {
            let number = self.made + 1;
            match self.make(number) {
                Ok(record) => records.push((InputPlace { source: 0, number }, record)),
                Err(error) => return Chunk::Failed(error),
            }
            self.made = number;
        }
        Chunk::Records(records)
    }

    fn make(&self, number: u64) -> Result<OutgoingRecord, SourceError> {
        let record =
            self.template.render(number, self.clock.now()).map_err(SourceError::Template)?;
        let place = InputPlace { source: 0, number };
        self.shape.apply(record).map_err(|error| SourceError::Invalid { place, error })
    }
}

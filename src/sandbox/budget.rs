//! Memory that connections share. What a client sends or is slow to read takes its part of it, and
//! who needs more than is left waits.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Up to here nothing is counted.
const SMALL: usize = 64 << 10;
/// What is counted: a semaphore has 32 bits for what is taken at once.
const UNIT: usize = 1 << 10;

/// The memory that is shared. Clones are the same.
#[derive(Clone)]
pub(super) struct Budget {
    free: Arc<Semaphore>,
    units: usize,
}

/// A part of it, which is given back when this is dropped.
#[derive(Default)]
pub(super) struct Room(Option<OwnedSemaphorePermit>);

impl Budget {
    /// Shares so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        let units = bytes / UNIT;
        Self { free: Arc::new(Semaphore::new(units)), units }
    }

    /// Waits until there is room for so many bytes. What is more than all of it takes all.
    pub(super) async fn reserve(&self, bytes: usize) -> Room {
        if bytes <= SMALL {
            return Room::default();
        }
        Room(Arc::clone(&self.free).acquire_many_owned(self.units_of(bytes)).await.ok())
    }

    /// Takes room for so many bytes if there is any.
    pub(super) fn try_reserve(&self, bytes: usize) -> Option<Room> {
        if bytes <= SMALL {
            return Some(Room::default());
        }
        let taken = Arc::clone(&self.free).try_acquire_many_owned(self.units_of(bytes));
        taken.ok().map(|permit| Room(Some(permit)))
    }

    fn units_of(&self, bytes: usize) -> u32 {
        u32::try_from(bytes.div_ceil(UNIT).min(self.units)).unwrap_or(u32::MAX)
    }
}

impl Room {
    /// Gives back what so many bytes do not need.
    pub(super) fn keep(&mut self, bytes: usize) {
        let needed = if bytes <= SMALL { 0 } else { bytes.div_ceil(UNIT) };
        let Some(permit) = &mut self.0 else { return };
        let rest = permit.num_permits().saturating_sub(needed);
        drop(permit.split(rest));
    }

    /// Tells whether it is room for nothing.
    pub(super) fn is_none(&self) -> bool {
        self.0.as_ref().is_none_or(|permit| permit.num_permits() == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_taken_is_missing_until_it_is_given_back() {
        let budget = Budget::new(1 << 20);
        let mut room = budget.reserve(1 << 20).await;
        assert!(budget.try_reserve(SMALL + 1).is_none());
        assert!(budget.try_reserve(SMALL).is_some_and(|room| room.is_none()), "not counted");
        room.keep(512 << 10);
        let half = budget.try_reserve(512 << 10).unwrap();
        assert!(budget.try_reserve(SMALL + 1).is_none());
        drop(half);
        room.keep(SMALL);
        assert!(room.is_none());
        assert!(budget.try_reserve(1 << 20).is_some());
    }

    #[tokio::test]
    async fn more_than_there_is_takes_all() {
        let budget = Budget::new(1 << 20);
        let room = budget.reserve(usize::MAX).await;
        assert!(budget.try_reserve(SMALL + 1).is_none());
        drop(room);
        assert!(budget.try_reserve(1 << 20).is_some());
    }
}

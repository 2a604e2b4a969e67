//! Memory that connections share. What a client sends or is slow to read takes its part of it, and
//! who needs more than is left waits.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Up to here nothing is counted.
pub(super) const SMALL: usize = 64 << 10;
/// What is counted: a semaphore has 32 bits for what is taken at once.
const UNIT: usize = 1 << 10;

/// The memory that is shared. Clones are the same.
#[derive(Clone)]
pub(super) struct Budget {
    free: Arc<Semaphore>,
    units: usize,
    /// Whoever has this one takes what it needs, without being counted. Those that grow hold what
    /// others wait for, and the others what they wait for: one of them can always go on.
    exempt: Arc<Semaphore>,
}

/// A part of it, which is given back when this is dropped.
#[derive(Default)]
pub(super) struct Room {
    counted: Option<OwnedSemaphorePermit>,
    exempt: Option<OwnedSemaphorePermit>,
}

impl Budget {
    /// Shares so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        let units = bytes / UNIT;
        let (free, exempt) = (Arc::new(Semaphore::new(units)), Arc::new(Semaphore::new(1)));
        Self { free, units, exempt }
    }

    /// Waits until there is room for so many bytes. What is more than all of it takes all.
    pub(super) async fn reserve(&self, bytes: usize) -> Room {
        if bytes <= SMALL {
            return Room::default();
        }
        let counted = Arc::clone(&self.free).acquire_many_owned(self.units_of(bytes)).await.ok();
        Room { counted, exempt: None }
    }

    /// Takes room for so many bytes if there is plenty. A quarter is left to those who cannot do
    /// with less.
    pub(super) fn try_reserve(&self, bytes: usize) -> Option<Room> {
        if bytes <= SMALL {
            return Some(Room::default());
        }
        let units = self.units_of(bytes);
        let left = usize::try_from(units)
            .ok()
            .and_then(|it| self.free.available_permits().checked_sub(it));
        if left.is_none_or(|left| left < self.units / 4) {
            return None;
        }
        let counted = Arc::clone(&self.free).try_acquire_many_owned(units).ok()?;
        Some(Room { counted: Some(counted), exempt: None })
    }

    /// Waits until a part has room for so many bytes in all. It keeps what it has meanwhile.
    pub(super) async fn grow(&self, room: &mut Room, bytes: usize) {
        let units = if bytes <= SMALL { 0 } else { self.units_of(bytes) };
        let more = units.saturating_sub(room.units());
        if more == 0 || room.exempt.is_some() {
            return;
        }
        let (free, exempt) = (Arc::clone(&self.free), Arc::clone(&self.exempt));
        tokio::select! {
            biased;
            counted = free.acquire_many_owned(more) => match (&mut room.counted, counted.ok()) {
                (Some(had), Some(more)) => had.merge(more),
                (had, more) => *had = more,
            },
            exempt = exempt.acquire_owned() => room.exempt = exempt.ok(),
        }
    }

    fn units_of(&self, bytes: usize) -> u32 {
        u32::try_from(bytes.div_ceil(UNIT).min(self.units)).unwrap_or(u32::MAX)
    }
}

impl Room {
    /// Gives back what so many bytes do not need.
    pub(super) fn keep(&mut self, bytes: usize) {
        let needed = if bytes <= SMALL { 0 } else { bytes.div_ceil(UNIT) };
        let Some(counted) = &mut self.counted else { return };
        let rest = counted.num_permits().saturating_sub(needed);
        drop(counted.split(rest));
    }

    /// Tells whether it is room for nothing.
    pub(super) fn is_none(&self) -> bool {
        self.units() == 0 && self.exempt.is_none()
    }

    fn units(&self) -> u32 {
        let units = self.counted.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        u32::try_from(units).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn what_is_taken_is_missing_until_it_is_given_back() {
        let budget = Budget::new(1 << 20);
        let mut room = budget.reserve(1 << 20).await;
        assert!(budget.try_reserve(SMALL + 1).is_none());
        assert!(budget.try_reserve(SMALL).is_some_and(|room| room.is_none()), "not counted");
        room.keep(256 << 10);
        let half = budget.try_reserve(512 << 10).unwrap();
        assert!(budget.try_reserve(SMALL + 1).is_none(), "a quarter is left");
        drop(half);
        room.keep(SMALL);
        assert!(room.is_none());
        assert!(budget.try_reserve(768 << 10).is_some());
    }

    #[tokio::test]
    async fn more_than_there_is_takes_all() {
        let budget = Budget::new(1 << 20);
        let room = budget.reserve(usize::MAX).await;
        assert!(budget.try_reserve(SMALL + 1).is_none());
        drop(room);
        assert!(budget.try_reserve(SMALL + 1).is_some());
    }

    #[tokio::test]
    async fn of_those_that_grow_one_can_always_go_on() {
        let budget = Budget::new(1 << 20);
        let (mut first, mut second, mut third) =
            (Room::default(), Room::default(), Room::default());
        budget.grow(&mut first, SMALL).await;
        assert!(first.is_none());
        for room in [&mut first, &mut second] {
            budget.grow(room, 256 << 10).await;
            budget.grow(room, 512 << 10).await;
        }
        budget.grow(&mut third, 128 << 10).await;
        assert_eq!(third.units(), 0, "nothing is left to count");
        assert!(!third.is_none());
        budget.grow(&mut third, 2 << 20).await;
        assert!(waits(&budget, &mut second).await);
        drop(third);
        budget.grow(&mut second, 1 << 20).await;
        assert!(second.exempt.is_some());
        drop(second);
        budget.grow(&mut first, 1 << 20).await;
        assert_eq!(first.units(), 1 << 10);
    }

    /// Tells whether a part waits for more.
    async fn waits(budget: &Budget, room: &mut Room) -> bool {
        let grown = tokio::time::timeout(Duration::from_millis(10), budget.grow(room, 1 << 20));
        grown.await.is_err()
    }
}

//! Work that takes long, like unpacking records: beside the connections, which go on meanwhile.

use std::panic::resume_unwind;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// What is done on the spot, because handing it over would take longer: bytes of records as they
/// are.
const LIGHT: usize = 32 << 10;
/// How many pieces of work are done at once. Each may unpack many times its bytes.
const AT_ONCE: usize = 2;

/// Who does it. Clones are the same.
#[derive(Clone)]
pub(super) struct Heavy(Arc<Semaphore>);

impl Default for Heavy {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Heavy {
    /// Does work of a weight, and gives back what comes of it.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        weight: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        if weight <= LIGHT {
            return work();
        }
        let _turn = self.0.acquire().await;
        beside(work).await
    }
}

/// Does work on a thread of its own.
pub(super) async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        // The runtime ends, and the caller with it.
        Err(_cancelled) => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::channel;
    use std::thread;

    use tokio::task::JoinSet;

    use super::*;

    #[tokio::test]
    async fn what_is_light_is_done_on_the_spot_and_the_rest_beside() {
        let heavy = Heavy::default();
        let here = thread::current().id();
        let place = || thread::current().id();
        assert_eq!(heavy.work(LIGHT, place).await, here);
        assert_ne!(heavy.work(LIGHT + 1, place).await, here);
    }

    #[tokio::test]
    async fn only_so_much_is_done_at_once() {
        let (heavy, begun) = (Heavy::default(), Arc::new(AtomicUsize::new(0)));
        let (end, ended) = channel::<()>();
        let ended = Arc::new(Mutex::new(ended));
        let mut working = JoinSet::new();
        for _ in 0..=AT_ONCE {
            let (heavy, begun, ended) = (heavy.clone(), Arc::clone(&begun), Arc::clone(&ended));
            let work = move || {
                begun.fetch_add(1, Ordering::SeqCst);
                ended.lock().unwrap().recv().is_ok()
            };
            working.spawn(async move { heavy.work(usize::MAX, work).await });
        }
        while begun.load(Ordering::SeqCst) < AT_ONCE {
            tokio::task::yield_now().await;
        }
        // All have asked for a turn: this runs on the thread that they were spawned on.
        assert_eq!(begun.load(Ordering::SeqCst), AT_ONCE);
        end.send(()).unwrap();
        assert!(working.join_next().await.unwrap().unwrap());
        while begun.load(Ordering::SeqCst) <= AT_ONCE {
            tokio::task::yield_now().await;
        }
        drop(end);
        working.join_all().await;
        assert_eq!(heavy.0.available_permits(), AT_ONCE);
    }
}

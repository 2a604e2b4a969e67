//! Work that takes long, like unpacking records: beside the connections, which go on meanwhile.

use std::panic::resume_unwind;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// What is done on the spot, because handing it over would take longer: bytes of records.
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
    /// Works on so many bytes of records, and gives back what comes of it.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        if bytes <= LIGHT {
            return work();
        }
        let _turn = self.0.acquire().await;
        match spawn_blocking(work).await {
            Ok(done) => done,
            Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
            // The runtime ends, and the caller with it.
            Err(_cancelled) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;

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
        let heavy = Heavy::default();
        let (end, ended) = channel::<()>();
        let mut waiting = Vec::new();
        let ended = Arc::new(std::sync::Mutex::new(ended));
        for _ in 0..=AT_ONCE {
            let (heavy, ended) = (heavy.clone(), Arc::clone(&ended));
            waiting.push(tokio::spawn(async move {
                heavy.work(usize::MAX, move || ended.lock().unwrap().recv().is_ok()).await
            }));
        }
        while heavy.0.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        for _ in 0..=AT_ONCE {
            end.send(()).unwrap();
        }
        for done in waiting {
            assert!(done.await.unwrap());
        }
        assert_eq!(heavy.0.available_permits(), AT_ONCE);
    }
}

//! How a blocking thread waits for the asynchronous driver.
//!
//! The sockets are served by a small runtime of their own, so that any thread can wait for its database, and so that
//! long calls elsewhere never delay reading a reply. `Handle::block_on` does not serve here: it panics on a thread that
//! runs async tasks, and a bound on its whole time would end long results that make progress.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};

use crate::StoreError;

/// Threads that read from and write to the sockets.
const THREADS: usize = 2;

/// The runtime of the sockets.
pub(super) struct NetRuntime {
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
    handle: Handle,
}

impl NetRuntime {
    pub(super) fn start() -> Result<Self, StoreError> {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(THREADS).thread_name("store-net").enable_all().build();
        let runtime = runtime.map_err(StoreError::unavailable)?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for NetRuntime {
    /// The last handle to the store may be dropped in an async task, where waiting for a runtime is not allowed.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The future made no progress in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WaitTimedOut;

/// Blocks this thread until the future is done. Gives up when the future is not woken for `silence_max`.
pub(super) fn wait<F: Future>(future: F, silence_max: Duration) -> Result<F::Output, WaitTimedOut> {
    // On a thread that runs async tasks, tokio's budget of the task must not stop this future.
    let mut future = pin!(tokio::task::unconstrained(future));
    let parker = Arc::new(Parker { woken: AtomicBool::new(false), thread: thread::current() });
    let waker = Waker::from(Arc::clone(&parker));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Ok(output);
        }
        parker.park(silence_max)?;
    }
}

/// Parks a thread until it is woken.
struct Parker {
    woken: AtomicBool,
    thread: Thread,
}

impl Parker {
    fn park(&self, time_max: Duration) -> Result<(), WaitTimedOut> {
        let end = Instant::now() + time_max;
        while !self.woken.swap(false, Ordering::Acquire) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(WaitTimedOut);
            }
            thread::park_timeout(left);
        }
        Ok(())
    }
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_future_is_awaited_until_it_ends_or_makes_no_progress() {
        let runtime = NetRuntime::start().expect("it starts");
        let later = runtime.handle().spawn(async {
            tokio::task::yield_now().await;
            7
        });
        assert_eq!(wait(later, Duration::from_secs(60)).map(Result::ok), Ok(Some(7)));
        assert_eq!(wait(std::future::pending::<()>(), Duration::from_millis(1)), Err(WaitTimedOut));
    }
}

//! How a thread that may block waits for the driver.
//!
//! The driver's connections live on a small runtime of their own, so that a job can wait for its database on any thread,
//! whatever else runs there, and so that slow calls never keep an answer of the database from being read.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};

use crate::StoreError;

/// The threads that read from and write to the sockets.
const THREADS: usize = 2;

/// The runtime of the connections.
pub(super) struct Driver {
    /// There until the driver is dropped.
    runtime: Option<Runtime>,
    handle: Handle,
}

impl Driver {
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

impl Drop for Driver {
    /// The last handle to the store may go inside an async task, where a runtime must not be waited for.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Nothing was heard for as long as somebody was ready to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Silence;

/// Blocks this thread until the future is done. Gives up when it makes no progress for this long.
pub(super) fn wait<F: Future>(future: F, patience: Duration) -> Result<F::Output, Silence> {
    // Whoever calls this on an async thread has a budget there that must not stop what is waited for.
    let mut future = pin!(tokio::task::unconstrained(future));
    let bell = Arc::new(Bell { rung: AtomicBool::new(false), sleeper: thread::current() });
    let waker = Waker::from(Arc::clone(&bell));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Ok(output);
        }
        bell.sleep(patience)?;
    }
}

struct Bell {
    rung: AtomicBool,
    sleeper: Thread,
}

impl Bell {
    fn sleep(&self, patience: Duration) -> Result<(), Silence> {
        let end = Instant::now() + patience;
        while !self.rung.swap(false, Ordering::Acquire) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Silence);
            }
            thread::park_timeout(left);
        }
        Ok(())
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.sleeper.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_is_taken_and_what_does_not_come_is_given_up() {
        let driver = Driver::start().expect("it starts");
        let later = driver.handle().spawn(async {
            tokio::task::yield_now().await;
            7
        });
        assert_eq!(wait(later, Duration::from_secs(60)).map(Result::ok), Ok(Some(7)));
        assert_eq!(wait(std::future::pending::<()>(), Duration::from_millis(1)), Err(Silence));
    }
}

//! The threads that jobs run on. Those of work that keeps a processor busy have a lower priority than the threads that serve
//! connections and write to the store: a thread that becomes ready to answer a look-up or to commit a change should not wait
//! for the slices of the scheduler that such work takes.

use std::fmt;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

use crate::Lane;

/// How much nicer these threads are. With 3 they have half of the weight of other threads, so that work in the pool goes on
/// beside any number of look-ups.
const NICENESS: i32 = 3;

/// Threads for jobs.
pub(crate) struct Threads(Option<Runtime>);

impl fmt::Debug for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Threads")
    }
}

impl Threads {
    /// No thread is started before it is needed.
    pub(crate) fn new() -> Self {
        let threads = Builder::new_current_thread().thread_name("worker").on_thread_start(lower_priority).build();
        // Without them jobs run on the threads of the caller's runtime.
        Self(threads.inspect_err(|why| tracing::warn!("workers have no threads of their own: {why}")).ok())
    }

    /// Does work on a thread that may block. Must be called within a Tokio runtime, which is that of the work as well.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        match &self.0 {
            Some(threads) if lane != Lane::Store => {
                let callers = Handle::current();
                threads.spawn_blocking(move || {
                    let _within = callers.enter();
                    work()
                })
            }
            _ => tokio::task::spawn_blocking(work),
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(threads) = self.0.take() {
            // The last handle may go on a thread of a runtime, which must not block.
            threads.shutdown_background();
        }
    }
}

fn lower_priority() {
    // On Linux this is about the calling thread alone. Without it everything works, but look-ups wait longer.
    let _ = rustix::process::nice(NICENESS);
}

//! The one pool for work that keeps a processor busy, shared by the whole server.
//!
//! Long questions, compiling patterns, compression, password hashes, loads, scans of the audit log: work that needs a
//! processor for longer than [`INLINE_MAX`] requests a slot from [`Workers::run`]. Slots are few, and they are divided
//! between *owners* (accounts, or addresses before the account is known), not between jobs: a free slot goes to the
//! waiting owner that has the fewest, in turn; within an owner, first come, first served. A job that calls
//! [`Job::pass`] often runs in slices of [`SLICE`]: when another owner waits and has fewer slots, the job pauses and
//! its slot goes there. So an owner waits for one slice of another, however many jobs that other one has. The first few
//! jobs of an owner take turns in the same way: a short question does not wait for the end of a long report.
//!
//! Slots stand in four lanes, so that one kind of work never waits for another kind: see [`Lane`].
//!
//! Everything is bounded ([`Bounds`]): slots, jobs that have begun, jobs that wait, of one owner and of all.
//!
//! What it does not do: it knows nothing of books or requests, it looks at no clock to refuse work, and it cannot
//! interrupt work that never calls [`Job::pass`].

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ringbook_telemetry::{Metrics, PoolMetrics};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::oneshot;
use tokio::task::block_in_place;
pub use tokio_util::sync::CancellationToken;

mod granted;
mod job;
mod kind;
mod schedule;
#[cfg(test)]
mod tests;
mod threads;

pub use job::{Interrupted, Job};
pub use kind::{Kind, Lane};

use job::{Progress, Slot};
use schedule::{Admission, Schedule};
use threads::Threads;

/// Work that is estimated to take no longer runs where it is asked for.
pub const INLINE_MAX: Duration = Duration::from_micros(100);

/// How long a job keeps its slot while another job that may have it waits.
pub const SLICE: Duration = Duration::from_millis(5);

/// Who pays for work: the pool is shared fairly between owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A customer's account.
    Customer(u64),
    /// An agent's account.
    Agent(u64),
    /// An address whose account is not known yet; made by [`Owner::address`].
    Address(IpAddr),
    /// The server itself.
    Server,
}

impl Owner {
    /// The owner of work for an address: for IPv6 the network of 64 bits, which one client has all of.
    pub fn address(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(v6) => {
                let network = v6.to_bits() >> 64 << 64;
                IpAddr::V6(network.into())
            }
            v4 => v4,
        })
    }
}

/// For whom work is done, and whether it is still wanted.
#[derive(Debug, Clone)]
pub struct Client {
    /// Who pays.
    pub owner: Owner,
    /// Cancelled when the client has closed its connection.
    pub left: CancellationToken,
}

impl Client {
    /// Work that is wanted until it is done.
    pub fn new(owner: Owner) -> Self {
        Self { owner, left: CancellationToken::new() }
    }

    /// Work of the server itself.
    pub fn server() -> Self {
        Self::new(Owner::Server)
    }

    /// The same client, once it is known which account pays.
    pub fn paid_by(&self, owner: Owner) -> Self {
        Self { owner, left: self.left.clone() }
    }
}

/// What the pool may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Jobs that compute at once: the slots of [`Lane::Long`].
    pub slots: usize,
    /// Jobs of one owner that wait in a lane.
    pub owner_waiting_max: usize,
    /// Jobs that wait in a lane, of all owners.
    pub waiting_max: usize,
    /// Jobs that have begun in a lane and are running or paused; each has a thread.
    pub begun_max: usize,
}

impl Bounds {
    /// The bounds of a server that computes on this many processors.
    pub fn for_processors(processors: usize) -> Self {
        Self { slots: processors.max(1), owner_waiting_max: 256, waiting_max: 8_192, begun_max: 64.max(processors * 2) }
    }
}

impl Default for Bounds {
    /// One slot for each processor.
    fn default() -> Self {
        Self::for_processors(std::thread::available_parallelism().map_or(1, usize::from))
    }
}

/// Why work was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkersError {
    /// More jobs of this owner wait than may.
    OwnerQueueFull {
        /// The bound.
        max: usize,
    },
    /// More jobs wait than may.
    QueueFull {
        /// The bound.
        max: usize,
    },
    /// The client has left, or the server is stopping.
    Interrupted,
}

impl fmt::Display for WorkersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnerQueueFull { max } => {
                write!(f, "Too many long requests of this account wait (at most {max}), try again in a moment")
            }
            Self::QueueFull { max } => {
                write!(f, "Too many long requests wait on this server (at most {max}), try again in a moment")
            }
            Self::Interrupted => {
                f.write_str("The request was interrupted: the client has left or the server is stopping")
            }
        }
    }
}

impl std::error::Error for WorkersError {}

/// The pool. Clones share it.
#[derive(Clone)]
pub struct Workers(Arc<Pool>);

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Workers").field(&self.0.bounds).finish()
    }
}

struct Pool {
    bounds: Bounds,
    lanes: [LaneState; Lane::ALL.len()],
    threads: Threads,
    metrics: Arc<PoolMetrics>,
    /// Cancelled when the server stops.
    stopping: CancellationToken,
    /// The same, for those that look often.
    is_stopping: AtomicBool,
}

struct LaneState {
    schedule: Mutex<Schedule>,
    /// How many jobs wait or are paused, for those that look often.
    waiting: AtomicUsize,
}

impl LaneState {
    fn lock(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pool {
    fn lane(&self, lane: Lane) -> &LaneState {
        &self.lanes[lane as usize]
    }

    /// Changes the schedule of a lane and gives free slots to those whose turn it is.
    fn change<T>(self: &Arc<Self>, lane: Lane, change: impl FnOnce(&mut Schedule) -> T) -> T {
        let state = self.lane(lane);
        let mut schedule = state.lock();
        let changed = change(&mut schedule);
        while let Some((granted, turn)) = schedule.next() {
            let slot = Slot::new(Arc::clone(self), lane, granted);
            // Who left meanwhile takes nothing: the slot goes to the next.
            if let Err(slot) = turn.send(slot) {
                schedule.release(slot.take());
            }
        }
        state.waiting.store(schedule.waiting(), Relaxed);
        changed
    }
}

impl Workers {
    /// A pool with these bounds, which counts on the metrics page.
    pub fn new(bounds: Bounds, metrics: &Metrics) -> Self {
        let names: Vec<&'static str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        let pool = PoolMetrics::new(&names);
        metrics.show_pool(Arc::clone(&pool));
        let lane = |lane: Lane| LaneState {
            schedule: Mutex::new(Schedule::new(lane.slots(bounds.slots), bounds)),
            waiting: AtomicUsize::new(0),
        };
        let lanes = Lane::ALL.map(lane);
        let stopping = CancellationToken::new();
        Self(Arc::new(Pool {
            bounds,
            lanes,
            threads: Threads::new(),
            metrics: pool,
            stopping,
            is_stopping: AtomicBool::new(false),
        }))
    }

    /// The bounds that the pool was made with.
    pub fn bounds(&self) -> Bounds {
        self.0.bounds
    }

    /// From now on, interrupts whatever may be interrupted then ([`Kind::ends_with_server`]); all else is finished.
    pub fn stop(&self) {
        self.0.is_stopping.store(true, Relaxed);
        self.0.stopping.cancel();
    }

    /// Does work that is estimated to take so long: here if that is at most [`INLINE_MAX`], else on a thread of the
    /// pool, when it is the owner's turn.
    ///
    /// A panic of the work goes on in the caller. When the future is dropped, the work is interrupted.
    ///
    /// # Errors
    ///
    /// Too many jobs wait already; or the work was interrupted before it was done.
    pub async fn run<T: Send + 'static>(
        &self,
        client: &Client,
        kind: Kind,
        estimate: Duration,
        work: impl FnOnce(&Job) -> T + Send + 'static,
    ) -> Result<T, WorkersError> {
        if estimate <= INLINE_MAX {
            return Ok(work(&Job::inline()));
        }
        let slot = self.slot(client, kind).await?;
        self.work_on(slot, client, kind, work).await
    }

    /// Does work that is estimated to take so long on this thread, when it is the owner's turn; for work that borrows.
    /// The other tasks of the thread go on elsewhere meanwhile, unless it is the only thread of the runtime.
    ///
    /// # Errors
    ///
    /// Too many jobs wait already; or the work was interrupted before it began.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    pub async fn run_in_place<T>(
        &self,
        client: &Client,
        kind: Kind,
        estimate: Duration,
        work: impl FnOnce(&Job) -> T,
    ) -> Result<T, WorkersError> {
        if estimate <= INLINE_MAX {
            return Ok(work(&Job::inline()));
        }
        let slot = self.slot(client, kind).await?;
        let (job, _) = Job::new(slot);
        let _running = self.0.metrics.running(kind as usize);
        match Handle::current().runtime_flavor() {
            RuntimeFlavor::CurrentThread => Ok(work(&job)),
            _ => Ok(block_in_place(|| work(&job))),
        }
    }

    /// Waits for a slot.
    async fn slot(&self, client: &Client, kind: Kind) -> Result<Slot, WorkersError> {
        let pool = &self.0;
        if kind.ends_with_server() && pool.is_stopping.load(Relaxed) {
            return Err(self.interrupted(kind));
        }
        let (turn, granted) = oneshot::channel();
        let asked = Instant::now();
        let admission = pool.change(kind.lane(), |schedule| schedule.enter(client.owner, kind, turn));
        let ticket = match admission {
            Admission::Entered(ticket) => ticket,
            Admission::OwnerQueueFull => {
                pool.metrics.refused(kind as usize);
                return Err(WorkersError::OwnerQueueFull { max: pool.bounds.owner_waiting_max });
            }
            Admission::QueueFull => {
                pool.metrics.refused(kind as usize);
                return Err(WorkersError::QueueFull { max: pool.bounds.waiting_max });
            }
        };
        let _waiting = Waiting { pool, kind, owner: client.owner, ticket };
        let counted = pool.metrics.waiting(kind as usize);
        let slot = tokio::select! {
            biased;
            slot = granted => slot.ok(),
            () = self.unwanted(client, kind) => None,
        };
        drop(counted);
        pool.metrics.waited(kind as usize, asked.elapsed());
        slot.ok_or_else(|| self.interrupted(kind))
    }

    async fn work_on<T: Send + 'static>(
        &self,
        slot: Slot,
        client: &Client,
        kind: Kind,
        work: impl FnOnce(&Job) -> T + Send + 'static,
    ) -> Result<T, WorkersError> {
        let (job, progress) = Job::new(slot);
        let cancelling = CancelOnDrop { pool: &self.0, progress: &progress };
        let pool = Arc::clone(&self.0);
        let mut working = self.0.threads.spawn(kind.lane(), move || {
            let _running = pool.metrics.running(kind as usize);
            let outcome = work(&job);
            (outcome, job.was_interrupted())
        });
        let outcome = tokio::select! {
            biased;
            outcome = &mut working => outcome,
            () = self.unwanted(client, kind) => {
                self.0.cancel(&progress);
                working.await
            }
        };
        drop(cancelling);
        match outcome {
            Ok((outcome, false)) => Ok(outcome),
            Ok((_, true)) => Err(self.interrupted(kind)),
            Err(failed) => match failed.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is being torn down.
                Err(_) => Err(WorkersError::Interrupted),
            },
        }
    }

    /// Resolves when nobody wants work of this kind any more; never for work that is finished in any case.
    async fn unwanted(&self, client: &Client, kind: Kind) {
        tokio::select! {
            () = client.left.cancelled(), if kind.is_interruptible() => {}
            () = self.0.stopping.cancelled(), if kind.ends_with_server() => {}
            else => std::future::pending().await,
        }
    }

    fn interrupted(&self, kind: Kind) -> WorkersError {
        self.0.metrics.interrupted(kind as usize);
        WorkersError::Interrupted
    }
}

impl Pool {
    /// Tells a job that it is not wanted any more, also while it is paused.
    fn cancel(self: &Arc<Self>, progress: &Progress) {
        progress.cancel();
        self.change(progress.lane, |schedule| schedule.leave(progress.granted.owner, progress.granted.ticket));
    }
}

/// Takes a job out of the queue that is not waited for any more.
struct Waiting<'a> {
    pool: &'a Arc<Pool>,
    kind: Kind,
    owner: Owner,
    ticket: u64,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.pool.change(self.kind.lane(), |schedule| schedule.leave(self.owner, self.ticket));
    }
}

/// Interrupts a job whose outcome nobody waits for any more.
struct CancelOnDrop<'a> {
    pool: &'a Arc<Pool>,
    progress: &'a Progress,
}

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        // A job that is done has left already, and finds nothing to cancel.
        if !self.progress.is_done() {
            self.pool.cancel(self.progress);
        }
    }
}

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::time::Duration;

use ringbook_telemetry::Metrics;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;

/// An estimate that sends work to the pool.
const LONG: Duration = Duration::from_secs(1);

fn pool(slots: usize) -> Workers {
    let bounds = Bounds { slots, owner_waiting_max: 16, waiting_max: 24, begun_max: 64 };
    Workers::new(bounds, &Metrics::new(&[], &[], &[]))
}

fn customer(number: u64) -> Client {
    Client::new(Owner::Customer(number))
}

/// A job that goes on until it is told to end or is interrupted, and says when it begins.
struct Endless {
    began: Option<oneshot::Receiver<()>>,
    end: Arc<AtomicBool>,
    outcome: JoinHandle<Result<usize, WorkersError>>,
}

impl Endless {
    fn start(workers: &Workers, client: &Client, kind: Kind) -> Self {
        let (begin, began) = oneshot::channel();
        let end = Arc::new(AtomicBool::new(false));
        let (workers, client, ends) = (workers.clone(), client.clone(), Arc::clone(&end));
        let outcome = tokio::spawn(async move {
            let work = move |job: &Job| {
                let _ = begin.send(());
                let mut passes = 0;
                while !ends.load(SeqCst) && job.pass().is_ok() {
                    passes += 1;
                }
                passes
            };
            workers.run(&client, kind, LONG, work).await
        });
        Self { began: Some(began), end, outcome }
    }

    async fn begun(&mut self) {
        self.began.take().expect("asked once").await.expect("it begins");
    }

    async fn finish(self) -> Result<usize, WorkersError> {
        self.end.store(true, SeqCst);
        self.outcome.await.expect("no panic")
    }
}

/// A job that keeps its slot until the sender is dropped.
async fn hold(workers: &Workers, client: &Client) -> (mpsc::Sender<()>, JoinHandle<Result<(), WorkersError>>) {
    let ((begin, began), (end, ended)) = (oneshot::channel(), mpsc::channel());
    let (workers, client) = (workers.clone(), client.clone());
    let outcome = tokio::spawn(async move {
        let work = move |_: &Job| {
            let _ = begin.send(());
            let _ = ended.recv();
        };
        workers.run(&client, Kind::Question, LONG, work).await
    });
    began.await.expect("it begins");
    (end, outcome)
}

/// Ends jobs, in whatever order they run.
async fn finish_all(jobs: impl IntoIterator<Item = Endless>) {
    let jobs: Vec<Endless> = jobs.into_iter().inspect(|job| job.end.store(true, SeqCst)).collect();
    for job in jobs {
        assert!(job.finish().await.is_ok());
    }
}

/// Nothing is left of any job.
fn assert_idle(workers: &Workers) {
    for lane in &workers.0.lanes {
        assert!(lane.lock().is_idle());
    }
    assert!(workers.0.metrics.read().iter().all(|kind| kind.waiting == 0));
}

/// Waits until this many jobs wait or are paused. The thread of a test is none of those that its jobs need.
fn until_waiting(workers: &Workers, lane: Lane, jobs: usize) {
    while workers.0.lane(lane).lock().waiting() != jobs {
        std::thread::yield_now();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn short_work_runs_where_it_is_asked_for() {
    let workers = pool(1);
    let mut blocking = Endless::start(&workers, &customer(1), Kind::Question);
    blocking.begun().await;
    let here = std::thread::current().id();
    let ran = workers.run(&customer(2), Kind::Question, INLINE_MAX, |_| std::thread::current().id()).await;
    assert_eq!(ran, Ok(here));
    assert!(blocking.finish().await.is_ok());
    assert_idle(&workers);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_owner_with_many_jobs_does_not_keep_another_waiting() {
    for slots in [1, 2] {
        let workers = pool(slots);
        let jobs: Vec<Endless> = (0..8).map(|_| Endless::start(&workers, &customer(1), Kind::Question)).collect();
        until_waiting(&workers, Lane::Long, 8 - slots);
        // None of the eight ends by itself.
        let answer = workers.run(&customer(2), Kind::Question, LONG, |job| job.pass().map(|()| 7)).await;
        assert_eq!(answer, Ok(Ok(7)));
        finish_all(jobs).await;
        assert_idle(&workers);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_jobs_of_two_owners_both_go_on() {
    let workers = pool(1);
    let mut jobs = [1, 2].map(|owner| Endless::start(&workers, &customer(owner), Kind::Question));
    for job in &mut jobs {
        job.begun().await;
    }
    // The one that is paused now has run before, and each of a third owner's jobs takes its turn between them.
    for _ in 0..3 {
        let third = workers.run(&customer(3), Kind::Question, LONG, |_| ()).await;
        assert_eq!(third, Ok(()));
    }
    finish_all(jobs).await;
    assert_idle(&workers);
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_one_owner_run_in_the_order_in_which_they_came() {
    let workers = pool(1);
    let (end, first) = hold(&workers, &customer(1)).await;
    let (say, said) = mpsc::channel();
    let mut jobs = Vec::new();
    for number in 0..5 {
        let (shared, say) = (workers.clone(), say.clone());
        jobs.push(tokio::spawn(async move {
            shared.run(&customer(1), Kind::Question, LONG, move |_| say.send(number)).await
        }));
        until_waiting(&workers, Lane::Long, number + 1);
    }
    drop(end);
    assert_eq!(first.await.expect("no panic"), Ok(()));
    for job in jobs {
        assert!(job.await.expect("no panic").is_ok());
    }
    drop(say);
    assert_eq!(said.iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert_idle(&workers);
}

/// A dashboard does not wait for the end of the reports of the same customer.
#[tokio::test(flavor = "multi_thread")]
async fn a_short_job_goes_between_the_long_ones_of_its_owner() {
    let workers = pool(1);
    let mut reports: Vec<Endless> = (0..2).map(|_| Endless::start(&workers, &customer(1), Kind::AuditScan)).collect();
    for report in &mut reports {
        report.begun().await;
    }
    for number in 0..3 {
        assert_eq!(workers.run(&customer(1), Kind::Question, LONG, move |_| number).await, Ok(number));
    }
    // Of many long ones some wait for the end of others, so that an owner takes few of the threads.
    let many: Vec<Endless> = (0..8).map(|_| Endless::start(&workers, &customer(1), Kind::Question)).collect();
    until_waiting(&workers, Lane::Long, 9);
    assert_eq!(workers.run(&customer(2), Kind::Question, LONG, |_| 7).await, Ok(7));
    assert!(workers.0.metrics.read()[Kind::Question as usize].running <= 2);
    finish_all(reports).await;
    finish_all(many).await;
    assert_idle(&workers);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_command_waits_for_no_question() {
    let workers = pool(1);
    let questions: Vec<Endless> = (0..8).map(|_| Endless::start(&workers, &customer(1), Kind::Question)).collect();
    until_waiting(&workers, Lane::Long, 7);
    assert_eq!(workers.run(&customer(1), Kind::Command, LONG, |_| 7).await, Ok(7));
    finish_all(questions).await;
    assert_idle(&workers);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_owner_has_a_bounded_line() {
    let workers = pool(1);
    let (end, first) = hold(&workers, &customer(1)).await;
    let mut jobs: Vec<Endless> = (0..16).map(|_| Endless::start(&workers, &customer(1), Kind::Question)).collect();
    until_waiting(&workers, Lane::Long, 16);
    let refused = workers.run(&customer(1), Kind::Question, LONG, |_| ()).await;
    assert_eq!(refused, Err(WorkersError::OwnerQueueFull { max: 16 }));
    // Another owner's line is its own.
    jobs.push(Endless::start(&workers, &customer(2), Kind::Question));
    until_waiting(&workers, Lane::Long, 17);
    drop(end);
    assert_eq!(first.await.expect("no panic"), Ok(()));
    finish_all(jobs).await;
    let refused = workers.0.metrics.read()[Kind::Question as usize].refused;
    assert_eq!(refused, 1);
    assert_idle(&workers);
}

/// Jobs that take turns do not use up what other owners need to begin.
#[tokio::test(flavor = "multi_thread")]
async fn owners_whose_jobs_take_turns_leave_room_for_others() {
    let bounds = Bounds { slots: 1, owner_waiting_max: 16, waiting_max: 64, begun_max: 8 };
    let workers = Workers::new(bounds, &Metrics::new(&[], &[], &[]));
    let mut jobs = Vec::new();
    for owner in 1..5 {
        jobs.extend((0..6).map(|_| Endless::start(&workers, &customer(owner), Kind::Question)));
    }
    until_waiting(&workers, Lane::Long, 23);
    assert_eq!(workers.run(&customer(9), Kind::Question, LONG, |_| 7).await, Ok(7));
    finish_all(jobs).await;
    assert_idle(&workers);
}

#[test]
fn no_more_than_so_many_wait_of_all_owners() {
    let bounds = Bounds { slots: 0, owner_waiting_max: 2, waiting_max: 3, begun_max: 64 };
    let mut schedule = schedule::Schedule::new(0, bounds);
    let mut enter = |owner| schedule.enter(Owner::Customer(owner), Kind::Question, oneshot::channel().0);
    let admissions = [1, 1, 1, 2, 3].map(&mut enter);
    let expected = [
        schedule::Admission::Entered(1),
        schedule::Admission::Entered(2),
        schedule::Admission::OwnerQueueFull,
        schedule::Admission::Entered(3),
        schedule::Admission::QueueFull,
    ];
    assert_eq!(admissions, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_ends_when_its_client_leaves_wherever_it_is() {
    let workers = pool(1);
    let [running, paused, waiting] = [1, 2, 2].map(customer);
    let mut first = Endless::start(&workers, &paused, Kind::Question);
    first.begun().await;
    let mut second = Endless::start(&workers, &running, Kind::Question);
    second.begun().await;
    let third = Endless::start(&workers, &waiting, Kind::Question);
    until_waiting(&workers, Lane::Long, 2);
    for (client, job) in [(waiting, third), (paused, first), (running, second)] {
        client.left.cancel();
        assert_eq!(job.outcome.await.expect("no panic"), Err(WorkersError::Interrupted));
    }
    assert_eq!(workers.0.metrics.read()[Kind::Question as usize].interrupted, 3);
    assert_idle(&workers);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_ends_when_nobody_waits_for_it() {
    let workers = pool(1);
    let (say, ended) = oneshot::channel();
    let (begin, began) = oneshot::channel();
    let asked = {
        let workers = workers.clone();
        tokio::spawn(async move {
            let work = move |job: &Job| {
                let _ = begin.send(());
                while job.pass().is_ok() {}
                let _ = say.send(());
            };
            workers.run(&customer(1), Kind::Question, LONG, work).await
        })
    };
    began.await.expect("it begins");
    asked.abort();
    ended.await.expect("it ends");
    // Its slot comes back.
    assert_eq!(workers.run(&customer(2), Kind::Question, LONG, |_| 1).await, Ok(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_interrupts_questions_and_finishes_commands() {
    let workers = pool(2);
    let mut question = Endless::start(&workers, &customer(1), Kind::Question);
    let mut command = Endless::start(&workers, &customer(1), Kind::Command);
    question.begun().await;
    command.begun().await;
    workers.stop();
    assert_eq!(question.outcome.await.expect("no panic"), Err(WorkersError::Interrupted));
    assert!(command.finish().await.is_ok());
    let late = workers.run(&customer(1), Kind::Question, LONG, |_| ()).await;
    assert_eq!(late, Err(WorkersError::Interrupted));
    assert_eq!(workers.run(&customer(1), Kind::Command, LONG, |_| 3).await, Ok(3));
    assert_idle(&workers);
}

#[tokio::test(flavor = "multi_thread")]
async fn short_jobs_have_a_slot_of_their_own() {
    let workers = pool(1);
    let mut scan = Endless::start(&workers, &customer(1), Kind::Question);
    scan.begun().await;
    // The same owner: nothing has to be paused for it.
    assert_eq!(workers.run(&customer(1), Kind::Compile, LONG, |_| 5).await, Ok(5));
    assert_eq!(workers.run(&customer(1), Kind::Load, LONG, |_| 6).await, Ok(6));
    assert!(scan.finish().await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn password_hashes_leave_a_slot_free() {
    let workers = pool(2);
    let hashes = [1, 2].map(|owner| Endless::start(&workers, &customer(owner), Kind::Password));
    until_waiting(&workers, Lane::Long, 1);
    assert_eq!(workers.run(&customer(3), Kind::Question, LONG, |_| 5).await, Ok(5));
    finish_all(hashes).await;
    assert_idle(&workers);
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_slots_help_and_are_given_back() {
    let workers = pool(2);
    let parts = Arc::new(AtomicUsize::new(0));
    let end = Arc::new(AtomicBool::new(false));
    let (say, said) = oneshot::channel();
    let divided = {
        let (workers, parts, end) = (workers.clone(), Arc::clone(&parts), Arc::clone(&end));
        let say = Mutex::new(Some(say));
        tokio::spawn(async move {
            let work = move |job: &Job| {
                job.together(7, |_, _, part| {
                    if parts.fetch_add(1, SeqCst) == 1
                        && let Some(say) = say.lock().expect("no panic").take()
                    {
                        let _ = say.send(());
                    }
                    while !end.load(SeqCst) && part.pass().is_ok() {}
                });
                parts.load(SeqCst)
            };
            workers.run(&customer(1), Kind::Question, LONG, work).await
        })
    };
    said.await.expect("a helper begins");
    // Both slots are the first owner's, and both of its parts are endless.
    assert_eq!(workers.run(&customer(2), Kind::Question, LONG, |_| 5).await, Ok(5));
    end.store(true, SeqCst);
    assert_eq!(divided.await.expect("no panic"), Ok(2));
    assert_idle(&workers);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_helped_while_another_waits() {
    let workers = pool(2);
    let mut hash = Endless::start(&workers, &customer(1), Kind::Password);
    hash.begun().await;
    let waiting = Endless::start(&workers, &customer(2), Kind::Password);
    until_waiting(&workers, Lane::Long, 1);
    let parts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&parts);
    let work = move |job: &Job| {
        job.together(7, |_, _, _| {
            counted.fetch_add(1, SeqCst);
        });
    };
    assert_eq!(workers.run(&customer(3), Kind::Question, LONG, work).await, Ok(()));
    assert_eq!(parts.load(SeqCst), 1);
    assert!(hash.finish().await.is_ok());
    assert!(waiting.finish().await.is_ok());
    assert_idle(&workers);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_divided_job_is_interrupted_in_all_its_parts() {
    let workers = pool(3);
    let client = customer(1);
    let left = client.left.clone();
    let parts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&parts);
    let work = move |job: &Job| {
        job.together(2, |_, _, part| {
            // The last to begin says that the client has left.
            if counted.fetch_add(1, SeqCst) == 2 {
                left.cancel();
            }
            while part.pass().is_ok() {}
        });
    };
    assert_eq!(workers.run(&client, Kind::Question, LONG, work).await, Err(WorkersError::Interrupted));
    assert_eq!(parts.load(SeqCst), 3);
    assert_idle(&workers);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_goes_on_in_the_caller_and_costs_no_slot() {
    let workers = pool(1);
    for _ in 0..3 {
        let panicking = workers.clone();
        let outcome =
            tokio::spawn(
                async move { panicking.run(&customer(1), Kind::Question, LONG, |_| panic!("as asked for")).await },
            );
        let panic = outcome.await.expect_err("it panics").into_panic();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"as asked for"));
    }
    assert_eq!(workers.run(&customer(1), Kind::Question, LONG, |_| 1).await, Ok(1));
    assert_idle(&workers);
}

#[test]
fn an_address_owns_its_network() {
    let owner = |text: &str| Owner::address(text.parse().expect("an address"));
    assert_eq!(owner("2001:db8:1:2:3::4"), owner("2001:db8:1:2:ffff::"));
    assert_ne!(owner("2001:db8:1:2::"), owner("2001:db8:1:3::"));
    assert_eq!(owner("::ffff:192.0.2.1"), owner("192.0.2.1"));
    assert_ne!(owner("192.0.2.1"), owner("192.0.2.2"));
}

/// Work that borrows waits for its turn like any other, and gives its slot back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_in_place_takes_a_slot_in_turn() {
    let workers = pool(1);
    let mut other = Endless::start(&workers, &customer(1), Kind::Compile);
    other.begun().await;
    let (client, text) = (customer(2), "borrowed".to_owned());
    // The other job goes on after each of these.
    for _ in 0..3 {
        assert_eq!(workers.run_in_place(&client, Kind::Parse, LONG, |_| text.len()).await, Ok(8));
    }
    assert!(other.finish().await.is_ok());
    assert_eq!(workers.run_in_place(&client, Kind::Parse, Duration::ZERO, |_| text.len()).await, Ok(8));
    assert_idle(&workers);
}

#[tokio::test]
async fn work_in_place_is_done_on_the_only_thread_of_a_runtime() {
    let workers = pool(1);
    assert_eq!(workers.run_in_place(&customer(1), Kind::Parse, LONG, |job| job.pass().is_ok()).await, Ok(true));
    assert_idle(&workers);
}

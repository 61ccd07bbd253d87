//! Points: how many calls an account may make in a UTC day and in a UTC minute.
//!
//! A point is taken before the work and given back unless the call succeeds, so that calls in parallel never
//! overshoot. Both windows move under one lock, which is held for a few instructions: a point is taken from both
//! or from none. An account without limits is not counted and not locked.
//!
//! What was used since the last saving is sent to the store, which adds it up for all nodes and answers the totals.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ringbook_clock::Moment;
use ringbook_store::{AccountId, PointsRow, PointsUse};

/// How far a clock may step back, in windows, without starting a new window.
const STEP_BACK_WINDOWS_MAX: i64 = 1;

/// What an account may use; `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Calls per UTC day.
    pub day: Option<u64>,
    /// Calls per UTC minute.
    pub minute: Option<u64>,
}

impl Limits {
    const fn are_unset(self) -> bool {
        self.day.is_none() && self.minute.is_none()
    }
}

/// Which limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitKind {
    /// Per UTC minute.
    Minute,
    /// Per UTC day.
    Day,
}

/// How an account stands with its limits; a limit that is unset has no members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitsView {
    /// Calls per UTC day.
    pub day_limit: Option<u64>,
    /// Calls left in this day.
    pub day_remaining: Option<u64>,
    /// Seconds until the next day.
    pub day_reset: Option<u64>,
    /// Calls per UTC minute.
    pub minute_limit: Option<u64>,
    /// Calls left in this minute.
    pub minute_remaining: Option<u64>,
    /// Seconds until the next minute.
    pub minute_reset: Option<u64>,
}

/// One window: its number, what was used in it, and how much of that the store does not know yet.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    number: i64,
    used: u64,
    unsaved: i64,
}

impl Window {
    /// Starts a new count when another window has begun. A small step back of the clock stays in the window, so that a
    /// call which read the clock just before the turn does not open the old one again.
    fn turn(&mut self, number: i64) {
        let behind = self.number.saturating_sub(number);
        if !(0..=STEP_BACK_WINDOWS_MAX).contains(&behind) {
            *self = Self { number, used: 0, unsaved: 0 };
        }
    }

    fn take(&mut self) {
        self.used = self.used.saturating_add(1);
        self.unsaved = self.unsaved.saturating_add(1);
    }

    fn give_back(&mut self, number: i64) {
        if self.number == number {
            self.used = self.used.saturating_sub(1);
            self.unsaved = self.unsaved.saturating_sub(1);
        }
    }

    /// The store's total, and on top what was used while it was asked.
    fn saved(&mut self, number: i64, total: u64) {
        if self.number == number {
            self.used = total.saturating_add_signed(self.unsaved);
        }
    }

    fn not_saved(&mut self, number: i64, unsaved: i64) {
        if self.number == number {
            self.unsaved = self.unsaved.saturating_add(unsaved);
        }
    }

    fn remaining(&self, limit: u64, number: i64) -> u64 {
        let mut window = *self;
        window.turn(number);
        limit.saturating_sub(window.used)
    }
}

#[derive(Debug, Default)]
struct Windows {
    day: Window,
    minute: Window,
}

/// The count of one account.
#[derive(Debug, Default)]
pub(super) struct Counter(Mutex<Windows>);

impl Counter {
    /// A count that goes on from what the store knows.
    pub(super) fn from_row(row: &PointsRow) -> Self {
        let day = Window { number: row.day, used: row.day_used, unsaved: 0 };
        let minute = Window { number: row.minute, used: row.minute_used, unsaved: 0 };
        Self(Mutex::new(Windows { day, minute }))
    }

    fn windows(&self) -> MutexGuard<'_, Windows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a point, or says which limit is reached and what it is. The day is named first: waiting for the next
    /// minute would not help.
    pub(super) fn take(self: &Arc<Self>, limits: Limits, now: Moment) -> Result<Point, (LimitKind, u64)> {
        if limits.are_unset() {
            return Ok(Point(None));
        }
        let mut windows = self.windows();
        windows.day.turn(now.day());
        windows.minute.turn(now.minute());
        let reached = |limit: Option<u64>, window: Window| limit.filter(|limit| window.used >= *limit);
        if let Some(max) = reached(limits.day, windows.day) {
            return Err((LimitKind::Day, max));
        }
        if let Some(max) = reached(limits.minute, windows.minute) {
            return Err((LimitKind::Minute, max));
        }
        windows.day.take();
        windows.minute.take();
        let taken = Taken { counter: Arc::clone(self), day: windows.day.number, minute: windows.minute.number };
        Ok(Point(Some(taken)))
    }

    /// How the account stands; `None` when it has no limit.
    pub(super) fn view(&self, limits: Limits, now: Moment) -> Option<LimitsView> {
        if limits.are_unset() {
            return None;
        }
        let windows = self.windows();
        Some(LimitsView {
            day_limit: limits.day,
            day_remaining: limits.day.map(|limit| windows.day.remaining(limit, now.day())),
            day_reset: limits.day.map(|_| now.day_left()),
            minute_limit: limits.minute,
            minute_remaining: limits.minute.map(|limit| windows.minute.remaining(limit, now.minute())),
            minute_reset: limits.minute.map(|_| now.minute_left()),
        })
    }

    /// What the store does not know yet; from now on it counts as told.
    pub(super) fn unsaved(&self, account: AccountId) -> Option<PointsUse> {
        let mut guard = self.windows();
        let Windows { day, minute } = &mut *guard;
        if (day.unsaved, minute.unsaved) == (0, 0) {
            return None;
        }
        let (day_used, minute_used) = (std::mem::take(&mut day.unsaved), std::mem::take(&mut minute.unsaved));
        Some(PointsUse { account, day: day.number, day_used, minute: minute.number, minute_used })
    }

    /// The store has told the totals.
    pub(super) fn saved(&self, total: &PointsRow) {
        let mut windows = self.windows();
        windows.day.saved(total.day, total.day_used);
        windows.minute.saved(total.minute, total.minute_used);
    }

    /// The store was not reached: the points have to be saved again.
    pub(super) fn not_saved(&self, used: &PointsUse) {
        let mut windows = self.windows();
        windows.day.not_saved(used.day, used.day_used);
        windows.minute.not_saved(used.minute, used.minute_used);
    }
}

#[derive(Debug)]
struct Taken {
    counter: Arc<Counter>,
    day: i64,
    minute: i64,
}

/// A point that was taken. Dropped, it is given back; [`Point::keep`] charges it for good.
#[derive(Debug)]
#[must_use]
pub(super) struct Point(Option<Taken>);

impl Point {
    /// The call has succeeded.
    pub(super) fn keep(&mut self) {
        self.0 = None;
    }
}

impl Drop for Point {
    fn drop(&mut self) {
        if let Some(taken) = self.0.take() {
            let mut windows = taken.counter.windows();
            windows.day.give_back(taken.day);
            windows.minute.give_back(taken.minute);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { day: Some(5), minute: Some(3) };
    const NOW: Moment = Moment::from_unix(86_400 * 100 + 30);

    fn spend(counter: &Arc<Counter>, now: Moment) -> Result<(), (LimitKind, u64)> {
        counter.take(LIMITS, now).map(|mut point| point.keep())
    }

    #[test]
    fn the_minute_is_spent_and_then_the_day() {
        let counter = Arc::new(Counter::default());
        for _ in 0..3 {
            assert_eq!(spend(&counter, NOW), Ok(()));
        }
        assert_eq!(spend(&counter, NOW), Err((LimitKind::Minute, 3)));
        let view = counter.view(LIMITS, NOW).expect("limits");
        assert_eq!((view.day_remaining, view.minute_remaining), (Some(2), Some(0)));
        assert_eq!((view.day_reset, view.minute_reset), (Some(86_370), Some(30)));
        assert_eq!((spend(&counter, NOW.plus(60)), spend(&counter, NOW.plus(60))), (Ok(()), Ok(())));
        assert_eq!(spend(&counter, NOW.plus(120)), Err((LimitKind::Day, 5)));
        assert_eq!(spend(&counter, NOW.plus(86_400)), Ok(()));
    }

    #[test]
    fn a_point_that_is_not_kept_comes_back() {
        let counter = Arc::new(Counter::default());
        let held: Vec<_> = (0..3).map(|_| counter.take(LIMITS, NOW).expect("a point")).collect();
        assert!(spend(&counter, NOW).is_err());
        drop(held);
        assert_eq!(counter.view(LIMITS, NOW).and_then(|view| view.minute_remaining), Some(3));
        let old = counter.take(LIMITS, NOW).expect("a point");
        assert_eq!(spend(&counter, NOW.plus(60)), Ok(()));
        drop(old);
        let view = counter.view(LIMITS, NOW.plus(60)).expect("limits");
        assert_eq!((view.day_remaining, view.minute_remaining), (Some(4), Some(2)), "only the day was still its own");
    }

    #[test]
    fn parallel_calls_never_overshoot() {
        let counter = Arc::new(Counter::default());
        let limits = Limits { day: Some(500), minute: None };
        let taken: usize = std::thread::scope(|scope| {
            let one = || (0..200).filter(|_| counter.take(limits, NOW).map(|mut point| point.keep()).is_ok()).count();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(one)).collect();
            threads.into_iter().map(|thread| thread.join().expect("it counts")).sum()
        });
        assert_eq!(taken, 500);
    }

    #[test]
    fn a_late_call_does_not_open_the_last_minute_again() {
        let counter = Arc::new(Counter::default());
        for _ in 0..3 {
            assert_eq!(spend(&counter, NOW.plus(60)), Ok(()));
        }
        assert_eq!(spend(&counter, NOW), Err((LimitKind::Minute, 3)));
    }

    #[test]
    fn totals_of_other_nodes_come_back_with_the_answer() {
        let counter = Arc::new(Counter::default());
        let account = AccountId::Customer(ringbook_book::id::CustomerId::new(1).expect("an id"));
        assert_eq!((spend(&counter, NOW), counter.unsaved(account).map(|used| used.day_used)), (Ok(()), Some(1)));
        assert_eq!(spend(&counter, NOW), Ok(()));
        let total = PointsRow { account, day: NOW.day(), day_used: 3, minute: NOW.minute(), minute_used: 1 };
        counter.saved(&total);
        let view = counter.view(LIMITS, NOW).expect("limits");
        assert_eq!((view.day_remaining, view.minute_remaining), (Some(1), Some(1)));
        let used = counter.unsaved(account).expect("one more");
        counter.not_saved(&used);
        assert_eq!(counter.unsaved(account), Some(used));
        assert_eq!(counter.unsaved(account), None);
    }
}

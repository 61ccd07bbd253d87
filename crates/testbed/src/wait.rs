//! Waiting for conditions of other processes, which give no event to wait for.

use std::time::{Duration, Instant};

/// Time between two evaluations of a condition.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Evaluates `poll` until it returns a value; `None` if it does not within `time_max`.
pub fn wait_for<T>(time_max: Duration, mut poll: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        if let Some(value) = poll() {
            return Some(value);
        }
        if start.elapsed() >= time_max {
            return None;
        }
        pause();
    }
}

/// Evaluates `condition` until it holds; returns whether it does within `time_max`.
#[must_use]
pub fn wait_until(time_max: Duration, mut condition: impl FnMut() -> bool) -> bool {
    wait_for(time_max, || condition().then_some(())).is_some()
}

#[expect(clippy::disallowed_methods, reason = "the one place that polls; everything else waits for events")]
fn pause() {
    std::thread::sleep(POLL_INTERVAL);
}

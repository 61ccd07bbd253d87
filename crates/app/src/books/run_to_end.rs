//! Futures that run to their end even when they are dropped.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

/// A future that, once polled, goes on in a task of its own if it is dropped before its end.
///
/// As long as the caller stays it costs an allocation and no task. It ends early only with the runtime.
pub(super) struct RunToEnd<T: Send + 'static> {
    /// `None` after its end, or after a panic in it.
    future: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
    has_begun: bool,
}

/// Makes a future run to its end once it was polled.
pub(super) fn run_to_end<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> RunToEnd<T> {
    RunToEnd { future: Some(Box::pin(future)), has_begun: false }
}

impl<T: Send + 'static> Future for RunToEnd<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        self.has_begun = true;
        // Taken out, so that what panics is not polled again.
        let mut future = self.future.take().expect("a future is not polled after its end");
        let polled = future.as_mut().poll(context);
        if polled.is_pending() {
            self.future = Some(future);
        }
        polled
    }
}

impl<T: Send + 'static> Drop for RunToEnd<T> {
    fn drop(&mut self) {
        if let Some(future) = self.future.take()
            && self.has_begun
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(future);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::Arc;

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn a_dropped_future_goes_on_if_it_had_begun() {
        let (go_on, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let work = || {
            let (go_on, done) = (Arc::clone(&go_on), Arc::clone(&done));
            run_to_end(async move {
                go_on.notified().await;
                done.notify_one();
            })
        };
        drop(work());
        assert_eq!(Arc::strong_count(&done), 1, "what has not begun is dropped");
        let mut begun = work();
        let polled = poll_fn(|context| Poll::Ready(Pin::new(&mut begun).poll(context))).await;
        assert!(polled.is_pending());
        drop(begun);
        go_on.notify_one();
        done.notified().await;
    }
}

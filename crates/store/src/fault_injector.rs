//! Injected failures of operations, with which tests reach every error path.
//!
//! A program that does not enable the feature `testing` has a type without content and without effect in its place.

#[cfg(not(any(test, feature = "testing")))]
pub(crate) use inert::FaultInjector;
#[cfg(any(test, feature = "testing"))]
pub use injecting::FaultInjector;

#[cfg(any(test, feature = "testing"))]
mod injecting {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use crate::StoreError;

    /// Makes the n-th operation of a store fail. An operation is a begin, a job, a commit or a read.
    ///
    /// Copies share the counter, so that a test can set it on a running store.
    #[derive(Debug, Clone, Default)]
    pub struct FaultInjector(Arc<AtomicU64>);

    impl FaultInjector {
        /// No operation fails.
        pub fn none() -> Self {
            Self::default()
        }

        /// The `n`-th operation from now on fails, once; with 0 none does.
        pub fn fail_nth(&self, n: u64) {
            self.0.store(n, Ordering::SeqCst);
        }

        /// Whether the operation that is to fail has not come yet.
        pub fn is_pending(&self) -> bool {
            self.0.load(Ordering::SeqCst) > 0
        }

        /// Counts an operation.
        ///
        /// # Errors
        /// It is the one that was to fail.
        pub(crate) fn check(&self) -> Result<(), StoreError> {
            let before = self.0.try_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
            if before == Ok(1) { Err(StoreError::unavailable("a test injected this failure")) } else { Ok(()) }
        }
    }
}

#[cfg(not(any(test, feature = "testing")))]
mod inert {
    use crate::StoreError;

    /// Injects nothing.
    #[derive(Debug, Clone)]
    pub(crate) struct FaultInjector;

    impl FaultInjector {
        pub(crate) fn none() -> Self {
            FaultInjector
        }

        pub(crate) fn check(&self) -> Result<(), StoreError> {
            Ok(())
        }
    }
}

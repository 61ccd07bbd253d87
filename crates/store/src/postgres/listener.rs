//! Telling other servers what has moved, and hearing it from them: `NOTIFY` and `LISTEN`.
//!
//! One connection, outside of the pool, does both. A change of a book is told after its commit and not within it,
//! because PostgreSQL lets transactions that tell something commit only one after the other; what moves while something
//! is on its way is told together. A change of the directory is rare and tells itself ([`TELL`] in its transaction), so that
//! commands that end at once need not wait. When the connection was away, everything may have moved.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use tokio::time::{error::Elapsed, sleep, timeout};
use tokio_postgres::{AsyncMessage, Client, Error};

use super::dialing::{Dialer, Purpose, Wire};
use super::error_map;
use crate::notifications::Notifications;

/// Tells those who listen.
pub(super) const TELL: &str = "SELECT pg_notify('ringbook', $1)";
/// Listens. What is told is not worth waiting for a disk.
const LISTEN: &str = "SET synchronous_commit = off; LISTEN ringbook";
/// Under which number the database tells others what comes from this connection.
const OWN_NUMBER: &str = "SELECT pg_backend_pid()";

/// How long telling may take before the connection counts as broken.
const TELLING_TIME_MAX: Duration = Duration::from_secs(5);
/// The pause after telling something: what moves meanwhile is told together.
const GATHERING_TIME: Duration = Duration::from_millis(5);
/// The pause after the connection was lost; if it cannot be made, pauses grow as they do for everybody.
const LOSS_PAUSE: Duration = Duration::from_millis(200);

/// Why telling ended.
enum Loss {
    Database(Error),
    Silence,
}

impl From<Error> for Loss {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl From<Elapsed> for Loss {
    fn from(_: Elapsed) -> Self {
        Self::Silence
    }
}

/// Tells and hears as long as it is polled.
pub(super) async fn run(dialer: Arc<Dialer>, notifications: Arc<Notifications>) {
    loop {
        match dialer.connect(Purpose::Notifications).await {
            Ok((client, wire)) => {
                let cause = on_one(client, wire, &notifications).await;
                tracing::warn!("what other servers change is noticed later for now: {cause}");
            }
            // Those who need the database say it loud enough.
            Err(fault) => tracing::debug!(%fault, "nothing can be heard of other servers"),
        }
        sleep(LOSS_PAUSE).await;
    }
}

/// The same on one connection; answers why that ended.
async fn on_one(client: Client, wire: Wire, notifications: &Notifications) -> String {
    let own = AtomicI32::new(0);
    tokio::select! {
        ended = hear(wire, notifications, &own) => ended.map_or_else(|error| error_map::in_words(&error), |()| "the connection ended".into()),
        loss = tell(&client, notifications, &own) => match loss {
            Loss::Database(error) => error_map::in_words(&error),
            Loss::Silence => "the database does not answer".into(),
        },
    }
}

/// Keeps the connection going, and hears what is said on it by others.
async fn hear(mut wire: Wire, notifications: &Notifications, own: &AtomicI32) -> Result<(), Error> {
    while let Some(message) = poll_fn(|context| wire.poll_message(context)).await {
        if let AsyncMessage::Notification(told) = message?
            && told.process_id() != own.load(Ordering::Relaxed)
        {
            notifications.receive(told.payload());
        }
    }
    Ok(())
}

async fn tell(client: &Client, notifications: &Notifications, own: &AtomicI32) -> Loss {
    match telling(client, notifications, own).await {
        Ok(never) => match never {},
        Err(loss) => loss,
    }
}

async fn telling(
    client: &Client,
    notifications: &Notifications,
    own: &AtomicI32,
) -> Result<std::convert::Infallible, Loss> {
    let number = timeout(TELLING_TIME_MAX, client.query_one(OWN_NUMBER, &[])).await??;
    own.store(number.try_get(0)?, Ordering::Relaxed);
    timeout(TELLING_TIME_MAX, client.batch_execute(LISTEN)).await??;
    let statement = timeout(TELLING_TIME_MAX, client.prepare(TELL)).await??;
    notifications.all_may_have_changed();
    loop {
        let text = notifications.next_to_send().await;
        timeout(TELLING_TIME_MAX, client.execute(&statement, &[&text])).await??;
        sleep(GATHERING_TIME).await;
    }
}

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

use super::dialing::{Dialer, Errand, Wire};
use super::faults;
use crate::news::News;

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
pub(super) async fn keep(dialer: Arc<Dialer>, news: Arc<News>) {
    loop {
        match dialer.connect(Errand::News).await {
            Ok((client, wire)) => {
                let cause = on_one(client, wire, &news).await;
                tracing::warn!("what other servers change is noticed later for now: {cause}");
            }
            // Those who need the database say it loud enough.
            Err(fault) => tracing::debug!(%fault, "nothing can be heard of other servers"),
        }
        sleep(LOSS_PAUSE).await;
    }
}

/// The same on one connection; answers why that ended.
async fn on_one(client: Client, wire: Wire, news: &News) -> String {
    let own = AtomicI32::new(0);
    tokio::select! {
        ended = hear(wire, news, &own) => ended.map_or_else(|error| faults::in_words(&error), |()| "the connection ended".into()),
        loss = tell(&client, news, &own) => match loss {
            Loss::Database(error) => faults::in_words(&error),
            Loss::Silence => "the database does not answer".into(),
        },
    }
}

/// Keeps the connection going, and hears what is said on it by others.
async fn hear(mut wire: Wire, news: &News, own: &AtomicI32) -> Result<(), Error> {
    while let Some(message) = poll_fn(|context| wire.poll_message(context)).await {
        if let AsyncMessage::Notification(told) = message?
            && told.process_id() != own.load(Ordering::Relaxed)
        {
            news.hear(told.payload());
        }
    }
    Ok(())
}

async fn tell(client: &Client, news: &News, own: &AtomicI32) -> Loss {
    match telling(client, news, own).await {
        Ok(never) => match never {},
        Err(loss) => loss,
    }
}

async fn telling(client: &Client, news: &News, own: &AtomicI32) -> Result<std::convert::Infallible, Loss> {
    let number = timeout(TELLING_TIME_MAX, client.query_one(OWN_NUMBER, &[])).await??;
    own.store(number.try_get(0)?, Ordering::Relaxed);
    timeout(TELLING_TIME_MAX, client.batch_execute(LISTEN)).await??;
    let statement = timeout(TELLING_TIME_MAX, client.prepare(TELL)).await??;
    news.hear_everything();
    news.tell_everything();
    loop {
        let text = news.untold().await;
        timeout(TELLING_TIME_MAX, client.execute(&statement, &[&text])).await??;
        sleep(GATHERING_TIME).await;
    }
}

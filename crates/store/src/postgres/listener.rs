//! Notifications between servers: `NOTIFY` and `LISTEN`.
//!
//! One connection outside the pool does both. A change of a book is announced after its commit and not within it, because
//! PostgreSQL serializes the commits of transactions that notify; changes that come while a notification is under way are
//! announced together. A change of the directory is rare and notifies within its transaction ([`NOTIFY`]), so that
//! commands that end at once need not wait. After an interruption everything may have changed.

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use tokio::time::{error::Elapsed, sleep, timeout};
use tokio_postgres::{AsyncMessage, Client, Error};

use super::dialing::{Dialer, NewConnection, Purpose, SocketDriver};
use super::error_map;
use crate::notifications::Notifications;

/// Notifies the servers that listen.
pub(super) const NOTIFY: &str = "SELECT pg_notify('ringbook', $1)";
/// Listens. A notification need not be on disk.
const LISTEN: &str = "SET synchronous_commit = off; LISTEN ringbook";
/// The number by which notifications of this connection are recognized.
const OWN_PROCESS_ID: &str = "SELECT pg_backend_pid()";

/// How long a notification may take before the connection counts as broken.
const NOTIFY_TIME_MAX: Duration = Duration::from_secs(5);
/// The pause after a notification, in which further changes are collected.
const COLLECT_TIME: Duration = Duration::from_millis(5);
/// The pause after the connection was lost. Failed attempts to connect have growing pauses of their own.
const RECONNECT_PAUSE: Duration = Duration::from_millis(200);

/// Why sending ended.
enum SendError {
    Database(Error),
    TimedOut,
}

impl From<Error> for SendError {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl From<Elapsed> for SendError {
    fn from(_: Elapsed) -> Self {
        Self::TimedOut
    }
}

/// Sends and receives notifications as long as it is polled, on the host that all connections go to.
pub(super) async fn run(dialer: Arc<Dialer>, notifications: Arc<Notifications>) {
    loop {
        match dialer.connect(Purpose::Notifications).await {
            Ok(made) => {
                let cause = until_lost(&dialer, made, &notifications).await;
                tracing::warn!("changes of other servers are noticed later for now: {cause}");
            }
            // Calls that need the database report the same error.
            Err(error) => tracing::debug!(%error, "notifications of other servers cannot be received"),
        }
        sleep(RECONNECT_PAUSE).await;
    }
}

/// The same on one connection; returns why that ended.
async fn until_lost(dialer: &Dialer, made: NewConnection, notifications: &Notifications) -> String {
    let NewConnection { client, socket, host } = made;
    let own = AtomicI32::new(0);
    tokio::select! {
        ended = receive(socket, notifications, &own) => match ended {
            Ok(()) => "the connection ended".into(),
            Err(error) => error_map::with_causes(&error),
        },
        error = send(&client, notifications, &own) => match error {
            SendError::Database(error) => error_map::with_causes(&error),
            SendError::TimedOut => "the database does not answer".into(),
        },
        () = dialer.host_changed_from(host) => "connections go to another host now".into(),
    }
}

/// Serves the socket, and receives what other servers notify.
async fn receive(mut socket: SocketDriver, notifications: &Notifications, own: &AtomicI32) -> Result<(), Error> {
    while let Some(message) = poll_fn(|context| socket.poll_message(context)).await {
        if let AsyncMessage::Notification(notification) = message?
            && notification.process_id() != own.load(Ordering::Relaxed)
        {
            notifications.receive(notification.payload());
        }
    }
    Ok(())
}

async fn send(client: &Client, notifications: &Notifications, own: &AtomicI32) -> SendError {
    match try_send(client, notifications, own).await {
        Ok(never) => match never {},
        Err(error) => error,
    }
}

async fn try_send(client: &Client, notifications: &Notifications, own: &AtomicI32) -> Result<Infallible, SendError> {
    let process_id = timeout(NOTIFY_TIME_MAX, client.query_one(OWN_PROCESS_ID, &[])).await??;
    own.store(process_id.try_get(0)?, Ordering::Relaxed);
    timeout(NOTIFY_TIME_MAX, client.batch_execute(LISTEN)).await??;
    let statement = timeout(NOTIFY_TIME_MAX, client.prepare(NOTIFY)).await??;
    notifications.all_may_have_changed();
    loop {
        let payload = notifications.next_to_send().await;
        timeout(NOTIFY_TIME_MAX, client.execute(&statement, &[&payload])).await??;
        sleep(COLLECT_TIME).await;
    }
}

//! Puts the crates together and runs them: store, access, books, front ends, transport, and the signals that stop it.

use std::future::Future;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::config::{DeviceAccess, LogOptions, ServeOptions};
use crate::device_access::DeviceListeners;
pub use crate::listen_address::listen;
use ringbook_app::access::Access;
use ringbook_app::application::Application;
use ringbook_app::audit::{AuditLog, ReportBounds};
use ringbook_app::books::{Books, Bounds};
use ringbook_clock::Clock;
use ringbook_http::{
    Drain, Health, HttpSettings, Listener, METRICS_CONNECTIONS_MAX, Mounts, Protocol, TlsFiles, TransportError,
};
use ringbook_jsonrpc::Rpc;
use ringbook_store::{Role, Store};
use ringbook_telemetry::{LogHandle, Metrics};
use ringbook_workers::Workers;

/// Anything that keeps a server from running; its text names the next step.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Everything that a server runs on.
pub struct Server {
    /// Where the data are.
    pub store: Store,
    /// The books over it.
    pub books: Books,
    /// Where calls come in.
    pub listener: TcpListener,
    /// Where the metrics page is.
    pub metrics_listener: Option<TcpListener>,
    /// Certificate and key.
    pub tls: Option<Arc<TlsFiles>>,
    /// Bounds of the transport.
    pub http: HttpSettings,
    /// What the front ends for telephones are told.
    pub devices: DeviceAccess,
    /// Where they listen.
    pub device_listeners: DeviceListeners,
    /// Largest answer in bytes, before compression.
    pub answer_bytes_max: usize,
    /// Whether people are served with a browser.
    pub client_area: bool,
    /// The counters that everybody writes to.
    pub metrics: Arc<Metrics>,
    /// The bounds of the request report.
    pub report: ReportBounds,
    /// Calls that take this long are logged.
    pub log_slow: Duration,
    /// The log, to be read again on SIGHUP.
    pub log: LogHandle,
    /// What the log is filtered by after SIGHUP.
    pub log_filter: Box<dyn Fn() -> Option<String> + Send>,
}

/// How long the last writes of a server that stops may take: counters and the request report.
const LAST_WRITES_TIME_MAX: Duration = Duration::from_secs(3);
/// How long the process waits in the end for threads that are still at work.
const THREADS_END_TIME_MAX: Duration = Duration::from_secs(1);

/// Runs `ringbook serve` until a signal ends it.
pub fn serve(options: ServeOptions) -> Result<(), Failure> {
    let log = ringbook_telemetry::logging(options.log.format, &options.log.filter)?;
    let runtime = runtime()?;
    let outcome = runtime.block_on(async {
        let store = Store::open(&options.place, Role::Server)?;
        let metrics = metrics();
        let bounds = Bounds {
            books_bytes: options.memory.bytes(),
            book_bytes: options.book_bytes_max(),
            deletions_kept: options.deletions_kept,
            reads: options.reads,
            workers: None,
        };
        let books = Books::new(store.clone(), Arc::clone(&metrics), bounds);
        books.follow_others();
        let tls = options.tls.as_ref().map(|paths| TlsFiles::read(&paths.certificate, &paths.key)).transpose()?;
        let (listener, bound) = listen(&options.listen.to_string()).await?;
        let metrics_listener = match options.metrics {
            Some(address) => Some(listen(&address.to_string()).await?.0),
            None => None,
        };
        let scheme = if tls.is_some() { "https" } else { "http" };
        let device_listeners = DeviceListeners::take(&options.devices).await?;
        let further: Vec<String> = device_listeners.addresses();
        let server = Server {
            store,
            books,
            listener,
            metrics_listener,
            tls: tls.map(Arc::new),
            http: options.http,
            devices: options.devices,
            device_listeners,
            answer_bytes_max: options.answer_bytes_max,
            client_area: options.client_area,
            metrics,
            report: options.report,
            log_slow: options.log.slow,
            log,
            log_filter: reread_filter(&options.log),
        };
        let ready = || {
            say(&format!("listening on {scheme}://{bound}"));
            further.iter().for_each(|line| say(line));
        };
        run(server, ready).await
    });
    // Everything that must be finished is; a thread that is not is left behind.
    runtime.shutdown_timeout(THREADS_END_TIME_MAX);
    outcome
}

/// Prints to the terminal of the program. It may be closed already; the server starts in any case.
pub fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// The threads that calls are answered on.
pub fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// Reads the log filter as it is to be after SIGHUP.
pub fn reread_filter(log: &LogOptions) -> Box<dyn Fn() -> Option<String> + Send> {
    let log = log.clone();
    Box::new(move || log.reread_filter())
}

/// The counters of a server.
pub fn metrics() -> Arc<Metrics> {
    let (mut methods, outcomes, stages) =
        (ringbook_jsonrpc::methods(), ringbook_jsonrpc::outcomes(), ringbook_jsonrpc::stages());
    methods.extend(crate::device_access::methods());
    Arc::new(Metrics::new(&methods, &outcomes, &stages).with_refusals(&TransportError::REASONS))
}

/// Serves until a signal says to stop; `ready` is called when calls are answered.
pub async fn run(server: Server, ready: impl FnOnce()) -> Result<(), Failure> {
    let Server { store, books, listener, metrics_listener, tls, http, answer_bytes_max, metrics, .. } = server;
    let Server { report, log_slow, log, log_filter, client_area, devices, device_listeners, .. } = server;
    let access = Arc::new(Access::open(store.clone(), Clock::System).await?);
    let (stop, stopped) = watch::channel(());
    let report = AuditLog::new(store.clone(), Clock::System, Arc::clone(&metrics), report);
    let (calls_over, no_more_calls) = watch::channel(());
    let reporting = tokio::spawn(Arc::clone(&report).run(until(no_more_calls)));
    metrics.show_store(Arc::clone(store.commits().metrics()));
    let app = Application::new(Arc::clone(&access), books.clone(), report, Clock::System, Arc::clone(&metrics));
    app.log_slow(log_slow);
    let address = listener.local_addr()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let settings = device_listeners.settings(&devices, &format!("{scheme}://{address}"), client_area);
    let (device_mounts, device_listeners) = device_listeners.build(&app, &settings, &devices.ldap, tls.as_ref());
    // The mounts and listeners own the application from here on: the store is closed when they are gone.
    let mounts = mounts(app, answer_bytes_max, client_area, store.clone(), &http);
    let mounts = device_mounts.into_iter().fold(mounts, Mounts::with);
    let follow = tokio::spawn({
        let (access, stopped) = (Arc::clone(&access), stopped.clone());
        async move { access.follow(until(stopped)).await }
    });
    let signals = Signals::new()?;
    tokio::spawn(signals.reload(tls.clone(), log, log_filter));
    tokio::spawn(stop_signal(stop)?);
    tokio::spawn(interrupt_long_work(books.workers().clone(), stopped.clone()));
    tracing::info!(version = env!("CARGO_PKG_VERSION"), %address, tls = tls.is_some(), "answering calls");
    ready();
    let mut listeners = listeners((listener, mounts), tls, metrics_listener.map(|socket| (socket, &metrics)));
    listeners.extend(device_listeners);
    let workers = books.workers().clone();
    let drain = ringbook_http::run(listeners, http, workers, Arc::clone(&metrics), until(stopped)).await;
    // What the last calls left is reported, too.
    drop(calls_over);
    let last_writes = async {
        let (reported, saved) = tokio::join!(reporting, access.save_points());
        reported?;
        saved?;
        Ok::<(), Failure>(follow.await?)
    };
    let written = tokio::time::timeout(LAST_WRITES_TIME_MAX, last_writes).await;
    let loaded = books.loaded();
    drop((access, books));
    tokio::task::spawn_blocking(move || store.close(&loaded)).await?;
    match drain {
        Drain::Complete => tracing::info!("stopped"),
        Drain::CutShort { connections } => tracing::warn!(connections, "stopped with calls still running"),
    }
    written.unwrap_or_else(|_| Err("the store took too long: the last counters may not be saved".into()))
}

/// The listeners of a server: the API with the health path, and the metrics page on a socket of its own.
fn listeners(
    api: (TcpListener, Mounts),
    tls: Option<Arc<TlsFiles>>,
    metrics: Option<(TcpListener, &Arc<Metrics>)>,
) -> Vec<Listener> {
    let (socket, mounts) = api;
    let mut listeners = vec![Listener::new(socket, Protocol::Http(mounts)).with_tls(tls)];
    if let Some((socket, metrics)) = metrics {
        let page = Protocol::Http(Mounts::new(ringbook_http::metrics_page(Arc::clone(metrics))));
        listeners.push(Listener::new(socket, page).connections_max(METRICS_CONNECTIONS_MAX).uncounted());
    }
    listeners
}

/// What the API's listener answers: the API, whether the server is well, and people with a browser.
fn mounts(
    app: Arc<Application>,
    answer_bytes_max: usize,
    client_area: bool,
    store: Store,
    http: &HttpSettings,
) -> Mounts {
    let rpc = Arc::new(Rpc::new(Arc::clone(&app)).answer_bytes_max(answer_bytes_max));
    let health = move || {
        let store = store.clone();
        async move {
            match store.ping().await {
                Ok(()) if store.has_room() => Health::Good,
                Ok(()) => Health::DiskFull,
                Err(_) => Health::StoreFails,
            }
        }
    };
    let mounts = Mounts::new(ringbook_jsonrpc::mount(Arc::clone(&rpc)));
    let mounts = mounts.with(ringbook_http::health(health, http.health_time_max));
    let area = client_area.then(|| ringbook_client_area::mounts(&app, rpc));
    area.into_iter().flatten().fold(mounts, Mounts::with)
}

/// Interrupts long questions when the server is to stop.
async fn interrupt_long_work(workers: Workers, stopped: watch::Receiver<()>) {
    until(stopped).await;
    workers.stop();
}

/// Waits until the other end says stop, or is gone.
async fn until(mut stopped: watch::Receiver<()>) {
    let _ = stopped.changed().await;
}

/// Sends the word to stop at the first SIGTERM or SIGINT; a second one ends the program at once.
fn stop_signal(stop: watch::Sender<()>) -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        let mut word = async || {
            tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            }
        };
        let name = word().await;
        tracing::info!(signal = name, "stopping: running calls are finished first");
        let _ = stop.send(());
        word().await;
        std::process::exit(1);
    })
}

struct Signals {
    hangup: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self { hangup: signal(SignalKind::hangup())? })
    }

    /// At every SIGHUP reads the TLS files and the log filter again.
    async fn reload(
        mut self,
        tls: Option<Arc<TlsFiles>>,
        log: LogHandle,
        log_filter: Box<dyn Fn() -> Option<String> + Send>,
    ) {
        while self.hangup.recv().await.is_some() {
            if let Some(filter) = log_filter()
                && let Err(fault) = log.reload(&filter)
            {
                tracing::error!("keeping the old log filter: {fault}");
            }
            match tls.as_ref().map(|files| files.reload()) {
                Some(Err(fault)) => tracing::error!("keeping the old certificate: {fault}"),
                Some(Ok(())) => tracing::info!("reloaded certificate and key"),
                None => tracing::info!("reloaded the log filter"),
            }
        }
    }
}

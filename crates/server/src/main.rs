//! TEMPORARY main until cli is there
mod access;
mod clock;
mod demo;
mod http;
mod rpc;
mod serve;
mod shelf;
mod store;
mod telemetry;

fn main() {
    let a: Vec<String> = std::env::args().collect();
    let dir = std::path::PathBuf::from(&a[1]);
    let n: u64 = a[2].parse().unwrap();
    let addr = a[3].clone();
    let log = telemetry::logging(telemetry::LogFormat::Text, "info").unwrap();
    let rt = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    rt.block_on(async move {
        let t = std::time::Instant::now();
        let store = store::Store::open(&dir, store::Role::Server).unwrap();
        let metrics = serve::metrics();
        let shelf = shelf::Shelf::new(store.clone(), metrics.clone());
        let (listener, bound) = serve::listen(&addr).await.unwrap();
        let made = demo::prepare(&store, &shelf, &dir, demo::Wish { contacts: n, seed: 1 }, &format!("http://{bound}/v2.0")).await.unwrap();
        println!("{:?} {made:#}", t.elapsed());
        serve::run(serve::Server { store, shelf, listener, metrics_listener: None, tls: None, http: http::HttpSettings::default(), metrics, log, log_filter: Box::new(|| None) }, || println!("listening")).await.unwrap();
    });
}

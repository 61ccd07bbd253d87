//! nginx with one file: the floor for large replies.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use ringbook_testbed::server::RunningServer;

/// Starts an nginx that serves `body` at `/page.json`, with a worker per processor.
///
/// # Errors
/// It is missing, or cannot be started.
pub fn start(directory: &Path, body: &str) -> Result<RunningServer, String> {
    let room = directory.join("nginx");
    let address = free_address()?;
    write(&room, &address, body).map_err(|why| format!("{}: {why}", room.display()))?;
    let mut nginx = Command::new("nginx");
    nginx.arg("-p").arg(&room).args(["-e", "error.log", "-c", "nginx.conf"]);
    let hint = |why| format!("{why}; apt-get install nginx-light brings it");
    RunningServer::start_at(&mut nginx, &address).map_err(hint)
}

/// An address of this machine that nothing listens at.
///
/// # Errors
/// There is none.
pub fn free_address() -> Result<String, String> {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    free.map(|address| address.to_string()).map_err(|why| format!("no free port: {why}"))
}

fn write(room: &Path, address: &str, body: &str) -> std::io::Result<()> {
    fs::create_dir_all(room)?;
    fs::write(room.join("page.json"), body)?;
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    // Started by root, nginx would switch to a user that may not read this directory.
    let user = if fs::metadata(room)?.uid_is_root() { "user root;" } else { "" };
    let config = CONFIG.replace("USER", user).replace("WORKERS", &workers.to_string()).replace("ADDRESS", address);
    fs::write(room.join("nginx.conf"), config)
}

trait Owner {
    fn uid_is_root(&self) -> bool;
}

impl Owner for fs::Metadata {
    fn uid_is_root(&self) -> bool {
        std::os::unix::fs::MetadataExt::uid(self) == 0
    }
}

const CONFIG: &str = "\
USER
daemon off;
worker_processes WORKERS;
pid nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=10;
  keepalive_requests 1000000000;
  default_type application/json;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server { listen ADDRESS; root .; }
}
";

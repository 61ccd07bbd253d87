//! Several servers on a PostgreSQL of the test's own: all of it may be stopped, killed and cut, and comes back where it
//! was. The servers reach the database through a proxy each, or name a primary and a standby.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ringbook_testbed::Cluster;
use serde_json::{Value, json};

use super::crashing::Line;
use super::harness::{Server, added, key, program, told};
use super::proxy::Proxy;
use super::stores::{Place, place, stand_for};
use super::wire::connect;

/// How long the database may take before a server gives up, in seconds: shorter than for users, who wait less often.
const DATABASE_SECONDS_MAX: u64 = 2;

/// A server that may be away.
struct Node {
    server: Mutex<Option<Server>>,
    address: Mutex<SocketAddr>,
}

/// A customer with a key, a database, and servers on it.
pub struct Fleet {
    nodes: Vec<Node>,
    /// One per server; empty where servers name the hosts of the database themselves.
    pub proxies: Vec<Proxy>,
    hosts: Option<String>,
    pub cluster: Cluster,
    pub token: String,
    pub data: PathBuf,
    root: Place,
}

fn kept<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Fleet {
    /// Servers that reach the database through proxies.
    pub fn start(nodes: usize) -> Fleet {
        let cluster = Cluster::start().unwrap_or_else(|why| panic!("a PostgreSQL of its own: {why}"));
        let database = SocketAddr::from(([127, 0, 0, 1], cluster.port()));
        let proxies = (0..nodes).map(|_| Proxy::start(database)).collect();
        let address = cluster.connection();
        Self::on(nodes, cluster, proxies, None, address)
    }

    /// Servers that name the primary and this standby of it.
    pub fn start_with_standby(nodes: usize, primary: Cluster, standby: &Cluster) -> Fleet {
        let hosts = format!("host=127.0.0.1,127.0.0.1 port={},{}", primary.port(), standby.port());
        let address = format!("{hosts} user=postgres dbname=postgres target_session_attrs=read-write");
        Self::on(nodes, primary, Vec::new(), Some(hosts), address)
    }

    fn on(nodes: usize, cluster: Cluster, proxies: Vec<Proxy>, hosts: Option<String>, address: String) -> Fleet {
        let root = place();
        let data = root.path().join("data");
        stand_for(&data, address);
        let customer = added(&data, "customer add Acme");
        let user = added(&data, &format!("user add acme --customer {customer}"));
        let (_, token) = key(&data, user);
        told(&data, &format!("allow add 127.0.0.1 --customer {customer}"));
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let node = |_| Node { server: Mutex::new(None), address: Mutex::new(nowhere) };
        let fleet = Fleet { nodes: (0..nodes).map(node).collect(), proxies, hosts, cluster, token, data, root };
        (0..nodes).for_each(|node| fleet.launch(node));
        fleet
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Starts a server that is not there; its database must be.
    pub fn launch(&self, node: usize) {
        let proxy = || format!("host=127.0.0.1 port={}", self.proxies[node].address.port());
        let database = format!(
            "{} user=postgres dbname=postgres connect_timeout={DATABASE_SECONDS_MAX} \
             statement_timeout={DATABASE_SECONDS_MAX}",
            self.hosts.clone().unwrap_or_else(proxy)
        );
        let mut command = program(["serve", "--listen", "127.0.0.1:0", "--database"]);
        command.arg(database);
        let server = Server::run(command, &self.root.path().join(format!("node{node}")));
        *kept(&self.nodes[node].address) = server.address;
        *kept(&self.nodes[node].server) = Some(server);
    }

    /// SIGKILL.
    pub fn kill(&self, node: usize) {
        let server = kept(&self.nodes[node].server).take();
        server.expect("it runs").kill();
    }

    /// Where a server listens, or did last.
    pub fn address(&self, node: usize) -> SocketAddr {
        *kept(&self.nodes[node].address)
    }

    /// A call on a connection of its own, to a server that runs.
    pub fn call(&self, node: usize, method: &str, params: Value) -> Value {
        let params = self.with_token(params);
        let line = Line::connect(self.address(node));
        line.and_then(|mut line| line.call(method, &params)).expect("a server that runs answers")
    }

    pub fn with_token(&self, mut params: Value) -> Value {
        params["access_token"] = json!(self.token);
        params
    }

    /// All contacts, or the refusal.
    pub fn page(&self, node: usize) -> Value {
        self.call(node, "get.contacts", json!({"limit": 10_000}))
    }

    pub fn create(&self, node: usize, name: &str) -> u64 {
        let made = self.call(node, "create.contacts", json!({"last_name": name, "phone_numbers": ["100"]}));
        made["result"]["data"]["id"].as_u64().unwrap_or_else(|| panic!("{made}"))
    }

    /// The status of its health page.
    pub fn health(&self, node: usize) -> u16 {
        connect(self.address(node)).ask("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").status
    }

    /// SIGTERM to all, and a good end; then the data are looked through.
    pub fn stop(self) {
        for node in &self.nodes {
            kept(&node.server).take().expect("it runs").stop();
        }
        assert_eq!(told(&self.data, "check")["ok"], true);
    }
}

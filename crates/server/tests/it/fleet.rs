//! Several servers on a private PostgreSQL. All of them can be stopped, killed, cut off and started again. The servers are
//! connected through a proxy each, or name a primary and a standby.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ringbook_testbed::Cluster;
use ringbook_testbed::http_client::{connect, get};
use serde_json::{Value, json};

use super::harness::{Server, added, key, program, told, try_call};
use super::proxy::Proxy;
use super::stores::{Place, map_to_database, place};

/// Time limits of a server for the database, in seconds; shorter than the defaults, so that tests take less time.
const DATABASE_SECONDS_MAX: u64 = 2;

/// A server that may not run.
struct Node {
    state: Mutex<NodeState>,
    launched: Condvar,
}

struct NodeState {
    server: Option<Server>,
    /// Where it listens, or listened last.
    address: SocketAddr,
}

impl Node {
    fn new() -> Node {
        let state = NodeState { server: None, address: SocketAddr::from(([0, 0, 0, 0], 0)) };
        Node { state: Mutex::new(state), launched: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, NodeState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A customer with a key, a database, and servers on it.
pub struct Fleet {
    nodes: Vec<Node>,
    /// One per server; empty where servers name the hosts of the database themselves.
    pub proxies: Vec<Proxy>,
    /// The hosts of the database, where servers name them.
    hosts: Option<String>,
    pub cluster: Cluster,
    pub token: String,
    pub data: PathBuf,
    root: Place,
}

impl Fleet {
    /// Servers that are connected through proxies.
    pub fn start(nodes: usize) -> Fleet {
        let cluster = Cluster::start().unwrap_or_else(|why| panic!("a private PostgreSQL: {why}"));
        let database = SocketAddr::from(([127, 0, 0, 1], cluster.port()));
        let proxies = (0..nodes).map(|_| Proxy::start(database)).collect();
        let address = cluster.connection();
        Self::on(nodes, cluster, proxies, None, address)
    }

    /// Servers that name a primary and this standby of it.
    pub fn start_with_standby(nodes: usize, primary: Cluster, standby: &Cluster) -> Fleet {
        let hosts = format!("host=127.0.0.1,127.0.0.1 port={},{}", primary.port(), standby.port());
        let address = format!("{hosts} user=postgres dbname=postgres target_session_attrs=read-write");
        Self::on(nodes, primary, Vec::new(), Some(hosts), address)
    }

    fn on(nodes: usize, cluster: Cluster, proxies: Vec<Proxy>, hosts: Option<String>, address: String) -> Fleet {
        let root = place();
        let data = root.path().join("data");
        map_to_database(&data, address);
        let customer = added(&data, "customer add Acme");
        let user = added(&data, &format!("user add acme --customer {customer}"));
        let (_, token) = key(&data, user);
        told(&data, &format!("allow add 127.0.0.1 --customer {customer}"));
        let fleet =
            Fleet { nodes: (0..nodes).map(|_| Node::new()).collect(), proxies, hosts, cluster, token, data, root };
        (0..nodes).for_each(|node| fleet.launch(node));
        fleet
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Starts a server that does not run; its database must run.
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
        let mut state = self.nodes[node].state();
        state.address = server.address;
        state.server = Some(server);
        self.nodes[node].launched.notify_all();
    }

    /// SIGKILL.
    pub fn kill(&self, node: usize) {
        let server = self.nodes[node].state().server.take();
        server.expect("the server runs").kill();
    }

    /// Where a server listens, or did last.
    pub fn address(&self, node: usize) -> SocketAddr {
        self.nodes[node].state().address
    }

    /// Waits until a server runs, for at most `time_max`.
    pub fn wait_for_launch(&self, node: usize, time_max: Duration) {
        let node = &self.nodes[node];
        // Whether the time is over does not matter.
        let _ = node.launched.wait_timeout_while(node.state(), time_max, |state| state.server.is_none());
    }

    /// A call to a running server, on a new connection.
    pub fn call(&self, node: usize, method: &str, params: Value) -> Value {
        let params = self.with_token(params);
        try_call(&mut connect(self.address(node)), method, &params).expect("a running server replies")
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
        connect(self.address(node)).request(get("/healthz")).status
    }

    /// Stops all servers with SIGTERM and checks the data.
    pub fn stop(self) {
        for node in &self.nodes {
            let server = node.state().server.take();
            server.expect("the server runs").stop();
        }
        assert_eq!(told(&self.data, "check")["ok"], true);
    }
}

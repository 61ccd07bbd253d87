//! A TCP proxy between a server and its database that injects faults: latency, silence, cut connections.
//!
//! It forwards bytes and recognizes commits in them. Silence loses nothing: bytes are held back until the link is open
//! again, as on a network that retransmits, or until the connection is cut.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The bytes with which a client of PostgreSQL commits.
const COMMIT: &[u8] = b"COMMIT\0";

/// The state of the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    Open,
    /// Bytes are delayed by this time in each direction.
    Slow(Duration),
    /// Connections are accepted and kept, but nothing is forwarded.
    Silent,
    /// New connections are closed at once.
    Closed,
}

/// Where connections are cut at the next commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitCut {
    /// The database does not receive the commit.
    Before,
    /// The database receives the commit, the server no reply.
    After,
}

struct State {
    link: Link,
    commit_cut: Option<CommitCut>,
    /// Both sockets of every connection, by its number.
    sockets: HashMap<u64, [TcpStream; 2]>,
    /// Number of connections so far.
    accepted: u64,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    upstream: SocketAddr,
}

/// A proxy on loopback for one address.
pub struct Proxy {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    pub fn start(upstream: SocketAddr) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Mutex::new(State { link: Link::Open, commit_cut: None, sockets: HashMap::new(), accepted: 0 });
        let shared = Arc::new(Shared { state, changed: Condvar::new(), upstream });
        let for_listener = Arc::clone(&shared);
        // The thread ends with the process of the test.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                for_listener.accept(client);
            }
        });
        Proxy { address, shared }
    }

    pub fn set(&self, link: Link) {
        self.shared.state().link = link;
        self.shared.changed.notify_all();
    }

    /// Closes every connection; bytes that are held back are lost.
    pub fn cut(&self) {
        self.shared.cut(&mut self.shared.state());
    }

    /// Closes every connection at the next commit.
    pub fn cut_at_commit(&self, cut: CommitCut) {
        self.shared.state().commit_cut = Some(cut);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.set(Link::Closed);
        self.cut();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cut(&self, state: &mut State) {
        for socket in state.sockets.drain().flat_map(|(_, sockets)| sockets) {
            let _ = socket.shutdown(Shutdown::Both);
        }
        self.changed.notify_all();
    }

    /// Forwards a connection in both directions, unless the link is closed.
    fn accept(self: &Arc<Self>, client: TcpStream) {
        let mut state = self.state();
        if state.link == Link::Closed {
            return;
        }
        let Ok(server) = TcpStream::connect(self.upstream) else { return };
        let sockets = [&client, &server].map(|socket| socket.set_nodelay(true).and_then(|()| socket.try_clone()));
        let [Ok(client_socket), Ok(server_socket)] = sockets else { return };
        let [Ok(client_again), Ok(server_again)] = [&client, &server].map(TcpStream::try_clone) else { return };
        state.accepted += 1;
        let number = state.accepted;
        state.sockets.insert(number, [client_socket, server_socket]);
        drop(state);
        let (requests, replies) = (Arc::clone(self), Arc::clone(self));
        thread::spawn(move || requests.forward(client, server, number));
        thread::spawn(move || replies.forward(server_again, client_again, number));
    }

    fn forward(&self, mut from: TcpStream, mut to: TcpStream, number: u64) {
        let mut buffer = [0; 16 << 10];
        loop {
            let count = from.read(&mut buffer).unwrap_or(0);
            if count == 0 || !self.pass(&mut to, &buffer[..count], number) {
                let _ = to.shutdown(Shutdown::Both);
                let _ = from.shutdown(Shutdown::Both);
                self.state().sockets.remove(&number);
                return;
            }
        }
    }

    /// Passes bytes on when the link allows it; returns whether the connection is still open.
    fn pass(&self, to: &mut TcpStream, bytes: &[u8], number: u64) -> bool {
        let is_held_back = |state: &mut State| state.link == Link::Silent && state.sockets.contains_key(&number);
        let state = self.changed.wait_while(self.state(), is_held_back);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        if !state.sockets.contains_key(&number) {
            return false;
        }
        let is_commit = bytes.windows(COMMIT.len()).any(|window| window == COMMIT);
        if let Some(cut) = state.commit_cut.take_if(|_| is_commit) {
            if cut == CommitCut::After {
                let _ = to.write_all(bytes);
            }
            // The database reads the end of the connection after the commit, the server at once.
            self.cut(&mut state);
            return false;
        }
        if let Link::Slow(latency) = state.link {
            state = self.delay(state, latency, number);
        }
        let is_open = state.sockets.contains_key(&number);
        drop(state);
        is_open && to.write_all(bytes).is_ok()
    }

    /// The injected latency: returns after this time, or when the connection is cut.
    fn delay<'s>(&'s self, mut state: MutexGuard<'s, State>, latency: Duration, number: u64) -> MutexGuard<'s, State> {
        let end = Instant::now() + latency;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || !state.sockets.contains_key(&number) {
                return state;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

//! A way between a server and its database that can be slow, silent or gone.
//!
//! It carries bytes, and knows of their meaning only what a commit looks like. Silence loses nothing: what was on its
//! way waits until the way is open again, as it would on a network that sends again what got lost; or until it is cut.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// What a client of PostgreSQL says to commit.
const COMMIT: &[u8] = b"COMMIT\0";

/// How bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Open,
    /// Everything takes so much longer, in each direction.
    Slow(Duration),
    /// Connections are taken and kept, and nothing comes through.
    Silent,
    /// Connections are closed as soon as they come.
    Closed,
}

/// Where the next connection that commits is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trap {
    /// The database never hears of the commit.
    BeforeCommit,
    /// It does, and nobody hears its answer.
    AfterCommit,
}

struct State {
    way: Way,
    trap: Option<Trap>,
    /// Both ends of every connection that is carried, by its number.
    ends: HashMap<u64, [TcpStream; 2]>,
    /// How many connections there have been.
    taken: u64,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    upstream: SocketAddr,
}

/// A listener on loopback that leads to one address.
pub struct Proxy {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    pub fn start(upstream: SocketAddr) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Mutex::new(State { way: Way::Open, trap: None, ends: HashMap::new(), taken: 0 });
        let shared = Arc::new(Shared { state, changed: Condvar::new(), upstream });
        let of_listener = Arc::clone(&shared);
        // It ends with the test's process.
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                of_listener.take(near);
            }
        });
        Proxy { address, shared }
    }

    pub fn set(&self, way: Way) {
        self.shared.state().way = way;
        self.shared.changed.notify_all();
    }

    /// Ends every connection; what was on its way is lost.
    pub fn cut(&self) {
        self.shared.cut(&mut self.shared.state());
    }

    /// Cuts every connection when the next commit goes by.
    pub fn lay(&self, trap: Trap) {
        self.shared.state().trap = Some(trap);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.set(Way::Closed);
        self.cut();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cut(&self, state: &mut State) {
        for end in state.ends.drain().flat_map(|(_, ends)| ends) {
            let _ = end.shutdown(Shutdown::Both);
        }
        self.changed.notify_all();
    }

    /// Carries a connection, unless there is no way.
    fn take(self: &Arc<Self>, near: TcpStream) {
        let mut state = self.state();
        if state.way == Way::Closed {
            return;
        }
        let Ok(far) = TcpStream::connect(self.upstream) else { return };
        let ends = [&near, &far].map(|end| end.set_nodelay(true).and_then(|()| end.try_clone()));
        let [Ok(near_end), Ok(far_end)] = ends else { return };
        let [Ok(near_again), Ok(far_again)] = [&near, &far].map(TcpStream::try_clone) else { return };
        state.taken += 1;
        let number = state.taken;
        state.ends.insert(number, [near_end, far_end]);
        drop(state);
        let (there, back) = (Arc::clone(self), Arc::clone(self));
        thread::spawn(move || there.carry(near, far, number));
        thread::spawn(move || back.carry(far_again, near_again, number));
    }

    fn carry(&self, mut from: TcpStream, mut to: TcpStream, number: u64) {
        let mut room = [0; 16 << 10];
        loop {
            let read = from.read(&mut room).unwrap_or(0);
            if read == 0 || !self.pass(&mut to, &room[..read], number) {
                let _ = to.shutdown(Shutdown::Both);
                let _ = from.shutdown(Shutdown::Both);
                self.state().ends.remove(&number);
                return;
            }
        }
    }

    /// Passes bytes on when there is a way; whether the connection still is one.
    fn pass(&self, to: &mut TcpStream, bytes: &[u8], number: u64) -> bool {
        let mut state = self.state();
        while state.way == Way::Silent && state.ends.contains_key(&number) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if !state.ends.contains_key(&number) {
            return false;
        }
        let commits = bytes.windows(COMMIT.len()).any(|window| window == COMMIT);
        if let Some(trap) = state.trap.take_if(|_| commits) {
            if trap == Trap::AfterCommit {
                let _ = to.write_all(bytes);
            }
            // The far end is told the end of the connection behind the commit, the near end at once.
            self.cut(&mut state);
            return false;
        }
        let way = state.way;
        drop(state);
        if let Way::Slow(more) = way {
            thread::sleep(more);
        }
        to.write_all(bytes).is_ok()
    }
}

//! The program itself, started, asked and stopped as its users do it.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub use super::stores::{Place, place};
use super::stores::{named, named_to_demo};
use super::wire::{Answer, PATIENCE, connect, post};

/// What the operator changes is seen by a running server within this time; the rest is for a machine that is busy.
const SEEN_WITHIN: Duration = Duration::from_secs(1);
const GRACE: Duration = Duration::from_secs(4);
/// Between two looks at something that has a bound.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The program with these arguments and none of the environment's settings.
pub fn program<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringbook"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("RINGBOOK_")) {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs a command of the operator to its end; words are parted by blanks, `+` in a word stands for one.
pub fn operate(data: &Path, line: &str) -> Output {
    operate_with(data, line, "")
}

/// The same with something on its stdin.
pub fn operate_with(data: &Path, line: &str, stdin: &str) -> Output {
    let mut command = program(line.split(' ').map(|word| word.replace('+', " ")));
    command.args(named(data)).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    // A command that reads nothing may be gone already.
    let _ = child.stdin.take().expect("a pipe").write_all(stdin.as_bytes());
    child.wait_with_output().expect("it ends")
}

/// What a command that must succeed says with `--json`.
pub fn told(data: &Path, line: &str) -> Value {
    told_with(data, line, "")
}

/// The same with something on its stdin.
pub fn told_with(data: &Path, line: &str, stdin: &str) -> Value {
    let output = operate_with(data, &format!("{line} --json"), stdin);
    assert_eq!(output.status.code(), Some(0), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{line}: not one JSON value: {output:?}"))
}

/// What an `add` answers with.
pub fn added(data: &Path, line: &str) -> u64 {
    let answer = told(data, line);
    answer["id"].as_u64().unwrap_or_else(|| panic!("{line}: {answer}"))
}

/// A key of a user: its id and its token.
pub fn key(data: &Path, user: u64) -> (u64, String) {
    let answer = told(data, &format!("key add --user {user}"));
    (answer["id"].as_u64().expect("an id"), answer["token"].as_str().expect("a token").to_owned())
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// What it printed up to the line that says where it listens.
    pub greeting: String,
    stdout: BufReader<ChildStdout>,
    log: PathBuf,
}

impl Server {
    /// `ringbook serve` on these data with further arguments.
    pub fn serve(data: &Path, arguments: &[&str]) -> Server {
        let mut command = program(["serve", "--listen", "127.0.0.1:0"]);
        command.args(named(data)).args(arguments);
        Server::run(command, data)
    }

    /// `ringbook demo` on these data.
    pub fn demo(data: &Path, contacts: u64) -> Server {
        let mut command = program(["demo", "--listen", "127.0.0.1:0", "--contacts", &contacts.to_string()]);
        command.args(named_to_demo(data));
        Server::run(command, data)
    }

    /// A command that serves this directory; its log goes beside it.
    pub fn run(mut command: Command, data: &Path) -> Server {
        let log = data.with_extension("log");
        command.stdout(Stdio::piped());
        command.stderr(std::fs::File::options().create(true).append(true).open(&log).expect("a log"));
        let mut child = command.spawn().expect("it starts");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut server = Server { child, address: nowhere, greeting: String::new(), stdout, log };
        server.wait_for_greeting();
        server
    }

    fn wait_for_greeting(&mut self) {
        let line = self.line();
        let place = line
            .trim_end()
            .strip_prefix("listening on http://")
            .or(line.trim_end().strip_prefix("listening on https://"));
        let place = place.unwrap_or_else(|| panic!("it does not listen: {line:?}, {}", self.log()));
        self.address = place.parse().expect("an address");
        self.greeting = line;
    }

    /// The next line on its stdout; empty when there is no more.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("its stdout is text");
        line
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log")
    }

    /// Waits until the log has this text.
    pub fn wait_for_log(&self, text: &str) {
        eventually(PATIENCE, text, || self.log().contains(text));
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status().expect("kill runs");
        assert!(status.success());
    }

    /// Waits for its end.
    pub fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        eventually(PATIENCE, "the server's end", || {
            status = self.child.try_wait().expect("it can be waited for");
            status.is_some()
        });
        status.expect("it has ended")
    }

    /// SIGTERM, and a good end.
    pub fn stop(mut self) {
        self.signal("TERM");
        let status = self.ended();
        assert_eq!(status.code(), Some(0), "{}", self.log());
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().expect("it is there");
        self.ended();
    }

    /// One body on a connection of its own.
    pub fn post(&self, body: impl AsRef<[u8]>) -> Answer {
        connect(self.address).ask(post(body))
    }

    /// One call; its answer.
    pub fn call(&self, method: &str, params: Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = self.post(body.to_string());
        assert_eq!(answer.status, 200);
        answer.json()
    }

    /// The contacts' total that this token gets to see, or the mnemonic of the refusal.
    pub fn verdict(&self, token: &str) -> String {
        outcome(&self.call("get.contacts", json!({"access_token": token, "limit": 0})))
    }

    /// Waits until the server says this of a token, for as long as a change of the operator may take.
    pub fn becomes(&self, token: &str, wanted: &str) {
        let begin = Instant::now();
        eventually(SEEN_WITHIN + GRACE, wanted, || self.verdict(token) == wanted);
        if begin.elapsed() > SEEN_WITHIN {
            eprintln!("{wanted} was seen after {:?} only: a busy machine?", begin.elapsed());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `ok`, or the mnemonic of a refusal.
pub fn outcome(answer: &Value) -> String {
    answer["error"]["data"]["mnemonic"].as_str().unwrap_or("ok").to_owned()
}

/// Looks again and again until it holds.
pub fn eventually(within: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < within, "{what}: not within {within:?}");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// A demo that runs, with what its `demo.json` says.
pub struct Demo {
    pub server: Server,
    pub json: Value,
    root: Place,
}

impl Demo {
    pub fn start(contacts: u64) -> Demo {
        let root = place();
        let server = Server::demo(&root.path().join("data"), contacts);
        let json = std::fs::read_to_string(root.path().join("data/demo.json")).expect("demo.json");
        Demo { server, json: serde_json::from_str(&json).expect("JSON"), root }
    }

    pub fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    /// The entry of `agent`, `demo`, `second` or `other`.
    pub fn entry(&self, who: &str) -> &Value {
        match who {
            "agent" => &self.json["agent"],
            login => {
                let customers = self.json["customers"].as_array().expect("customers");
                customers.iter().find(|customer| customer["login"] == login).expect("there is one")
            }
        }
    }

    pub fn text(&self, who: &str, member: &str) -> &str {
        self.entry(who)[member].as_str().expect("a text")
    }

    pub fn token(&self, who: &str) -> &str {
        self.text(who, "access_token")
    }

    pub fn user(&self, who: &str) -> u64 {
        self.entry(who)["user_id"].as_u64().expect("an id")
    }

    /// Kills the server and hands over the directory.
    pub fn kill(self) -> (Place, PathBuf) {
        let data = self.data();
        self.server.kill();
        (self.root, data)
    }

    /// Stops the server and hands over the directory.
    pub fn into_data(self) -> (Place, PathBuf, Value) {
        let data = self.data();
        self.server.stop();
        (self.root, data, self.json)
    }
}

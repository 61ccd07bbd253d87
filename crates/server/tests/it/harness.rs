//! Server processes, operator commands and calls for the tests of the program.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use ringbook_testbed::http_client::{HttpClient, Response, WAIT_MAX, connect, post};
use ringbook_testbed::wait::wait_until;
use serde_json::{Value, json};

pub use super::stores::{Place, place};
use super::stores::{named, named_to_demo};

/// Time within which a running server applies operator commands; the rest is a reserve for busy machines.
const APPLIED_WITHIN: Duration = Duration::from_secs(1);
const GRACE: Duration = Duration::from_secs(4);

/// The program with these arguments, without settings from the environment.
pub fn program<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringbook"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("RINGBOOK_")) {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs an operator command. Words are separated by spaces; `+` in a word stands for a space.
pub fn operate(data: &Path, line: &str) -> Output {
    operate_with(data, line, "")
}

/// The same with this standard input.
pub fn operate_with(data: &Path, line: &str, stdin: &str) -> Output {
    let mut command = program(line.split(' ').map(|word| word.replace('+', " ")));
    command.args(named(data)).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    // A command that reads nothing may have ended.
    let _ = child.stdin.take().expect("a pipe").write_all(stdin.as_bytes());
    child.wait_with_output().expect("it ends")
}

/// The output with `--json` of a command that must succeed.
pub fn told(data: &Path, line: &str) -> Value {
    told_with(data, line, "")
}

/// The same with this standard input.
pub fn told_with(data: &Path, line: &str, stdin: &str) -> Value {
    let output = operate_with(data, &format!("{line} --json"), stdin);
    assert_eq!(output.status.code(), Some(0), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{line}: not one JSON value: {output:?}"))
}

/// The id that a command `add` returns.
pub fn added(data: &Path, line: &str) -> u64 {
    let answer = told(data, line);
    answer["id"].as_u64().unwrap_or_else(|| panic!("{line}: {answer}"))
}

/// Creates a key for a user; returns its id and its token.
pub fn key(data: &Path, user: u64) -> (u64, String) {
    let answer = told(data, &format!("key add --user {user}"));
    (answer["id"].as_u64().expect("an id"), answer["token"].as_str().expect("a token").to_owned())
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// The line that names the address it listens at.
    pub startup_line: String,
    stdout: BufReader<ChildStdout>,
    log: PathBuf,
}

impl Server {
    /// Starts `ringbook serve` on this data with further arguments.
    pub fn serve(data: &Path, arguments: &[&str]) -> Server {
        let mut command = program(["serve", "--listen", "127.0.0.1:0"]);
        command.args(named(data)).args(arguments);
        Server::run(command, data)
    }

    /// Starts `ringbook demo` on this data.
    pub fn demo(data: &Path, contacts: u64) -> Server {
        let mut command = program(["demo", "--listen", "127.0.0.1:0", "--contacts", &contacts.to_string()]);
        command.args(named_to_demo(data));
        Server::run(command, data)
    }

    /// Starts a command that serves this directory; its log is written beside it.
    pub fn run(mut command: Command, data: &Path) -> Server {
        let log = data.with_extension("log");
        command.stdout(Stdio::piped());
        command.stderr(std::fs::File::options().create(true).append(true).open(&log).expect("a log"));
        let mut child = command.spawn().expect("it starts");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut server = Server { child, address: nowhere, startup_line: String::new(), stdout, log };
        server.wait_for_startup_line();
        server
    }

    fn wait_for_startup_line(&mut self) {
        let line = self.line();
        let place = line
            .trim_end()
            .strip_prefix("listening on http://")
            .or(line.trim_end().strip_prefix("listening on https://"));
        let place = place.unwrap_or_else(|| panic!("it does not listen: {line:?}, {}", self.log()));
        self.address = place.parse().expect("an address");
        self.startup_line = line;
    }

    /// The next line of its standard output; empty at the end.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("its stdout is text");
        line
    }

    /// Its log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log")
    }

    /// Waits until the log contains this text.
    pub fn wait_for_log(&self, text: &str) {
        eventually(WAIT_MAX, text, || self.log().contains(text));
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

    /// Waits until the process has ended.
    pub fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        eventually(WAIT_MAX, "the server's end", || {
            status = self.child.try_wait().expect("it can be waited for");
            status.is_some()
        });
        status.expect("it has ended")
    }

    /// Stops it with SIGTERM, which must succeed.
    pub fn stop(mut self) {
        self.signal("TERM");
        let status = self.ended();
        assert_eq!(status.code(), Some(0), "{}", self.log());
    }

    /// Kills it with SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().expect("it is there");
        self.ended();
    }

    /// Posts a body on a new connection.
    pub fn post(&self, body: impl AsRef<[u8]>) -> Response {
        connect(self.address).request(post(body))
    }

    /// Makes a call; returns the reply.
    pub fn call(&self, method: &str, params: Value) -> Value {
        let answer = self.post(call_body(method, &params));
        assert_eq!(answer.status, 200);
        answer.json()
    }

    /// The outcome of `get.contacts` with this token: `ok`, or the mnemonic of the refusal.
    pub fn verdict(&self, token: &str) -> String {
        outcome(&self.call("get.contacts", json!({"access_token": token, "limit": 0})))
    }

    /// Waits until calls with a token have this outcome, for as long as an operator command may take to be applied.
    pub fn becomes(&self, token: &str, wanted: &str) {
        let begin = Instant::now();
        eventually(APPLIED_WITHIN + GRACE, wanted, || self.verdict(token) == wanted);
        if begin.elapsed() > APPLIED_WITHIN {
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

/// Waits until a condition holds that gives no event to wait for.
///
/// # Panics
/// It does not hold within this time.
#[track_caller]
pub fn eventually(within: Duration, what: &str, holds: impl FnMut() -> bool) {
    assert!(wait_until(within, holds), "{what}: not within {within:?}");
}

/// The body of a call.
pub fn call_body(method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string()
}

/// Sends a call whose reply is not read; the connection may break.
pub fn try_send(client: &mut HttpClient<TcpStream>, method: &str, params: &Value) {
    // A broken connection is one of the cases that such calls test.
    let _ = client.try_send(post(call_body(method, params)));
}

/// The reply to a call; `None` if the connection breaks.
pub fn try_call(client: &mut HttpClient<TcpStream>, method: &str, params: &Value) -> Option<Value> {
    let response = client.try_request(post(call_body(method, params))).ok()?;
    Some(response.json())
}

/// A running demo with the content of its `demo.json`.
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

    /// Kills the server and returns the directory.
    pub fn kill(self) -> (Place, PathBuf) {
        let data = self.data();
        self.server.kill();
        (self.root, data)
    }

    /// Stops the server and returns the directory.
    pub fn into_data(self) -> (Place, PathBuf, Value) {
        let data = self.data();
        self.server.stop();
        (self.root, data, self.json)
    }
}

//! What scenarios need: the program in a release build, directories for its data, and an account to write to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use ringbook_testbed::api_client::ApiClient;
use ringbook_testbed::demo;
use ringbook_testbed::server::RunningServer;
use ringbook_testbed::workspace::{cargo, root};
use ringbook_testbed::{output, quietly};

/// The program and a directory for files.
pub struct Fixture {
    program: PathBuf,
    /// Kept between runs.
    pub scratch: PathBuf,
    /// Number of fuzzing inputs.
    pub runs: u64,
    /// Time beside hostile customers.
    pub time: Duration,
}

impl Fixture {
    /// Takes this program, or builds it.
    ///
    /// # Errors
    /// The build fails.
    pub fn prepare(program: Option<PathBuf>, runs: u64, time: Duration) -> Result<Self, String> {
        if program.is_none() {
            eprintln!("── build");
            quietly(&mut cargo(&["build", "--release", "--quiet", "-p", "ringbook", "--bins"]))?;
        }
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |place| root().join(place));
        let scratch = target.join("faults");
        fs::create_dir_all(&scratch).map_err(|why| format!("{}: {why}", scratch.display()))?;
        let program = program.unwrap_or_else(|| target.join("release/ringbook"));
        Ok(Self { program, scratch, runs, time })
    }

    /// An empty directory of this name.
    ///
    /// # Errors
    /// It cannot be created.
    pub fn fresh(&self, name: &str) -> Result<PathBuf, String> {
        let place = self.scratch.join(name);
        // Left by an interrupted run.
        let _ = fs::remove_dir_all(&place);
        fs::create_dir_all(&place).map_err(|why| format!("{}: {why}", place.display()))?;
        Ok(place)
    }

    /// A copy of a demo with this many contacts, and the token of its first customer.
    ///
    /// # Errors
    /// The demo cannot be created or copied.
    pub fn demo(&self, contacts: u64, name: &str) -> Result<(Instance, String), String> {
        let made = self.scratch.join(format!("demo-{contacts}"));
        demo::provide(&self.program, &made, contacts)?;
        let data = self.fresh(name)?.join("data");
        quietly(Command::new("cp").arg("-a").arg(&made).arg(&data))?;
        Ok((self.directory(&data), demo::token(&data)?))
    }

    /// Data in a directory.
    pub fn directory(&self, place: &Path) -> Instance {
        Instance {
            program: self.program.clone(),
            entry: Vec::new(),
            data: ["--data".into(), place.display().to_string()],
        }
    }

    /// Data in a database.
    pub fn database(&self, url: String) -> Instance {
        Instance { program: self.program.clone(), entry: Vec::new(), data: ["--database".into(), url] }
    }
}

/// A data directory or database, and how to run the program on it.
pub struct Instance {
    program: PathBuf,
    /// The prefix of its command lines, for a program that enters a namespace; usually empty.
    entry: Vec<String>,
    data: [String; 2],
}

impl Instance {
    /// The same with a prefix for its command lines.
    pub fn with_prefix(self, entry: Vec<String>) -> Self {
        Self { entry, ..self }
    }

    /// The same with a further prefix.
    pub fn with_inner_prefix(&self, words: &[&str]) -> Self {
        let words = words.iter().map(|word| (*word).to_owned());
        let entry = self.entry.iter().cloned().chain(words).collect();
        Self { program: self.program.clone(), entry, data: self.data.clone() }
    }

    /// The program with these arguments, on this data, without settings from the environment.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = match self.entry.split_first() {
            None => Command::new(&self.program),
            Some((first, others)) => {
                let mut command = Command::new(first);
                command.args(others).arg(&self.program);
                command
            }
        };
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("RINGBOOK_")) {
            command.env_remove(name);
        }
        command.args(words).args(&self.data);
        command
    }

    /// Runs an operator command with `--json` and returns its output.
    fn operate(&self, words: &str) -> Result<String, String> {
        let words: Vec<&str> = words.split(' ').chain(["--json"]).collect();
        let done = self.command(&words).output().map_err(|why| format!("the program cannot be run: {why}"))?;
        if done.status.success() {
            return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
        }
        Err(format!("{}: {}", words.join(" "), String::from_utf8_lossy(&done.stderr).trim()))
    }

    /// Creates a customer without quotas that allows calls from this machine; returns its token.
    ///
    /// # Errors
    /// An operator command fails.
    pub fn account(&self, name: &str) -> Result<String, String> {
        let customer = member(&self.operate(&format!("customer add {name}"))?, "id")?;
        let user = member(&self.operate(&format!("user add {name} --customer {customer}"))?, "id")?;
        self.operate(&format!("allow add 127.0.0.1 --customer {customer}"))?;
        member(&self.operate(&format!("key add --user {user}"))?, "token")
    }

    /// Creates an agent that a customer belongs to from now on; returns its token.
    ///
    /// # Errors
    /// An operator command fails.
    pub fn agent(&self, customer: u64) -> Result<String, String> {
        let agent = member(&self.operate("agent add second-agent")?, "id")?;
        self.operate(&format!("customer set {customer} --agent {agent}"))?;
        let user = member(&self.operate(&format!("user add second-agent --agent {agent}"))?, "id")?;
        self.operate(&format!("allow add 127.0.0.1 --agent {agent}"))?;
        member(&self.operate(&format!("key add --user {user}"))?, "token")
    }

    /// Creates users of a customer.
    ///
    /// # Errors
    /// An operator command fails.
    pub fn users(&self, customer: u64, count: usize) -> Result<(), String> {
        (0..count).try_for_each(|at| self.operate(&format!("user add user{at} --customer {customer}")).map(drop))
    }

    /// Creates another key for the first user; returns its token. Keys are numbered from 1.
    ///
    /// # Errors
    /// The operator command fails.
    pub fn key(&self) -> Result<String, String> {
        member(&self.operate("key add --user 1")?, "token")
    }

    /// Blocks a key.
    ///
    /// # Errors
    /// The operator command fails.
    pub fn block_key(&self, id: u64) -> Result<(), String> {
        self.operate(&format!("key block {id}")).map(drop)
    }

    /// Starts a server on a free port; its log is appended to this file.
    ///
    /// # Errors
    /// It does not start.
    pub fn serve(&self, options: &[&str], log: &Path) -> Result<RunningServer, String> {
        let file = fs::File::options().create(true).append(true).open(log);
        let file = file.map_err(|why| format!("{}: {why}", log.display()))?;
        let mut serve = self.command(&[&["serve", "--listen", "127.0.0.1:0", "--log", "warn"], options].concat());
        RunningServer::start(serve.stderr(file)).map_err(|why| format!("{why}; its log is {}", log.display()))
    }

    /// Runs `ringbook check`.
    ///
    /// # Errors
    /// The check failed; the error is its output.
    pub fn check(&self) -> Result<(), String> {
        self.operate("check").map(drop)
    }
}

/// The members of `params` that ask the request report for the last month, each with a comma before it.
///
/// # Errors
/// The program `date` fails.
pub fn last_month() -> Result<String, String> {
    let day = |offset: &str| {
        let day = output(Command::new("date").args(["-u", "+%F", "-d", offset]));
        day.ok_or_else(|| "the program date of GNU fails".to_owned())
    };
    Ok(format!(r#","date_from":"{}","date_till":"{}""#, day("30 days ago")?, day("2 days")?))
}

/// Connects a client.
///
/// # Errors
/// The server does not accept connections.
pub fn client(server: &RunningServer, token: &str) -> Result<ApiClient, String> {
    ApiClient::connect(&server.address, token)
}

/// Number of panics in the server's log.
pub fn panics(log: &Path) -> usize {
    fs::read_to_string(log).unwrap_or_default().matches("panicked").count()
}

/// A member of an object in JSON, a number or a string without escapes.
fn member(json: &str, name: &str) -> Result<String, String> {
    let rest = json.split(&format!("\"{name}\":")).nth(1).map(|rest| rest.trim_start_matches([' ', '"']));
    let value = rest.and_then(|rest| rest.split(['"', ',', '}']).next()).map(str::trim);
    value.map(str::to_owned).ok_or_else(|| format!("no {name} in {json}"))
}

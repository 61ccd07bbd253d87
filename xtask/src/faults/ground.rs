//! What trials stand on: the program built for release, places for its data, and an account to write to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use ringbook_testbed::quietly;

use crate::server::client::Client;
use crate::server::demo;
use crate::server::process::Running;
use crate::steps::{cargo, root};

const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The program and a directory for whatever is written.
pub struct Ground {
    program: PathBuf,
    /// Kept between runs.
    pub scratch: PathBuf,
    /// How many hostile inputs are tried.
    pub runs: u64,
}

impl Ground {
    /// Builds the program.
    ///
    /// # Errors
    /// The build fails.
    pub fn prepare(runs: u64) -> Result<Self, String> {
        eprintln!("── build");
        quietly(&mut cargo(&["build", "--release", "--quiet", "-p", "ringbook", "--bins"]))?;
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |place| root().join(place));
        let scratch = target.join("faults");
        fs::create_dir_all(&scratch).map_err(|why| format!("{}: {why}", scratch.display()))?;
        Ok(Self { program: target.join("release/ringbook"), scratch, runs })
    }

    /// A fresh directory of this name.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn fresh(&self, name: &str) -> Result<PathBuf, String> {
        let place = self.scratch.join(name);
        // It may be there from a run that was broken off.
        let _ = fs::remove_dir_all(&place);
        fs::create_dir_all(&place).map_err(|why| format!("{}: {why}", place.display()))?;
        Ok(place)
    }

    /// A fresh copy of a demo book with so many contacts, and the token of its customer.
    ///
    /// # Errors
    /// The book cannot be made or copied.
    pub fn demo(&self, contacts: u64, name: &str) -> Result<(Home, String), String> {
        let made = self.scratch.join(format!("demo-{contacts}"));
        demo::provide(&self.program, &made, contacts)?;
        let data = self.fresh(name)?.join("data");
        quietly(Command::new("cp").arg("-a").arg(&made).arg(&data))?;
        Ok((self.directory(&data), demo::token(&data)?))
    }

    /// Data in a directory.
    pub fn directory(&self, place: &Path) -> Home {
        Home { program: self.program.clone(), entry: Vec::new(), data: ["--data".into(), place.display().to_string()] }
    }

    /// Data in a database.
    pub fn database(&self, url: String) -> Home {
        Home { program: self.program.clone(), entry: Vec::new(), data: ["--database".into(), url] }
    }
}

/// Where a server keeps its data, and the way there.
pub struct Home {
    program: PathBuf,
    /// The words of a program that runs another one where the data can be seen; mostly none.
    entry: Vec<String>,
    data: [String; 2],
}

impl Home {
    /// The same, with a program that leads there.
    pub fn behind(self, entry: Vec<String>) -> Self {
        Self { entry, ..self }
    }

    /// The same through one more program, which runs the server.
    pub fn through(&self, words: &[&str]) -> Self {
        let words = words.iter().map(|word| (*word).to_owned());
        let entry = self.entry.iter().cloned().chain(words).collect();
        Self { program: self.program.clone(), entry, data: self.data.clone() }
    }

    /// The program with these words and the place of the data, and none of the environment's settings.
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

    /// What an operator's command says, with `--json`.
    fn told(&self, words: &str) -> Result<String, String> {
        let words: Vec<&str> = words.split(' ').chain(["--json"]).collect();
        let done = self.command(&words).output().map_err(|why| format!("the program cannot be run: {why}"))?;
        if done.status.success() {
            return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
        }
        Err(format!("{}: {}", words.join(" "), String::from_utf8_lossy(&done.stderr).trim()))
    }

    /// Makes an account without limits that may be called from here; its token.
    ///
    /// # Errors
    /// A command of the operator fails.
    pub fn account(&self) -> Result<String, String> {
        self.told("customer add Acme")?;
        self.told("user add acme --customer 1")?;
        self.told("allow add 127.0.0.1 --customer 1")?;
        let key = self.told("key add --user 1")?;
        let token = key.split(r#""token":"#).nth(1).and_then(|rest| rest.split('"').nth(1));
        token.map(str::to_owned).ok_or_else(|| format!("no token in {key}"))
    }

    /// Starts a server on a free port; its log is added to this file.
    ///
    /// # Errors
    /// It does not start.
    pub fn serve(&self, options: &[&str], log: &Path) -> Result<Running, String> {
        let file = fs::File::options().create(true).append(true).open(log);
        let file = file.map_err(|why| format!("{}: {why}", log.display()))?;
        let mut serve = self.command(&[&["serve", "--listen", "127.0.0.1:0", "--log", "warn"], options].concat());
        Running::start(serve.stderr(file)).map_err(|why| format!("{why}; its log is {}", log.display()))
    }

    /// `ringbook check`; what it found where it is not pleased.
    ///
    /// # Errors
    /// Something is wrong with the data.
    pub fn check(&self) -> Result<(), String> {
        self.told("check").map(drop)
    }
}

/// A connection of a client, once the server answers it.
///
/// # Errors
/// Nobody listens.
pub fn client(server: &Running, token: &str) -> Result<Client, String> {
    Client::connect(&server.address, token)
}

/// Looks again and again until it holds; whether that was in time.
pub fn eventually(within: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let begin = Instant::now();
    while !holds() {
        if begin.elapsed() > within {
            return false;
        }
        std::thread::sleep(LOOK_EVERY);
    }
    true
}

/// How often the server has lost its head, from its log.
pub fn panics(log: &Path) -> usize {
    fs::read_to_string(log).unwrap_or_default().matches("panicked").count()
}

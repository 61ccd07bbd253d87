//! Published clients of the API, run as they come against a demo: what they were written for is what the server speaks.
//!
//! Each client has a script and a list of pinned packages in `xtask/clients/`, and a virtual environment of its own,
//! because both call their module the same. Environments are kept between runs and made anew when their list changes.
//! What is missing is installed where the system has apt-get, and named elsewhere: no client is ever passed over.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ringbook_testbed::{Packages, output, quietly};

use crate::server::process::Running;
use crate::steps::{Steps, root};

/// A client, and the step that runs it.
struct Client {
    package: &'static str,
    step: &'static str,
}

const CLIENTS: [Client; 2] = [
    Client { package: "comagic-data-api-sdk", step: "published client comagic-data-api-sdk" },
    Client { package: "comagic-wrapper", step: "published client comagic-wrapper" },
];

/// Contacts of the demo: more than a page that is not asked for, fewer than the largest page.
const CONTACTS: u64 = 2_500;

const WANTED: &str = "the published clients need Python 3 with its modules venv and ensurepip";

/// Runs every client, each as a step; the server must have been built for debugging.
///
/// # Errors
/// Python, a package or the server is missing and cannot be had.
pub fn run(steps: &mut Steps) -> Result<(), String> {
    let environments = steps.prepare("published clients", || CLIENTS.iter().map(environment).collect::<Result<_, _>>());
    let environments: Vec<PathBuf> = environments?;
    let demo = steps.prepare("demo for the clients", Demo::start)?;
    for (client, python) in CLIENTS.iter().zip(environments) {
        let mut command = Command::new(python);
        command.arg("-I").arg(source(client, "py")).arg(demo.place.join("data/demo.json"));
        // The demo is on this machine: no proxy leads there.
        steps.run(client.step, command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1"));
    }
    Ok(())
}

/// A file of the client's.
fn source(client: &Client, extension: &str) -> PathBuf {
    root().join("xtask/clients").join(format!("{}.{extension}", client.package))
}

/// Where programs are built and environments are kept.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |place| root().join(place))
}

/// The Python of an environment that has the client.
fn environment(client: &Client) -> Result<PathBuf, String> {
    let place = target().join("clients").join(client.package);
    let python = place.join("bin/python");
    let list = source(client, "txt");
    let wanted = fs::read_to_string(&list).map_err(|why| format!("{}: {why}", list.display()))?;
    // Written last: an environment with this list in it is finished.
    let finished = place.join("installed.txt");
    let runs = output(Command::new(&python).arg("--version")).is_some();
    if runs && fs::read_to_string(&finished).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    make(&place)?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&list);
    quietly(&mut pip).map_err(|why| {
        let (package, list) = (client.package, list.display());
        format!("{package} cannot be installed; the packages in {list} are fetched once, from PyPI:\n{why}")
    })?;
    fs::write(&finished, wanted).map_err(|why| format!("{}: {why}", finished.display()))?;
    Ok(python)
}

/// A fresh virtual environment in this directory.
fn make(place: &Path) -> Result<(), String> {
    let is_able = || output(Command::new("python3").args(["-c", "import venv, ensurepip"])).is_some();
    if !is_able() {
        install()?;
    }
    if !is_able() {
        return Err(format!("{WANTED}, and installing them did not help"));
    }
    quietly(Command::new("python3").args(["-m", "venv", "--clear"]).arg(place))
}

fn install() -> Result<(), String> {
    let packages = Packages::find().ok_or_else(|| {
        format!("{WANTED}; on Debian and Ubuntu: apt-get install python3-venv; elsewhere: python.org")
    })?;
    packages.update()?;
    packages.install(&["python3-venv"])
}

/// A demo that runs until dropped, and its directory.
struct Demo {
    /// Stopped before its files go.
    server: Option<Running>,
    place: PathBuf,
}

impl Demo {
    fn start() -> Result<Self, String> {
        let program = target().join("debug/ringbook");
        if !program.exists() {
            return Err(format!("{} is missing: the build has failed", program.display()));
        }
        let place = std::env::temp_dir().join(format!("ringbook-clients-{}", std::process::id()));
        fs::create_dir_all(&place).map_err(|why| format!("{}: {why}", place.display()))?;
        let mut demo = Self { server: None, place };
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("RINGBOOK_")) {
            command.env_remove(name);
        }
        command.args(["demo", "--listen", "127.0.0.1:0", "--log", "warn", "--contacts", &CONTACTS.to_string()]);
        demo.server = Some(Running::start(command.arg("--data").arg(demo.place.join("data")))?);
        Ok(demo)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.server.take());
        // Nothing is left to be done about files that cannot be removed.
        let _ = fs::remove_dir_all(&self.place);
    }
}

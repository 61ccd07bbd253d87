//! Published clients of the API, run unmodified against a demo server.
//!
//! Each client has a script and a list of pinned packages in `xtask/clients/`, and a virtual environment of its own
//! under `target/clients`, because both name their module alike. `cargo xtask setup` installs them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use ringbook_testbed::server::RunningServer;
use ringbook_testbed::workspace::{root, target, without_settings};
use ringbook_testbed::{output, quietly};

use crate::steps::Steps;

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

/// Runs the script of every client, each as a step, against the debug build of the server.
///
/// # Errors
/// The server is not built or does not start.
pub fn run(steps: &mut Steps) -> Result<(), String> {
    let demo = steps.prepare("demo for the clients", Demo::start)?;
    for client in &CLIENTS {
        let mut command = Command::new(python(client));
        command.arg("-I").arg(source(client, "py")).arg(demo.directory.join("data/demo.json"));
        // The demo is on this machine, so proxies do not apply.
        steps.run(client.step, command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1"));
    }
    Ok(())
}

/// A file of the client's.
fn source(client: &Client, extension: &str) -> PathBuf {
    root().join("xtask/clients").join(format!("{}.{extension}", client.package))
}

/// Whether Python can create virtual environments.
pub fn has_python() -> bool {
    output(Command::new("python3").args(["-c", "import venv, ensurepip"])).is_some()
}

/// Whether every client is installed in the versions of its list.
pub fn are_installed() -> bool {
    CLIENTS.iter().all(is_installed)
}

/// Installs the clients that are missing or were installed from another list.
///
/// # Errors
/// Python fails, or PyPI cannot be reached.
pub fn install() -> Result<(), String> {
    CLIENTS.iter().filter(|client| !is_installed(client)).try_for_each(install_client)
}

/// The virtual environment of a client.
fn environment(client: &Client) -> PathBuf {
    target().join("clients").join(client.package)
}

fn python(client: &Client) -> PathBuf {
    environment(client).join("bin/python")
}

/// A copy of the package list, written last: with it an environment is complete.
fn installed_list(client: &Client) -> PathBuf {
    environment(client).join("installed.txt")
}

fn is_installed(client: &Client) -> bool {
    let runs = output(Command::new(python(client)).arg("--version")).is_some();
    let list = fs::read_to_string(source(client, "txt")).ok();
    runs && list.is_some() && fs::read_to_string(installed_list(client)).ok() == list
}

fn install_client(client: &Client) -> Result<(), String> {
    let list = source(client, "txt");
    let wanted = fs::read_to_string(&list).map_err(|error| format!("{}: {error}", list.display()))?;
    quietly(Command::new("python3").args(["-m", "venv", "--clear"]).arg(environment(client)))?;
    let mut pip = Command::new(python(client));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&list);
    quietly(&mut pip).map_err(|error| format!("cannot install {} from PyPI: {error}", list.display()))?;
    let file = installed_list(client);
    fs::write(&file, wanted).map_err(|error| format!("{}: {error}", file.display()))
}

/// A demo server and its directory, removed when dropped.
struct Demo {
    /// Stopped before the directory is removed.
    server: Option<RunningServer>,
    directory: PathBuf,
}

impl Demo {
    fn start() -> Result<Self, String> {
        let program = target().join("debug/ringbook");
        if !program.exists() {
            return Err(format!("{} does not exist: the build failed", program.display()));
        }
        let directory = std::env::temp_dir().join(format!("ringbook-clients-{}", std::process::id()));
        fs::create_dir_all(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        let mut demo = Self { server: None, directory };
        let mut command = without_settings(&program);
        command.args(["demo", "--listen", "127.0.0.1:0", "--log", "warn", "--contacts", &CONTACTS.to_string()]);
        command.arg("--data").arg(demo.directory.join("data"));
        demo.server = Some(RunningServer::start(&mut command)?);
        Ok(demo)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.server.take());
        let _ = fs::remove_dir_all(&self.directory);
    }
}

//! `cargo xtask package-test`: installs the Debian package, starts and calls the server, upgrades and removes it.
//!
//! This happens in a scratch root: an overlay of this system in mount and process namespaces of its own, so that nothing
//! is changed outside. systemd does not run there; the unit is verified by systemd-analyze, and its command is started as
//! its user.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ringbook_testbed::api_client::ApiClient;
use ringbook_testbed::server::RunningServer;
use ringbook_testbed::workspace::target;
use ringbook_testbed::{is_root, output, quietly};

use crate::deb::{Profile, build};

/// The argument of the run inside the namespaces.
const INSIDE: &str = "--inside";
const UNIT: &str = "/usr/lib/systemd/system/ringbook.service";
const CONFIG: &str = "/etc/ringbook.toml";
const DATA: &str = "/var/lib/ringbook";
/// The highest exposure that `systemd-analyze security` may report, in tenths.
const EXPOSURE_MAX: &str = "20";

/// Runs the chore.
///
/// # Errors
/// An argument is unknown, namespaces or overlays are not permitted, or the package does not do what it should.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let profile = match arguments {
        [] => Profile::Debug,
        [only] if only == "--release" => Profile::Release,
        [inside, scratch, first, second] if inside == INSIDE => {
            return Root::mount(Path::new(scratch))?.test(Path::new(first), Path::new(second));
        }
        other => return Err(format!("package-test: unknown argument {}", other.join(" "))),
    };
    let (first, second) = (build(profile, "1")?, build(profile, "2")?);
    let scratch = target().join("package-test");
    fs::create_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
    let program = std::env::current_exe().map_err(|error| format!("the path of xtask is unknown: {error}"))?;
    let mut unshare = Command::new("unshare");
    if !is_root() {
        unshare.args(["--user", "--map-root-user", "--map-auto"]);
    }
    unshare.args(["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]).arg(program);
    let status = unshare.args(["package-test", INSIDE]).arg(scratch).arg(first).arg(second).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err("the package does not pass; if namespaces are not permitted, run this as root".to_owned()),
        Err(error) => Err(format!("cannot run unshare, of util-linux: {error}")),
    }
}

/// The scratch root.
struct Root(PathBuf);

impl Root {
    fn mount(scratch: &Path) -> Result<Self, String> {
        let mount = |arguments: &[&str], place: &Path| quietly(Command::new("mount").args(arguments).arg(place));
        mount(&["-t", "tmpfs", "scratch"], scratch)?;
        let [upper, work, root] = ["upper", "work", "root"].map(|name| scratch.join(name));
        for directory in [&upper, &work, &root] {
            fs::create_dir(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        }
        let layers = format!("lowerdir=/,upperdir={},workdir={}", upper.display(), work.display());
        mount(&["-t", "overlay", "overlay", "-o", &layers], &root)?;
        mount(&["-t", "proc", "proc"], &root.join("proc"))?;
        mount(&["--rbind", "/dev"], &root.join("dev"))?;
        mount(&["-t", "tmpfs", "run"], &root.join("run"))?;
        mount(&["-t", "tmpfs", "-o", "mode=1777", "tmp"], &root.join("tmp"))?;
        Ok(Self(root))
    }

    fn test(&self, first: &Path, second: &Path) -> Result<(), String> {
        let packages = [self.take(first)?, self.take(second)?];
        step("install");
        self.dpkg(&["--install", &packages[0]])?;
        self.check_files()?;
        self.check_unit()?;
        let address = self.listen_on_a_free_port()?;
        step("start and call");
        let token = self.create_account()?;
        let server = self.start(&address)?;
        let mut client = ApiClient::connect(&address, &token)?;
        let create = r#","last_name":"Lovelace","first_name":"Ada","phone_numbers":["442079460018"]"#;
        let reply = client.call("create.contacts", create).map_err(|error| error.to_string())?;
        check(reply.contains(r#""result":{"id":"#), || format!("create.contacts: {reply}"))?;
        self.run("nobody", &["ringbook", "health", "--url", &format!("http://{address}")])?;
        stop(server)?;

        step("upgrade");
        self.dpkg(&["--install", &packages[1]])?;
        let config = fs::read_to_string(self.at(CONFIG)).unwrap_or_default();
        check(config.contains(&address), || format!("the upgrade has replaced {CONFIG}"))?;
        let server = self.start(&address)?;
        let found = ApiClient::connect(&address, &token)?.contacts(r#","fields":["last_name"]"#)?;
        check(found.contains(r#"[{"last_name":"Lovelace"}]"#), || format!("after the upgrade: {found}"))?;
        stop(server)?;

        step("remove and purge");
        self.dpkg(&["--remove", "ringbook"])?;
        check(!self.at("/usr/bin/ringbook").exists(), || "the program is still there".to_owned())?;
        check(self.at(CONFIG).exists(), || "removing has deleted the settings".to_owned())?;
        self.dpkg(&["--purge", "ringbook"])?;
        check(!self.at(CONFIG).exists(), || "purging has kept the settings".to_owned())?;
        let database = self.at(DATA).join("ringbook.db");
        check(database.exists(), || "purging has deleted the address books".to_owned())
    }

    /// A path of the scratch root as seen from outside.
    fn at(&self, path: &str) -> PathBuf {
        self.0.join(path.trim_start_matches('/'))
    }

    /// Copies a package into the root; its path there.
    fn take(&self, package: &Path) -> Result<String, String> {
        let name = package.file_name().unwrap_or_default().to_string_lossy();
        let inside = format!("/tmp/{name}");
        fs::copy(package, self.at(&inside)).map_err(|error| format!("{}: {error}", package.display()))?;
        Ok(inside)
    }

    /// Runs dpkg, without the triggers of other packages.
    fn dpkg(&self, arguments: &[&str]) -> Result<(), String> {
        self.run("root", &[&["dpkg", "--no-triggers"], arguments].concat()).map(drop)
    }

    /// A program in the root, as a user, with a small environment.
    fn command(&self, user: &str, words: &[&str]) -> Command {
        let mut command = Command::new("chroot");
        command.arg(format!("--userspec={user}:")).arg(&self.0).args(["env", "-i"]);
        command.args(["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"]);
        command.args(["DEBIAN_FRONTEND=noninteractive"]).args(words).stdin(Stdio::null());
        command
    }

    /// Runs a program and returns what it prints.
    fn run(&self, user: &str, words: &[&str]) -> Result<String, String> {
        let done = self.command(user, words).output().map_err(|error| format!("cannot run chroot: {error}"))?;
        if done.status.success() {
            return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
        }
        let printed = [done.stdout, done.stderr].concat();
        Err(format!("{} failed: {}", words.join(" "), String::from_utf8_lossy(&printed)))
    }

    /// Owners and modes of what holds secrets, and that everything else is in its place.
    fn check_files(&self) -> Result<(), String> {
        self.run("nobody", &["ringbook", "--version"])?;
        let id = |option| self.run("root", &["id", option, "ringbook"]).map(|id| id.trim().to_owned());
        let (user, group) = (id("-u")?, id("-g")?);
        for (path, mode, owner) in [(DATA, 0o700, user.as_str()), (CONFIG, 0o640, "0")] {
            let metadata = fs::metadata(self.at(path)).map_err(|error| format!("{path}: {error}"))?;
            let found =
                (metadata.permissions().mode() & 0o7777, metadata.uid().to_string(), metadata.gid().to_string());
            let wanted = (mode, owner.to_owned(), group.clone());
            check(found == wanted, || format!("{path}: mode and owners are {found:?} instead of {wanted:?}"))?;
        }
        for path in [
            "/usr/share/man/man1/ringbook.1.gz",
            "/usr/share/man/man1/ringbook-serve.1.gz",
            "/usr/share/man/man1/ringbook-customer-add.1.gz",
            "/usr/share/bash-completion/completions/ringbook",
            "/usr/share/zsh/vendor-completions/_ringbook",
            "/usr/share/fish/vendor_completions.d/ringbook.fish",
            "/usr/share/doc/ringbook/copyright",
            "/usr/share/doc/ringbook/operating.md",
        ] {
            check(self.at(path).is_file(), || format!("{path} is missing"))?;
        }
        Ok(())
    }

    /// Verifies the unit with systemd-analyze where it is installed.
    fn check_unit(&self) -> Result<(), String> {
        if output(Command::new("systemd-analyze").arg("--version")).is_none() {
            eprintln!("   NOT CHECKED: the unit, because systemd-analyze is not installed (apt-get install systemd)");
            return Ok(());
        }
        self.run("root", &["systemd-analyze", "--man=no", "verify", UNIT])?;
        let threshold = format!("--threshold={EXPOSURE_MAX}");
        self.run("root", &["systemd-analyze", "security", "--offline=yes", &threshold, UNIT]).map(drop)
    }

    /// Changes the settings as an operator would; returns the address.
    fn listen_on_a_free_port(&self) -> Result<String, String> {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.map_err(|error| format!("no free port: {error}"))?.to_string();
        let file = self.at(CONFIG);
        let text = fs::read_to_string(&file).map_err(|error| format!("{CONFIG}: {error}"))?;
        let changed = text.replace("127.0.0.1:8080", &address);
        check(changed != text, || format!("{CONFIG} names no address to listen on"))?;
        fs::write(&file, changed).map_err(|error| format!("{CONFIG}: {error}"))?;
        Ok(address)
    }

    /// Starts what the unit starts, as its user, in its directory and with its umask.
    fn start(&self, address: &str) -> Result<RunningServer, String> {
        let unit = fs::read_to_string(self.at(UNIT)).map_err(|error| format!("{UNIT}: {error}"))?;
        let setting = |name: &str| {
            let value = unit.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            value.ok_or_else(|| format!("{UNIT} has no {name}"))
        };
        let script = r#"cd "$1" && umask "$2" && shift 2 && exec "$@""#;
        let mut words = vec!["sh", "-c", script, "sh", setting("WorkingDirectory")?, setting("UMask")?];
        words.extend(setting("ExecStart")?.split(' '));
        let server = RunningServer::start(&mut self.command(setting("User")?, &words))?;
        check(server.address == address, || format!("the server listens on {}", server.address))?;
        Ok(server)
    }

    /// A customer that may be called from here, by the commands of an operator; its token.
    fn create_account(&self) -> Result<String, String> {
        let operate = |line: &str| {
            let words: Vec<&str> = ["ringbook", "--config", CONFIG].into_iter().chain(line.split(' ')).collect();
            self.run("ringbook", &words)
        };
        operate("customer add Acme")?;
        operate("user add acme --customer 1")?;
        operate("allow add 127.0.0.1 --customer 1")?;
        let key = operate("key add --user 1 --json")?;
        let token = key.split(r#""token":""#).nth(1).and_then(|rest| rest.split('"').next());
        token.map(str::to_owned).ok_or_else(|| format!("no token in {key}"))
    }
}

fn stop(server: RunningServer) -> Result<(), String> {
    let status = server.stop()?;
    check(status.success(), || format!("the server ended with {status}"))
}

fn step(name: &str) {
    eprintln!("── package: {name}");
}

fn check(holds: bool, error: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(error()) }
}

//! A private PostgreSQL with jsquery, for as long as the tests run.
//!
//! It listens on a free port of this machine, keeps its files in a directory of its own, and is stopped and
//! removed at the end, however the end comes: a small shell waits for this program to go away and then
//! clears up. On Debian and Ubuntu missing packages are installed; elsewhere they are named.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::steps::{output, quietly};

/// The release that defines what questions mean; a later one serves where it is not to be had.
const VERSION: u32 = 15;

/// Waits for the end of its input, then stops the server and removes its files.
const CARETAKER: &str = r#"trap '' INT TERM HUP; cat >/dev/null
"$@" stop -m immediate >/dev/null 2>&1; rm -rf "$DIRECTORY""#;

/// A running server.
pub struct Cluster {
    port: u16,
    caretaker: Child,
}

impl Cluster {
    /// Finds or installs PostgreSQL, makes a cluster and starts it.
    ///
    /// # Errors
    /// Something is missing that cannot be installed, or does not run.
    pub fn start() -> Result<Self, String> {
        let programs = match Programs::find() {
            Some(programs) => programs,
            None => {
                install()?;
                Programs::find().ok_or_else(|| format!("{WANTED}, and installing them did not help"))?
            }
        };
        let account = Account::choose()?;
        let directory = directory(&account)?;
        let port = free_port()?;
        let caretaker = caretaker(&programs, &account, &directory)?;
        let cluster = Self { port, caretaker };
        let data = directory.join("data");
        let initdb = &mut account.command(&programs.0.join("initdb"), &directory);
        quietly(
            initdb
                .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D"])
                .arg(&data),
        )?;
        let options = format!(
            "-h 127.0.0.1 -p {port} -k '{}' -c fsync=off -c full_page_writes=off -c max_connections=400",
            directory.display()
        );
        let pg_ctl = &mut account.command(&programs.0.join("pg_ctl"), &directory);
        // The server keeps its outputs open: they must not be ours, or whoever reads them waits for its end.
        let log = directory.join("log");
        let started = pg_ctl.arg("-D").arg(&data).arg("-w").arg("-l").arg(&log).args(["-o", &options, "start"]);
        let status = started.stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !status.is_ok_and(|status| status.success()) {
            let told = std::fs::read_to_string(&log).unwrap_or_default();
            return Err(format!("PostgreSQL does not start:\n{told}"));
        }
        cluster.add_extension(&programs)?;
        Ok(cluster)
    }

    /// How to connect, in the notation of libpq.
    pub fn connection(&self) -> String {
        format!("host=127.0.0.1 port={} user=postgres dbname=postgres", self.port)
    }

    fn add_extension(&self, programs: &Programs) -> Result<(), String> {
        let create = "CREATE EXTENSION jsquery";
        quietly(Command::new(programs.0.join("psql")).args(["-X", "-q", "-d", &self.connection(), "-c", create]))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.caretaker.stdin.take());
        // Nothing is left to be done about a caretaker that cannot be waited for.
        let _ = self.caretaker.wait();
    }
}

const WANTED: &str = "the tests need PostgreSQL 15 or later and its extension jsquery 1.1";

/// A directory with the programs of a PostgreSQL that has jsquery.
struct Programs(PathBuf);

impl Programs {
    fn find() -> Option<Self> {
        let mut found: Vec<(u32, PathBuf)> = places()
            .into_iter()
            .filter(|place| place.join("initdb").exists() && has_jsquery(place))
            .filter_map(|place| version(&place).map(|version| (version, place)))
            .filter(|(version, _)| *version >= VERSION)
            .collect();
        found.sort();
        found.into_iter().next().map(|(_, place)| Self(place))
    }
}

/// Where programs of PostgreSQL may lie.
fn places() -> Vec<PathBuf> {
    let mut places = Vec::new();
    for parent in ["/usr/lib/postgresql", "/usr", "/opt", "/usr/local"] {
        for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
            if parent.ends_with("postgresql") || entry.file_name().to_string_lossy().starts_with("pgsql") {
                places.push(entry.path().join("bin"));
            }
        }
    }
    places.extend(output(Command::new("pg_config").arg("--bindir")).map(PathBuf::from));
    places
}

fn version(programs: &Path) -> Option<u32> {
    // postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)
    let told = output(Command::new(programs.join("postgres")).arg("--version"))?;
    let number = told.split_whitespace().nth(2)?;
    number.split('.').next()?.parse().ok()
}

fn has_jsquery(programs: &Path) -> bool {
    let share = output(Command::new(programs.join("pg_config")).arg("--sharedir")).map(PathBuf::from);
    // Debian has no pg_config beside a server without its development files.
    let release = programs.parent().and_then(Path::file_name);
    let debian = release.map(|release| Path::new("/usr/share/postgresql").join(release));
    let mut shares = share.into_iter().chain(debian);
    shares.any(|share| share.join("extension/jsquery.control").exists())
}

fn install() -> Result<(), String> {
    let root = is_root();
    let sudo = !root && output(Command::new("sudo").args(["-n", "true"])).is_some();
    let apt = output(Command::new("apt-get").arg("--version")).is_some();
    if !apt || !(root || sudo) {
        return Err(format!(
            "{WANTED}; on Debian and Ubuntu: apt-get install postgresql-15 postgresql-15-jsquery (or a later \
             release of both); elsewhere build https://github.com/postgrespro/jsquery"
        ));
    }
    let get = |arguments: &[&str]| {
        let mut command = Command::new(if sudo { "sudo" } else { "env" });
        command.args(if sudo { &["-n", "env"][..] } else { &[] });
        quietly(command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]).args(arguments))
    };
    get(&["update"])?;
    let release = offered().ok_or_else(|| format!("{WANTED}; this system offers no package of jsquery"))?;
    let (server, extension) = (format!("postgresql-{release}"), format!("postgresql-{release}-jsquery"));
    eprintln!("installing {server} and {extension}");
    get(&["install", "--no-install-recommends", &server, &extension])
}

/// The release nearest to [`VERSION`] for which the system's packages have jsquery.
fn offered() -> Option<u32> {
    let names = output(Command::new("apt-cache").args(["search", "--names-only", "^postgresql-[0-9]+-jsquery$"]))?;
    let release = |line: &str| line.strip_prefix("postgresql-")?.split('-').next()?.parse().ok();
    names.lines().filter_map(release).filter(|release| *release >= VERSION).min()
}

fn is_root() -> bool {
    output(Command::new("id").arg("-u")).as_deref() == Some("0")
}

/// The account under which the server runs: it refuses to run as root.
struct Account(Option<&'static str>);

impl Account {
    fn choose() -> Result<Self, String> {
        if !is_root() {
            return Ok(Self(None));
        }
        let known = |name: &&str| output(Command::new("id").args(["-u", name])).is_some();
        let name = ["postgres", "nobody"].into_iter().find(known);
        name.map(|name| Self(Some(name)))
            .ok_or_else(|| "PostgreSQL does not run as root: log in as somebody else".to_owned())
    }

    /// A program under this account, in a directory that the account may enter.
    fn command(&self, program: &Path, directory: &Path) -> Command {
        let mut command = match self.0 {
            None => Command::new(program),
            Some(name) => {
                let mut command = Command::new("setpriv");
                let group = output(Command::new("id").args(["-g", name])).unwrap_or_default();
                command.args(["--reuid", name, "--regid", &group, "--clear-groups"]).arg(program);
                command
            }
        };
        command.current_dir(directory).env_remove("PGDATA");
        command
    }
}

/// An empty directory of the account.
fn directory(account: &Account) -> Result<PathBuf, String> {
    let directory = std::env::temp_dir().join(format!("ringbook-test-{}", std::process::id()));
    std::fs::create_dir_all(&directory).map_err(|why| format!("{}: {why}", directory.display()))?;
    if let Some(name) = account.0 {
        quietly(Command::new("chown").arg(name).arg(&directory))?;
    }
    quietly(Command::new("chmod").arg("700").arg(&directory))?;
    Ok(directory)
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    listener.map(|address| address.port()).map_err(|why| format!("no free port: {why}"))
}

fn caretaker(programs: &Programs, account: &Account, directory: &Path) -> Result<Child, String> {
    let stop = account.command(&programs.0.join("pg_ctl"), directory);
    let mut command = Command::new("sh");
    command.args(["-c", CARETAKER, "caretaker"]).arg(stop.get_program()).args(stop.get_args());
    command.arg("-D").arg(directory.join("data")).current_dir("/").env("DIRECTORY", directory);
    command.stdin(Stdio::piped()).spawn().map_err(|why| format!("sh cannot be run: {why}"))
}

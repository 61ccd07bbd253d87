//! Where the programs of PostgreSQL are; on Debian and Ubuntu they are installed when they are missing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::packages::Packages;
use crate::running::output;

/// The release that defines what questions mean; a later one serves where it is not to be had.
const VERSION: u32 = 15;

const WANTED: &str = "the tests need PostgreSQL 15 or later and its extension jsquery 1.1";

/// A directory with the programs of a PostgreSQL that has jsquery.
#[derive(Clone)]
pub(crate) struct Programs(PathBuf);

impl Programs {
    /// Finds them, or installs them and finds them then.
    pub(crate) fn provide() -> Result<Self, String> {
        // Tests run at once: one of them installs.
        static INSTALLING: Mutex<()> = Mutex::new(());
        let _alone = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(programs) = Self::find() {
            return Ok(programs);
        }
        install()?;
        Self::find().ok_or_else(|| format!("{WANTED}, and installing them did not help"))
    }

    pub(crate) fn path(&self, program: &str) -> PathBuf {
        self.0.join(program)
    }

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
    let packages = Packages::find().ok_or_else(|| {
        format!(
            "{WANTED}; on Debian and Ubuntu: apt-get install postgresql-15 postgresql-15-jsquery (or a later \
             release of both); elsewhere build https://github.com/postgrespro/jsquery"
        )
    })?;
    packages.update()?;
    let release = offered().ok_or_else(|| format!("{WANTED}; this system offers no package of jsquery"))?;
    packages.install(&[&format!("postgresql-{release}"), &format!("postgresql-{release}-jsquery")])
}

/// The release nearest to [`VERSION`] for which the system's packages have jsquery.
fn offered() -> Option<u32> {
    let names = output(Command::new("apt-cache").args(["search", "--names-only", "^postgresql-[0-9]+-jsquery$"]))?;
    let release = |line: &str| line.strip_prefix("postgresql-")?.split('-').next()?.parse().ok();
    names.lines().filter_map(release).filter(|release| *release >= VERSION).min()
}

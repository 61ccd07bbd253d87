//! The installed PostgreSQL that clusters run: where its programs are.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::running::output;

/// The release whose semantics queries follow; a later one is used where it is missing.
const VERSION_MIN: u32 = 15;

/// A directory with the programs of a PostgreSQL that has jsquery.
#[derive(Clone)]
pub struct Postgres(PathBuf);

impl Postgres {
    /// Finds the oldest installed release that is supported and has jsquery.
    ///
    /// # Errors
    /// There is none; the error says how to install it.
    pub fn find() -> Result<Self, String> {
        let mut found: Vec<(u32, PathBuf)> = directories()
            .into_iter()
            .filter(|directory| directory.join("initdb").exists() && has_jsquery(directory))
            .filter_map(|directory| version(&directory).map(|version| (version, directory)))
            .filter(|(version, _)| Self::supports(*version))
            .collect();
        found.sort();
        let oldest = found.into_iter().next().map(|(_, directory)| Self(directory));
        oldest.ok_or_else(|| {
            format!("no PostgreSQL {VERSION_MIN} or later with the extension jsquery found; run `cargo xtask setup`")
        })
    }

    /// Whether [`find`](Self::find) succeeds.
    #[must_use]
    pub fn is_installed() -> bool {
        Self::find().is_ok()
    }

    /// Whether tests can run on this major release.
    #[must_use]
    pub fn supports(release: u32) -> bool {
        release >= VERSION_MIN
    }

    pub(crate) fn path(&self, program: &str) -> PathBuf {
        self.0.join(program)
    }
}

/// Directories that may hold the programs of a PostgreSQL.
fn directories() -> Vec<PathBuf> {
    let mut directories = Vec::new();
    for parent in ["/usr/lib/postgresql", "/usr", "/opt", "/usr/local"] {
        for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
            if parent.ends_with("postgresql") || entry.file_name().to_string_lossy().starts_with("pgsql") {
                directories.push(entry.path().join("bin"));
            }
        }
    }
    directories.extend(output(Command::new("pg_config").arg("--bindir")).map(PathBuf::from));
    directories
}

fn version(programs: &Path) -> Option<u32> {
    // postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)
    let text = output(Command::new(programs.join("postgres")).arg("--version"))?;
    let number = text.split_whitespace().nth(2)?;
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

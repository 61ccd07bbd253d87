//! A small disk in memory that only programs of the trial see: a mount namespace of its own, held open by a shell.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use ringbook_testbed::{is_root, quietly};

/// Mounts, says so, and stays until its input ends.
const KEEPER: &str = r#"mount -t tmpfs -o "size=$2,mode=0700" ringbook-trial "$1" && echo ready && cat >/dev/null"#;

/// A mounted disk; gone when dropped.
pub struct Disk {
    keeper: Child,
    /// Where it is mounted, for those who look from inside.
    pub place: PathBuf,
}

impl Disk {
    /// Mounts a disk of so many mebibytes on a directory.
    ///
    /// # Errors
    /// The system does not let us.
    pub fn mount(place: &Path, mebibytes: u32) -> Result<Self, String> {
        let mut unshare = Command::new("unshare");
        if !is_root() {
            unshare.args(["--user", "--map-root-user"]);
        }
        unshare.args(["--mount", "--propagation", "private", "sh", "-c", KEEPER, "sh"]).arg(place);
        unshare.arg(format!("{mebibytes}m")).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut keeper = unshare.spawn().map_err(|why| format!("unshare, of util-linux, cannot be run: {why}"))?;
        let mut line = String::new();
        let stdout = keeper.stdout.take().expect("it was piped");
        if BufReader::new(stdout).read_line(&mut line).is_ok() && line == "ready\n" {
            return Ok(Self { keeper, place: place.to_owned() });
        }
        let mut why = String::new();
        let _ = keeper.stderr.take().expect("it was piped").read_to_string(&mut why);
        let _ = keeper.wait();
        Err(format!(
            "no disk can be mounted apart from the system's: {}; run this as root, or allow user namespaces",
            why.trim()
        ))
    }

    /// The words before a program that is to see the disk.
    pub fn entry(&self) -> Vec<String> {
        let target = self.keeper.id().to_string();
        let mut words = vec!["nsenter", "--target", &target, "--mount"];
        if !is_root() {
            words.extend(["--user", "--preserve-credentials"]);
        }
        words.into_iter().map(str::to_owned).collect()
    }

    /// Runs a line of shell that sees the disk, in its root.
    ///
    /// # Errors
    /// It fails.
    pub fn run(&self, line: &str) -> Result<(), String> {
        let entry = self.entry();
        let mut shell = Command::new(&entry[0]);
        shell.args(&entry[1..]).args(["sh", "-c", r#"cd "$1" && eval "$2""#, "sh"]).arg(&self.place).arg(line);
        quietly(&mut shell)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // Nothing is left to be done about a shell that cannot be waited for.
        let _ = self.keeper.wait();
    }
}

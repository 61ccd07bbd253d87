//! A small tmpfs in a mount namespace, visible only to the programs of the scenario; a shell keeps the namespace open.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use ringbook_testbed::{is_root, quietly};

/// Mounts the disk, prints `ready`, and waits for the end of its input.
const KEEPER: &str = r#"mount -t tmpfs -o "size=$2,mode=0700" ringbook-faults "$1" && echo ready && cat >/dev/null"#;

/// A mounted disk; unmounted when dropped.
pub struct Disk {
    keeper: Child,
    /// The mount point inside the namespace.
    pub place: PathBuf,
}

impl Disk {
    /// Mounts a disk of this size on a directory.
    ///
    /// # Errors
    /// Mounting is not permitted.
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
            "cannot mount a tmpfs in a mount namespace: {}; run this as root, or allow user namespaces",
            why.trim()
        ))
    }

    /// The prefix of a command line that runs a program inside the namespace.
    pub fn entry(&self) -> Vec<String> {
        let target = self.keeper.id().to_string();
        let mut words = vec!["nsenter", "--target", &target, "--mount"];
        if !is_root() {
            words.extend(["--user", "--preserve-credentials"]);
        }
        words.into_iter().map(str::to_owned).collect()
    }

    /// Runs a shell command inside the namespace, in the root of the disk.
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
        let _ = self.keeper.wait();
    }
}

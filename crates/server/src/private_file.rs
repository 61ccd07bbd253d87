//! A file that appears under its name when it is complete, readable by its owner only.
//!
//! It is written beside its target under a name that does not exist yet, so that no link is followed, and takes the
//! place of its target at the end. If that end is not reached, there is no new file and an old one stays as it was.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The mode of a file that only its owner may read and write.
const OWNER_ONLY: u32 = 0o600;
/// How many names are tried for the file while it is written.
const NAMES_TRIED_MAX: u32 = 100;

/// The name of a file that is being written; the file is removed unless it is [kept](PrivateFile::keep).
#[derive(Debug)]
pub(crate) struct PrivateFile {
    beside: PathBuf,
    target: PathBuf,
}

impl PrivateFile {
    /// Makes a file beside the target.
    pub(crate) fn create(target: &Path) -> io::Result<(Self, File)> {
        let mut tried = 0;
        loop {
            let mut name = OsString::from(".");
            name.push(target.file_name().ok_or(io::ErrorKind::InvalidInput)?);
            name.push(format!(".{}.{tried}.part", std::process::id()));
            let beside = target.with_file_name(name);
            let opened = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(&beside);
            match opened {
                Ok(file) => return Ok((Self { beside, target: target.to_owned() }, file)),
                Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists && tried < NAMES_TRIED_MAX => tried += 1,
                Err(cause) => return Err(cause),
            }
        }
    }

    /// Puts the file in the place of the target once its contents are on disk.
    pub(crate) fn keep(self, file: &File) -> io::Result<()> {
        file.sync_all()?;
        std::fs::rename(&self.beside, &self.target)
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        // After a rename there is nothing of this name.
        let _ = std::fs::remove_file(&self.beside);
    }
}

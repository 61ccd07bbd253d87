//! Disk space that is reserved for operator commands.
//!
//! When customers fill the disk, an operator must still be able to block a key. A server therefore keeps a file of
//! [`RESERVE_BYTES`] beside the database. A command that finds less free space than [`COMMAND_FREE_MIN`] removes the file and
//! uses its space. A server makes no change while the file is missing, so that customers cannot use the space; it makes the
//! file again when [`RESTORE_FREE_MIN`] is free.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::files::FILE_MODE;
use crate::{Role, StoreError};

/// The file inside the data directory.
const FILE: &str = "ringbook.reserve";
/// The size of the file: a command writes some tens of kilobytes.
pub const RESERVE_BYTES: u64 = 2 << 20;
/// Free space below which a command uses the reserve.
const COMMAND_FREE_MIN: u64 = 1 << 20;
/// Free space that a server leaves to others when it makes the file again. It is more than a command sets free, so that the
/// space of a removed file is not reserved again before a command has used it.
const RESTORE_FREE_MIN: u64 = RESERVE_BYTES + COMMAND_FREE_MIN;
/// Free space below which the disk counts as full.
const ROOM_FREE_MIN: u64 = 1 << 20;

/// The reserve of one data directory.
#[derive(Debug, Clone)]
pub(super) struct Reserve {
    directory: PathBuf,
    role: Role,
    /// Free space without which the file is not made again.
    restore_free_min: u64,
}

impl Reserve {
    pub(super) fn of(directory: &Path, role: Role) -> Self {
        Self { directory: directory.to_owned(), role, restore_free_min: RESTORE_FREE_MIN }
    }

    /// For a test: the file is made again only if so much is free.
    #[cfg(test)]
    pub(super) const fn restored_from(mut self, free_min: u64) -> Self {
        self.restore_free_min = free_min;
        self
    }

    /// Makes room for opening the database: SQLite needs some for the index of its log.
    pub(super) fn open(&self) {
        if self.free() < COMMAND_FREE_MIN {
            self.release();
        }
    }

    /// Called before each transaction. A command releases the reserve if it needs it; a server restores it if it can.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`] for a server, while the reserve is missing and there is no space for it.
    pub(super) fn prepare(&self) -> Result<(), StoreError> {
        match self.role {
            Role::Operator => {
                self.open();
                Ok(())
            }
            Role::Server if self.is_whole() => Ok(()),
            Role::Server => self.restore(),
        }
    }

    /// Whether a server can make changes and has space for them.
    pub(super) fn has_room(&self) -> bool {
        let free = self.free();
        free >= ROOM_FREE_MIN && (self.is_whole() || free >= self.restore_free_min)
    }

    fn path(&self) -> PathBuf {
        self.directory.join(FILE)
    }

    fn is_whole(&self) -> bool {
        fs::symlink_metadata(self.path()).is_ok_and(|file| file.is_file() && file.len() == RESERVE_BYTES)
    }

    /// Free space of the file system in bytes. Where it is not known, there is enough.
    fn free(&self) -> u64 {
        rustix::fs::statvfs(&self.directory).map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    fn release(&self) {
        // If there is none, or it cannot be removed, SQLite reports the full disk.
        let _ = fs::remove_file(self.path());
    }

    fn restore(&self) -> Result<(), StoreError> {
        let full = || StoreError::disk_full("the space that is reserved for operator commands is used");
        if self.free() < self.restore_free_min {
            return Err(full());
        }
        self.release();
        match self.allocate() {
            Ok(()) => Ok(()),
            Err(cause) => {
                self.release();
                match cause.kind() {
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Err(full()),
                    // A directory without a reserve is better than one without changes; SQLite reports what is wrong.
                    _ => Ok(()),
                }
            }
        }
    }

    fn allocate(&self) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(self.path())?;
        match rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, RESERVE_BYTES) {
            Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => write_zeros(&mut file),
            outcome => Ok(outcome?),
        }
    }
}

/// For file systems that do not allocate without writing.
fn write_zeros(file: &mut File) -> io::Result<()> {
    let zeros = [0; 1 << 16];
    for _ in 0..RESERVE_BYTES / zeros.len() as u64 {
        file.write_all(&zeros)?;
    }
    Ok(())
}

//! The data directory as files: who may read them, and which server holds them.
//!
//! SQLite gives its `-wal` and `-shm` files the mode of the database, so it is enough that the database is made
//! here, for the owner alone, before SQLite sees it.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::StoreError;

/// The database inside the data directory.
const DATABASE: &str = "ringbook.db";
/// The file that a running server holds locked, beside the database, with the revision of the directory that the server
/// follows.
const LOCK: &str = "ringbook.lock";
/// Directories are for their owner alone.
const DIRECTORY_MODE: u32 = 0o700;
/// So are files.
pub(super) const FILE_MODE: u32 = 0o600;

/// The database of `directory`, made empty if it is not there. An existing one is closed to others.
pub(super) fn database(directory: &Path) -> Result<PathBuf, StoreError> {
    DirBuilder::new()
        .recursive(true)
        .mode(DIRECTORY_MODE)
        .create(directory)
        .map_err(|error| refused(directory, error))?;
    let path = path(directory);
    private(&path)?;
    Ok(path)
}

/// Where the database of `directory` is, if there is one.
pub(super) fn path(directory: &Path) -> PathBuf {
    directory.join(DATABASE)
}

/// Whether there is a database in `directory`.
pub(super) fn is_there(directory: &Path) -> bool {
    path(directory).is_file()
}

/// The locks of a server. They are released when this is dropped, or when the process ends.
///
/// To be dropped after all connections to the database: closing a file releases the locks that SQLite holds on it in this
/// process.
#[derive(Debug)]
pub(super) struct ServerLock {
    /// The database itself, so that a link to it in another directory admits no second server.
    _database: File,
    /// The lock file, which names the server's directory to programs that look for a lock, and holds the note.
    file: File,
}

impl ServerLock {
    /// Notes which revision of the directory the server follows; `None` when it stops. A disk that takes no more must not
    /// stop a server: who waits for the note gives up soon.
    pub(super) fn note_followed(&self, revision: Option<i64>) {
        let _ = match revision {
            Some(revision) => self.file.write_all_at(format!("{revision:020}").as_bytes(), 0),
            None => self.file.set_len(0),
        };
    }
}

impl Drop for ServerLock {
    /// No revision is followed once the lock is released.
    fn drop(&mut self) {
        self.note_followed(None);
    }
}

/// Takes the locks that one server holds at a time.
pub(super) fn lock(directory: &Path) -> Result<ServerLock, StoreError> {
    Ok(ServerLock { file: exclusive(directory.join(LOCK))?, _database: exclusive(path(directory))? })
}

fn exclusive(path: PathBuf) -> Result<File, StoreError> {
    let file = private(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { lock: path.display().to_string().into() }),
        Err(TryLockError::Error(error)) => Err(refused(&path, error)),
    }
}

/// The revision that the server of the directory with this database follows; `None` if there is no server. After a crash
/// it is the last one.
pub(super) fn followed(database: &Path) -> Option<i64> {
    std::fs::read_to_string(database.with_file_name(LOCK)).ok()?.parse().ok()
}

/// Opens or makes a file that only its owner can read.
fn private(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(FILE_MODE);
    let file = options.open(path).map_err(|error| refused(path, error))?;
    let mode = file.metadata().map_err(|error| refused(path, error))?.permissions().mode() & 0o777;
    if mode != FILE_MODE {
        // Only the owner can close it; for anybody else it is good enough that it opened.
        let _ = file.set_permissions(Permissions::from_mode(FILE_MODE));
    }
    Ok(file)
}

/// What the system said about a path, with the next step.
fn refused(path: &Path, error: io::Error) -> StoreError {
    let advice = match error.kind() {
        io::ErrorKind::StorageFull => return StoreError::disk_full(format_args!("{}: {error}", path.display())),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "cannot be written: check its owner, its mode and the mount"
        }
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => "is not a directory: name one with --data",
        _ => "cannot be opened",
    };
    StoreError::unavailable(format_args!("{}: {advice} ({error})", path.display()))
}

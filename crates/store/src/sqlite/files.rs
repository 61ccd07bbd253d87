//! The data directory as files: who may read them, and which server holds them.
//!
//! SQLite gives its `-wal` and `-shm` files the mode of the database, so it is enough that the database is made
//! here, for the owner alone, before SQLite sees it.
//!
//! Where other users can write in the directory, or in the one above it, they can plant a link or a file before the program
//! makes its own. Such links are not followed and such files are not used ([`Owners`]). SQLite itself follows no link in the
//! place of its `-wal` and `-shm` files.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

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
/// The mode bit with which every user may make files in a directory.
const WRITABLE_BY_ALL: u32 = 0o002;
/// The user id of root, who can replace any file.
const ROOT: u32 = 0;
/// What SQLite appends to the name of a database for the files that it keeps beside it.
const BESIDE_DATABASE: [&str; 2] = ["-wal", "-shm"];

/// The database of `directory`, made empty if it is not there. An existing one is closed to others.
pub(super) fn database(directory: &Path) -> Result<PathBuf, StoreError> {
    let owners = Owners::present();
    if let Ok(found) = directory.symlink_metadata() {
        owners.check(directory, &found)?;
    }
    DirBuilder::new()
        .recursive(true)
        .mode(DIRECTORY_MODE)
        .create(directory)
        .map_err(|error| refused(directory, error))?;
    let path = path(directory);
    owners.private(&path)?;
    owners.check_beside(&path)?;
    Ok(path)
}

/// Logs a warning if other users can replace the files of a server.
pub(super) fn warn_of_others(directory: &Path) {
    let Ok(found) = fs::metadata(directory) else { return };
    if found.mode() & WRITABLE_BY_ALL != 0 || !Owners::present().has(&found) {
        let (directory, owner) = (directory.display(), found.uid());
        tracing::warn!(%directory, owner, "other users can replace the files of the data directory: make it yours, mode 0700");
    }
}

/// Whether a directory beside the database may be used: it is one of our own, or reached through a link that is followed.
pub(super) fn is_ours(directory: &Path) -> bool {
    let owners = Owners::present();
    directory.symlink_metadata().is_ok_and(|found| owners.check(directory, &found).is_ok())
        && fs::metadata(directory).is_ok_and(|found| owners.has(&found) || owners.has_directory_of(directory, &found))
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
    let file = Owners::present().private(&path)?;
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

/// The users whose files and links are used: the one that the program runs as, and root.
///
/// A file of another user is used if the directory is that user's as well. A link of another user is followed if what it
/// leads to is that user's as well, so that nobody can have a file of somebody else opened.
#[derive(Debug, Clone, Copy)]
struct Owners([u32; 2]);

impl Owners {
    fn present() -> Self {
        Self([rustix::process::geteuid().as_raw(), ROOT])
    }

    fn has(self, found: &Metadata) -> bool {
        self.0.contains(&found.uid())
    }

    /// Whether the directory that contains a path has the same owner as what was found there.
    fn has_directory_of(self, path: &Path, found: &Metadata) -> bool {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::metadata(parent).is_ok_and(|parent| parent.uid() == found.uid())
    }

    /// Refuses a link of another user to what is not that user's. `found` is the link itself.
    fn check(self, path: &Path, found: &Metadata) -> Result<(), StoreError> {
        if !found.is_symlink() || self.has(found) || fs::metadata(path).is_ok_and(|to| to.uid() == found.uid()) {
            return Ok(());
        }
        Err(StoreError::unavailable(format_args!(
            "{}: is a link that another user (id {}) has made to a file of somebody else, and is not followed: remove it, or \
             make it your own with chown -h",
            path.display(),
            found.uid()
        )))
    }

    /// Refuses links, and files of other users, in the place of the files that SQLite makes beside a database.
    fn check_beside(self, database: &Path) -> Result<(), StoreError> {
        // SQLite follows the link to a database first.
        let database = database.canonicalize().map_err(|error| refused(database, error))?;
        for suffix in BESIDE_DATABASE {
            let mut path = database.clone().into_os_string();
            path.push(suffix);
            let path = PathBuf::from(path);
            let Ok(found) = path.symlink_metadata() else { continue };
            if found.is_symlink() {
                return Err(StoreError::unavailable(format_args!(
                    "{}: is a link, which SQLite does not follow here: remove it",
                    path.display()
                )));
            }
            self.check_file(&path, &found)?;
        }
        Ok(())
    }

    fn check_file(self, path: &Path, found: &Metadata) -> Result<(), StoreError> {
        if self.has(found) || self.has_directory_of(path, found) {
            return Ok(());
        }
        Err(StoreError::unavailable(format_args!(
            "{}: belongs to another user (id {}), who could read and replace what is written to it: remove it, or make it your \
             own with chown",
            path.display(),
            found.uid()
        )))
    }

    /// Opens or makes a file that only its owner can read.
    fn private(self, path: &Path) -> Result<File, StoreError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(FILE_MODE);
        let no_link = OFlags::NOFOLLOW.bits().cast_signed();
        let (file, at) = match options.clone().custom_flags(no_link).open(path) {
            Ok(file) => (file, path.to_owned()),
            // The system may refuse to follow it as well, with another reason.
            Err(error) if path.is_symlink() => {
                self.check(path, &path.symlink_metadata().map_err(|_| refused(path, error))?)?;
                let file = options.open(path).map_err(|error| refused(path, error))?;
                (file, path.canonicalize().map_err(|error| refused(path, error))?)
            }
            Err(error) => return Err(refused(path, error)),
        };
        let found = file.metadata().map_err(|error| refused(path, error))?;
        self.check_file(&at, &found)?;
        if found.mode() & 0o777 != FILE_MODE {
            // Only the owner can close it; for anybody else it is good enough that it opened.
            let _ = file.set_permissions(Permissions::from_mode(FILE_MODE));
        }
        Ok(file)
    }
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// The same as another user would see it: the links and files that the test makes are somebody else's.
    fn as_another_user(place: &Path) -> Owners {
        let other = fs::metadata(place).expect("a directory").uid() + 1;
        Owners([other, other])
    }

    #[test]
    fn own_links_are_followed_and_those_of_others_only_to_files_of_theirs() {
        let place = tempfile::tempdir().expect("a directory");
        let (file, link) = (place.path().join("elsewhere.db"), place.path().join("ringbook.db"));
        symlink(&file, &link).expect("a link");
        let other = as_another_user(place.path());
        let told = other.private(&link).expect_err("it leads to nothing").to_string();
        assert!(told.contains("chown -h") && told.contains("ringbook.db"), "{told}");
        assert!(!file.exists(), "no file was made through the link");
        Owners::present().private(&link).expect("one's own link is followed");
        assert_eq!(fs::metadata(&file).expect("made through the link").mode() & 0o777, FILE_MODE);
        other.private(&link).expect("it leads to a file of its owner in a directory of its owner");
    }

    #[test]
    fn a_link_to_a_file_of_another_owner_is_refused() {
        let place = tempfile::tempdir().expect("a directory");
        let link = place.path().join("ringbook.lock");
        // A file of another owner than the link, for any user that runs the test.
        let given_away = place.path().join("given away");
        fs::write(&given_away, "theirs").expect("a file");
        let owner = fs::metadata(&given_away).expect("a file").uid() + 2;
        let target = match std::os::unix::fs::chown(&given_away, Some(owner), None) {
            Ok(()) => given_away,
            Err(_) => PathBuf::from("/dev/null"),
        };
        symlink(target, &link).expect("a link");
        assert!(as_another_user(place.path()).private(&link).is_err());
    }

    #[test]
    fn links_in_the_place_of_the_log_are_refused_with_the_next_step() {
        for suffix in BESIDE_DATABASE {
            let place = tempfile::tempdir().expect("a directory");
            let outside = place.path().join("outside");
            fs::write(&outside, "theirs").expect("a file");
            let name = format!("{DATABASE}{suffix}");
            symlink(&outside, place.path().join(&name)).expect("a link");
            let told = database(place.path()).expect_err("it is refused").to_string();
            assert!(told.contains(&name) && told.contains("remove it"), "{told}");
            assert_eq!(fs::read_to_string(&outside).expect("a file"), "theirs");
        }
    }

    #[test]
    fn a_linked_directory_of_ones_own_is_used() {
        let place = tempfile::tempdir().expect("a directory");
        let (real, link) = (place.path().join("real"), place.path().join("data"));
        fs::create_dir(&real).expect("a directory");
        symlink(&real, &link).expect("a link");
        database(&link).expect("it is used");
        assert!(real.join(DATABASE).exists());
    }
}

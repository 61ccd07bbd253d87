//! A consistent copy of the database of a data directory, made beside a running server.
//!
//! The copy is made through SQLite's backup interface from one read transaction: it has all that was committed before its
//! start and nothing of later transactions. Writers are not held up; the write-ahead log grows until the copy is
//! finished. The copy appears under its name when it is complete and on the disk.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::{database, files};
use crate::sql::Session;
use crate::{StoreError, statements};

/// Pages that are copied between two reports of progress: 4 MiB.
const PAGES_PER_STEP: i32 = 1024;

/// What to do with an existing file of the copy's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Leave it alone and fail.
    Keep,
    /// Replace it when the copy is complete.
    Replace,
}

/// How far a copy is, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupProgress {
    /// Copied so far.
    pub done: u64,
    /// In all.
    pub total: u64,
}

/// Why no copy was made.
#[derive(Debug)]
pub enum BackupError {
    /// A file of this name exists.
    Exists(PathBuf),
    /// The copy would lie in the data directory.
    InsideData(PathBuf),
    /// The file cannot be written.
    File(PathBuf, io::Error),
    /// The data cannot be read.
    Store(StoreError),
}

impl fmt::Display for BackupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists(file) => {
                write!(f, "{} exists: name another file, or replace it with --force", file.display())
            }
            Self::InsideData(file) => {
                write!(f, "{} is in the data directory: name a file in another directory", file.display())
            }
            Self::File(file, error) => write!(f, "cannot write {}: {error}", file.display()),
            Self::Store(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for BackupError {}

impl From<StoreError> for BackupError {
    fn from(fault: StoreError) -> Self {
        Self::Store(fault)
    }
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Copies the database of a data directory into a new file, readable by its owner only; returns its size in bytes.
///
/// Nothing is left under the name of the file, or beside it, when this fails. Blocks on the disk.
///
/// # Errors
/// See [`BackupError`]; [`StoreError::Unfinished`] if the data are an unfinished copy themselves.
pub fn backup(
    directory: &Path,
    file: &Path,
    existing: Existing,
    progress: &mut dyn FnMut(BackupProgress),
) -> Result<u64, BackupError> {
    copy(directory, file, existing, PAGES_PER_STEP, progress)
}

fn copy(
    directory: &Path,
    file: &Path,
    existing: Existing,
    pages_per_step: i32,
    progress: &mut dyn FnMut(BackupProgress),
) -> Result<u64, BackupError> {
    let written = |error| BackupError::File(file.to_owned(), error);
    if existing == Existing::Keep && file.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(file.to_owned()));
    }
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if parent.canonicalize().map_err(written)? == directory.canonicalize().map_err(written)? {
        return Err(BackupError::InsideData(file.to_owned()));
    }
    let source = database::reader(&files::path(directory))?;
    // From here on the connection sees one state, however long the copy takes.
    source.execute_batch("BEGIN")?;
    database::verify_ownership(&source, directory)?;
    if (&source as &dyn Session).finds(statements::UNFINISHED_MOVE, &[])? {
        return Err(StoreError::Unfinished.into());
    }
    let unfinished = UnfinishedFile::create(parent, file).map_err(written)?;
    pages(&source, &unfinished.0, pages_per_step, progress)?;
    let bytes = unfinished.publish(parent, file, existing).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => BackupError::Exists(file.to_owned()),
        _ => written(error),
    })?;
    Ok(bytes)
}

fn pages(
    source: &Connection,
    file: &Path,
    pages_per_step: i32,
    progress: &mut dyn FnMut(BackupProgress),
) -> Result<(), BackupError> {
    let page_bytes: u32 = source.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let mut target =
        Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // A copy that is not finished is removed: nothing needs to be rolled back.
    target.pragma_update(None, "journal_mode", "off")?;
    let backup = Backup::new(source, &mut target)?;
    loop {
        let step = backup.step(pages_per_step)?;
        let state = backup.progress();
        let bytes = |pages: i32| u64::try_from(pages).unwrap_or(0) * u64::from(page_bytes);
        progress(BackupProgress { done: bytes(state.pagecount - state.remaining), total: bytes(state.pagecount) });
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            // The source is in a read transaction and the target is known to nobody else.
            _ => return Err(StoreError::unavailable("the database is locked: try again").into()),
        }
    }
}

/// A file under a temporary name, removed when dropped.
struct UnfinishedFile(PathBuf);

impl UnfinishedFile {
    fn create(parent: &Path, file: &Path) -> io::Result<Self> {
        let mut name = OsString::from(".");
        name.push(file.file_name().ok_or(ErrorKind::IsADirectory)?);
        name.push(format!(".{}.tmp", std::process::id()));
        let path = parent.join(name);
        OpenOptions::new().write(true).create_new(true).mode(files::FILE_MODE).open(&path)?;
        Ok(Self(path))
    }

    /// Gives the file its name after it is on the disk; returns its size.
    fn publish(self, parent: &Path, file: &Path, existing: Existing) -> io::Result<u64> {
        let opened = File::open(&self.0)?;
        opened.sync_all()?;
        match existing {
            Existing::Replace => fs::rename(&self.0, file)?,
            // Unlike a rename, a link does not replace a file that was created meanwhile.
            Existing::Keep => fs::hard_link(&self.0, file)?,
        }
        File::open(parent)?.sync_all()?;
        Ok(opened.metadata()?.len())
    }
}

impl Drop for UnfinishedFile {
    fn drop(&mut self) {
        // After a rename there is nothing to remove.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::*;
    use crate::{Role, Store};

    fn place() -> TempDir {
        tempfile::tempdir().expect("a temporary directory")
    }

    /// A data directory that holds some agents, open as by a server.
    fn served(place: &TempDir, agents: i64) -> (PathBuf, Store, Connection) {
        let data = place.path().join("data");
        let store = Store::open(data.as_path(), Role::Server).expect("the store opens");
        let writer = database::writer(&files::path(&data)).expect("a connection");
        (1..=agents).for_each(|id| add_agent(&writer, id));
        (data, store, writer)
    }

    /// A row of about a page.
    fn add_agent(connection: &Connection, id: i64) {
        connection.execute(statements::ADD_AGENT, (id, "x".repeat(3_000))).expect("added");
    }

    fn agents(database: &Path) -> Vec<i64> {
        let connection = Connection::open(database).expect("a database");
        assert_eq!(database::integrity(&connection, 10).expect("it can be read"), Vec::<String>::new());
        let mut statement = connection.prepare("SELECT id FROM agents ORDER BY id").expect("a statement");
        let ids = statement.query_map([], |row| row.get(0)).expect("rows");
        ids.collect::<Result<_, _>>().expect("ids")
    }

    fn names(directory: &Path) -> Vec<OsString> {
        let mut names: Vec<_> =
            fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").file_name()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_copy_has_what_was_committed_before_its_start_and_nothing_else() {
        let place = place();
        let (data, _store, writer) = served(&place, 40);
        let (file, mut steps) = (place.path().join("copy.db"), Vec::new());
        let mut during = |step: BackupProgress| {
            add_agent(&writer, 1_000 + i64::try_from(steps.len()).expect("few steps"));
            steps.push(step);
        };
        let bytes = copy(&data, &file, Existing::Keep, 5, &mut during).expect("copied");
        assert!(steps.len() > 5 && steps.is_sorted_by_key(|step| step.done), "{steps:?}");
        assert_eq!(steps.last(), Some(&BackupProgress { done: bytes, total: bytes }));
        let metadata = file.metadata().expect("a file");
        assert_eq!((metadata.len(), metadata.permissions().mode() & 0o777), (bytes, 0o600));
        assert_eq!(agents(&file), (1..=40).collect::<Vec<_>>());
        assert!(agents(&files::path(&data)).len() > 45);
    }

    #[test]
    fn a_copy_opens_as_a_data_directory() {
        let place = place();
        let (data, store, _writer) = served(&place, 3);
        let restored = place.path().join("restored");
        fs::create_dir(&restored).expect("a directory");
        backup(&data, &files::path(&restored), Existing::Keep, &mut |_| {}).expect("copied");
        drop(store);
        Store::open(restored.as_path(), Role::Server).expect("it opens");
        assert_eq!(agents(&files::path(&restored)), [1, 2, 3]);
    }

    #[test]
    fn an_existing_file_is_replaced_only_when_that_is_asked_for() {
        let place = place();
        let (data, _store, _writer) = served(&place, 1);
        let file = place.path().join("copy.db");
        fs::write(&file, "precious").expect("written");
        let refused = backup(&data, &file, Existing::Keep, &mut |_| {}).expect_err("it exists");
        assert!(matches!(&refused, BackupError::Exists(_)) && refused.to_string().contains("--force"), "{refused}");
        assert_eq!(fs::read_to_string(&file).expect("a file"), "precious");
        // A file that appears while the copy is made is kept, too.
        let late = place.path().join("late.db");
        let mut create = |_| fs::write(&late, "precious").expect("written");
        let refused = copy(&data, &late, Existing::Keep, 1, &mut create).expect_err("it exists");
        assert!(matches!(&refused, BackupError::Exists(_)), "{refused}");
        assert_eq!(fs::read_to_string(&late).expect("a file"), "precious");
        backup(&data, &file, Existing::Replace, &mut |_| {}).expect("copied");
        assert_eq!(agents(&file), [1]);
        assert_eq!(names(place.path()), ["copy.db", "data", "late.db"]);
    }

    #[test]
    fn a_copy_that_cannot_be_made_leaves_no_file() {
        let place = place();
        let (data, _store, writer) = served(&place, 1);
        let file = place.path().join("copy.db");
        let inside = backup(&data, &data.join("ringbook.db"), Existing::Replace, &mut |_| {}).expect_err("refused");
        assert!(matches!(inside, BackupError::InsideData(_)), "{inside}");
        let missing =
            backup(&data, &place.path().join("none/copy.db"), Existing::Keep, &mut |_| {}).expect_err("refused");
        assert!(
            matches!(&missing, BackupError::File(_, _)) && missing.to_string().contains("none/copy.db"),
            "{missing}"
        );
        writer.execute_batch("INSERT INTO meta (name, value) VALUES ('move_unfinished', 1)").expect("marked");
        let unfinished = backup(&data, &file, Existing::Keep, &mut |_| {}).expect_err("refused");
        assert!(matches!(unfinished, BackupError::Store(StoreError::Unfinished)), "{unfinished}");
        let foreign = place.path().join("foreign");
        fs::create_dir(&foreign).expect("a directory");
        let database = Connection::open(files::path(&foreign)).expect("a database");
        database.execute_batch("CREATE TABLE t (a)").expect("a table");
        let refused = backup(&foreign, &file, Existing::Keep, &mut |_| {}).expect_err("refused");
        assert!(matches!(refused, BackupError::Store(StoreError::NotADatabase { .. })), "{refused}");
        let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            writer.execute_batch("DELETE FROM meta WHERE name = 'move_unfinished'").expect("unmarked");
            copy(&data, &file, Existing::Keep, 1, &mut |_| panic!("stopped"))
        }));
        assert!(stopped.is_err());
        assert_eq!(names(place.path()), ["data", "foreign"]);
    }
}

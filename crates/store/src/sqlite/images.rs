//! Images of large books beside the database, so that a server that was stopped in order starts again at once.
//!
//! An image is never the truth. It is written when the server stops, after the database is closed, and names the
//! very state of the database file that it was made from: size, moment of the last change, place on the disk. It
//! is used only if the file is still exactly that when the next server opens it, without a log beside it, and if
//! every part has its checksum. After a crash, a restored backup, or a hand on the tables, the rows are read
//! instead; so images can be deleted at any time.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use ringbook_book::Book;
use ringbook_book::book::chunk::Chunk;
use ringbook_book::book::image::LAYOUT;
use ringbook_book::id::CustomerId;

use super::files;

/// Smaller books are read from their rows as quickly.
const IMAGE_CONTACTS_MIN: usize = 50_000;
/// How many threads read an image.
const READERS_MAX: usize = 4;
/// What every image begins with; it changes with the layout and the program.
const MAGIC: &str = concat!("ringbook image ", env!("CARGO_PKG_VERSION"));

/// The state of a database file that nobody writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity([u64; 4]);

impl Identity {
    /// The identity of the database, unless changes may stand in a log beside it.
    pub(super) fn of(database: &Path) -> Option<Self> {
        let log = database.with_extension("db-wal");
        if fs::metadata(log).is_ok_and(|log| log.len() > 0) {
            return None;
        }
        let file = fs::metadata(database).ok()?;
        let numbers = [file.mtime(), file.mtime_nsec()].map(i64::cast_unsigned);
        Some(Self([file.len(), numbers[0], numbers[1], file.ino()]))
    }
}

/// Writes images of the large ones among the books and removes all others. What cannot be written is left out:
/// the next start is slower then, and nothing else.
pub(super) fn write_all(database: &Path, identity: Identity, books: &[(CustomerId, Arc<Book>)]) {
    let directory = directory(database);
    if directory.symlink_metadata().is_ok() && !files::is_ours(&directory) {
        tracing::warn!(directory = %directory.display(), "no images of books were written: another user has made the directory");
        return;
    }
    let large = books.iter().filter(|(_, book)| book.contacts_len() >= IMAGE_CONTACTS_MIN);
    let mut written = Vec::new();
    for (customer, book) in large {
        let path = path(database, *customer);
        match write(&path, &prefix(*customer, identity), book) {
            Ok(()) => written.push(path),
            Err(error) => tracing::warn!(customer = customer.number(), "no image of a book was written: {error}"),
        }
    }
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if !written.contains(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Reads the image of a book, if there is a good one of this state of the database.
pub(super) fn read(database: &Path, customer: CustomerId, identity: Identity) -> Option<Book> {
    let path = path(database, customer);
    if !files::is_ours(&directory(database)) || !files::is_ours(&path) {
        return None;
    }
    let file = File::open(path).ok()?;
    let expected = prefix(customer, identity);
    let mut start = vec![0; expected.len() + size_of::<u64>()];
    file.read_exact_at(&mut start, 0).ok()?;
    let (found, count) = start.split_at(expected.len());
    if found != expected {
        return None;
    }
    let parts = Parts::read(&file, start.len() as u64, u64::from_le_bytes(count.try_into().ok()?))?;
    let mut room = Vec::new();
    let head = parts.get(0, &mut room)?.to_vec();
    let chunks = parts.chunks()?;
    let phones = parts.get(1, &mut room)?;
    Book::from_image(&head, phones, chunks).ok()
}

fn directory(database: &Path) -> PathBuf {
    database.with_file_name("images")
}

fn path(database: &Path, customer: CustomerId) -> PathBuf {
    directory(database).join(format!("{customer}.image"))
}

/// What an image begins with if it is of this book and this state of the database.
fn prefix(customer: CustomerId, Identity(identity): Identity) -> Vec<u8> {
    let mut prefix = MAGIC.as_bytes().to_vec();
    prefix.extend(LAYOUT.to_le_bytes());
    prefix.extend(customer.number().to_le_bytes());
    prefix.extend(identity.iter().flat_map(|number| number.to_le_bytes()));
    prefix
}

/// Head, phone index and chunks: first how long each is and its checksum, then all of them.
fn write(path: &Path, prefix: &[u8], book: &Book) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    let beside = path.with_extension("new");
    // Left by a server that was killed, or a link that somebody has planted.
    let _ = fs::remove_file(&beside);
    let file = OpenOptions::new().write(true).create_new(true).mode(files::FILE_MODE).open(&beside)?;
    let mut out = BufWriter::new(file);
    let count = 2 + book.image_chunks_len();
    out.write_all(prefix)?;
    out.write_all(&(count as u64).to_le_bytes())?;
    out.write_all(&vec![0; count * ENTRY_BYTES])?;
    let mut entries = Vec::with_capacity(count * ENTRY_BYTES);
    let parts = [book.image_head(), book.image_phones()].into_iter().chain(book.image_chunks());
    for part in parts {
        entries.extend((part.len() as u64).to_le_bytes());
        entries.extend(crc32fast::hash(&part).to_le_bytes());
        out.write_all(&part)?;
    }
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.write_all_at(&entries, (prefix.len() + size_of::<u64>()) as u64)?;
    drop(file);
    fs::rename(beside, path)
}

/// Length and checksum of a part.
const ENTRY_BYTES: usize = size_of::<u64>() + size_of::<u32>();

/// Where the parts of an image are.
struct Parts<'f> {
    file: &'f File,
    /// Start, length and checksum.
    entries: Vec<(u64, usize, u32)>,
}

impl<'f> Parts<'f> {
    fn read(file: &'f File, table_at: u64, count: u64) -> Option<Self> {
        let file_bytes = file.metadata().ok()?.len();
        let table_bytes = count.checked_mul(ENTRY_BYTES as u64).filter(|bytes| *bytes <= file_bytes)?;
        let mut table = vec![0; usize::try_from(table_bytes).ok()?];
        file.read_exact_at(&mut table, table_at).ok()?;
        let mut start = table_at + table_bytes;
        let mut entries = Vec::with_capacity(table.len() / ENTRY_BYTES);
        for entry in table.chunks_exact(ENTRY_BYTES) {
            let (length, checksum) = entry.split_at(size_of::<u64>());
            let length = u64::from_le_bytes(length.try_into().ok()?);
            entries.push((start, usize::try_from(length).ok()?, u32::from_le_bytes(checksum.try_into().ok()?)));
            start = start.checked_add(length)?;
        }
        // A length that was damaged must not become an allocation.
        (start == file_bytes && entries.len() >= 2).then_some(Self { file, entries })
    }

    /// A part, read into `room`, if it has its checksum.
    fn get<'r>(&self, at: usize, room: &'r mut Vec<u8>) -> Option<&'r [u8]> {
        let (start, length, checksum) = *self.entries.get(at)?;
        room.resize(length, 0);
        self.file.read_exact_at(room, start).ok()?;
        (crc32fast::hash(room) == checksum).then_some(room)
    }

    fn chunks(&self) -> Option<Vec<Chunk>> {
        let places: Vec<usize> = (2..self.entries.len()).collect();
        let threads = thread::available_parallelism().map_or(1, usize::from).min(READERS_MAX);
        let share = places.len().div_ceil(threads).max(1);
        let read = |places: &[usize]| {
            let mut room = Vec::new();
            let chunk = |place: &usize| Chunk::from_image(self.get(*place, &mut room)?).ok();
            places.iter().map(chunk).collect::<Option<Vec<Chunk>>>()
        };
        let runs = thread::scope(|scope| {
            let threads: Vec<_> = places.chunks(share).map(|places| scope.spawn(|| read(places))).collect();
            threads.into_iter().map(|thread| thread.join().ok().flatten()).collect::<Option<Vec<_>>>()
        })?;
        Some(runs.into_iter().flatten().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringbook_book::book::load::{IndexedTables, LoadBatch, StoredContact, assemble};
    use ringbook_book::id::Revision;
    use ringbook_book::text::Phone;

    fn book(contacts: u64) -> Arc<Book> {
        let tables = IndexedTables::default();
        let mut run = LoadBatch::new(&tables);
        for id in 1..=contacts {
            let name = format!("Name {id}");
            let contact = StoredContact {
                id,
                last_name: &name,
                first_name: None,
                patronymic: None,
                phones: &[Phone::parse(&format!("7495{id:07}")).expect("digits")],
                emails: &["a@b.example"],
                manager: None,
                organization: None,
                groups: &[],
                revision: Revision(id),
            };
            run.push(&contact).expect("a good contact");
        }
        let loaded = run.finish();
        Arc::new(assemble(tables, vec![loaded], Revision(7)).expect("one run"))
    }

    #[test]
    fn an_image_is_used_for_the_same_file_and_for_no_other() {
        let directory = tempfile::tempdir().expect("a directory");
        let database = directory.path().join("ringbook.db");
        fs::write(&database, "rows").expect("a file");
        let identity = Identity::of(&database).expect("no log");
        let (customer, small) = (CustomerId::new(1).expect("an id"), CustomerId::new(2).expect("an id"));
        let book = book(60_000);
        write_all(&database, identity, &[(customer, Arc::clone(&book)), (small, Arc::new(Book::default()))]);
        let read_back = read(&database, customer, identity).expect("just written");
        assert_eq!(read_back.revision(), book.revision());
        assert!(
            read_back.iter().map(|contact| contact.to_contact()).eq(book.iter().map(|contact| contact.to_contact()))
        );
        assert!(read(&database, small, identity).is_none(), "small books have none");

        fs::write(&database, "rows!").expect("a file");
        let changed = Identity::of(&database).expect("no log");
        assert!(read(&database, customer, changed).is_none(), "the database has changed");
        fs::write(database.with_extension("db-wal"), "log").expect("a file");
        assert!(Identity::of(&database).is_none(), "a log may hold anything");
        write_all(&database, identity, &[]);
        assert!(!path(&database, customer).exists(), "an image that is not renewed goes");
    }

    #[test]
    fn a_damaged_image_is_not_used() {
        let directory = tempfile::tempdir().expect("a directory");
        let database = directory.path().join("ringbook.db");
        fs::write(&database, "rows").expect("a file");
        let identity = Identity::of(&database).expect("no log");
        let customer = CustomerId::new(1).expect("an id");
        write_all(&database, identity, &[(customer, book(50_000))]);
        let path = path(&database, customer);
        let good = fs::read(&path).expect("an image");
        for at in (0..good.len()).step_by(good.len() / 97) {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, bad).expect("an image");
            assert!(read(&database, customer, identity).is_none(), "byte {at} was damaged");
            fs::write(&path, &good[..at]).expect("an image");
            assert!(read(&database, customer, identity).is_none(), "cut off at byte {at}");
        }
    }
}

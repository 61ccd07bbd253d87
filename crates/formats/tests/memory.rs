//! Files of any size are read in constant memory: the process takes no more for a file that is many times larger.
//!
//! Alone in its program, because the memory of the whole process is measured.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use ringbook_formats::decoding::Position;
use ringbook_formats::source::Source;

/// Bytes of a large file.
const FILE_BYTES: usize = 6 << 20;
/// The most bytes that the process may grow by while it reads one; what is read at once takes some hundred kilobytes.
const GROWTH_MAX: usize = 2 << 20;

/// Bytes of memory that the process has taken at most.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells the memory of a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches("kB").trim().parse::<usize>().expect("kilobytes") << 10
}

/// Writes a file of this size; returns how many contacts are in it.
fn write(path: &Path, bytes: usize, [head, tail]: [&str; 2], mut contact: impl FnMut(&mut String, u64)) -> u64 {
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    file.write_all(head.as_bytes()).expect("written");
    let (mut written, mut count, mut text) = (0, 0, String::new());
    while written < bytes {
        text.clear();
        contact(&mut text, count);
        file.write_all(text.as_bytes()).expect("written");
        written += text.len();
        count += 1;
    }
    file.write_all(tail.as_bytes()).expect("written");
    file.flush().expect("written");
    count
}

/// Reads a file twice, as an import does; returns how many contacts it has.
fn read(path: &Path) -> u64 {
    let source = Source::open(path, None, None, Vec::new()).expect("a file of a known kind");
    let survey = source.survey().expect("a file that can be read");
    let rows = source.rows(&survey, &Position::default()).expect("rows");
    let good =
        rows.filter(|row| row.as_ref().is_ok_and(|row| row.draft.as_ref().is_ok_and(|draft| draft.judge().is_ok())));
    good.count() as u64
}

#[test]
fn a_large_file_takes_no_more_memory_than_a_small_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let csv = |text: &mut String, at: u64| {
        write!(text, "Жук{at},Анна,+7{},\"a, {at}\"\r\n", 9_000_000_000 + at).expect("a text");
    };
    let vcf = |text: &mut String, at: u64| {
        let number = 9_000_000_000 + at;
        write!(text, "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Жук{at};Анна;;;\r\nTEL:+7{number}\r\nEND:VCARD\r\n")
            .expect("a text");
    };
    let ldif = |text: &mut String, at: u64| {
        let number = 9_000_000_000 + at;
        write!(text, "dn: uid={at}\nobjectClass: person\nsn: Lem{at}\ntelephoneNumber: +7{number}\n\n")
            .expect("a text");
    };
    // Line ends and blanks between entries, more than an element may have.
    let between = " ".repeat(400);
    let xml = |text: &mut String, at: u64| {
        let number = 9_000_000_000 + at;
        write!(text, "<Contact><LastName>Lem{at}</LastName><Phone><phonenumber>+7{number}</phonenumber></Phone></Contact>\n{between}")
            .expect("a text");
    };
    let ndjson = |text: &mut String, at: u64| {
        writeln!(text, "{{\"last_name\":\"Lem{at}\",\"phone_numbers\":[\"7{}\"]}}", 9_000_000_000 + at)
            .expect("a text");
    };
    type Contact<'c> = &'c dyn Fn(&mut String, u64);
    let kinds: [(&str, [&str; 2], Contact<'_>); 5] = [
        ("csv", ["Last Name,First Name,Phone,Notes\r\n", ""], &csv),
        ("vcf", ["", ""], &vcf),
        ("ldif", ["version: 1\n\n", ""], &ldif),
        ("xml", ["<?xml version=\"1.0\"?>\n<AddressBook>", "</AddressBook>"], &xml),
        ("ndjson", ["", ""], &ndjson),
    ];
    for (kind, ends, contact) in kinds {
        let path = directory.path().join(format!("contacts.{kind}"));
        let few = write(&path, 256 << 10, ends, contact);
        assert_eq!(read(&path), few, "{kind}");
        let many = write(&path, FILE_BYTES, ends, contact);
        let before = peak();
        assert_eq!(read(&path), many, "{kind}");
        let growth = peak() - before;
        assert!(growth <= GROWTH_MAX, "{kind}: {growth} bytes more for a file of {FILE_BYTES}");
    }
}

//! Cuts bytes into entries, and entries into attributes and values.

use std::io::{self, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::attributes::is_kept;
use crate::decoding::{Charset, Guess};
use crate::lines::{Line, Lines, RECORD_BYTES_MAX};
use crate::remark::Remark;

/// The most attributes of an entry whose names are counted.
const NAMES_MAX: usize = 1_000;

/// That an entry is too long.
pub(super) fn too_long() -> Remark {
    Remark::whole(format!("is longer than {RECORD_BYTES_MAX} bytes, attributes that are not read not counted"))
}

/// A value as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// The text.
    Bytes(Vec<u8>),
    /// A URL that stands for it.
    Url(Vec<u8>),
    /// What should be base64 and is not.
    Broken(Vec<u8>),
}

/// An entry of a directory.
#[derive(Debug, Default)]
pub(super) struct LdifEntry {
    dn: Option<Value>,
    names: Vec<String>,
    values: Vec<(String, Value)>,
    bytes: usize,
}

impl LdifEntry {
    /// The names of its attributes, in lower case and without options, one for each value.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The attributes that are kept, and their values.
    pub(super) fn values(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The texts of an attribute that can be decoded.
    pub(super) fn texts(&self, wanted: &str, charset: Option<Charset>) -> impl Iterator<Item = String> {
        let values = self.values().filter(move |(name, _)| *name == wanted);
        values.filter_map(move |(_, value)| value.text(charset).ok())
    }

    /// The distinguished name.
    pub(super) fn dn(&self, charset: Option<Charset>) -> Result<String, &'static str> {
        self.dn.as_ref().map_or(Err("has no dn"), |dn| dn.text(charset))
    }

    pub(super) fn is_too_long(&self) -> bool {
        self.bytes > RECORD_BYTES_MAX
    }

    /// Feeds what is not UTF-8 to a guess.
    pub(super) fn feed(&self, guess: &mut Guess) {
        for (_, value) in self.values() {
            if let Value::Bytes(bytes) = value
                && std::str::from_utf8(bytes).is_err()
            {
                guess.feed(bytes);
            }
        }
    }

    /// Takes a line; comments are passed over.
    fn take(&mut self, line: &Unfolded) {
        let Unfolded { bytes: line, is_cut } = line;
        let Some(colon) = memchr::memchr(b':', line).filter(|_| line.first() != Some(&b'#')) else { return };
        let name = line[..colon].split(|byte| *byte == b';').next().unwrap_or_default();
        let name = String::from_utf8_lossy(name).trim().to_lowercase();
        let is_dn = name == "dn";
        if !is_dn && self.names.len() < NAMES_MAX {
            self.names.push(name.clone());
        }
        if !is_dn && !is_kept(&name) {
            return;
        }
        self.bytes += if *is_cut { RECORD_BYTES_MAX + 1 } else { line.len() };
        if self.is_too_long() {
            return;
        }
        let value = match &line[colon + 1..] {
            [b':', packed @ ..] => {
                let packed: Vec<u8> = packed.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
                STANDARD.decode(&packed).map_or(Value::Broken(packed), Value::Bytes)
            }
            [b'<', url @ ..] => Value::Url(url.trim_ascii().to_vec()),
            text => Value::Bytes(text.trim_ascii().to_vec()),
        };
        if is_dn {
            self.dn.get_or_insert(value);
        } else {
            self.values.push((name, value));
        }
    }
}

/// A line with the lines that continue it.
struct Unfolded {
    bytes: Vec<u8>,
    /// It was longer than the bound, and its end was dropped.
    is_cut: bool,
}

/// The entries of a text.
pub(super) struct Entries<R> {
    lines: Lines<R>,
    is_first_line: bool,
    /// A line that was read to see whether it continues the one before.
    ahead: Option<Line>,
    /// The line that begins the next entry.
    held: Option<Unfolded>,
}

impl<R: Read> Entries<R> {
    pub(super) fn new(text: R) -> Self {
        Self { lines: Lines::new(text), is_first_line: true, ahead: None, held: None }
    }

    /// The next entry: what stands from a line `dn: …` to an empty line or the next such line.
    pub(super) fn next_entry(&mut self) -> io::Result<Option<LdifEntry>> {
        let mut entry: Option<LdifEntry> = None;
        while let Some(line) = self.unfolded()? {
            let is_begin = line.bytes.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"dn:"));
            match &mut entry {
                Some(_) if line.bytes.trim_ascii().is_empty() => return Ok(entry),
                // There is no empty line before the next entry.
                Some(_) if is_begin => {
                    self.held = Some(line);
                    return Ok(entry);
                }
                Some(entry) => entry.take(&line),
                None if is_begin => entry.insert(LdifEntry::default()).take(&line),
                None => {}
            }
        }
        Ok(entry)
    }

    /// The next line with its continuations.
    fn unfolded(&mut self) -> io::Result<Option<Unfolded>> {
        if let Some(line) = self.held.take() {
            return Ok(Some(line));
        }
        let Some(first) = self.line()? else { return Ok(None) };
        let mut line = Unfolded { is_cut: !first.is_whole, bytes: first.bytes };
        while let Some(next) = self.line()? {
            if next.bytes.first() != Some(&b' ') || line.bytes.is_empty() {
                self.ahead = Some(next);
                break;
            }
            // The rest of a long value is read and dropped.
            line.is_cut |= !next.is_whole || line.bytes.len() + next.bytes.len() > RECORD_BYTES_MAX;
            if !line.is_cut {
                line.bytes.extend_from_slice(&next.bytes[1..]);
            }
        }
        Ok(Some(line))
    }

    fn line(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.ahead.take() {
            return Ok(Some(line));
        }
        let mut line = self.lines.next_line()?;
        if let Some(line) = &mut line
            && std::mem::take(&mut self.is_first_line)
            && line.bytes.starts_with(b"\xef\xbb\xbf")
        {
            line.bytes.drain(..3);
        }
        Ok(line)
    }
}

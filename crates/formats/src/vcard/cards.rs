//! Cuts bytes into cards, and cards into unfolded lines.

use std::io::{self, Read};

use super::property::Property;
use crate::lines::{Line, Lines, RECORD_BYTES_MAX};
use crate::remark::Remark;

/// Properties that hold no text and may be large.
const PICTURES: [&str; 4] = ["PHOTO", "LOGO", "SOUND", "KEY"];
/// The property that holds a card of somebody else.
const AGENT: &str = "AGENT";
/// Properties at which an unfinished line in quoted-printable ends, even if it ends with the sign of continuation.
const COMMON: [&str; 17] = [
    "BEGIN",
    "END",
    "VERSION",
    "N",
    "FN",
    "TEL",
    "EMAIL",
    "ADR",
    "ORG",
    "TITLE",
    "ROLE",
    "NOTE",
    "URL",
    "BDAY",
    "NICKNAME",
    "CATEGORIES",
    "REV",
];
/// The longest name of a property with its group.
const NAME_BYTES_MAX: usize = 64;
/// The most lines of a card that are kept to be named because they cannot be read.
const UNREADABLE_MAX: usize = 20;

/// A card as unfolded lines.
#[derive(Debug, Default)]
pub(super) struct RawCard {
    lines: Vec<Vec<u8>>,
    /// The names of properties that were passed over.
    pub(super) skipped: Vec<String>,
    /// Lines that are no properties.
    pub(super) unreadable: Vec<Vec<u8>>,
}

impl RawCard {
    /// The properties that can be told apart.
    pub(super) fn properties(&self) -> impl Iterator<Item = Property> {
        self.lines.iter().filter_map(|line| Property::parse(line))
    }
}

/// The cards of a text.
pub(super) struct Cards<R> {
    lines: Lines<R>,
    /// Lines that were read together, the next one last: a file may hold cards of an old Mac beside others.
    ahead: Vec<Line>,
    /// The line that begins a card has been read.
    has_begun: bool,
    is_first_line: bool,
}

impl<R: Read> Cards<R> {
    pub(super) fn new(text: R) -> Self {
        Self { lines: Lines::new(text), ahead: Vec::new(), has_begun: false, is_first_line: true }
    }

    fn next_line(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.ahead.pop() {
            return Ok(Some(line));
        }
        let Some(line) = self.lines.next_line()? else { return Ok(None) };
        if memchr::memchr(b'\r', &line.bytes).is_none() {
            return Ok(Some(line));
        }
        let is_whole = line.is_whole;
        self.ahead = at_returns(&line.bytes).into_iter().rev().map(|bytes| Line { bytes, is_whole: true }).collect();
        if let Some(last) = self.ahead.first_mut() {
            last.is_whole = is_whole;
        }
        Ok(self.ahead.pop())
    }

    /// The next card, or why it is none; `None` after the last.
    pub(super) fn next_card(&mut self) -> io::Result<Option<Result<RawCard, Remark>>> {
        let mut card = std::mem::take(&mut self.has_begun).then(Gathered::default);
        while let Some(mut line) = self.next_line()? {
            if std::mem::take(&mut self.is_first_line) && line.bytes.starts_with(b"\xef\xbb\xbf") {
                line.bytes.drain(..3);
            }
            match &mut card {
                None if is_mark(&line.bytes, b"BEGIN:VCARD") => card = Some(Gathered::default()),
                None => {}
                Some(gathered) if gathered.depth > 0 => gathered.pass_over(&line.bytes),
                Some(gathered) if is_mark(&line.bytes, b"BEGIN:VCARD") => {
                    if gathered.is_agent {
                        gathered.depth = 1;
                        continue;
                    }
                    self.has_begun = true;
                    return Ok(Some(Err(half("another card begins before its END:VCARD"))));
                }
                Some(_) if is_mark(&line.bytes, b"END:VCARD") => return Ok(card.map(Gathered::finish)),
                Some(gathered) => gathered.take(line),
            }
        }
        Ok(card.map(|_| Err(half("the file ends before its END:VCARD"))))
    }
}

/// The lines of a text that CR separates, as far as a property or a fold follows it: any other CR is part of a value.
fn at_returns(text: &[u8]) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for (place, piece) in text.split(|byte| *byte == b'\r').enumerate() {
        let is_fold = piece.first().is_some_and(|byte| [b' ', b'\t'].contains(byte));
        match lines.last_mut() {
            Some(before) if place > 0 && !is_fold && property_name(piece).is_none() => {
                before.push(b'\r');
                before.extend_from_slice(piece);
            }
            _ => lines.push(piece.to_vec()),
        }
    }
    lines
}

fn half(why: &str) -> Remark {
    Remark::whole(format!("is half a card: {why}"))
}

/// Whether a line is the mark of a beginning or an end, in any case and with any blanks.
fn is_mark(line: &[u8], mark: &[u8]) -> bool {
    line.len() <= mark.len() + 16
        && line.iter().filter(|byte| !byte.is_ascii_whitespace()).map(u8::to_ascii_uppercase).eq(mark.iter().copied())
}

/// How the value of a property goes on in the next lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Continued {
    /// In lines that begin with a blank.
    #[default]
    Folded,
    /// After a `=` at the end of a line.
    QuotedPrintable,
    /// It is passed over.
    Skipped,
}

/// A card while it is gathered.
#[derive(Default)]
struct Gathered {
    card: RawCard,
    current: Option<Vec<u8>>,
    continued: Continued,
    bytes: usize,
    is_too_long: bool,
    /// The property before is one that holds a card.
    is_agent: bool,
    /// How many cards inside of this one are open.
    depth: usize,
}

impl Gathered {
    /// A line of a card inside of this one.
    fn pass_over(&mut self, line: &[u8]) {
        if is_mark(line, b"BEGIN:VCARD") {
            self.depth += 1;
        } else if is_mark(line, b"END:VCARD") {
            self.depth -= 1;
        }
    }

    fn take(&mut self, line: Line) {
        let is_indented = line.bytes.first().is_some_and(|byte| [b' ', b'\t'].contains(byte));
        let name = if is_indented { None } else { property_name(&line.bytes) };
        match (self.continued, &name) {
            (Continued::Skipped, None) => {}
            (Continued::QuotedPrintable, _) if self.goes_on(&line.bytes, name.as_deref()) => {
                self.go_on(&line, is_indented)
            }
            (_, Some(name)) => {
                let name = name.clone();
                self.begin(&name, line);
            }
            (_, None) if is_indented && self.current.is_some() => self.append(&line.bytes[1..], line.is_whole),
            (_, None) if line.bytes.trim_ascii().is_empty() => {}
            (_, None) if self.card.unreadable.len() < UNREADABLE_MAX => self.card.unreadable.push(line.bytes),
            (_, None) => {}
        }
    }

    /// Whether a line belongs to the property in quoted-printable before it.
    fn goes_on(&self, line: &[u8], name: Option<&str>) -> bool {
        let is_unfinished = self.current.as_ref().is_some_and(|current| current.last() == Some(&b'='));
        match name {
            // Writers that put no sign at the end begin the next line with a separator or an escape.
            None => !line.trim_ascii().is_empty(),
            Some(name) => is_unfinished && !COMMON.contains(&name) && !name.starts_with("X-"),
        }
    }

    fn go_on(&mut self, line: &Line, is_indented: bool) {
        let Some(current) = &mut self.current else { return };
        let is_broken = current.last() == Some(&b'=');
        if is_broken {
            current.pop();
        }
        // The blank belongs to a fold if it is between two escapes: no writer leaves a blank of the text there.
        let is_escape =
            |bytes: &[u8]| matches!(bytes, [b'=', one, two] if one.is_ascii_hexdigit() && two.is_ascii_hexdigit());
        let ends = current.len() >= 3 && is_escape(&current[current.len() - 3..]);
        let begins = line.bytes.get(1) == Some(&b'=');
        let start = usize::from(is_indented && (!is_broken || (begins && ends)));
        self.append(&line.bytes[start..], line.is_whole);
    }

    fn begin(&mut self, name: &str, line: Line) {
        self.end_line();
        self.is_agent = name == AGENT;
        if self.is_agent {
            let value = line.bytes.splitn(2, |byte| *byte == b':').nth(1).unwrap_or_default();
            self.depth = usize::from(is_mark(value, b"BEGIN:VCARD"));
        }
        if self.is_agent || PICTURES.contains(&name) {
            self.card.skipped.push(name.to_owned());
            self.continued = Continued::Skipped;
            return;
        }
        let head = line.bytes.split(|byte| *byte == b':').next().unwrap_or_default().to_ascii_uppercase();
        let is_quoted =
            head.split(|byte| b";=,".contains(byte)).any(|part| part == b"QUOTED-PRINTABLE" || part == b"Q");
        self.continued = if is_quoted { Continued::QuotedPrintable } else { Continued::Folded };
        self.current = Some(Vec::new());
        self.append(&line.bytes, line.is_whole);
    }

    fn append(&mut self, bytes: &[u8], is_whole: bool) {
        self.bytes += bytes.len();
        self.is_too_long |= !is_whole || self.bytes > RECORD_BYTES_MAX;
        if !self.is_too_long
            && let Some(current) = &mut self.current
        {
            current.extend_from_slice(bytes);
        }
    }

    fn end_line(&mut self) {
        if let Some(line) = self.current.take() {
            if Property::parse(&line).is_some() {
                self.card.lines.push(line);
            } else if self.card.unreadable.len() < UNREADABLE_MAX {
                self.card.unreadable.push(line);
            }
        }
    }

    fn finish(mut self) -> Result<RawCard, Remark> {
        self.end_line();
        if self.is_too_long {
            return Err(Remark::whole(format!("is longer than {RECORD_BYTES_MAX} bytes, pictures not counted")));
        }
        Ok(self.card)
    }
}

/// The name of the property that a line begins, in upper case and without its group; `None` if it begins none.
fn property_name(line: &[u8]) -> Option<String> {
    let end = line.iter().take(NAME_BYTES_MAX + 1).position(|byte| b";:".contains(byte))?;
    let name = line[..end].trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(byte));
    let name = name.rsplit(|byte| *byte == b'.').next().filter(|_| is_name)?;
    let name = String::from_utf8(name.to_ascii_uppercase()).ok()?;
    (!name.is_empty()).then_some(name)
}

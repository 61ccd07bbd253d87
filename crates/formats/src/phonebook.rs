//! XML phone books of desk telephones and routers: Yealink, Grandstream, Snom, Fritz!Box, Cisco, and others whose
//! entries have the same shape (Fanvil, Htek, Avaya, Gigaset, Polycom, VTech).
//!
//! One table knows the elements of all of them, so there is no guessing which telephone a book is for. A document type
//! is refused, and no entity is replaced but the five of XML: neither can make a file larger than it is, or name another.

mod elements;
mod reader;
mod writer;

pub use writer::{PhonebookShape, PhonebookWriter};

use reader::{Item, PhonebookError, Reader};

use crate::decoding::{Charset, Decoded, Guess, Position};
use crate::lines::Lines;
use crate::source::{FileError, OpenFile, Row, Rows, Source, encoding_use};
use crate::survey::{MEMBERSHIPS_MAX, Memberships, NameCounts, Plan, Survey};

/// How much of the beginning of a file can hold its declaration.
const DECLARATION_BYTES_MAX: usize = 200;

/// Looks through a phone book: which elements there are, what its groups are called.
pub(crate) fn survey(source: &Source) -> Result<Survey, FileError> {
    let declared = declared_charset(source);
    match survey_in(source, declared) {
        Err(PhonebookError::Encoding) if !source.has_given_charset() => {
            let (charset, sample) = guess(source)?;
            let mut survey = survey_in(source, Some(charset)).map_err(|fault| fault.of(source))?;
            survey.encoding = encoding_use(Some(charset), Some(sample));
            Ok(survey)
        }
        outcome => outcome.map_err(|fault| fault.of(source)),
    }
}

fn survey_in(source: &Source, charset: Option<Charset>) -> Result<Survey, PhonebookError> {
    let mut reader = reader(source, charset, Position::default()).map_err(PhonebookError::File)?;
    let mut counts = NameCounts::default();
    let mut memberships = Memberships::default();
    let mut rows = 0;
    while let Some(item) = reader.next_item()? {
        match item {
            Item::Group { id, name } => {
                if !memberships.add(&name, [id]) {
                    return Err(PhonebookError::Other(format!("has more than {MEMBERSHIPS_MAX} groups")));
                }
            }
            Item::Entry(entry) => {
                rows += 1;
                for (name, part) in entry.names() {
                    counts.add(name, part);
                }
            }
        }
    }
    if rows == 0 {
        return Err(PhonebookError::Other(
            "is XML, but no phone book that is read: those of Yealink, Grandstream, Snom, Fritz!Box and Cisco are"
                .to_owned(),
        ));
    }
    let plan = Plan::Records { charset, memberships };
    Ok(Survey { encoding: encoding_use(charset, None), rows, columns: counts.into_uses(), notes: Vec::new(), plan })
}

/// The entries of a phone book.
pub(crate) fn rows<'a>(
    source: &'a Source,
    charset: Option<Charset>,
    memberships: &'a Memberships,
    position: Position,
) -> Result<Rows<'a>, FileError> {
    let mut reader = reader(source, charset, position)?;
    let mut number = 0;
    Ok(Box::new(std::iter::from_fn(move || {
        loop {
            match reader.next_item() {
                Ok(None) => return None,
                Ok(Some(Item::Group { .. })) => {}
                Ok(Some(Item::Entry(entry))) => {
                    number += 1;
                    return Some(Ok(Row { number, draft: entry.draft(memberships) }));
                }
                Err(fault) => return Some(Err(fault.of(source))),
            }
        }
    })))
}

fn reader(
    source: &Source,
    charset: Option<Charset>,
    position: Position,
) -> Result<Reader<Decoded<OpenFile>>, FileError> {
    Ok(Reader::new(source.text(charset, position)?))
}

/// The encoding of the file: by its mark, by the user, or by its declaration.
fn declared_charset(source: &Source) -> Option<Charset> {
    source.declared_charset().or_else(|| {
        let head = source.head();
        let head = String::from_utf8_lossy(&head[..head.len().min(DECLARATION_BYTES_MAX)]).into_owned();
        let declaration = head.trim_start_matches('\u{feff}').strip_prefix("<?xml")?.split("?>").next()?;
        let value = declaration.split("encoding").nth(1)?.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|quote| ['"', '\''].contains(quote))?;
        Charset::parse(value[1..].split(quote).next()?).ok().filter(|charset| !charset.is_utf_16())
    })
}

fn guess(source: &Source) -> Result<(Charset, String), FileError> {
    let mut lines = Lines::new(source.file()?);
    let mut guess = Guess::default();
    while let Some(line) = lines.next_line().map_err(|cause| source.fault(cause))? {
        guess.feed(&line.bytes);
    }
    Ok(guess.charset())
}

#[cfg(test)]
mod tests;

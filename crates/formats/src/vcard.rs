//! vCards: 4.0 (RFC 6350), 3.0 (RFC 2426) and 2.1, as phones, clouds and programs write them.
//!
//! Cards are read as bytes, because lines are folded inside of characters, and each property of an old card can be in an
//! encoding of its own; no library reads that. A broken card hurts no other. Pictures and sounds are passed over.

mod cards;
mod contact;
mod property;
mod writer;

pub use writer::{VcardVersion, write};

use std::io::Read;

use cards::{Cards, RawCard};
use property::Property;

use crate::decoding::{Charset, Counted, Guess, Position};
use crate::draft::Draft;
use crate::remark::Remark;
use crate::source::{FileError, Row, Rows, Source, encoding_use};
use crate::survey::{MEMBERSHIP_BYTES_MAX, MEMBERSHIPS_MAX, Memberships, NameCounts, Plan, Survey, too_many_members};

/// Properties about the card and not about the contact: whether they are read matters to nobody.
const ABOUT_CARDS: [&str; 12] = [
    "VERSION",
    "PRODID",
    "REV",
    "CLASS",
    "SOURCE",
    "PROFILE",
    "NAME",
    "SORT-STRING",
    "X-ABLABEL",
    "X-ABADR",
    "X-ABSHOWAS",
    "CLIENTPIDMAP",
];

/// Looks through a file of cards: which properties there are, which groups have which members, and in which encoding
/// the text is that is not UTF-8.
pub(crate) fn survey(source: &Source) -> Result<Survey, FileError> {
    let mut cards = Cards::new(bytes(source, Position::default())?);
    let mut counts = NameCounts::default();
    let mut guess = Guess::default();
    let mut memberships = Memberships::default();
    let mut rows = 0;
    let mut groups: Vec<Vec<Property>> = Vec::new();
    let (mut kept, mut bytes_kept) = (0, 0);
    while let Some(card) = cards.next_card().map_err(|cause| source.fault(cause))? {
        let Ok(card) = card else {
            rows += 1;
            continue;
        };
        let properties: Vec<Property> = card.properties().collect();
        if contact::is_group(&properties) {
            // They are kept until the encoding is known.
            let properties: Vec<Property> = properties.into_iter().filter(contact::is_of_group).collect();
            kept += properties.len();
            bytes_kept += properties.iter().map(Property::value_len).sum::<usize>();
            if kept > MEMBERSHIPS_MAX || bytes_kept > MEMBERSHIP_BYTES_MAX {
                return Err(source.fault(too_many_members()));
            }
            groups.push(properties);
            continue;
        }
        rows += 1;
        for name in
            properties.iter().map(|property| property.name.as_str()).chain(card.skipped.iter().map(String::as_str))
        {
            if !ABOUT_CARDS.contains(&name) {
                counts.add(name, contact::member(name));
            }
        }
        for name in properties.iter().filter_map(contact::lost_components) {
            counts.add(name, None);
        }
        properties.iter().for_each(|property| property.feed(&mut guess));
    }
    if rows == 0 && groups.is_empty() {
        return Err(source.fault("holds no vCard: is it a .vcf file? If not, name its kind with --format"));
    }
    for properties in &groups {
        properties.iter().for_each(|property| property.feed(&mut guess));
    }
    let declared = source.declared_charset();
    let (charset, guessed_by) = match (declared, guess.is_needed()) {
        (None, true) => {
            let (charset, sample) = guess.charset();
            (Some(charset), Some(sample))
        }
        (declared, _) => (declared, None),
    };
    for properties in &groups {
        let Some((name, members)) = contact::group(properties, charset) else { continue };
        if !memberships.add(&name, members) {
            return Err(source.fault(too_many_members()));
        }
    }
    let mut notes = Vec::new();
    if !memberships.is_empty() {
        notes.push(format!("{} group cards: their members are put into groups of these names", groups.len()));
    }
    let encoding = encoding_use(charset, guessed_by);
    let plan = Plan::Records { charset, memberships };
    Ok(Survey { encoding, rows, columns: counts.into_uses(), notes, plan })
}

/// The cards of a file that are contacts.
pub(crate) fn rows<'a>(
    source: &'a Source,
    charset: Option<Charset>,
    memberships: &'a Memberships,
    position: Position,
) -> Result<Rows<'a>, FileError> {
    let mut cards = Cards::new(bytes(source, position)?);
    let mut number = 0;
    Ok(Box::new(std::iter::from_fn(move || {
        loop {
            let card = match cards.next_card() {
                Ok(card) => card?,
                Err(cause) => return Some(Err(source.fault(cause))),
            };
            number += 1;
            if let Some(draft) = card.map(|card| draft(&card, charset, memberships)).transpose() {
                return Some(Ok(Row { number, draft }));
            }
        }
    })))
}

/// A card as a contact; `None` for a group.
fn draft(card: &RawCard, charset: Option<Charset>, memberships: &Memberships) -> Option<Draft> {
    let properties: Vec<Property> = card.properties().collect();
    if contact::is_group(&properties) {
        return None;
    }
    let mut draft = contact::read(&properties, charset);
    draft.remarks.extend(card.unreadable.iter().map(|line| unreadable(line)));
    let keys = contact::member_keys(&draft);
    let groups: Vec<String> = keys.iter().flat_map(|key| memberships.of(key)).map(str::to_owned).collect();
    draft.groups.extend(groups);
    Some(draft)
}

fn unreadable(line: &[u8]) -> Remark {
    let kind = "is no property that can be read, and was left out";
    let mut remark = Remark::on("", &String::from_utf8_lossy(line), kind);
    remark.field = None;
    remark
}

/// The bytes of a file: as they are, or in UTF-8 if they are in UTF-16.
fn bytes(source: &Source, position: Position) -> Result<Box<dyn Read>, FileError> {
    match source.declared_charset().filter(|charset| charset.is_utf_16()) {
        Some(charset) => Ok(Box::new(source.text(Some(charset), position)?)),
        None => Ok(Box::new(Counted::new(source.file()?, position))),
    }
}

#[cfg(test)]
mod tests;

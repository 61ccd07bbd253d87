//! What the first look at a file found: how it will be read, and what of it will not be.

use std::collections::HashMap;

use crate::columns::ColumnUse;
use crate::decoding::Charset;
use crate::table_layout::TableLayout;

/// The most properties, attributes or elements that are counted by name.
const NAMES_MAX: usize = 1_000;
/// The most memberships of groups that are kept from the first look for the import.
pub const MEMBERSHIPS_MAX: usize = 2_000_000;
/// The most bytes of their names and of the names of groups.
pub(crate) const MEMBERSHIP_BYTES_MAX: usize = 256 << 20;

/// The encoding of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodingUse {
    /// Its name.
    pub name: &'static str,
    /// A piece of the file in this encoding, if the encoding was guessed.
    pub guessed_by: Option<String>,
}

/// What the first look at a file found.
#[derive(Debug)]
pub struct Survey {
    /// The encoding, if it is not UTF-8.
    pub encoding: Option<EncodingUse>,
    /// How many rows, cards or entries there are.
    pub rows: u64,
    /// How each column, property, attribute or element is read. Empty for NDJSON, whose members are those of the API.
    pub columns: Vec<ColumnUse>,
    /// What else is worth knowing.
    pub notes: Vec<String>,
    pub(crate) plan: Plan,
}

/// How the file is read the second time.
#[derive(Debug)]
pub(crate) enum Plan {
    /// A table of text.
    Table(TableLayout),
    /// Records of text in an encoding, whose groups are known.
    Records {
        /// The encoding of what is not UTF-8.
        charset: Option<Charset>,
        /// Groups by member.
        memberships: Memberships,
    },
}

impl Survey {
    /// What the user should know, a line each: the encoding if it was guessed, how columns are read, which are not.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(EncodingUse { name, guessed_by: Some(sample) }) = &self.encoding {
            lines.push(format!(
                "the file is not in UTF-8; it is read as {name}, which is a guess: {sample:?}. If that is wrong, name the \
                 encoding with --encoding"
            ));
        }
        lines.extend(self.notes.iter().cloned());
        let filled = self.columns.iter().filter(|column| column.cells > 0);
        let read = filled.filter_map(|column| Some(format!("{:?} as {}", column.name, column.read_as?)));
        let read: Vec<String> = read.collect();
        let empty = self.columns.iter().filter(|column| column.cells == 0).count();
        if !read.is_empty() {
            let empty = match empty {
                0 => String::new(),
                1 => "; 1 column is empty".to_owned(),
                many => format!("; {many} columns are empty"),
            };
            lines.push(format!("read: {}{empty}", read.join(", ")));
        }
        let unread: Vec<String> = self.not_read().map(unread_text).collect();
        if !unread.is_empty() {
            let advice = match self.plan {
                Plan::Table(_) => "; --map 'COLUMN=member' reads one, --map 'COLUMN=ignore' leaves it out of this list",
                Plan::Records { .. } => "",
            };
            lines.push(format!("not read: {}{advice}", unread.join(", ")));
        }
        for column in self.not_read() {
            if let Some(member) = column.looks_like {
                lines.push(format!(
                    "warning: the column {:?} is not read, and its cells look like {member}: --map '{}={member}' reads it",
                    column.name, column.name
                ));
            }
        }
        lines
    }

    /// The columns that are not empty and not read, without those that the user said to ignore.
    pub fn not_read(&self) -> impl Iterator<Item = &ColumnUse> {
        self.columns.iter().filter(|column| column.read_as.is_none() && column.cells > 0 && !column.is_ignored)
    }
}

fn unread_text(column: &ColumnUse) -> String {
    let cells = if column.cells == 1 { "cell" } else { "cells" };
    format!("{:?} ({} {cells})", column.name, column.cells)
}

/// That a file has more members of groups than are kept.
pub(crate) fn too_many_members() -> String {
    format!(
        "has more than {MEMBERSHIPS_MAX} members of groups, or {} MiB of their names: split the file",
        MEMBERSHIP_BYTES_MAX >> 20
    )
}

/// How often names occur: of properties, attributes or elements. Names past [`NAMES_MAX`] are counted together.
#[derive(Debug, Default)]
pub(crate) struct NameCounts {
    names: Vec<ColumnUse>,
    places: HashMap<String, usize>,
}

/// What names past the bound are counted under.
const OTHERS: &str = "(others)";

impl NameCounts {
    pub(crate) fn add(&mut self, name: &str, read_as: Option<&'static str>) {
        let name = if self.places.len() >= NAMES_MAX && !self.places.contains_key(name) { OTHERS } else { name };
        let place = match self.places.get(name) {
            Some(place) => *place,
            None => {
                self.places.insert(name.to_owned(), self.names.len());
                let column =
                    ColumnUse { name: name.to_owned(), read_as, cells: 0, looks_like: None, is_ignored: false };
                self.names.push(column);
                self.names.len() - 1
            }
        };
        self.names[place].cells += 1;
    }

    pub(crate) fn into_uses(self) -> Vec<ColumnUse> {
        self.names
    }
}

/// Which groups the members of group cards and directory groups are in, by what a member is called in its file.
#[derive(Debug, Default)]
pub(crate) struct Memberships {
    groups: Vec<String>,
    members: HashMap<String, Vec<usize>>,
    count: usize,
    bytes: usize,
}

impl Memberships {
    /// Adds a group with its members; `false` if there are too many for the bounds.
    pub(crate) fn add(&mut self, group: &str, members: impl IntoIterator<Item = String>) -> bool {
        let mut members = members.into_iter().peekable();
        if members.peek().is_none() {
            return true;
        }
        let place = self.groups.len();
        self.groups.push(group.to_owned());
        self.bytes += group.len();
        for member in members {
            self.bytes += member.len();
            if self.count == MEMBERSHIPS_MAX || self.bytes > MEMBERSHIP_BYTES_MAX {
                return false;
            }
            self.count += 1;
            self.members.entry(member).or_default().push(place);
        }
        true
    }

    /// The groups of a member.
    pub(crate) fn of(&self, member: &str) -> impl Iterator<Item = &str> {
        self.members.get(member).into_iter().flatten().map(|place| self.groups[*place].as_str())
    }

    /// The name that a number of a group stands for.
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}

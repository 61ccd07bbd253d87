//! What the columns of a table hold: by their names, by their cells where a name has several meanings, or as `--map`
//! says.
//!
//! One vocabulary knows the columns of all programs at once, so there is no guessing which program wrote a file. A
//! column that is not known is not read, and [`ColumnUse`] says so before anything is sent.

mod cells;
mod column_error;
mod mapping;
mod part;
mod recognition;
mod vocabulary;

pub use cells::{guarded, kept, own_group, unguarded};
pub use column_error::ColumnError;
pub use mapping::Mapped;
pub use part::{MEMBERS, Part, Separator};

use recognition::Likeness;

use crate::draft::Draft;

/// The most columns.
pub const COLUMNS_MAX: usize = 1_000;

/// How a column, or a property of a card, is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnUse {
    /// Its name in the file.
    pub name: String,
    /// The member of the API's record that it is read as; `None` if it is not read.
    pub read_as: Option<&'static str>,
    /// How many cells are not empty.
    pub cells: u64,
    /// The member that its cells look like, if it is not read.
    pub looks_like: Option<&'static str>,
    /// Whether the user said that it is not to be read.
    pub is_ignored: bool,
}

/// What each column holds, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns(Vec<Column>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    name: String,
    part: Option<Part>,
    looks_like: Option<Part>,
    is_ignored: bool,
}

impl Columns {
    /// By a header and some rows under it.
    ///
    /// # Errors
    /// When `map` names a column that there is not, when no column holds phone numbers or none holds names, or when
    /// there are more than [`COLUMNS_MAX`].
    pub fn read(header: &[String], map: &[Mapped], sample: &[csv::StringRecord]) -> Result<Self, ColumnError> {
        if header.len() > COLUMNS_MAX {
            return Err(ColumnError::TooMany(header.len()));
        }
        let likenesses: Vec<Likeness> = (0..header.len()).map(|place| Likeness::of(place, sample)).collect();
        let mut parts = recognition::parts(header, &likenesses);
        let mut is_ignored = vec![false; header.len()];
        for mapped in map {
            let Some(place) = mapped.place(header) else {
                return Err(ColumnError::no_such_column(mapped.column(), header));
            };
            let is_meant = |at: usize| at == place || (!header[place].is_empty() && header[at] == header[place]);
            for at in (0..header.len()).filter(|at| is_meant(*at)) {
                parts[at] = mapped.part();
                is_ignored[at] = mapped.part().is_none();
            }
        }
        if let Some(missing) = missing(&parts) {
            return Err(ColumnError::nothing_known(missing, header, &likenesses));
        }
        let columns = header.iter().zip(parts).zip(likenesses).zip(is_ignored);
        let column = |(((name, part), likeness), is_ignored): (((&String, Option<Part>), Likeness), bool)| Column {
            name: name.trim().to_owned(),
            part,
            looks_like: likeness.strictly(name).filter(|_| part.is_none() && !is_ignored),
            is_ignored,
        };
        Ok(Self(columns.map(column).collect()))
    }

    /// How well the names of a header are known or mapped, to compare the ways in which a header can be read.
    pub fn certainty(header: &[String], map: &[Mapped]) -> usize {
        let known: usize = header.iter().map(|name| recognition::certainty(name)).sum();
        known + 3 * map.iter().filter(|mapped| mapped.place(header).is_some()).count()
    }

    /// How many names of a header are known letter by letter, diacritics included, to compare encodings in which it can be
    /// read.
    pub fn spelt(header: &[String]) -> usize {
        header.iter().filter(|name| recognition::is_spelt(name)).count()
    }

    /// How many columns there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// How each column is read, with the number of its cells that are not empty.
    pub fn uses(&self, cells: &[u64]) -> Vec<ColumnUse> {
        let filled = cells.iter().copied().chain(std::iter::repeat(0));
        let columns = self.0.iter().zip(filled);
        let use_of = |(column, cells): (&Column, u64)| ColumnUse {
            name: column.name.clone(),
            read_as: column.part.map(Part::member),
            cells,
            looks_like: column.looks_like.map(Part::member),
            is_ignored: column.is_ignored,
        };
        columns.map(use_of).collect()
    }

    /// A row as a contact. Missing cells are empty ones.
    pub fn draft<'a>(&self, cells: impl Iterator<Item = &'a str>) -> Draft {
        let mut draft = Draft::default();
        for (column, cell) in self.0.iter().zip(cells) {
            let Some(part) = column.part else { continue };
            let cell = unguarded(cell);
            if !cell.is_empty() {
                cells::put(&mut draft, part, cell);
            }
        }
        draft
    }
}

/// What a table cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// A column of phone numbers.
    PhoneNumbers,
    /// A column of names of any kind.
    Names,
}

fn missing(parts: &[Option<Part>]) -> Option<Needed> {
    let has = |wanted: &[Part]| parts.iter().flatten().any(|part| wanted.contains(part));
    if !has(&[Part::Phone, Part::Fax]) {
        Some(Needed::PhoneNumbers)
    } else if !has(&[Part::LastName, Part::FirstName, Part::FullName, Part::Organization, Part::Nickname, Part::Email])
    {
        Some(Needed::Names)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;

//! Why the columns of a table cannot be read, with what is needed and what comes close to it.

use std::fmt;

use super::part::Part;
use super::recognition::Likeness;
use super::vocabulary::{Meaning, VOCABULARY, folded};
use super::{COLUMNS_MAX, Needed};

/// The most columns that a message names.
const COLUMNS_SHOWN: usize = 12;
/// How similar two names are, from 0 to 1, for one to be taken for a misspelling of the other.
const SIMILAR_MIN: f64 = 0.7;
/// The longest name of a column that is compared with others, in bytes.
const NAME_BYTES_MAX: usize = 200;

/// Why the columns of a table cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnError {
    /// `--map` names a column that the file does not have.
    NoSuchColumn {
        /// As `--map` has it.
        column: String,
        /// The columns with the most similar names, or the first ones.
        close: Vec<String>,
    },
    /// No column is known to hold what is needed.
    NothingKnown {
        /// What is needed.
        needed: Needed,
        /// Columns whose cells or names come close to it.
        close: Vec<String>,
        /// The first columns.
        present: Vec<String>,
        /// How many columns there are.
        count: usize,
        /// Whether what should be the names of columns are the values of a contact.
        is_headerless: bool,
    },
    /// More than [`COLUMNS_MAX`].
    TooMany(usize),
}

impl ColumnError {
    pub(super) fn no_such_column(column: &str, header: &[String]) -> Self {
        let wanted = folded(column);
        let mut ranked: Vec<(f64, &String)> = header
            .iter()
            .filter(|name| !name.trim().is_empty())
            .map(|name| (similarity(&folded(name), &wanted), name))
            .collect();
        ranked.sort_by(|one, other| other.0.total_cmp(&one.0));
        let close = ranked.into_iter().take(COLUMNS_SHOWN).map(|(_, name)| name.trim().to_owned()).collect();
        Self::NoSuchColumn { column: column.to_owned(), close }
    }

    pub(super) fn nothing_known(needed: Needed, header: &[String], likenesses: &[Likeness]) -> Self {
        let named = header.iter().zip(likenesses).filter(|(name, _)| !name.trim().is_empty());
        let is_close = |name: &str, likeness: Likeness| match needed {
            Needed::PhoneNumbers => likeness.strictly(name) == Some(Part::Phone) || is_similar(name, needed),
            Needed::Names => is_similar(name, needed),
        };
        let close =
            named.clone().filter(|(name, likeness)| is_close(name, **likeness)).map(|(name, _)| name.trim().to_owned());
        let close: Vec<String> = close.take(COLUMNS_SHOWN).collect();
        let present = named.map(|(name, _)| name.trim().to_owned()).take(COLUMNS_SHOWN).collect();
        let is_headerless = header.iter().any(|name| Likeness::of_cell(name).strictly("").is_some());
        Self::NothingKnown { needed, close, present, count: header.len(), is_headerless }
    }
}

/// Whether a name is nearly one that is known to hold what is needed.
fn is_similar(name: &str, needed: Needed) -> bool {
    let name = folded(name);
    let fits = |meaning: Meaning| match (needed, meaning) {
        (Needed::PhoneNumbers, Meaning::Known(part)) => matches!(part, Part::Phone | Part::Fax),
        (Needed::Names, Meaning::Known(part)) => {
            matches!(part, Part::LastName | Part::FirstName | Part::FullName | Part::Organization)
        }
        (Needed::Names, Meaning::Name) => true,
        (_, _) => false,
    };
    VOCABULARY.names().filter(|(_, meaning)| fits(*meaning)).any(|(known, _)| similarity(known, &name) >= SIMILAR_MIN)
}

/// How alike two names are, from 0 to 1; 0 if one is much longer than the other, or too long for a name of a column.
fn similarity(one: &str, other: &str) -> f64 {
    let (short, long) = (one.len().min(other.len()), one.len().max(other.len()));
    if long > NAME_BYTES_MAX || long > 2 * short {
        return 0.0;
    }
    strsim::normalized_damerau_levenshtein(one, other)
}

impl fmt::Display for ColumnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchColumn { column, close } => {
                write!(f, "--map names the column {column:?}, which the file does not have; it has {}", shown(close))
            }
            Self::NothingKnown { is_headerless: true, present, .. } => {
                write!(
                    f,
                    "the first row is no line of names of columns, but a contact: {}. Put a line of names on top, for \
                     example Name,Phone",
                    shown(present)
                )
            }
            Self::NothingKnown { needed, close, present, count, is_headerless: false } => {
                let (what, member) = match needed {
                    Needed::PhoneNumbers => ("phone numbers", "phone_numbers"),
                    Needed::Names => ("names", "last_name"),
                };
                write!(f, "no column is known to hold {what}, which a contact needs; ")?;
                match close.first() {
                    Some(first) => write!(f, "close to it: {}. Map it: --map '{first}={member}'", shown(close)),
                    None => {
                        let more = count - present.len();
                        write!(f, "the columns are {}", shown(present))?;
                        if more > 0 {
                            write!(f, " and {more} more")?;
                        }
                        write!(
                            f,
                            ". Map one: --map 'COLUMN={member}' (--map '#2={member}' for the second), or put a line of names on top if there is none"
                        )
                    }
                }
            }
            Self::TooMany(many) => {
                write!(f, "{many} columns, at most {COLUMNS_MAX} are read: is it a list of contacts?")
            }
        }
    }
}

fn shown(names: &[String]) -> String {
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

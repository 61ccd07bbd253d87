//! `--map`: what the user says that a column holds.

use super::part::{MEMBERS, Part};
use super::vocabulary::folded;

/// What a column is mapped to so that it is not read.
const IGNORED: &str = "ignore";
/// Further members that a column can be mapped to.
const MORE_MEMBERS: [(&str, Part); 2] = [("nickname", Part::Nickname), ("fax", Part::Fax)];

/// One pair of `--map`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// The column as the user wrote it.
    column: String,
    /// What it holds; `None` if it is not to be read.
    part: Option<Part>,
}

impl Mapped {
    /// Reads the pairs of one option: `Column=member`, several separated by commas. A column may hold commas, because
    /// a pair ends only where a member stands before the comma; one in quotation marks may hold anything.
    ///
    /// # Errors
    /// When there is no `=`, no column before it or no member of a contact after it; the text says what would be right.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, String> {
        let mut pairs = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (column, after) = column(rest)?;
            let (member, next) = after.split_once(',').unwrap_or((after, ""));
            let part = member_part(member.trim())?;
            if column.trim().is_empty() {
                return Err("names no column before the =".to_owned());
            }
            pairs.push(Self { column, part });
            rest = next.trim_start();
        }
        if pairs.is_empty() { Err("is not Column=member".to_owned()) } else { Ok(pairs) }
    }

    /// The column as the user wrote it.
    pub(super) fn column(&self) -> &str {
        &self.column
    }

    pub(super) fn part(&self) -> Option<Part> {
        self.part
    }

    /// The place of the column among these: by its name as written, by its name without case, blanks, punctuation and
    /// diacritics, or by its number (`#3`).
    pub(super) fn place(&self, names: &[String]) -> Option<usize> {
        let wanted = self.column.trim();
        let exact = names.iter().position(|name| name.trim() == wanted);
        let similar = || {
            let wanted = folded(wanted);
            // Numbers count here: `Phone 2` is not `Phone 1`.
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            let number = digits(&self.column);
            names.iter().position(|name| !wanted.is_empty() && folded(name) == wanted && digits(name) == number)
        };
        let numbered = || {
            let place: usize = wanted.strip_prefix('#')?.parse().ok()?;
            (1..=names.len()).contains(&place).then(|| place - 1)
        };
        exact.or_else(numbered).or_else(similar)
    }
}

/// The column at the beginning of a list of pairs, and what follows its `=`.
fn column(text: &str) -> Result<(String, &str), String> {
    if let Some(inside) = text.strip_prefix('"') {
        let mut name = String::new();
        let mut rest = inside;
        while let Some((before, after)) = rest.split_once('"') {
            name.push_str(before);
            match after.strip_prefix('"') {
                // Two quotation marks stand for one.
                Some(after) => {
                    name.push('"');
                    rest = after;
                }
                None => {
                    let after =
                        after.trim_start().strip_prefix('=').ok_or("has no = after the column in quotation marks")?;
                    return Ok((name, after));
                }
            }
        }
        return Err("has a quotation mark that is not closed".to_owned());
    }
    // The first `=` that a member follows ends the column.
    let mut from = 0;
    while let Some(at) = text[from..].find('=').map(|at| from + at) {
        let after = &text[at + 1..];
        let member = after.split(',').next().unwrap_or_default().trim();
        if member_part(member).is_ok() || !after.contains('=') {
            return Ok((text[..at].trim().to_owned(), after));
        }
        from = at + 1;
    }
    Err("is not Column=member".to_owned())
}

fn member_part(member: &str) -> Result<Option<Part>, String> {
    if member == IGNORED {
        return Ok(None);
    }
    let known = MEMBERS.iter().chain(&MORE_MEMBERS).find(|(name, _)| *name == member);
    known.map(|(_, part)| Some(*part)).ok_or_else(|| {
        let names: Vec<&str> = MEMBERS.iter().chain(&MORE_MEMBERS).map(|(name, _)| *name).collect();
        format!("names no member of a contact after the =: write one of {}, {IGNORED}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Result<Vec<(String, Option<Part>)>, String> {
        Mapped::parse_list(text).map(|pairs| pairs.into_iter().map(|pair| (pair.column, pair.part)).collect())
    }

    #[test]
    fn a_column_may_hold_commas_equal_signs_and_quotation_marks() {
        let phone = Some(Part::Phone);
        for (text, column) in [
            ("Tel=phone_numbers", "Tel"),
            ("\"Tel, work\"=phone_numbers", "Tel, work"),
            ("Tel, work=phone_numbers", "Tel, work"),
            ("a=b=phone_numbers", "a=b"),
            ("\"a\"\"b=c\" = phone_numbers", "a\"b=c"),
            ("#3=phone_numbers", "#3"),
        ] {
            assert_eq!(pairs(text), Ok(vec![(column.to_owned(), phone)]), "{text}");
        }
        let several = pairs("Kunde=last_name, Tel, 2=phone_numbers,Notiz=ignore").expect("three pairs");
        let columns: Vec<&str> = several.iter().map(|(column, _)| column.as_str()).collect();
        assert_eq!(columns, ["Kunde", "Tel, 2", "Notiz"]);
        assert_eq!(several[2].1, None);
    }

    #[test]
    fn what_is_no_pair_says_what_would_be_right() {
        assert!(pairs("Who=surname").expect_err("no member").contains("last_name"));
        for text in ["=last_name", "Who", "", "\"Who=last_name", "\"Who\" last_name"] {
            assert!(pairs(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_column_is_found_by_name_or_number() {
        let names: Vec<String> = ["Name", "Phone 1", "phone, 2", ""].map(str::to_owned).into();
        let place = |text: &str| Mapped::parse_list(&format!("\"{text}\"=ignore")).expect("a pair")[0].place(&names);
        assert_eq!(place("name"), Some(0));
        assert_eq!(place("Phone 2"), Some(2));
        assert_eq!(place("#4"), Some(3));
        assert_eq!(place("#5"), None);
        assert_eq!(place("Phone 3"), None);
    }
}

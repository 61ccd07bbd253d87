//! Parts of a name that are missing in a file beside others, taken from the full name: `Lem` of `Anna Lem` where only the
//! first name has a column. A full name that says something else than the parts, or more than names, adds nothing.

/// Forms of address and degrees, in lower case and without a full stop: they are no part of a name.
const TITLES: [&str; 34] = [
    "mr",
    "mrs",
    "ms",
    "miss",
    "dr",
    "prof",
    "sir",
    "herr",
    "frau",
    "dipl",
    "ing",
    "m",
    "mme",
    "mlle",
    "sr",
    "sra",
    "srta",
    "don",
    "doña",
    "sig",
    "sigra",
    "pan",
    "pani",
    "dhr",
    "mevr",
    "mw",
    "bay",
    "bayan",
    "г-н",
    "г-жа",
    "господин",
    "госпожа",
    "jr",
    "пан",
];

/// Last name, first name and patronymic, of which some are empty, with what the full name adds to them; `None` if it adds
/// nothing.
pub(crate) fn missing_parts<'t>([last, first, patronymic]: [&'t str; 3], full: &'t str) -> Option<[&'t str; 3]> {
    let full = full.trim();
    if full.is_empty() || !patronymic.is_empty() {
        return None;
    }
    match (last.is_empty(), first.is_empty()) {
        (false, true) => {
            let rest = after(full, last).or_else(|| before(full, last))?;
            Some([last, names(rest)?, ""])
        }
        (true, false) => {
            let rest = after(full, first).or_else(|| before(full, first))?;
            Some([names(rest)?, first, ""])
        }
        (false, false) => {
            let rest = match after(full, last) {
                Some(rest) => after(rest, first)?,
                None => after(before(full, last)?, first)?,
            };
            Some([last, first, names(rest)?])
        }
        (true, true) => None,
    }
}

/// What follows a name at the beginning of a text.
fn after<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let rest = text.strip_prefix(name)?;
    rest.starts_with([' ', ',']).then(|| rest.trim_start_matches([' ', ',']))
}

/// What precedes a name at the end of a text.
fn before<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let rest = text.strip_suffix(name)?;
    rest.ends_with([' ', ',']).then(|| rest.trim_end_matches([' ', ',']))
}

/// A text of words that may be names.
fn names(text: &str) -> Option<&str> {
    let is_name = |word: &str| {
        let is_spelt = word.chars().all(|letter| letter.is_alphabetic() || matches!(letter, '.' | '-' | '\'' | '’'));
        let plain = word.trim_end_matches('.').to_lowercase();
        is_spelt && word.chars().any(char::is_alphabetic) && !TITLES.contains(&plain.as_str())
    };
    (!text.is_empty() && text.split_whitespace().all(is_name)).then_some(text)
}

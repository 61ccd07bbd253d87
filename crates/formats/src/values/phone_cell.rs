//! The phone numbers of a cell: repairs of what spreadsheets do to numbers, schemes of links, and several numbers in
//! one cell.

use phone_number::signs;

use super::phone::{self, CutOff, PhoneNumber};
use super::{Parsed, ValueNote};

/// Schemes of links to numbers.
const SCHEMES: [&str; 6] = ["tel:", "sip:", "sips:", "callto:", "fax:", "voice:"];
/// Words between two numbers.
const WORDS_BETWEEN: [&str; 12] =
    [" or ", " and ", " oder ", " und ", " ou ", " et ", " или ", " и ", " або ", " та ", " & ", " | "];
/// Fewest digits of a piece after a comma for it to be a number: with fewer it is an extension.
const LISTED_DIGITS_MIN: usize = 5;
/// Fewest digits of a piece between slashes or blanks for it to be a number of its own.
const WHOLE_DIGITS_MIN: usize = 7;
/// Digits between two separators of thousands.
const THOUSANDS_DIGITS: usize = 3;
/// Most digits of one number: with more, blanks separate numbers.
const DIGITS_MAX: usize = 15;

const EXTENSION_CUT: &str = "an extension was left out";
const COMMENT_CUT: &str = "the text after the number was left out";
const DIGITS_LOST: &str = "lost digits in a spreadsheet (scientific notation)";

/// The numbers of a cell in their order. A value that is no number is left out, and so is what follows a number
/// without being part of it.
pub fn phones(cell: &str) -> Parsed<PhoneNumber> {
    let mut found = Parsed::default();
    for line in cell.split('\n') {
        match phone::common(line.trim()) {
            Some(number) => found.values.push(number),
            None => line.split(":::").for_each(|part| read(&mut found, part)),
        }
    }
    found
}

/// Reads a part of a cell in any form.
fn read(found: &mut Parsed<PhoneNumber>, part: &str) {
    let text = signs::ascii_signs(part);
    for line in text.split('\n') {
        let line = undamaged(line.trim());
        if line.is_empty() {
            continue;
        }
        match plain_number(line) {
            Ok(digits) => add(found, line, digits.as_deref().unwrap_or(line)),
            Err(kind) => found.notes.push(ValueNote::plain(line, kind)),
        }
    }
}

fn add(found: &mut Parsed<PhoneNumber>, written: &str, text: &str) {
    let pieces = pieces(text);
    let is_alone = pieces.len() == 1;
    for piece in pieces {
        let shown = if is_alone { written } else { piece.as_str() };
        match phone::single(&unscheme(&piece)) {
            Err(fault) => found.notes.push(ValueNote::plain(shown, fault.reason())),
            Ok(single) => {
                found.values.push(single.number);
                found.notes.extend(single.cut.map(|cut| note(shown, cut)));
            }
        }
    }
}

fn note(value: &str, cut: CutOff) -> ValueNote {
    let (reason, kind) = match cut {
        CutOff::Extension(digits) => (format!("the extension {digits} was left out"), EXTENSION_CUT),
        CutOff::Comment(text) => (format!("the text {text:?} after the number was left out"), COMMENT_CUT),
    };
    ValueNote { value: value.to_owned(), reason, kind }
}

/// The text of a cell without the signs that keep it a text: `="…"`, `=…`, `'…`.
fn undamaged(text: &str) -> &str {
    let text = text.strip_prefix('=').map_or(text, str::trim_start);
    let text = text.strip_prefix('"').map_or(text, |inside| inside.strip_suffix('"').unwrap_or(inside));
    text.trim_start_matches(['\'', '`']).trim()
}

/// A number that a spreadsheet or a program wrote as a decimal fraction or in scientific notation, as digits.
fn plain_number(text: &str) -> Result<Option<String>, &'static str> {
    let (sign, unsigned) = match text.strip_prefix('+') {
        Some(rest) => ("+", rest),
        None => ("", text),
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(digits) = ungrouped(unsigned) {
        return Ok(Some(format!("{sign}{digits}")));
    }
    if let Some((mantissa, exponent)) = unsigned.split_once(['E', 'e']) {
        let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
        let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
        if !is_digits(whole) || !(fraction.is_empty() || is_digits(fraction)) || !is_digits(exponent) {
            return Ok(None);
        }
        // All digits are there only if the exponent says so.
        return match exponent.parse::<usize>() {
            Ok(exponent) if exponent == fraction.len() && !fraction.is_empty() => {
                Ok(Some(format!("{sign}{whole}{fraction}")))
            }
            Ok(_) | Err(_) => Err(DIGITS_LOST),
        };
    }
    match unsigned.split_once('.') {
        Some((whole, fraction))
            if whole.len() >= WHOLE_DIGITS_MIN && is_digits(whole) && fraction.bytes().all(|byte| byte == b'0') =>
        {
            Ok(Some(format!("{sign}{whole}")))
        }
        _ => Ok(None),
    }
}

/// The digits of a number with a comma before every three of them. Groups that all have three digits may be a list of
/// internal numbers.
fn ungrouped(text: &str) -> Option<String> {
    let mut groups = text.split(',');
    let first = groups.next().filter(|first| (1..=2).contains(&first.len()))?;
    let rest: Vec<&str> = groups.collect();
    let is_group = |group: &&str| group.len() == THOUSANDS_DIGITS;
    let digits = first.to_owned() + &rest.concat();
    (rest.len() > 1 && rest.iter().all(is_group) && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// A number without the scheme of a link, and without the parameters and the host of one.
fn unscheme(text: &str) -> String {
    let text = text.trim().trim_start_matches('<').trim_end_matches('>');
    let scheme = SCHEMES.iter().find(|scheme| {
        text.split_at_checked(scheme.len()).is_some_and(|(start, _)| start.eq_ignore_ascii_case(scheme))
    });
    let Some(scheme) = scheme else { return text.to_owned() };
    let rest = text[scheme.len()..].trim_start_matches('/');
    let mut parts = rest.split(';');
    let number = parts.next().unwrap_or_default();
    let number = number.split('@').next().unwrap_or_default().replace("%20", " ").replace("%2B", "+");
    let extension = parts.find_map(|part| part.trim().strip_prefix("ext=").map(str::to_owned));
    match extension {
        Some(extension) => format!("{number} ext {extension}"),
        None => number,
    }
}

fn count(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// The pieces of a line that are each a number or nothing that can be used.
fn pieces(line: &str) -> Vec<String> {
    let is_link =
        SCHEMES.iter().any(|scheme| line.get(..scheme.len()).is_some_and(|at| at.eq_ignore_ascii_case(scheme)));
    let mut listed = line.to_owned();
    for word in WORDS_BETWEEN {
        listed = listed.replace(word, "\n");
    }
    let is_listed = listed.split('\n').all(|part| count(part) >= LISTED_DIGITS_MIN);
    let line = if is_listed { listed.as_str() } else { line };
    let mut found = Vec::new();
    for part in line.split('\n') {
        let separators: &[char] = if is_link { &[','] } else { &[',', ';', '|'] };
        for piece in at_separators(part, separators).iter().flat_map(|piece| at_labels(piece)) {
            found.extend(
                at_plus_signs(&piece).iter().flat_map(|piece| at_slashes(piece)).flat_map(|piece| at_blanks(&piece)),
            );
        }
    }
    found.retain(|piece| !piece.trim().is_empty());
    found
}

/// Commas, semicolons and bars separate numbers; what follows one with few digits belongs to the number before it.
fn at_separators(text: &str, separators: &[char]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut rest = text;
    let mut separator = "";
    loop {
        let end = rest.find(separators).unwrap_or(rest.len());
        let piece = &rest[..end];
        let digits = count(piece);
        let is_own = digits >= LISTED_DIGITS_MIN || (digits == 0 && !piece.trim().is_empty());
        match found.last_mut() {
            Some(before) if !is_own && count(before) > 0 => {
                before.push_str(separator);
                before.push_str(piece);
            }
            _ => found.push(piece.to_owned()),
        }
        let Some(next) = rest[end..].chars().next() else { break };
        separator = &rest[end..end + next.len_utf8()];
        rest = &rest[end + next.len_utf8()..];
    }
    // A separator at the end separates nothing.
    found.into_iter().map(|piece| piece.trim().trim_end_matches([',', ';', '|']).to_owned()).collect()
}

/// A label between two whole numbers begins the second one: `8 495 555-01-02 моб. 8 916 555-01-03`.
fn at_labels(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut from = 0;
    let mut is_in_word = false;
    for (at, letter) in text.char_indices() {
        let is_start = letter.is_alphabetic() && !is_in_word;
        is_in_word = letter.is_alphabetic();
        if is_start && count(&text[from..at]) >= WHOLE_DIGITS_MIN && is_labelled_number(&text[at..]) {
            found.push(text[from..at].to_owned());
            from = at;
        }
    }
    found.push(text[from..].to_owned());
    found
}

/// Whether a text is a label and a whole number after it. An extension is no number, nor is a date.
fn is_labelled_number(text: &str) -> bool {
    let is_label = |letter: char| letter.is_alphabetic() || matches!(letter, ' ' | '.' | ':' | '-');
    let start = text.find(|letter| !is_label(letter)).unwrap_or(text.len());
    let (label, rest) = text.split_at(start);
    let number = &rest[..rest.find(|letter| !phone::is_number_sign(letter)).unwrap_or(rest.len())];
    !phone::is_extension_word(label)
        && label.chars().count() <= phone::LABEL_CHARS_MAX
        && label.ends_with([' ', '.', ':', '-'])
        && count(number) >= WHOLE_DIGITS_MIN
        && !is_date(number)
}

/// Whether a text is a day, month and year, or the other way round.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.trim().split(['.', '/', '-']).collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let is_dated = matches!(lengths[..], [1..=2, 1..=2, 4] | [4, 1..=2, 1..=2]);
    is_dated && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A plus sign after a number begins another one.
fn at_plus_signs(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut from = 0;
    for (at, _) in text.match_indices('+') {
        if count(&text[from..at]) >= WHOLE_DIGITS_MIN {
            found.push(text[from..at].trim_end_matches(['/', ' ', '-', '(']).to_owned());
            from = at;
        }
    }
    found.push(text[from..].to_owned());
    found
}

/// Slashes separate numbers where there is a whole one on both sides: `030/901820` is one number.
fn at_slashes(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for piece in text.split('/') {
        match found.last_mut() {
            Some(before) if !is_whole(before) || !is_whole(piece) => {
                before.push('/');
                before.push_str(piece);
            }
            _ => found.push(piece.to_owned()),
        }
    }
    found
}

/// Whether a text has digits enough for a number of its own, those of `00` and `(0)` not counted.
fn is_whole(text: &str) -> bool {
    let text = text.trim().trim_start_matches("00");
    count(text) - text.matches("(0)").count() >= WHOLE_DIGITS_MIN
}

/// Blanks separate numbers only if there are too many digits for one, and each piece is a whole number.
fn at_blanks(text: &str) -> Vec<String> {
    let pieces: Vec<&str> = text.split_whitespace().collect();
    let is_list = count(text) > DIGITS_MAX && pieces.iter().all(|piece| count(piece) >= WHOLE_DIGITS_MIN);
    if is_list { pieces.into_iter().map(str::to_owned).collect() } else { vec![text.to_owned()] }
}

#[cfg(test)]
mod tests;

//! Strings and numbers as JSON, appended to a buffer.
//!
//! What stands around them (brackets, commas, member names) is the caller's to write.

/// Appends bytes that are JSON already.
#[inline]
pub fn raw(open: &mut Vec<u8>, json: &str) {
    open.extend_from_slice(json.as_bytes());
}

/// Appends a string, with no more escapes than JSON asks for.
#[inline]
pub fn text(open: &mut Vec<u8>, text: &str) {
    open.reserve(text.len() + 2);
    open.push(b'"');
    text_contents(open, text);
    open.push(b'"');
}

/// Appends what stands between the quotes.
#[inline]
pub fn text_contents(open: &mut Vec<u8>, text: &str) {
    if is_plain(text.as_bytes()) {
        open.extend_from_slice(text.as_bytes());
    } else {
        escaped(open, text);
    }
}

/// Appends a string or `null`.
#[inline]
pub fn text_or_null(open: &mut Vec<u8>, value: Option<&str>) {
    match value {
        Some(value) => text(open, value),
        None => raw(open, "null"),
    }
}

/// Appends a whole number.
#[inline]
pub fn number(open: &mut Vec<u8>, number: u64) {
    let mut room = [0; 20];
    open.extend_from_slice(digits(number, &mut room));
}

/// Appends a whole number or `null`.
#[inline]
pub fn number_or_null(open: &mut Vec<u8>, value: Option<u64>) {
    match value {
        Some(value) => number(open, value),
        None => raw(open, "null"),
    }
}

/// The decimal digits of a number, two at a time from the end.
#[inline]
pub fn digits(number: u64, room: &mut [u8; 20]) -> &[u8] {
    let mut rest = number;
    let mut start = room.len();
    while rest >= 10 {
        let pair = PAIRS[(rest % 100) as usize];
        start -= 2;
        room[start..start + 2].copy_from_slice(&pair);
        rest /= 100;
    }
    if rest > 0 || start == room.len() {
        start -= 1;
        room[start] = b'0' + rest as u8;
    }
    &room[start..]
}

/// `00` to `99`.
static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut pair = 0;
    while pair < 100 {
        pairs[pair] = [b'0' + (pair / 10) as u8, b'0' + (pair % 10) as u8];
        pair += 1;
    }
    pairs
};

/// Whether a text can stand in a string as it is; looks at eight bytes at once.
#[inline]
pub fn is_plain(bytes: &[u8]) -> bool {
    let Some(last) = bytes.last_chunk::<8>() else {
        return !bytes.iter().any(|byte| matches!(byte, 0..=0x1f | b'"' | b'\\'));
    };
    let (words, _) = bytes.as_chunks::<8>();
    let found = words.iter().fold(0, |found, word| found | special(u64::from_ne_bytes(*word)));
    // The last eight overlap the words before them where the length is no multiple of eight.
    found | special(u64::from_ne_bytes(*last)) == 0
}

/// Not zero if one of the eight bytes is a quote, a backslash or below a space.
///
/// A byte `b` of at most 127 is below `n` exactly if subtracting `n` borrows into its highest bit; a byte
/// that equals `c` is 0 after `^ c`, that is below 1. A borrow may spill into the next byte, but only from
/// one that was found already.
#[inline]
const fn special(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES << 7;
    let control = word.wrapping_sub(ONES * 0x20);
    let quote = (word ^ (ONES * b'"' as u64)).wrapping_sub(ONES);
    let slash = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
    (control | quote | slash) & !word & HIGH
}

/// Appends a text with its quotes, backslashes and control characters escaped.
#[cold]
fn escaped(open: &mut Vec<u8>, text: &str) {
    let mut rest = text;
    while let Some(place) = rest.find(|sign| matches!(sign, '\0'..='\x1f' | '"' | '\\')) {
        raw(open, &rest[..place]);
        let sign = rest.as_bytes()[place];
        match sign {
            b'"' => raw(open, "\\\""),
            b'\\' => raw(open, "\\\\"),
            b'\n' => raw(open, "\\n"),
            b'\r' => raw(open, "\\r"),
            b'\t' => raw(open, "\\t"),
            0x08 => raw(open, "\\b"),
            0x0c => raw(open, "\\f"),
            _ => raw(open, &format!("\\u{sign:04x}")),
        }
        rest = &rest[place + 1..];
    }
    raw(open, rest);
}

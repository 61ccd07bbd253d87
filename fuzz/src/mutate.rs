//! Mutations of an input: flips bits, removes, copies and moves pieces, inserts words and deep nesting.

use ringbook_testbed::random::{Choices, Rng};

use crate::targets::Target;

/// Maximum length of a mutated input, in bytes.
pub const INPUT_BYTES_MAX: usize = 1 << 17;

/// Edge cases of text encodings, numbers and JSON.
const EDGE_CASES: &[&[u8]] = &[
    b"\0",
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xef\xbb\xbf",
    b"\\ud800",
    b"\\u0000",
    b"\\uD83D\\uDE00",
    b"\\",
    b"\"",
    b"\n",
    b"\r\n",
    b"-0",
    b"1e308",
    b"1e999",
    b"-1e-999",
    b"0x10",
    b"01",
    b"1.",
    b".5",
    b"+1",
    b"NaN",
    b"9223372036854775807",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"18446744073709551616",
    b"1E+2",
    b"10.0",
    b"null",
    b"true",
    b"[]",
    b"{}",
    b"[[",
    b"}}",
    b",",
    b":",
    "\u{130}".as_bytes(),
    "\u{1F468}\u{200D}".as_bytes(),
    "\u{0301}".as_bytes(),
    "\u{FEFF}".as_bytes(),
    "\u{2028}".as_bytes(),
    "ß".as_bytes(),
    "\u{10FFFF}".as_bytes(),
];

/// Opening and closing texts of what can be nested.
const NESTING: &[(&[u8], &[u8])] = &[
    (b"[", b"]"),
    (b"{\"a\":", b"}"),
    (b"(", b")"),
    (b"(?=", b")"),
    (b"{\"filters\":[", b"]}"),
    (b"NOT ", b""),
    (b"*.", b""),
];

/// Applies one mutation or several.
pub fn mutate(input: &mut Vec<u8>, target: &Target, rng: &mut Rng) {
    for _ in 0..=rng.length(12) {
        mutate_once(input, target, rng);
        input.truncate(INPUT_BYTES_MAX);
    }
}

fn mutate_once(input: &mut Vec<u8>, target: &Target, rng: &mut Rng) {
    let at = rng.below(input.len() + 1);
    match rng.below(10) {
        0 => flip(input, at, rng),
        1 => input.truncate(at),
        2 => drop(input.drain(at..end_of_piece(input, at, rng))),
        3 => {
            let piece = input[at..end_of_piece(input, at, rng)].to_vec();
            let to = rng.below(input.len() + 1);
            insert(input, to, &piece);
        }
        4 => insert(input, at, rng.pick(EDGE_CASES)),
        5 => insert(input, at, rng.pick(target.dictionary).as_bytes()),
        6 => nest(input, at, rng),
        7 => splice(input, at, target, rng),
        8 => repeat(input, at, rng),
        _ => replace(input, at, target, rng),
    }
}

fn insert(input: &mut Vec<u8>, at: usize, piece: &[u8]) {
    input.splice(at..at, piece.iter().copied());
}

fn end_of_piece(input: &[u8], at: usize, rng: &mut Rng) -> usize {
    at + rng.length(input.len() - at)
}

fn flip(input: &mut [u8], at: usize, rng: &mut Rng) {
    if let Some(byte) = input.get_mut(at) {
        *byte ^= 1 << rng.below(8);
    }
}

/// Wraps a piece in many levels of brackets, sometimes without closing them.
fn nest(input: &mut Vec<u8>, at: usize, rng: &mut Rng) {
    let (open, close) = rng.pick(NESTING);
    let end = end_of_piece(input, at, rng);
    let depth = if rng.one_in(50) { 20_000 } else { rng.length(200) };
    if !rng.one_in(3) {
        insert(input, end, &close.repeat(depth));
    }
    insert(input, at, &open.repeat(depth));
}

/// Joins the first part of the input and the second of a seed.
fn splice(input: &mut Vec<u8>, at: usize, target: &Target, rng: &mut Rng) {
    if target.seeds().is_empty() {
        return;
    }
    let other = &target.seeds()[rng.below(target.seeds().len())];
    input.truncate(at);
    input.extend_from_slice(&other[rng.below(other.len() + 1)..]);
}

fn repeat(input: &mut Vec<u8>, at: usize, rng: &mut Rng) {
    let piece = input[at..end_of_piece(input, at, rng)].to_vec();
    let times = rng.length(INPUT_BYTES_MAX / (piece.len() + 1)).min(2_000);
    insert(input, at, &piece.repeat(times));
}

/// Replaces the word at a position by one of the dictionary.
fn replace(input: &mut Vec<u8>, at: usize, target: &Target, rng: &mut Rng) {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let start = input[..at].iter().rposition(|byte| !is_part(byte)).map_or(0, |before| before + 1);
    let end = input[at..].iter().position(|byte| !is_part(byte)).map_or(input.len(), |behind| at + behind);
    let word = rng.pick(target.dictionary);
    input.splice(start..end, word.bytes());
}

//! Damages an input: bits flipped, pieces lost, doubled and moved, words put in, nesting blown up.

use crate::dice::Dice;
use crate::targets::Target;

/// No input grows longer than this by mangling.
pub const INPUT_BYTES_MAX: usize = 1 << 17;

/// What parsers stumble over, whatever they parse.
const ODDITIES: &[&[u8]] = &[
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

/// What nests, by how it opens and closes.
const NESTS: &[(&[u8], &[u8])] = &[
    (b"[", b"]"),
    (b"{\"a\":", b"}"),
    (b"(", b")"),
    (b"(?=", b")"),
    (b"{\"filters\":[", b"]}"),
    (b"NOT ", b""),
    (b"*.", b""),
];

/// Damages the input in one place or several.
pub fn mangle(input: &mut Vec<u8>, target: &Target, dice: &mut Dice) {
    for _ in 0..=dice.size(12) {
        damage(input, target, dice);
        input.truncate(INPUT_BYTES_MAX);
    }
}

fn damage(input: &mut Vec<u8>, target: &Target, dice: &mut Dice) {
    let at = dice.below(input.len() + 1);
    match dice.below(10) {
        0 => flip(input, at, dice),
        1 => input.truncate(at),
        2 => drop(input.drain(at..end_of_piece(input, at, dice))),
        3 => {
            let piece = input[at..end_of_piece(input, at, dice)].to_vec();
            let to = dice.below(input.len() + 1);
            insert(input, to, &piece);
        }
        4 => insert(input, at, dice.pick(ODDITIES)),
        5 => insert(input, at, dice.pick(target.words).as_bytes()),
        6 => nest(input, at, dice),
        7 => splice(input, at, target, dice),
        8 => repeat(input, at, dice),
        _ => replace(input, at, target, dice),
    }
}

fn insert(input: &mut Vec<u8>, at: usize, piece: &[u8]) {
    input.splice(at..at, piece.iter().copied());
}

fn end_of_piece(input: &[u8], at: usize, dice: &mut Dice) -> usize {
    at + dice.size(input.len() - at)
}

fn flip(input: &mut [u8], at: usize, dice: &mut Dice) {
    if let Some(byte) = input.get_mut(at) {
        *byte ^= 1 << dice.below(8);
    }
}

/// Wraps a piece in many brackets, sometimes without closing them.
fn nest(input: &mut Vec<u8>, at: usize, dice: &mut Dice) {
    let (open, close) = dice.pick(NESTS);
    let end = end_of_piece(input, at, dice);
    let depth = if dice.chance(50) { 20_000 } else { dice.size(200) };
    if !dice.chance(3) {
        insert(input, end, &close.repeat(depth));
    }
    insert(input, at, &open.repeat(depth));
}

/// The first part of this and the second of another.
fn splice(input: &mut Vec<u8>, at: usize, target: &Target, dice: &mut Dice) {
    if target.seeds().is_empty() {
        return;
    }
    let other = &target.seeds()[dice.below(target.seeds().len())];
    input.truncate(at);
    input.extend_from_slice(&other[dice.below(other.len() + 1)..]);
}

fn repeat(input: &mut Vec<u8>, at: usize, dice: &mut Dice) {
    let piece = input[at..end_of_piece(input, at, dice)].to_vec();
    let times = dice.size(INPUT_BYTES_MAX / (piece.len() + 1)).min(2_000);
    insert(input, at, &piece.repeat(times));
}

/// Puts a word in place of the word found there.
fn replace(input: &mut Vec<u8>, at: usize, target: &Target, dice: &mut Dice) {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let start = input[..at].iter().rposition(|byte| !is_part(byte)).map_or(0, |before| before + 1);
    let end = input[at..].iter().position(|byte| !is_part(byte)).map_or(input.len(), |behind| at + behind);
    let word = dice.pick(target.words);
    input.splice(start..end, word.bytes());
}

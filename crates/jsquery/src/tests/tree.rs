//! JSON values for the tests: a small owned tree, and two views over plain memory
//! such as a caller has.

use crate::{JsonKind, JsonView, PackedDigits};

/// An owned JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tree {
    Null,
    Bool(bool),
    Number(i64),
    String(String),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// Reads JSON without escapes in strings.
    pub(crate) fn read(json: &str) -> Tree {
        let mut rest = json;
        let tree = read_value(&mut rest);
        assert!(rest.trim().is_empty(), "{rest:?} is left of {json:?}");
        tree
    }
}

fn read_value(rest: &mut &str) -> Tree {
    *rest = rest.trim_start();
    for (word, tree) in [("null", Tree::Null), ("true", Tree::Bool(true)), ("false", Tree::Bool(false))] {
        if take(rest, word) {
            return tree;
        }
    }
    match rest.as_bytes()[0] {
        b'"' => Tree::String(read_string(rest)),
        b'[' => Tree::Array(read_items(rest, "[", "]", read_value)),
        b'{' => Tree::Object(read_items(rest, "{", "}", read_member)),
        _ => read_number(rest),
    }
}

fn read_number(rest: &mut &str) -> Tree {
    let end = rest.find(|c: char| c != '-' && !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, tail) = rest.split_at(end);
    *rest = tail;
    Tree::Number(digits.parse().expect("the tests use integers"))
}

fn read_string(rest: &mut &str) -> String {
    assert!(take(rest, "\""), "a string at {rest:?}");
    let (text, tail) = rest.split_once('"').expect("the tests close their strings");
    *rest = tail;
    text.to_owned()
}

fn read_member(rest: &mut &str) -> (String, Tree) {
    *rest = rest.trim_start();
    let key = read_string(rest);
    assert!(take(rest, ":"), "a colon at {rest:?}");
    (key, read_value(rest))
}

fn read_items<T>(rest: &mut &str, open: &str, close: &str, read: impl Fn(&mut &str) -> T) -> Vec<T> {
    let mut items = Vec::new();
    assert!(take(rest, open), "{open} at {rest:?}");
    while !take(rest, close) {
        items.push(read(rest));
        take(rest, ",");
    }
    items
}

fn take(rest: &mut &str, word: &str) -> bool {
    let trimmed = rest.trim_start();
    match trimmed.strip_prefix(word) {
        Some(tail) => {
            *rest = tail;
            true
        }
        None => false,
    }
}

impl JsonView for &Tree {
    fn kind(&self) -> JsonKind<'_> {
        match self {
            Tree::Null => JsonKind::Null,
            Tree::Bool(value) => JsonKind::Bool(*value),
            Tree::Number(value) => JsonKind::Number(*value),
            Tree::String(value) => JsonKind::String(value),
            Tree::Array(_) => JsonKind::Array,
            Tree::Object(_) => JsonKind::Object,
        }
    }

    fn size(&self) -> usize {
        match self {
            Tree::Array(items) => items.len(),
            Tree::Object(members) => members.len(),
            scalar => panic!("the size of {scalar:?}"),
        }
    }

    fn item(&self, index: usize) -> Self {
        match self {
            Tree::Array(items) => &items[index],
            Tree::Object(members) => &members[index].1,
            scalar => panic!("an item of {scalar:?}"),
        }
    }

    fn find(&self, key: &str) -> Option<Self> {
        match self {
            Tree::Object(members) => members.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            other => panic!("a member of {other:?}"),
        }
    }
}

/// Telephone numbers kept as integers and written out when looked at.
#[derive(Clone, Copy)]
pub(crate) enum Phones<'a> {
    All(&'a [u64]),
    /// The digits, right-aligned, and how many they are.
    One([u8; 20], usize),
}

impl JsonView for Phones<'_> {
    fn kind(&self) -> JsonKind<'_> {
        match self {
            Phones::All(_) => JsonKind::Array,
            Phones::One(digits, count) => {
                JsonKind::String(std::str::from_utf8(&digits[20 - count..]).expect("digits are ASCII"))
            }
        }
    }

    fn size(&self) -> usize {
        match self {
            Phones::All(numbers) => numbers.len(),
            Phones::One(..) => 0,
        }
    }

    fn item(&self, index: usize) -> Self {
        match self {
            Phones::All(numbers) => written(numbers[index]),
            one @ Phones::One(..) => *one,
        }
    }

    fn find(&self, _: &str) -> Option<Self> {
        None
    }
}

fn written<'a>(mut number: u64) -> Phones<'a> {
    let (mut digits, mut count) = ([0; 20], 0);
    while number > 0 || count == 0 {
        count += 1;
        digits[20 - count] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    Phones::One(digits, count)
}

/// Groups kept as pairs and seen as objects.
#[derive(Clone, Copy)]
pub(crate) enum Groups<'a> {
    All(&'a [(i64, &'a str)]),
    One(i64, &'a str),
    Id(i64),
    Name(&'a str),
}

impl JsonView for Groups<'_> {
    fn kind(&self) -> JsonKind<'_> {
        match self {
            Groups::All(_) => JsonKind::Array,
            Groups::One(..) => JsonKind::Object,
            Groups::Id(id) => JsonKind::Number(*id),
            Groups::Name(name) => JsonKind::String(name),
        }
    }

    fn size(&self) -> usize {
        match self {
            Groups::All(groups) => groups.len(),
            Groups::One(..) => 2,
            Groups::Id(_) | Groups::Name(_) => 0,
        }
    }

    fn item(&self, index: usize) -> Self {
        match *self {
            Groups::All(groups) => Groups::One(groups[index].0, groups[index].1),
            Groups::One(id, _) if index == 0 => Groups::Id(id),
            Groups::One(_, name) => Groups::Name(name),
            scalar @ (Groups::Id(_) | Groups::Name(_)) => scalar,
        }
    }

    fn find(&self, key: &str) -> Option<Self> {
        match (*self, key) {
            (Groups::One(id, _), "group_id") => Some(Groups::Id(id)),
            (Groups::One(_, name), "group_name") => Some(Groups::Name(name)),
            _ => None,
        }
    }
}

/// Strings of digits in packed form.
#[derive(Clone, Copy)]
pub(crate) enum Digits<'a> {
    All(&'a [PackedDigits]),
    One(PackedDigits),
}

impl JsonView for Digits<'_> {
    fn kind(&self) -> JsonKind<'_> {
        match self {
            Digits::All(_) => JsonKind::Array,
            Digits::One(digits) => JsonKind::Digits(*digits),
        }
    }

    fn size(&self) -> usize {
        match self {
            Digits::All(all) => all.len(),
            Digits::One(_) => 0,
        }
    }

    fn item(&self, index: usize) -> Self {
        match self {
            Digits::All(all) => Digits::One(all[index]),
            Digits::One(_) => *self,
        }
    }

    fn find(&self, _: &str) -> Option<Self> {
        None
    }
}

//! JSON values for the tests: a small owned tree, and two views over plain memory
//! such as a caller has.

use super::super::{Kind, View};

/// An owned JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    Null,
    Bool(bool),
    Number(i64),
    String(String),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// Reads JSON without escapes in strings.
    pub(super) fn read(json: &str) -> Tree {
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

impl View for &Tree {
    fn kind(&self) -> Kind<'_> {
        match self {
            Tree::Null => Kind::Null,
            Tree::Bool(value) => Kind::Bool(*value),
            Tree::Number(value) => Kind::Number(*value),
            Tree::String(value) => Kind::String(value),
            Tree::Array(_) => Kind::Array,
            Tree::Object(_) => Kind::Object,
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
pub(super) enum Phones<'a> {
    All(&'a [u64]),
    /// The digits, right-aligned, and how many they are.
    One([u8; 20], usize),
}

impl View for Phones<'_> {
    fn kind(&self) -> Kind<'_> {
        match self {
            Phones::All(_) => Kind::Array,
            Phones::One(digits, count) => {
                Kind::String(std::str::from_utf8(&digits[20 - count..]).expect("digits are ASCII"))
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
pub(super) enum Groups<'a> {
    All(&'a [(i64, &'a str)]),
    One(i64, &'a str),
    Id(i64),
    Name(&'a str),
}

impl View for Groups<'_> {
    fn kind(&self) -> Kind<'_> {
        match self {
            Groups::All(_) => Kind::Array,
            Groups::One(..) => Kind::Object,
            Groups::Id(id) => Kind::Number(*id),
            Groups::Name(name) => Kind::String(name),
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

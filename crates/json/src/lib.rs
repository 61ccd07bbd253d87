//! JSON as it was written: one flat list of spans over the body, read strictly by RFC 8259.
//!
//! Numbers keep their text, strings are unescaped only on request, and a whole body costs one allocation of sixteen
//! bytes per value, whatever a client nests: the parser is a loop with a bounded stack, so neither depth nor length can
//! hurt it. Members with equal names are kept; [`Json::member`] finds the last one.
//!
//! A document can be given secrets ([`Document::conceal`]). They decide what [`Json::excerpt`] and
//! [`Document::redacted`] show of it: the one place where values are hidden from error messages and logs. Which members
//! are secret is the caller's rule; this crate knows no member by name.
//!
//! [`write`](mod@write) appends strings and numbers to a buffer. There is no tree and no serialisation of structures.

use std::borrow::Cow;

mod excerpt;
mod parse;
mod redact;
pub mod write;

#[cfg(test)]
mod tests;

pub use excerpt::EXCERPT_CHARS_MAX;
pub use parse::{DEPTH_MAX, JsonError};
pub use redact::{Redacted, STARS};

use redact::Secrets;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number.
    Number,
    /// A string.
    Text,
    /// An array.
    List,
    /// An object.
    Object,
}

/// Whether a string holds escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Plain,
    Escaped,
}

/// A value's place in the text, and the place of what follows it in the list.
#[derive(Debug, Clone, Copy)]
struct Node {
    /// First byte; of a string the one after its quote.
    start: u32,
    /// One past the last byte; of a string the closing quote. Unused for lists and objects.
    end: u32,
    /// The node after this value and everything in it.
    next: u32,
    kind: Kind,
    script: Script,
}

/// A parsed text.
#[derive(Debug)]
pub struct Document<'t> {
    text: &'t str,
    nodes: Vec<Node>,
    secrets: Secrets,
}

impl<'t> Document<'t> {
    /// Reads the whole of `body`, or says what is wrong with it first. At most 4 GiB.
    pub fn parse(body: &'t [u8]) -> Result<Self, JsonError> {
        parse::document(body)
    }

    /// Bytes of memory that the document takes beside the text: some ten times as many as the text of a list of digits.
    pub fn memory_bytes(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>()
    }

    /// The value that the text is.
    pub fn root(&self) -> Json<'_> {
        Json { document: self, at: 0 }
    }
}

/// One value of a document.
#[derive(Debug, Clone, Copy)]
pub struct Json<'d> {
    document: &'d Document<'d>,
    at: usize,
}

impl<'d> Json<'d> {
    fn node(self) -> Node {
        self.document.nodes[self.at]
    }

    fn span(self) -> &'d str {
        let node = self.node();
        &self.document.text[node.start as usize..node.end as usize]
    }

    fn bytes(self) -> &'d [u8] {
        let node = self.node();
        &self.document.text.as_bytes()[node.start as usize..node.end as usize]
    }

    /// What it is.
    pub fn kind(self) -> Kind {
        self.node().kind
    }

    /// Whether it is `null`.
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// Whether it is `[]` or `{}`.
    pub fn is_hollow(self) -> bool {
        matches!(self.kind(), Kind::List | Kind::Object) && self.node().next as usize == self.at + 1
    }

    /// The string, unescaped.
    pub fn text(self) -> Option<Cow<'d, str>> {
        (self.kind() == Kind::Text).then(|| self.unescaped())
    }

    /// The number, as it was written.
    pub fn number(self) -> Option<&'d str> {
        (self.kind() == Kind::Number).then(|| self.span())
    }

    /// Whether it is `true`, if it is `true` or `false`.
    pub fn boolean(self) -> Option<bool> {
        (self.kind() == Kind::Boolean).then(|| self.span() == "true")
    }

    /// A string or a number exactly as it was written, quotes and escapes included.
    pub fn verbatim(self) -> Option<&'d str> {
        let node = self.node();
        match node.kind {
            Kind::Number => Some(self.span()),
            Kind::Text => Some(&self.document.text[node.start as usize - 1..node.end as usize + 1]),
            Kind::Null | Kind::Boolean | Kind::List | Kind::Object => None,
        }
    }

    /// Whether it is the string `expected`.
    pub fn is_text(self, expected: &str) -> bool {
        match (self.kind(), self.node().script) {
            (Kind::Text, Script::Plain) => self.bytes() == expected.as_bytes(),
            (Kind::Text, Script::Escaped) => self.unescaped() == expected,
            _ => false,
        }
    }

    /// The elements of an array; nothing for anything else.
    pub fn elements(self) -> Elements<'d> {
        Elements(self.inside(Kind::List))
    }

    /// The members of an object in the order written; nothing for anything else.
    pub fn members(self) -> Members<'d> {
        Members(self.inside(Kind::Object))
    }

    /// The last member of this name.
    pub fn member(self, name: &str) -> Option<Json<'d>> {
        self.members().filter(|(key, _)| key.is_text(name)).last().map(|(_, value)| value)
    }

    fn unescaped(self) -> Cow<'d, str> {
        match self.node().script {
            Script::Plain => Cow::Borrowed(self.span()),
            Script::Escaped => Cow::Owned(parse::unescape(self.span())),
        }
    }

    fn inside(self, kind: Kind) -> Siblings<'d> {
        let node = self.node();
        let end = if node.kind == kind { node.next as usize } else { 0 };
        Siblings { document: self.document, at: self.at + 1, end }
    }
}

/// The values directly inside another.
#[derive(Debug, Clone)]
struct Siblings<'d> {
    document: &'d Document<'d>,
    at: usize,
    end: usize,
}

impl<'d> Iterator for Siblings<'d> {
    type Item = Json<'d>;

    fn next(&mut self) -> Option<Json<'d>> {
        if self.at >= self.end {
            return None;
        }
        let value = Json { document: self.document, at: self.at };
        self.at = value.node().next as usize;
        Some(value)
    }
}

/// The elements of an array.
#[derive(Debug, Clone)]
pub struct Elements<'d>(Siblings<'d>);

impl<'d> Iterator for Elements<'d> {
    type Item = Json<'d>;

    fn next(&mut self) -> Option<Json<'d>> {
        self.0.next()
    }
}

/// The members of an object: name and value. The name is a string.
#[derive(Debug, Clone)]
pub struct Members<'d>(Siblings<'d>);

impl<'d> Iterator for Members<'d> {
    type Item = (Json<'d>, Json<'d>);

    fn next(&mut self) -> Option<(Json<'d>, Json<'d>)> {
        Some((self.0.next()?, self.0.next()?))
    }
}

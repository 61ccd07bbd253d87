//! The `jsquery` language: questions about one JSON value, such as
//! `# = "74950237547"` or `#.group_id IN (3, 8)`.
//!
//! A query is compiled once by [`JsQuery::parse`] into a small tree of closed
//! enums and then asked of many values by [`JsQuery::matches`]. Values are seen
//! through [`View`], which the caller implements over its own memory, so no JSON
//! tree is ever built. Answers are those of the PostgreSQL extension of the same
//! name, version 1.1.
//!
//! What it does not do: it reads no JSON text, extracts no parts of a value, and
//! gives its optimizer hints no meaning. Numbers in values are integers; numbers
//! in queries are any decimal.

mod evaluate;
mod fault;
mod lexer;
mod literal;
mod membership;
mod number;
mod parse;
mod program;
#[cfg(test)]
mod tests;

pub use fault::{JsQueryFault, Reason};

use membership::Membership;
use program::Node;

/// The longest query accepted, in bytes.
pub const QUERY_BYTES_MAX: usize = 65_536;

/// How many brackets (groups and filters) may be open at once.
pub const NESTING_LEVELS_MAX: usize = 128;

/// How many `*` and `*:` steps may follow one another on the way to one test.
/// Each of them multiplies the ways to reach a value, so they are few.
pub const DESCENT_STEPS_MAX: usize = 16;

/// What a JSON value is, and what it holds if it is a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer; values hold no others.
    Number(i64),
    /// A string, unescaped.
    String(&'a str),
    /// A string of at most [`crate::text::PHONE_DIGITS_MAX`] digits, packed as a phone number is: written out only when
    /// it must be.
    Digits(u64),
    /// An array of [`View::size`] elements.
    Array,
    /// An object of [`View::size`] members.
    Object,
}

/// A JSON value as the evaluator sees it, implemented by the caller over its own
/// memory. It is copied freely, so it should be a few words at most; it may hold
/// a short rendered text itself, because [`Kind`] borrows from the view.
pub trait View: Copy {
    /// What this value is.
    fn kind(&self) -> Kind<'_>;

    /// The number of elements of an array or of members of an object. Asked of
    /// nothing else.
    fn size(&self) -> usize;

    /// The element of an array, or the value of the member of an object, at
    /// `index` below [`View::size`]. No answer depends on the order of members.
    fn item(&self, index: usize) -> Self;

    /// The value of the member named `key` of an object. Asked of nothing else.
    fn find(&self, key: &str) -> Option<Self>;
}

/// A compiled query. It is immutable and may be shared between threads.
#[derive(Debug)]
pub struct JsQuery {
    root: Node,
    membership: Option<Membership>,
    source_bytes: usize,
    descents: usize,
}

impl JsQuery {
    /// Compiles `source`.
    ///
    /// # Errors
    ///
    /// A [`JsQueryFault`] with the reason and the place when the text is no query,
    /// when a part of it could never be answered (a path that ends in `@#` or
    /// `*:`), or when it is past [`QUERY_BYTES_MAX`], [`NESTING_LEVELS_MAX`] or
    /// [`DESCENT_STEPS_MAX`].
    pub fn parse(source: &str) -> Result<JsQuery, JsQueryFault> {
        let root = parse::parse(source)?;
        let membership = membership::membership(&root);
        let descents = source.matches('*').count();
        Ok(JsQuery { root, membership, source_bytes: source.len(), descents })
    }

    /// How many steps into the depth it was written with, or a few more.
    pub fn descents(&self) -> usize {
        self.descents
    }

    /// How many bytes it was written in.
    pub fn source_bytes(&self) -> usize {
        self.source_bytes
    }

    /// Whether `value` satisfies the query. Allocates only for an `@>` with more
    /// than about sixty values.
    pub fn matches<V: View>(&self, value: V) -> bool {
        evaluate::matches(&self.root, value)
    }

    /// For values that are arrays of strings: strings of which every matching
    /// array has at least one as an element, sorted and distinct. An empty list
    /// says that no such array matches; `None`, that no such set is known.
    pub fn required_strings(&self) -> Option<&[String]> {
        self.membership.as_ref().map(Membership::strings)
    }

    /// Whether, for values that are arrays of strings, having one of
    /// [`JsQuery::required_strings`] as an element is also enough to match.
    pub fn is_membership(&self) -> bool {
        self.membership.as_ref().is_some_and(Membership::is_exact)
    }
}

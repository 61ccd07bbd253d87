//! The query language of the PostgreSQL extension [jsquery], such as `# = "74950237547"` or `#.group_id IN (3, 8)`,
//! without PostgreSQL.
//!
//! A query is compiled once by [`JsQuery::parse`] and evaluated by [`JsQuery::matches`]. Values are accessed through the
//! trait [`JsonView`], which the caller implements for its own data, so that no JSON document has to be built. (The feature
//! `serde_json` implements it for documents of that crate.) The whole
//! language is supported, and answers are those of version 1.1 of the extension (`value @@ query`); they are compared
//! with a running PostgreSQL on random queries and values (`tests/postgres.rs`).
//!
//! ```
//! use jsquery::{JsQuery, JsonKind, JsonView};
//!
//! /// An array of strings, or one of them.
//! #[derive(Clone, Copy)]
//! enum Tags<'a> {
//!     All(&'a [&'a str]),
//!     One(&'a str),
//! }
//!
//! impl JsonView for Tags<'_> {
//!     fn kind(&self) -> JsonKind<'_> {
//!         match self {
//!             Tags::All(_) => JsonKind::Array,
//!             Tags::One(tag) => JsonKind::String(tag),
//!         }
//!     }
//!
//!     fn size(&self) -> usize {
//!         match self {
//!             Tags::All(tags) => tags.len(),
//!             Tags::One(_) => 0,
//!         }
//!     }
//!
//!     fn item(&self, index: usize) -> Self {
//!         match self {
//!             Tags::All(tags) => Tags::One(tags[index]),
//!             Tags::One(_) => *self,
//!         }
//!     }
//!
//!     fn find(&self, _key: &str) -> Option<Self> {
//!         None
//!     }
//! }
//!
//! let query = JsQuery::parse(r##"# IN ("red", "blue") AND NOT # = "old""##)?;
//! assert!(query.matches(Tags::All(&["blue", "large"])));
//! assert!(!query.matches(Tags::All(&["blue", "old"])));
//! # Ok::<(), jsquery::JsQueryError>(())
//! ```
//!
//! A query may come from an untrusted source: its length, its nesting and its steps into the depth are limited
//! ([`QUERY_BYTES_MAX`], [`NESTING_LEVELS_MAX`], [`DESCENT_STEPS_MAX`]), and evaluation does not recurse deeper than the
//! query and the value.
//!
//! # What it does not do
//!
//! It parses no JSON and does not extract parts of a value. Optimizer hints are parsed and ignored. Numbers in values are
//! 64-bit integers; numbers in queries are arbitrary decimals, compared exactly.
//!
//! [jsquery]: https://github.com/postgrespro/jsquery

mod evaluate;
mod lexer;
mod literal;
mod membership;
mod number;
mod packed_digits;
mod parser;
mod program;
mod query_error;
#[cfg(feature = "serde_json")]
mod serde_value;
#[cfg(test)]
mod tests;

use membership::Membership;
pub use packed_digits::{PACKED_DIGITS_MAX, PackedDigits};
use program::Node;
pub use query_error::{JsQueryError, JsQueryErrorKind};

/// Maximum length of a query, in bytes.
pub const QUERY_BYTES_MAX: usize = 65_536;

/// Maximum number of nested brackets (groups and filters).
pub const NESTING_LEVELS_MAX: usize = 128;

/// Maximum number of steps `*` and `*:` on the path to one comparison. Each of them multiplies the number of ways to
/// reach a value.
pub const DESCENT_STEPS_MAX: usize = 16;

/// The type of a JSON value, and the value itself if it is a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonKind<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer.
    Number(i64),
    /// A string, without escapes.
    String(&'a str),
    /// A string of digits.
    Digits(PackedDigits),
    /// An array of [`JsonView::size`] elements.
    Array,
    /// An object of [`JsonView::size`] members.
    Object,
}

/// A JSON value as the evaluator accesses it. It is copied often, so it should be a few words at most.
pub trait JsonView: Copy {
    /// The type of the value. The result may borrow from the view itself, so that a view can hold a short text that it
    /// has formatted.
    fn kind(&self) -> JsonKind<'_>;

    /// The number of elements of an array, or of members of an object. Not called for other types.
    fn size(&self) -> usize;

    /// The element of an array, or the value of the member of an object, at `index`, which is less than
    /// [`JsonView::size`]. No result depends on the order of members.
    fn item(&self, index: usize) -> Self;

    /// The value of the member `key` of an object. Not called for other types.
    fn find(&self, key: &str) -> Option<Self>;
}

/// A compiled query. It is immutable and can be shared between threads.
#[derive(Debug)]
pub struct JsQuery {
    root: Node,
    membership: Option<Membership>,
    source_bytes: usize,
    descents: usize,
}

impl JsQuery {
    /// Compiles a query.
    ///
    /// # Errors
    ///
    /// The syntax is invalid, a path ends with `@#` or `*:`, or the query exceeds [`QUERY_BYTES_MAX`],
    /// [`NESTING_LEVELS_MAX`] or [`DESCENT_STEPS_MAX`].
    pub fn parse(source: &str) -> Result<JsQuery, JsQueryError> {
        let root = parser::parse(source)?;
        let membership = membership::membership(&root);
        let descents = source.matches('*').count();
        Ok(JsQuery { root, membership, source_bytes: source.len(), descents })
    }

    /// An upper bound of the number of steps `*` and `*:`, for estimating costs.
    pub fn descents(&self) -> usize {
        self.descents
    }

    /// The length of the query, in bytes.
    pub fn source_bytes(&self) -> usize {
        self.source_bytes
    }

    /// Whether `value` satisfies the query. Allocates memory only for `@>` with more than about 60 values.
    pub fn matches<V: JsonView>(&self, value: V) -> bool {
        evaluate::matches(&self.root, value)
    }

    /// Whether the query is about one element of an array: an array satisfies it if and only if one of its elements does so
    /// as the only element of an array. `false` if that is not known.
    pub fn is_about_an_element(&self) -> bool {
        membership::is_about_an_element(&self.root)
    }

    /// For values that are arrays of strings: a set of strings of which every matching array contains at least one,
    /// sorted and without duplicates. It serves to answer a query from an index. If the set is empty, no such array
    /// matches; `None` means that no such set is known.
    pub fn required_strings(&self) -> Option<&[String]> {
        self.membership.as_ref().map(Membership::strings)
    }

    /// Whether, for values that are arrays of strings, containing one of [`JsQuery::required_strings`] is also
    /// sufficient to match.
    pub fn is_membership(&self) -> bool {
        self.membership.as_ref().is_some_and(Membership::is_exact)
    }
}

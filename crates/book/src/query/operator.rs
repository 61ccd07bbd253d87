//! The operators: their names, and which kinds of field take them.

use super::field::Kind;

macro_rules! operators {
    ($($(#[$doc:meta])* $name:ident $text:literal)*) => {
        /// An operator of a simple filter.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Operator { $($(#[$doc])* $name),* }

        impl Operator {
            /// Every operator.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// How requests spell it.
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

operators! {
    /// The same.
    Equal "="
    /// Not the same.
    NotEqual "!="
    /// Below.
    Less "<"
    /// Above.
    Greater ">"
    /// Not above.
    AtMost "<="
    /// Not below.
    AtLeast ">="
    /// Matches a pattern with `%` and `_`.
    Like "like"
    /// The same without regard to case.
    ILike "ilike"
    /// Does not match such a pattern.
    NotLike "not_like"
    /// The same without regard to case.
    NotILike "not_ilike"
    /// Holds a match of a regular expression.
    Regexp "regexp"
    /// One of a list.
    In "in"
    /// None of a list.
    NotIn "not_in"
    /// Has an element of a list.
    Overlap "overlap"
    /// Has no element of a list.
    NotOverlap "not_overlap"
    /// Satisfies a question in the language `jsquery`.
    JsQuery "jsquery"
    /// Is absent.
    IsNull "is_null"
    /// Is there.
    IsNotNull "is_not_null"
}

impl Operator {
    /// The operator spelled so.
    pub fn read(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operator| operator.text() == text)
    }

    /// Whether fields of this kind take it.
    pub fn suits(self, kind: Kind) -> bool {
        match self {
            Self::IsNull | Self::IsNotNull => true,
            Self::Equal | Self::NotEqual => !matches!(kind, Kind::Object | Kind::Empty(_)),
            Self::Less | Self::Greater | Self::AtMost | Self::AtLeast => {
                matches!(kind, Kind::Number | Kind::DateTime | Kind::Seconds)
            }
            Self::Like | Self::ILike | Self::NotLike | Self::NotILike | Self::Regexp => {
                matches!(kind, Kind::Text | Kind::Texts | Kind::Phones)
            }
            Self::In | Self::NotIn => {
                matches!(
                    kind,
                    Kind::Number | Kind::Seconds | Kind::Text | Kind::Texts | Kind::Phones | Kind::Objects { .. }
                )
            }
            Self::Overlap | Self::NotOverlap => matches!(kind, Kind::Texts | Kind::Phones),
            Self::JsQuery => matches!(kind, Kind::Texts | Kind::Phones | Kind::Objects { .. }),
        }
    }

    /// Spellings of the operators that fields of this kind take.
    pub fn suiting(kind: Kind) -> Vec<&'static str> {
        Self::ALL.iter().filter(|operator| operator.suits(kind)).map(|operator| operator.text()).collect()
    }
}

//! The operators of comparisons: their names, and the types of fields that they apply to.

use super::field::FieldType;

macro_rules! operators {
    ($($(#[$doc:meta])* $name:ident $text:literal)*) => {
        /// An operator of a comparison.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Operator { $($(#[$doc])* $name),* }

        impl Operator {
            /// All operators.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its name in requests.
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

operators! {
    /// Equal.
    Equal "="
    /// Not equal.
    NotEqual "!="
    /// Less than.
    Less "<"
    /// Greater than.
    Greater ">"
    /// Less than or equal.
    AtMost "<="
    /// Greater than or equal.
    AtLeast ">="
    /// Matches a pattern with `%` and `_`.
    Like "like"
    /// Matches such a pattern, ignoring case.
    ILike "ilike"
    /// Does not match such a pattern.
    NotLike "not_like"
    /// Does not match such a pattern, ignoring case.
    NotILike "not_ilike"
    /// Contains a match of a regular expression.
    Regexp "regexp"
    /// Equal to an element of a list.
    In "in"
    /// Equal to no element of a list.
    NotIn "not_in"
    /// Has an element in common with a list.
    Overlap "overlap"
    /// Has no element in common with a list.
    NotOverlap "not_overlap"
    /// Matches a jsquery.
    JsQuery "jsquery"
    /// Is null, or an empty list.
    IsNull "is_null"
    /// Is neither null nor an empty list.
    IsNotNull "is_not_null"
}

impl Operator {
    /// The operator with this name.
    pub fn read(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operator| operator.text() == text)
    }

    /// Whether it applies to fields of this type.
    pub fn applies_to(self, kind: FieldType) -> bool {
        match self {
            Self::IsNull | Self::IsNotNull => true,
            Self::Equal | Self::NotEqual => !matches!(kind, FieldType::Object | FieldType::Empty(_)),
            Self::Less | Self::Greater | Self::AtMost | Self::AtLeast => {
                matches!(kind, FieldType::Number | FieldType::DateTime | FieldType::Seconds)
            }
            Self::Like | Self::ILike | Self::NotLike | Self::NotILike | Self::Regexp => {
                matches!(
                    kind,
                    FieldType::Text | FieldType::Name | FieldType::Phone | FieldType::Texts | FieldType::Phones
                )
            }
            Self::In | Self::NotIn => {
                matches!(
                    kind,
                    FieldType::Number
                        | FieldType::Seconds
                        | FieldType::Text
                        | FieldType::Name
                        | FieldType::Phone
                        | FieldType::Texts
                        | FieldType::Phones
                        | FieldType::Objects { .. }
                )
            }
            Self::Overlap | Self::NotOverlap => matches!(kind, FieldType::Texts | FieldType::Phones),
            Self::JsQuery => matches!(kind, FieldType::Texts | FieldType::Phones | FieldType::Objects { .. }),
        }
    }

    /// Names of the operators that apply to fields of this type.
    pub fn names_for(kind: FieldType) -> Vec<&'static str> {
        Self::ALL.iter().filter(|operator| operator.applies_to(kind)).map(|operator| operator.text()).collect()
    }
}

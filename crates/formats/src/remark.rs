//! What is said of a row: why it was refused, or what of it was left out.

/// How much of a value is shown, in characters.
const VALUE_CHARS_SHOWN: usize = 100;

/// A remark on a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The member of the API's record, if it is about one.
    pub field: Option<String>,
    /// The value as it is in the file, cut to a readable length.
    pub value: Option<String>,
    /// The reason in English.
    pub reason: String,
    /// The reason without details that differ from row to row: remarks are counted by it.
    pub kind: String,
}

impl Remark {
    /// About one value of a member.
    pub fn on(field: &str, value: &str, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        let value = value.chars().take(VALUE_CHARS_SHOWN).collect();
        Self { field: Some(field.to_owned()), value: Some(value), kind: reason.clone(), reason }
    }

    /// About the row as a whole.
    pub fn whole(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { field: None, value: None, kind: reason.clone(), reason }
    }

    /// About a member that is missing.
    pub fn missing(field: &str, reason: &str) -> Self {
        Self { field: Some(field.to_owned()), value: None, kind: reason.to_owned(), reason: reason.to_owned() }
    }

    /// The same, counted under a reason without details.
    #[must_use]
    pub fn of_kind(mut self, kind: impl Into<String>) -> Self {
        self.kind = kind.into();
        self
    }
}

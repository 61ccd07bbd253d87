//! Texts that are safe to show on a terminal.

/// A text without control characters, which could change the state of a terminal.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

//! The names of all organizations laid end to end, so that a pattern is searched in one piece of memory. Made at the first
//! question for a pattern, and again after organizations, groups or employees have changed.

use std::sync::{Arc, PoisonError, RwLock};

/// The names of organizations, each ended by a line feed, which no name contains.
#[derive(Debug)]
pub(crate) struct OrganizationText {
    /// The version of the names of the book that it is of.
    version: u64,
    pub(crate) text: String,
    /// The end of each line, its line feed included.
    pub(crate) ends: Vec<u32>,
    /// The slot of each organization.
    pub(crate) slots: Vec<u32>,
}

/// What all states of a book share.
#[derive(Debug, Clone, Default)]
pub(crate) struct OrganizationTexts(Arc<RwLock<Option<Arc<OrganizationText>>>>);

impl OrganizationText {
    /// The text of these names, each with its slot.
    fn of<'n>(version: u64, names: impl Iterator<Item = (usize, &'n str)>) -> Self {
        let mut made = Self { version, text: String::new(), ends: Vec::new(), slots: Vec::new() };
        for (slot, name) in names {
            made.text.push_str(name);
            made.text.push('\n');
            made.ends.push(made.text.len() as u32);
            made.slots.push(slot as u32);
        }
        made.text.shrink_to_fit();
        made
    }
}

impl OrganizationTexts {
    /// The text for this version of these names, each with its slot.
    pub(crate) fn at<'n>(&self, version: u64, names: impl Iterator<Item = (usize, &'n str)>) -> Arc<OrganizationText> {
        if let Some(text) = self.present().filter(|text| text.version == version) {
            return text;
        }
        let made = Arc::new(OrganizationText::of(version, names));
        let mut shared = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if shared.as_ref().is_none_or(|present| present.version < version) {
            *shared = Some(Arc::clone(&made));
        }
        made
    }

    fn present(&self) -> Option<Arc<OrganizationText>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Drops the text.
    pub(crate) fn drop_text(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Bytes of memory.
    pub(crate) fn bytes(&self) -> usize {
        let numbers = |text: &OrganizationText| (text.ends.capacity() + text.slots.capacity()) * size_of::<u32>();
        self.present().map_or(0, |text| size_of::<OrganizationText>() + text.text.capacity() + numbers(&text))
    }
}

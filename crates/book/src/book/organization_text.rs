//! The names of all organizations laid end to end, so that a pattern is searched in one piece of memory. Made at the first
//! question for a pattern, and again after organizations, groups or employees have changed.

use std::sync::{Arc, PoisonError, RwLock};

use super::state::Book;

/// The names of organizations, each ended by a line feed, which no name contains.
#[derive(Debug)]
pub(crate) struct OrganizationText {
    /// [`Book::names_version`] of the book that it is of.
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

impl OrganizationTexts {
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

impl Book {
    /// The names of the organizations of this state of the book.
    pub(crate) fn organization_text(&self) -> Arc<OrganizationText> {
        if let Some(text) = self.organization_texts.present().filter(|text| text.version == self.names_version) {
            return text;
        }
        let organizations = self.organizations.len();
        let mut made = OrganizationText {
            version: self.names_version,
            text: String::new(),
            ends: Vec::with_capacity(organizations),
            slots: Vec::with_capacity(organizations),
        };
        for (slot, organization) in self.organizations.iter() {
            made.text.push_str(organization.name.as_str());
            made.text.push('\n');
            made.ends.push(made.text.len() as u32);
            made.slots.push(slot as u32);
        }
        made.text.shrink_to_fit();
        let made = Arc::new(made);
        let mut shared = self.organization_texts.0.write().unwrap_or_else(PoisonError::into_inner);
        if shared.as_ref().is_none_or(|present| present.version < made.version) {
            *shared = Some(Arc::clone(&made));
        }
        made
    }
}

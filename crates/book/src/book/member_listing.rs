//! Finds names by hash, and governs the lists of members ([`super::member_lists`]), the text of the names of organizations
//! ([`super::organization_text`]) and the index of e-mail addresses ([`super::mail_index`]) of a book.

use std::sync::Arc;

use super::mail_index::{self, MailIndex};
use super::member_lists::MemberLists;
use super::organization_text::OrganizationText;
use super::pairs::PairIndex;
use super::state::Book;
use super::text_hash::text_hash;
use crate::organization::Organization;

/// Number of organizations up to which names are compared one by one.
pub(crate) const ORGANIZATIONS_COMPARED_MAX: usize = 64;

impl Book {
    /// Sets the minimum number of members of which a list is kept: to compare answers of small books with and without.
    pub fn set_listed_members_min(&self, members: usize) {
        self.member_lists.set_members_min(members);
    }

    /// The number of lists of members that are kept.
    pub fn member_lists_len(&self) -> usize {
        self.member_lists.len()
    }

    /// Drops all lists of members, and the text that patterns for names of organizations are searched in.
    pub fn drop_member_lists(&self) {
        self.organization_texts.drop_text();
        self.member_lists.drop_all();
    }

    /// The same state of the book, which never keeps a list of members.
    #[must_use]
    pub fn without_member_lists(&self) -> Self {
        let member_lists = MemberLists::default();
        member_lists.set_members_min(usize::MAX);
        Self { member_lists, ..self.clone() }
    }

    /// The names of the organizations laid end to end.
    pub(crate) fn organization_text(&self) -> Arc<OrganizationText> {
        let names = self.organizations.iter().map(|(slot, organization)| (slot, organization.name.as_str()));
        self.organization_texts.at(self.names_version, names)
    }

    /// Makes the index of e-mail addresses when the book has become large enough.
    pub(crate) fn index_mails_when_due(&mut self) {
        if !self.mails.is_due(self.contacts_len()) {
            return;
        }
        let mut pairs = Vec::new();
        for chunk in &self.contacts.chunks {
            for row in 0..chunk.len() {
                pairs.extend(chunk.emails_of(row).map(|email| (mail_index::key(email), chunk.id(row))));
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        self.mails = MailIndex::from_sorted(&pairs, self.contacts_len());
    }

    /// The organization with this name.
    pub(crate) fn organization_named(&self, name: &str) -> Option<&Organization> {
        let mut few = None;
        let mut many = None;
        if self.organization_names.is_empty() {
            few = Some(0..self.organizations.slots());
        } else {
            many = Some(self.organization_names.find(text_hash(name)).map(|slot| slot as usize));
        }
        let slots = few.into_iter().flatten().chain(many.into_iter().flatten());
        slots.filter_map(|slot| self.organizations.at(slot)).find(|organization| organization.name.as_str() == name)
    }

    /// Makes the index of names of organizations, if there are many.
    pub(crate) fn index_organization_names(&mut self) {
        self.organization_names = PairIndex::default();
        if self.organizations.len() > ORGANIZATIONS_COMPARED_MAX {
            let pair = |(slot, row): (usize, &Organization)| (text_hash(row.name.as_str()), slot as u64);
            let mut pairs: Vec<_> = self.organizations.iter().map(pair).collect();
            pairs.sort_unstable();
            self.organization_names = PairIndex::from_sorted(&pairs);
        }
    }

    /// Replaces the name of the organization in a slot, of which either may be absent, in the index.
    pub(crate) fn change_organization_name(&mut self, slot: usize, old: Option<&str>, new: Option<&str>) {
        if self.organization_names.is_empty() {
            if self.organizations.len() > ORGANIZATIONS_COMPARED_MAX {
                self.index_organization_names();
            }
            return;
        }
        if let Some(old) = old {
            self.organization_names.remove((text_hash(old), slot as u64));
        }
        if let Some(new) = new {
            self.organization_names.insert((text_hash(new), slot as u64));
        }
    }
}

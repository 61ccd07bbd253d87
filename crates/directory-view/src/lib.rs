//! An address book as telephones, switches and softphones see it.
//!
//! Every front end for devices is a writer on this view: a contact has a name as it is shown ([`names`]), numbers as they
//! are dialled ([`number_rule`]), and is found by what a switch or a person gives ([`caller`], [`search`]). Questions are
//! asked of the engine; nothing is evaluated here a second time.

pub mod caller;
pub mod entry;
pub mod names;
pub mod number_rule;
pub mod refusal_reason;
pub mod search;
mod transliteration;
pub mod xml;

pub use transliteration::ascii;

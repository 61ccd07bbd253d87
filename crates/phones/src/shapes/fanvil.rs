//! Fanvil: a directory whose elements say what kind of number they hold.

use super::{Content, NOBODY, places};
use ringbook_directory_view::xml::Xml;

/// `FanvilIPPhoneDirectory`.
pub fn write(content: &Content) -> Vec<u8> {
    let mut xml = Xml::document();
    xml.open("FanvilIPPhoneDirectory");
    xml.text("Title", "Phone book");
    xml.line();
    for entry in content.entries() {
        xml.open("DirectoryEntry");
        xml.text("Name", &entry.name);
        for (name, number) in ["Telephone", "Mobile", "Other"].iter().zip(places(entry)) {
            if let Some(number) = number {
                xml.text(name, &number.dialled);
            }
        }
        xml.text("Ring", "Default");
        xml.text("Group", entry.groups.first().map_or("", String::as_str));
        xml.close("DirectoryEntry");
    }
    if content.entries().is_empty() {
        xml.open("DirectoryEntry");
        xml.text("Name", NOBODY);
        xml.text("Telephone", "");
        xml.close("DirectoryEntry");
    }
    xml.close("FanvilIPPhoneDirectory");
    xml.into_bytes()
}

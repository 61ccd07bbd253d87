//! Yealink: the remote phone book, its menus of groups, and the older form with departments.

use ringbook_directory_view::entry::Entry;

use super::{Content, NOBODY, Shape, label};
use crate::links::Links;
use ringbook_directory_view::xml::Xml;

/// Numbers of a contact in the older form.
const BOOK_NUMBERS: usize = 3;
/// What contacts without a group stand under.
const NO_GROUP: &str = "Contacts";

/// `YealinkIPPhoneDirectory`, or a menu of groups.
pub fn directory(content: &Content, links: &Links) -> Vec<u8> {
    let mut xml = Xml::document();
    if let Content::Menu(menu) = content {
        xml.open("YealinkIPPhoneMenu");
        xml.text("Title", "Phone book");
        for (name, address) in menu.lines(Shape::Yealink, links) {
            item(&mut xml, &name, &address);
        }
        xml.close("YealinkIPPhoneMenu");
        return xml.into_bytes();
    }
    xml.open("YealinkIPPhoneDirectory");
    xml.line();
    for entry in content.entries() {
        xml.open("DirectoryEntry");
        xml.text("Name", &entry.name);
        for number in &entry.numbers {
            xml.text_with("Telephone", &[("label", label(number.kind))], &number.dialled);
        }
        xml.close("DirectoryEntry");
    }
    if content.entries().is_empty() {
        xml.open("DirectoryEntry");
        xml.text("Name", NOBODY);
        xml.text("Telephone", "");
        xml.close("DirectoryEntry");
    }
    xml.close("YealinkIPPhoneDirectory");
    xml.into_bytes()
}

fn item(xml: &mut Xml, name: &str, address: &str) {
    xml.open("MenuItem");
    xml.text("Name", name);
    xml.text("URL", address);
    xml.close("MenuItem");
}

/// `YealinkIPPhoneBook`: each group is a department.
pub fn book(content: &Content) -> Vec<u8> {
    let mut departments: Vec<(&str, Vec<&Entry>)> = Vec::new();
    let mut add = |name, entry| match departments.iter_mut().find(|(known, _)| *known == name) {
        Some((_, members)) => members.push(entry),
        None => departments.push((name, vec![entry])),
    };
    for entry in content.entries() {
        entry.groups.iter().for_each(|group| add(group.as_str(), entry));
        if entry.groups.is_empty() {
            add(NO_GROUP, entry);
        }
    }
    departments.sort_by_key(|(name, _)| *name);
    let mut xml = Xml::document();
    xml.open("YealinkIPPhoneBook");
    xml.text("Title", "Phone book");
    xml.line();
    for (name, members) in departments {
        xml.open_with("Menu", &[("Name", name)]);
        xml.line();
        for entry in members {
            let numbers: Vec<&str> = entry.numbers.iter().map(|number| number.dialled.as_str()).collect();
            let names = ["Phone1", "Phone2", "Phone3"];
            let numbers =
                names.iter().zip(numbers.into_iter().take(BOOK_NUMBERS)).map(|(name, number)| (*name, number));
            let attributes = std::iter::once(("Name", entry.name.as_str())).chain(numbers);
            xml.empty("Unit", &attributes.chain([("default_photo", "Resource:")]).collect::<Vec<_>>());
            xml.line();
        }
        xml.close("Menu");
    }
    xml.close("YealinkIPPhoneBook");
    xml.into_bytes()
}

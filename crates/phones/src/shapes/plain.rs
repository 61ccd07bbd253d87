//! Shapes that are lists of names and numbers: Htek, Thomson, Avaya.

use super::{Content, NOBODY, label, lines, page_lines};
use crate::links::Links;
use ringbook_directory_view::xml::Xml;

fn entry(xml: &mut Xml, name: &str, number: &str) {
    xml.open("DirectoryEntry");
    xml.text("Name", name);
    xml.text("Telephone", number);
    xml.close("DirectoryEntry");
}

/// `PhoneDirectory`, an entry for each number.
pub fn htek(content: &Content) -> Vec<u8> {
    let mut xml = Xml::document();
    xml.open("PhoneDirectory");
    xml.line();
    for line in lines(content.entries()) {
        entry(&mut xml, &line.name, &line.number.dialled);
    }
    if content.entries().is_empty() {
        entry(&mut xml, NOBODY, "");
    }
    xml.close("PhoneDirectory");
    xml.into_bytes()
}

/// `ThomsonPhoneBook`, a page of it.
pub fn thomson(content: &Content, links: &Links) -> Vec<u8> {
    let mut xml = Xml::document();
    xml.open("ThomsonPhoneBook");
    xml.line();
    if let Content::Entries(page) = content {
        let (lines, is_more) = page_lines(page);
        if links.page > 1 {
            entry(&mut xml, "Previous", &links.to_page(links.page - 1));
        }
        for line in &lines {
            entry(&mut xml, &line.name, &format!("Dial:{}", line.number.dialled));
        }
        if lines.is_empty() {
            entry(&mut xml, NOBODY, "");
        }
        if is_more {
            entry(&mut xml, "Next", &links.to_page(links.page + 1));
        }
    }
    xml.close("ThomsonPhoneBook");
    xml.into_bytes()
}

/// `IPPhoneDirectory` of the J series.
pub fn avaya(content: &Content) -> Vec<u8> {
    let mut xml = Xml::document();
    xml.open("IPPhoneDirectory");
    xml.line();
    for entry in content.entries() {
        xml.open("DirectoryEntry");
        xml.text("LastName", &entry.last_name);
        xml.text("FirstName", &entry.first_name);
        xml.open("PhoneNumbers");
        for number in &entry.numbers {
            xml.open("Phone");
            xml.text("Number", &number.dialled);
            xml.text("Type", label(number.kind));
            xml.close("Phone");
        }
        xml.close("PhoneNumbers");
        xml.close("DirectoryEntry");
    }
    xml.close("IPPhoneDirectory");
    xml.into_bytes()
}

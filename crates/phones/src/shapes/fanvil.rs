//! Fanvil: a directory whose elements say what kind of number they hold, and pages of the telephone's browser.

use super::{Content, NOBODY, page_lines, places};
use crate::links::Links;
use ringbook_directory_view::xml::Xml;

/// `FanvilIPPhoneDirectory`.
pub fn directory(content: &Content) -> Vec<u8> {
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

/// `FanvilIPPhoneInputScreen`, and what it finds as a `FanvilIPPhoneDirectory` of lines that are dialled.
pub fn browser(content: &Content, links: &Links) -> Vec<u8> {
    let mut xml = Xml::document();
    match content {
        Content::Input | Content::Menu(_) => {
            xml.open("FanvilIPPhoneInputScreen");
            xml.text("Title", "Phone book");
            xml.text("Prompt", "Name or number");
            // The telephone appends its parameter to a query.
            xml.text("URL", &links.with(&[("page", "1")]));
            xml.open("InputField");
            xml.text("Prompt", "Name or number");
            xml.text("Parameter", "q");
            xml.text("Default", "");
            xml.close("InputField");
            xml.close("FanvilIPPhoneInputScreen");
        }
        Content::Entries(page) => {
            let (lines, is_more) = page_lines(page);
            xml.open("FanvilIPPhoneDirectory");
            xml.text("Title", "Phone book");
            xml.line();
            for line in &lines {
                item(&mut xml, &line.name, &line.number.dialled);
            }
            if lines.is_empty() {
                item(&mut xml, NOBODY, "");
            }
            key(&mut xml, "Dial", "SoftKey:Dial");
            if links.page > 1 {
                key(&mut xml, "Previous", &links.to_page(links.page - 1));
            }
            if is_more {
                key(&mut xml, "Next", &links.to_page(links.page + 1));
            }
            key(&mut xml, "Exit", "SoftKey:Exit");
            xml.close("FanvilIPPhoneDirectory");
        }
    }
    xml.into_bytes()
}

fn item(xml: &mut Xml, name: &str, number: &str) {
    xml.open("MenuItem");
    xml.text("Prompt", name);
    xml.text("URI", number);
    xml.close("MenuItem");
}

fn key(xml: &mut Xml, name: &str, address: &str) {
    xml.open("SoftKey");
    xml.text("Name", name);
    xml.text("URI", address);
    xml.close("SoftKey");
}

//! Cisco: menus, a line to type into, and pages of at most 32 numbers. Their elements have a fixed order.

use super::{Content, NOBODY, Shape, page_lines};
use crate::links::Links;
use ringbook_directory_view::xml::Xml;

/// `CiscoIPPhone…` objects.
pub fn write(content: &Content, links: &Links) -> Vec<u8> {
    let mut xml = Xml::document();
    match content {
        Content::Menu(menu) => {
            xml.open("CiscoIPPhoneMenu");
            xml.text("Title", "Phone book");
            xml.text("Prompt", "Select");
            for (name, address) in menu.lines(Shape::Cisco, links) {
                item(&mut xml, &name, &address);
            }
            xml.close("CiscoIPPhoneMenu");
        }
        Content::Input => {
            xml.open("CiscoIPPhoneInput");
            xml.text("Title", "Search");
            xml.text("Prompt", "Name or number");
            xml.text("URL", &links.with(&[]));
            xml.open("InputItem");
            xml.text("DisplayName", "Name or number");
            xml.text("QueryStringParam", "q");
            xml.text("DefaultValue", "");
            xml.text("InputFlags", "A");
            xml.close("InputItem");
            xml.close("CiscoIPPhoneInput");
        }
        Content::Entries(page) => {
            let (lines, is_more) = page_lines(page);
            xml.open("CiscoIPPhoneDirectory");
            xml.text("Title", "Phone book");
            xml.text("Prompt", &format!("Contacts: {}", page.total));
            xml.line();
            for line in &lines {
                entry(&mut xml, &line.name, &line.number.dialled);
            }
            if lines.is_empty() {
                entry(&mut xml, NOBODY, "");
            }
            key(&mut xml, "Dial", "SoftKey:Dial", "1");
            if links.page > 1 {
                key(&mut xml, "Prev", &links.to_page(links.page - 1), "2");
            }
            key(&mut xml, "Exit", "SoftKey:Exit", "3");
            if is_more {
                key(&mut xml, "Next", &links.to_page(links.page + 1), "4");
            }
            xml.close("CiscoIPPhoneDirectory");
        }
    }
    xml.into_bytes()
}

fn item(xml: &mut Xml, name: &str, address: &str) {
    xml.open("MenuItem");
    xml.text("Name", name);
    xml.text("URL", address);
    xml.close("MenuItem");
}

fn entry(xml: &mut Xml, name: &str, number: &str) {
    xml.open("DirectoryEntry");
    xml.text("Name", name);
    xml.text("Telephone", number);
    xml.close("DirectoryEntry");
}

fn key(xml: &mut Xml, name: &str, address: &str, position: &str) {
    xml.open("SoftKeyItem");
    xml.text("Name", name);
    xml.text("URL", address);
    xml.text("Position", position);
    xml.close("SoftKeyItem");
}

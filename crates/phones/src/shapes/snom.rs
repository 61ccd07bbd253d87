//! Snom: pages of the minibrowser, and the book that the telephone keeps.

use std::collections::HashSet;

use ringbook_directory_view::number_rule::NumberKind;

use super::{Content, NOBODY, Shape, page_lines};
use crate::links::Links;
use ringbook_directory_view::xml::Xml;

/// What the telephone replaces by what was typed.
const TYPED: &str = "__X__";

/// Objects of the minibrowser.
pub fn browser(content: &Content, links: &Links) -> Vec<u8> {
    let mut xml = Xml::document();
    match content {
        Content::Input => {
            xml.open("SnomIPPhoneInput");
            xml.text("Title", "Phone book");
            // Not encoded: the telephone looks for these characters.
            xml.text("Url", &format!("{}{TYPED}", links.with(&[("q", "")])));
            xml.open("InputItem");
            xml.text("DisplayName", "Name or number");
            xml.text("InputToken", TYPED);
            xml.text("DefaultValue", "");
            xml.text("InputFlags", "a");
            xml.close("InputItem");
            xml.close("SnomIPPhoneInput");
        }
        Content::Menu(menu) => {
            xml.open("SnomIPPhoneMenu");
            xml.text("Title", "Phone book");
            for (name, address) in menu.lines(Shape::Snom, links) {
                item(&mut xml, &name, &address);
            }
            xml.close("SnomIPPhoneMenu");
        }
        Content::Entries(page) => {
            let (lines, is_more) = page_lines(page);
            xml.open("SnomIPPhoneMenu");
            xml.text("Title", "Phone book");
            xml.line();
            for line in &lines {
                xml.open_with("MenuItem", &[("name", &line.name)]);
                xml.text("Url", &format!("snom://mb_nop#numberdial={}", line.number.dialled));
                xml.text("ExtraText", &line.number.dialled);
                xml.close("MenuItem");
            }
            if lines.is_empty() {
                xml.open_with("MenuItem", &[("name", NOBODY)]);
                xml.text("Url", "");
                xml.close("MenuItem");
            }
            if links.page > 1 {
                key(&mut xml, "F3", "Back", &links.to_page(links.page - 1));
            }
            if is_more {
                key(&mut xml, "F4", "Next", &links.to_page(links.page + 1));
            }
            xml.close("SnomIPPhoneMenu");
        }
    }
    xml.into_bytes()
}

fn item(xml: &mut Xml, name: &str, address: &str) {
    xml.open_with("MenuItem", &[("name", name)]);
    xml.text("Url", address);
    xml.close("MenuItem");
}

fn key(xml: &mut Xml, name: &str, label: &str, address: &str) {
    xml.open("SoftKeyItem");
    xml.text("Name", name);
    xml.text("Label", label);
    xml.text("URL", address);
    xml.close("SoftKeyItem");
}

/// `tbook` of version 2. A number stands in it once: telephones refuse a book with the same number twice.
pub fn tbook(content: &Content) -> Vec<u8> {
    let mut seen = HashSet::new();
    let mut xml = Xml::document();
    xml.open_with("tbook", &[("e", "2"), ("version", "2.0"), ("complete", "true")]);
    xml.line();
    for entry in content.entries() {
        let numbers: Vec<_> = entry.numbers.iter().filter(|number| seen.insert(number.dialled.as_str())).collect();
        if numbers.is_empty() {
            continue;
        }
        xml.open_with("contact", &[("fav", "false"), ("vip", "false"), ("blocked", "false")]);
        xml.text("first_name", &entry.first_name);
        xml.text("last_name", &entry.last_name);
        xml.text("organization", &entry.organization);
        xml.text("email", entry.emails.first().map_or("", String::as_str));
        xml.text("group", entry.groups.first().map_or("", String::as_str));
        xml.open("numbers");
        for number in numbers {
            let kind = match number.kind {
                NumberKind::Work => "business",
                NumberKind::Mobile => "mobile",
                NumberKind::Other => "fixed",
            };
            xml.empty("number", &[("no", &number.dialled), ("type", kind), ("outgoing_id", "0")]);
        }
        xml.close("numbers");
        xml.close("contact");
    }
    xml.close("tbook");
    xml.into_bytes()
}

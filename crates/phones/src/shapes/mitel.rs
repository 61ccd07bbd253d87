//! Aastra and Mitel: a line to type into, menus, and pages of lines that are dialled.

use super::{Content, NOBODY, Shape, page_lines};
use crate::links::Links;
use ringbook_directory_view::xml::Xml;

/// `AastraIPPhone…` objects.
pub fn write(content: &Content, links: &Links) -> Vec<u8> {
    let mut xml = Xml::document();
    match content {
        Content::Input => {
            xml.open_with("AastraIPPhoneInputScreen", &[("type", "string"), ("editable", "yes")]);
            xml.text("Title", "Phone book");
            xml.text("Prompt", "Name or number");
            xml.text("URL", &links.with(&[]));
            xml.text("Parameter", "q");
            xml.text("Default", "");
            xml.close("AastraIPPhoneInputScreen");
        }
        Content::Menu(menu) => {
            begin(&mut xml);
            for (name, address) in menu.lines(Shape::Mitel, links) {
                item(&mut xml, &name, &address);
            }
            xml.close("AastraIPPhoneTextMenu");
        }
        Content::Entries(page) => {
            let (lines, is_more) = page_lines(page);
            begin(&mut xml);
            if links.page > 1 {
                item(&mut xml, "Previous", &links.to_page(links.page - 1));
            }
            for line in &lines {
                item(&mut xml, &line.name, &format!("Dial:{}", line.number.dialled));
            }
            if lines.is_empty() {
                item(&mut xml, NOBODY, "");
            }
            if is_more {
                item(&mut xml, "Next", &links.to_page(links.page + 1));
            }
            xml.close("AastraIPPhoneTextMenu");
        }
    }
    xml.into_bytes()
}

fn begin(xml: &mut Xml) {
    xml.open_with("AastraIPPhoneTextMenu", &[("style", "none"), ("destroyOnExit", "yes")]);
    xml.text("Title", "Phone book");
    xml.line();
}

fn item(xml: &mut Xml, name: &str, address: &str) {
    xml.open("MenuItem");
    xml.text("Prompt", name);
    xml.text("URI", address);
    xml.close("MenuItem");
}

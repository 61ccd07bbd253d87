//! Polycom: pages of the microbrowser, which are HTML, and the directory file of a telephone.

use ringbook_directory_view::names::cut_bytes;

use super::{Content, NOBODY, lines, page_lines};
use crate::links::Links;
use ringbook_directory_view::xml::Xml;

/// Longest name of the directory file, in bytes.
const NAME_BYTES_MAX: usize = 40;

/// Pages of the microbrowser.
pub fn browser(content: &Content, links: &Links) -> Vec<u8> {
    let mut html = Xml::fragment();
    html.raw("<!DOCTYPE html PUBLIC \"-//W3C//DTD HTML 4.01//EN\">\n");
    html.open("html");
    html.open("head");
    html.raw("<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">");
    html.text("title", "Phone book");
    html.close("head");
    html.open("body");
    match content {
        Content::Entries(page) => {
            let (lines, is_more) = page_lines(page);
            html.open("ol");
            for line in &lines {
                html.open("li");
                html.text_with("a", &[("href", &format!("tel://{}", line.number.dialled))], &line.name);
                html.close("li");
            }
            if lines.is_empty() {
                html.text("li", NOBODY);
            }
            html.close("ol");
            if links.page > 1 {
                html.text_with("a", &[("href", &links.to_page(links.page - 1))], "Previous");
            }
            if is_more {
                html.text_with("a", &[("href", &links.to_page(links.page + 1))], "Next");
            }
        }
        Content::Input | Content::Menu(_) => {
            html.open_with("form", &[("method", "GET"), ("action", &links.with(&[]))]);
            html.open("p");
            html.characters("Name or number");
            html.raw("<br>");
            html.open_with("input", &[("type", "text"), ("name", "q")]);
            html.open_with("input", &[("type", "submit"), ("value", "Search")]);
            html.close("p");
            html.close("form");
        }
    }
    html.close("body");
    html.close("html");
    html.into_bytes()
}

/// `directory` with a speed dial for nobody.
pub fn directory(content: &Content) -> Vec<u8> {
    let mut xml = Xml::document();
    xml.open("directory");
    xml.open("item_list");
    xml.line();
    for (entry, line) in content
        .entries()
        .iter()
        .flat_map(|entry| lines(std::slice::from_ref(entry)).map(move |line| (entry, line)).collect::<Vec<_>>())
    {
        // The names of further numbers are told apart by what follows the name.
        let mark = line.name.strip_prefix(entry.name.as_str()).unwrap_or_default();
        let first = format!("{}{mark}", entry.first_name);
        xml.open("item");
        xml.text("ln", cut_bytes(&entry.last_name, NAME_BYTES_MAX));
        xml.text("fn", cut_bytes(first.trim(), NAME_BYTES_MAX));
        xml.text("ct", &line.number.dialled);
        xml.close("item");
    }
    xml.close("item_list");
    xml.close("directory");
    xml.into_bytes()
}

//! What a telephone would get, for people: a page with the contacts, the numbers that would be dialled, and the document.

use crate::links::Links;
use crate::shapes::{Content, Paging, Shape, label};
use ringbook_directory_view::xml::Xml;

/// Contacts that the page shows.
const ROWS_MAX: usize = 200;
/// How much of the document the page shows, in bytes.
const DOCUMENT_BYTES_MAX: usize = 20_000;

/// The page.
pub fn write(shape: Shape, content: &Content, links: &Links) -> Vec<u8> {
    let document = shape.write(content, links);
    let shown = String::from_utf8_lossy(&document);
    let mut html = Xml::fragment();
    html.raw("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    html.raw("<style>body{font-family:sans-serif}td,th{text-align:left;padding:0 1em 0 0}pre{background:#eee}</style>");
    html.text("title", &format!("Phone book: {}", shape.name()));
    html.raw("</head><body>\n");
    html.text("h1", &format!("What a telephone gets: {}", shape.name()));
    html.text("p", &summary(shape, content, document.len()));
    html.open("table");
    html.raw("<tr><th>Name</th><th>Numbers that are dialled</th><th>Groups</th></tr>\n");
    for entry in content.entries().iter().take(ROWS_MAX) {
        let numbers = entry.numbers.iter().map(|number| format!("{} ({})", number.dialled, label(number.kind)));
        html.open("tr");
        html.text("td", &entry.name);
        html.text("td", &numbers.collect::<Vec<_>>().join(", "));
        html.text("td", &entry.groups.join(", "));
        html.close("tr");
    }
    html.close("table");
    html.text("h2", "Document");
    html.text("pre", &shown[..shown.floor_char_boundary(DOCUMENT_BYTES_MAX)]);
    html.raw("</body></html>\n");
    html.into_bytes()
}

fn summary(shape: Shape, content: &Content, bytes: usize) -> String {
    let limit = match shape.paging() {
        Paging::Whole(limit) => format!("at most {limit} contacts unless limit=N asks for more"),
        Paging::Pages(lines) => format!("{lines} lines on a page"),
        Paging::Window(max) => format!("at most {max} contacts at a time"),
    };
    match content {
        Content::Entries(page) => {
            let (shown, total) = (page.entries.len(), page.total);
            format!("{shown} of {total} contacts, {bytes} bytes; {limit}.")
        }
        Content::Menu(menu) => format!("A menu of {} groups.", menu.groups.len()),
        Content::Input => "A line to type a name or a number into.".to_owned(),
    }
}

//! Gigaset: the search protocol of network directories, and the central book of a base station.

use super::{Content, GIGASET_BYTES_MAX, places};
use ringbook_directory_view::number_rule::NumberKind;
use ringbook_directory_view::xml::Xml;

/// `list`, the answer to `command=get_list`.
pub fn netdir(content: &Content) -> Vec<u8> {
    let Content::Entries(page) = content else { return Vec::new() };
    let mut xml = Xml::document();
    let answer = [("response", "get_list"), ("type", "pb")];
    if page.entries.is_empty() {
        xml.empty("list", &[&answer[..], &[("notfound", page.term), ("total", "0")]].concat());
        return xml.into_bytes();
    }
    let (total, first) = (page.total.to_string(), (page.first + 1).to_string());
    let last = (page.first + page.entries.len()).to_string();
    let window = [("total", total.as_str()), ("first", first.as_str()), ("last", last.as_str())];
    xml.open_with("list", &[&answer[..], &window[..]].concat());
    xml.line();
    for entry in &page.entries {
        let numbers = places(entry);
        xml.open_with("entry", &[("id", &entry.id.to_string())]);
        xml.text("ln", &entry.last_name);
        xml.text("fn", &entry.first_name);
        for (name, number) in ["of", "mb", "hm"].iter().zip(numbers) {
            if let Some(number) = number {
                xml.text(name, &number.dialled);
            }
        }
        if !entry.organization.is_empty() {
            xml.text("ct", &entry.organization);
        }
        xml.close("entry");
    }
    xml.close("list");
    xml.into_bytes()
}

/// `LocalDirectory`, of at most [`GIGASET_BYTES_MAX`]; the base station refuses a longer one.
pub fn central(content: &Content) -> Vec<u8> {
    const PLACES: [&str; 6] = ["office1", "mobile1", "home1", "office2", "mobile2", "home2"];
    const END: &str = "</list>\n";
    let mut xml = Xml::document();
    xml.raw("<!DOCTYPE LocalDirectory>\n");
    xml.open("list");
    xml.line();
    for entry in content.entries() {
        let before = xml.written_bytes();
        let mut attributes = vec![("surname", entry.last_name.as_str()), ("name", entry.first_name.as_str())];
        let mut numbers = [None; PLACES.len()];
        let first = places(entry);
        numbers[..first.len()].copy_from_slice(&first);
        let further = entry.numbers.iter().filter(|number| !first.contains(&Some(*number)));
        for number in further {
            let own = match number.kind {
                NumberKind::Work => 3,
                NumberKind::Mobile => 4,
                NumberKind::Other => 5,
            };
            let free = if numbers[own].is_none() { Some(own) } else { numbers.iter().position(Option::is_none) };
            let Some(free) = free else { break };
            numbers[free] = Some(number);
        }
        let places = PLACES.into_iter().zip(numbers);
        attributes.extend(places.filter_map(|(place, number)| Some((place, number?.dialled.as_str()))));
        xml.empty("entry", &attributes);
        xml.line();
        if xml.written_bytes() + END.len() > GIGASET_BYTES_MAX {
            xml.truncate(before);
            break;
        }
    }
    xml.close("list");
    xml.into_bytes()
}

/// How many contacts a central book has.
pub fn central_entries(document: &[u8]) -> u64 {
    // No text contains it: `<` is escaped.
    const ENTRY: &[u8] = b"<entry ";
    document.windows(ENTRY.len()).filter(|bytes| *bytes == ENTRY).count() as u64
}

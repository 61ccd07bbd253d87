//! VTech, and the DECT systems of Snom: a directory whose entries have a place for each kind of number.

use super::{Content, places};
use ringbook_directory_view::xml::Xml;

/// `directory`.
pub fn write(content: &Content) -> Vec<u8> {
    let mut xml = Xml::document();
    xml.open("directory");
    xml.line();
    for entry in content.entries() {
        let numbers = places(entry).map(|number| number.map_or("", |number| &number.dialled));
        xml.open("DIR_ENTRY");
        xml.text("DIR_ENTRY_NAME_FIRST", &entry.first_name);
        xml.text("DIR_ENTRY_NAME_LAST", &entry.last_name);
        for (name, number) in
            ["DIR_ENTRY_NUMBER_WORK", "DIR_ENTRY_NUMBER_MOBILE", "DIR_ENTRY_NUMBER_OTHER"].iter().zip(numbers)
        {
            xml.text(name, number);
        }
        xml.text("DIR_ENTRY_LINE_NUMBER", "0");
        xml.close("DIR_ENTRY");
    }
    xml.close("directory");
    xml.into_bytes()
}

//! Writes the numbering plans that `phone-number` reads, from the metadata of Google's libphonenumber.

use std::fmt::Write as _;
use std::fs;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use ringbook_testbed::workspace;

const PLANS: &str = "crates/phone-number/src/metadata.txt";
const EXAMPLES: &str = "crates/phone-number/tests/examples.txt";
/// The kinds of numbers that make a number valid, by their elements.
const KINDS: [&str; 10] = [
    "fixedLine",
    "mobile",
    "tollFree",
    "premiumRate",
    "sharedCost",
    "personalNumber",
    "voip",
    "uan",
    "pager",
    "voicemail",
];

const HEAD: &str = "\
# Numbering plans of the metadata of libphonenumber, written by `cargo xtask phone-metadata`.
# Copyright (C) 2009 The Libphonenumber Authors. Apache License 2.0.
";

/// A territory of the metadata.
#[derive(Default)]
struct Territory {
    id: String,
    code: String,
    is_main: bool,
    exit_prefix: String,
    trunk_prefix: String,
    trunk_pattern: String,
    replacement: String,
    /// The pattern of mobile numbers; empty where it is also that of another kind.
    mobile: String,
    numbers: Vec<String>,
    /// The fewest and the most digits of national numbers of fixed lines and mobile telephones.
    lengths: Option<(u8, u8)>,
    /// Kind and national number.
    examples: Vec<(String, String)>,
}

impl Territory {
    fn of(start: &BytesStart<'_>) -> Result<Self, String> {
        let mut territory = Self::default();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let value = packed(&attribute.value);
            match attribute.key.as_ref() {
                "id" => territory.id = value,
                "countryCode" => territory.code = value,
                "mainCountryForCode" => territory.is_main = value == "true",
                "internationalPrefix" => territory.exit_prefix = value,
                "nationalPrefix" => territory.trunk_prefix = value,
                "nationalPrefixForParsing" => territory.trunk_pattern = value,
                "nationalPrefixTransformRule" => territory.replacement = value,
                _ => {}
            }
        }
        Ok(territory)
    }

    /// Takes in the lengths of one kind of numbers, such as `7,[9-11]`.
    fn add_lengths(&mut self, kind: &str, start: &BytesStart<'_>) {
        let attributes = start.attributes().flatten();
        let national = attributes.filter(|attribute| attribute.key.as_ref() == "national");
        for attribute in national.filter(|_| ["fixedLine", "mobile"].contains(&kind)) {
            for length in attribute.value.split(|c: char| !c.is_ascii_digit()).filter_map(|text| text.parse().ok()) {
                let (least, most) = self.lengths.unwrap_or((length, length));
                self.lengths = Some((least.min(length), most.max(length)));
            }
        }
    }
}

/// `cargo xtask phone-metadata FILE`
pub fn run(rest: &[String]) -> Result<(), String> {
    let [path] = rest else {
        return Err("give the path of resources/PhoneNumberMetadata.xml of libphonenumber".to_owned());
    };
    let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let mut territories = territories(&text)?;
    for territory in &mut territories {
        // Where nothing tells mobile numbers from those of fixed lines, as in North America.
        if territory.numbers.contains(&territory.mobile) {
            territory.mobile.clear();
        }
    }
    // The main country of a calling code comes first.
    territories
        .sort_by(|left, right| (&left.code, !left.is_main, &left.id).cmp(&(&right.code, !right.is_main, &right.id)));
    let (mut plans, mut examples) = (HEAD.to_owned(), HEAD.to_owned());
    for territory in &territories {
        let Territory { id, code, exit_prefix, trunk_prefix, trunk_pattern, replacement, mobile, numbers, .. } =
            territory;
        let numbers = numbers.join("|");
        let lengths = territory.lengths.map(|(least, most)| format!("{least}-{most}")).unwrap_or_default();
        let _ = writeln!(
            plans,
            "{id}\t{code}\t{exit_prefix}\t{trunk_prefix}\t{trunk_pattern}\t{replacement}\t{lengths}\t{mobile}\t{numbers}"
        );
        for (kind, example) in &territory.examples {
            let _ = writeln!(examples, "{id}\t{code}\t{trunk_prefix}\t{kind}\t{example}");
        }
    }
    for (place, text) in [(PLANS, plans), (EXAMPLES, examples)] {
        let place = workspace::root().join(place);
        fs::write(&place, text).map_err(|error| format!("{}: {error}", place.display()))?;
    }
    println!("{} regions", territories.len());
    Ok(())
}

fn territories(text: &str) -> Result<Vec<Territory>, String> {
    let mut reader = Reader::from_str(text);
    let mut found: Vec<Territory> = Vec::new();
    let (mut kind, mut element) = (String::new(), String::new());
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Eof => return Ok(found),
            Event::Start(start) => {
                let name = start.name().as_ref().to_owned();
                if name == "territory" {
                    found.push(Territory::of(&start)?);
                } else if KINDS.contains(&name.as_str()) {
                    kind.clone_from(&name);
                }
                element = name;
            }
            Event::Empty(start) if start.name().as_ref() == "possibleLengths" => {
                if let Some(territory) = found.last_mut() {
                    territory.add_lengths(&kind, &start);
                }
            }
            Event::End(end) => {
                if end.name().as_ref() == kind.as_str() {
                    kind.clear();
                }
                element.clear();
            }
            Event::Text(text) if !kind.is_empty() => {
                let text = packed(&text);
                let Some(territory) = found.last_mut() else { continue };
                match element.as_str() {
                    "nationalNumberPattern" if text.is_empty() => {}
                    "nationalNumberPattern" if kind == "mobile" => territory.mobile = text,
                    "nationalNumberPattern" => territory.numbers.push(text),
                    "exampleNumber" => territory.examples.push((kind.clone(), text)),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

/// A text without the blanks that only lay out the file.
fn packed(text: &str) -> String {
    text.split_whitespace().collect()
}

//! The tables in `docs/performance.md`: the lines of measured rows are replaced; other rows, and the machine that they were
//! measured on, stay.

use std::collections::BTreeSet;
use std::fs;

use ringbook_testbed::workspace::root;

use crate::figures::{HEAD, Line};
use crate::model;

const FILE: &str = "docs/performance.md";
const MACHINE: (&str, &str) = ("<!-- machine -->", "<!-- end of machine -->");
const MODEL: (&str, &str) = ("<!-- model -->", "<!-- end of model -->");

/// The description of the measurement.
pub enum Machine {
    /// All rows: the description replaces the one before.
    OfAll(Vec<String>),
    /// Some rows, with a name for them: the line about them is replaced or added.
    OfSome(String, Vec<String>),
}

impl Machine {
    /// The lines that are added to the existing ones.
    fn after(&self, old: &str) -> Vec<String> {
        match self {
            Machine::OfAll(lines) => lines.iter().map(|line| format!("- {line}")).collect(),
            Machine::OfSome(rows, lines) => {
                let start = format!("- {rows}: ");
                let kept = old.lines().filter(|line| !line.is_empty() && !line.starts_with(&start));
                kept.map(str::to_owned).chain([format!("{start}{}", lines.join("; "))]).collect()
            }
        }
    }
}

/// Writes the lines and the description of the measurement.
///
/// # Errors
/// The document or one of its marks is missing.
pub fn update(lines: &[&Line], machine: &Machine) -> Result<(), String> {
    let file = root().join(FILE);
    let text = fs::read_to_string(&file).map_err(|why| format!("{FILE}: {why}"))?;
    let text = modelled(&updated(&text, lines, machine)?)?;
    fs::write(&file, text).map_err(|why| format!("{FILE}: {why}"))
}

/// The text with the model computed from its figures; unchanged if some are missing.
fn modelled(text: &str) -> Result<String, String> {
    let lines: Vec<Line> = text.lines().filter_map(Line::read).collect();
    let old = between(text, MODEL)?;
    Ok(model::table(&lines).map_or_else(|| text.to_owned(), |table| text.replace(old, &format!("\n{table}\n"))))
}

/// The text with these lines in the tables of their rows, each between marks of its own.
fn updated(text: &str, lines: &[&Line], machine: &Machine) -> Result<String, String> {
    let rows: BTreeSet<u32> = lines.iter().map(|line| line.row).collect();
    let old_machine = between(text, MACHINE)?;
    let mut text = text.replace(old_machine, &format!("\n{}\n", machine.after(old_machine).join("\n")));
    for row in rows {
        let (from, to) = (format!("<!-- row {row} -->"), format!("<!-- end of row {row} -->"));
        let old = between(&text, (&from, &to))?.to_owned();
        let of_row = lines.iter().filter(|line| line.row == row).map(|line| line.to_string());
        let table = of_row.collect::<Vec<_>>().join("\n");
        text = text.replace(&format!("{from}{old}{to}"), &format!("{from}\n{HEAD}\n{table}\n{to}"));
    }
    Ok(text)
}

/// The text between two marks, which is never empty.
fn between<'a>(text: &'a str, (from, to): (&str, &str)) -> Result<&'a str, String> {
    let inside = text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map(|(inside, _)| inside);
    inside.filter(|inside| !inside.is_empty()).ok_or_else(|| format!("{FILE} has lost its mark {from} or {to}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a\n<!-- machine -->\n- old\n<!-- end of machine -->\nb\n<!-- row 1 -->\n| 1 | x |\n\
                        <!-- end of row 1 -->\nc\n<!-- row 2 -->\n| 2 | y |\n<!-- end of row 2 -->\nd\n";

    #[test]
    fn some_rows_replace_themselves_only() {
        let line = Line::read("| 2 | new |").unwrap();
        let machine = Machine::OfSome("rows 2".to_owned(), vec!["now".to_owned()]);
        let once = updated(TEXT, &[&line], &machine).unwrap();
        assert!(once.contains("- old\n- rows 2: now\n<!--"), "{once}");
        assert!(once.contains("| 1 | x |\n<!-- end of row 1 -->\nc\n"), "{once}");
        assert!(once.contains("| 2 | new |\n<!-- end of row 2 -->\nd\n") && !once.contains("| 2 | y |"), "{once}");
        assert_eq!(updated(&once, &[&line], &machine).unwrap(), once);
    }

    #[test]
    fn a_row_without_a_table_is_named() {
        let line = Line::read("| 3 | new |").unwrap();
        let error = updated(TEXT, &[&line], &Machine::OfAll(vec!["m".to_owned()])).unwrap_err();
        assert!(error.contains("<!-- row 3 -->"), "{error}");
    }

    #[test]
    fn the_document_has_a_table_for_every_row() {
        let text = fs::read_to_string(root().join(FILE)).unwrap();
        for row in (1..=16).chain([18]) {
            between(&text, (&format!("<!-- row {row} -->"), &format!("<!-- end of row {row} -->"))).unwrap();
        }
        between(&text, MACHINE).unwrap();
        between(&text, MODEL).unwrap();
    }

    #[test]
    fn all_rows_replace_the_machine() {
        let line = Line::read("| 1 | new |").unwrap();
        let text = updated(TEXT, &[&line], &Machine::OfAll(vec!["other".to_owned()])).unwrap();
        assert!(!text.contains("- old") && text.contains("- other\n") && text.contains("| 1 | new |\n<!--"));
    }
}

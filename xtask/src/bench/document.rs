//! The table in `docs/performance.md`: lines of the rows that were measured are replaced, the others stay.

use std::fs;

use super::figures::{HEAD, Line};
use crate::steps::root;

const FILE: &str = "docs/performance.md";
const MACHINE: (&str, &str) = ("<!-- machine -->", "<!-- end of machine -->");
const FIGURES: (&str, &str) = ("<!-- figures -->", "<!-- end of figures -->");

/// Writes the lines and what they were measured on.
///
/// # Errors
/// The document or one of its marks is missing.
pub fn update(lines: &[&Line], machine: &[String]) -> Result<(), String> {
    let file = root().join(FILE);
    let text = fs::read_to_string(&file).map_err(|why| format!("{FILE}: {why}"))?;
    let old = between(&text, FIGURES)?;
    let kept = old.lines().filter_map(Line::read).filter(|old| lines.iter().all(|new| new.row != old.row));
    let mut all: Vec<(u32, String)> = kept.map(|line| (line.row, line.to_string())).collect();
    all.extend(lines.iter().map(|line| (line.row, line.to_string())));
    // Stable: lines of one row keep their order.
    all.sort_by_key(|(row, _)| *row);
    let all: Vec<String> = all.into_iter().map(|(_, line)| line).collect();
    let machine: Vec<String> = machine.iter().map(|line| format!("- {line}")).collect();
    let text = text.replace(old, &format!("\n{HEAD}\n{}\n", all.join("\n")));
    let text = text.replace(between(&text.clone(), MACHINE)?, &format!("\n{}\n", machine.join("\n")));
    fs::write(&file, text).map_err(|why| format!("{FILE}: {why}"))
}

/// What stands between two marks, which is never empty.
fn between<'a>(text: &'a str, (from, to): (&str, &str)) -> Result<&'a str, String> {
    let inside = text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map(|(inside, _)| inside);
    inside.filter(|inside| !inside.is_empty()).ok_or_else(|| format!("{FILE} has lost its mark {from} or {to}"))
}

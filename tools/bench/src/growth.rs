//! `docs/growth.svg`: the time of each query against the size of the book, plotted from the lines of row 12.

use std::collections::BTreeMap;
use std::fs;

use ringbook_testbed::workspace::root;

use crate::figures::{self, Line};
use crate::plot::{self, Plot};

const FILE: &str = "docs/growth.svg";
/// The row with the lines.
pub const ROW: u32 = 12;

/// Draws the lines that compare a book with a larger one; others are passed over.
///
/// # Errors
/// The file cannot be written.
pub fn draw(lines: &[Line]) -> Result<(), String> {
    let mut growing: Vec<(String, BTreeMap<u64, f64>)> = Vec::new();
    for line in lines.iter().filter(|line| line.row == ROW) {
        let Some((name, points)) = read(line) else { continue };
        match growing.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => known.extend(points),
            None => growing.push((name, BTreeMap::from(points))),
        }
    }
    let line = |(name, points): (String, BTreeMap<u64, f64>)| plot::PlotLine {
        name: name.replace('`', "").replace("\\|", "|"),
        points: points.into_iter().map(|(contacts, seconds)| (contacts as f64, seconds)).collect(),
    };
    let plot = Plot {
        title: "Time of a question or a change, by the size of the book".to_owned(),
        across: "contacts in the book".to_owned(),
        lines: growing.into_iter().map(line).collect(),
    };
    let Some(svg) = plot.svg(contacts, figures::short_time) else { return Ok(()) };
    fs::write(root().join(FILE), svg).map_err(|why| format!("{FILE}: {why}"))
}

/// A query and its times on two books.
fn read(line: &Line) -> Option<(String, [(u64, f64); 2])> {
    let cells = line.cells();
    let [_, subject, ours, floor, theirs, ..] = cells.as_slice() else { return None };
    let (name, larger) = subject.rsplit_once(", ")?;
    Some((name.to_owned(), [(size(larger)?, figures::seconds(ours)?), (size(floor)?, figures::seconds(theirs)?)]))
}

/// `10000 contacts`, or `book of 1000`.
fn size(text: &str) -> Option<u64> {
    text.strip_suffix(" contacts").or_else(|| text.strip_prefix("book of "))?.parse().ok()
}

fn contacts(count: f64) -> String {
    match count {
        1e6.. => format!("{} million", count / 1e6),
        1e3.. => format!("{} 000", count / 1e3),
        _ => format!("{count}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line::read(text).unwrap()
    }

    #[test]
    fn sizes_and_times_are_read_from_a_line() {
        let two = line(
            "| 12 | `regexp \"a\\|b\"`, sorted, total, 100000 contacts | 638.2 µs | 10000 contacts | 57 ns | 11 | | |",
        );
        let (name, points) = read(&two).unwrap();
        assert_eq!(name, "`regexp \"a\\|b\"`, sorted, total");
        assert_eq!(points.map(|point| point.0), [100_000, 10_000]);
        assert!((points[0].1 - 638.2e-6).abs() < 1e-12 && (points[1].1 - 57e-9).abs() < 1e-15);
    }

    #[test]
    fn lines_about_other_things_are_passed_over() {
        assert!(
            read(&line("| 12 | look-up during changes, book of 10: mean | 1 µs | the same at rest | 1 µs | 1 | | |"))
                .is_none()
        );
    }
}

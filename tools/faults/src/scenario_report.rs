//! The report of a scenario, printed line by line, or at the end as JSON.

use std::fmt;
use std::io::Write;

use serde_json::{Value, json};

/// How reports are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A line for each result, when it is known.
    Text,
    /// One JSON value for all scenarios at the end.
    Json,
}

/// The report of one scenario.
pub struct ScenarioReport {
    scenario: &'static str,
    format: Format,
    broken: usize,
    lines: Vec<Value>,
}

impl ScenarioReport {
    /// An empty report of the scenario with this name.
    pub fn of(scenario: &'static str, format: Format) -> Self {
        Self { scenario, format, broken: 0, lines: Vec::new() }
    }

    /// Reports a figure without a verdict.
    pub fn note(&mut self, line: impl fmt::Display) {
        self.add(None, &line);
    }

    /// Reports a promise with its figures and whether it held.
    pub fn check(&mut self, holds: bool, line: impl fmt::Display) {
        self.broken += usize::from(!holds);
        self.add(Some(holds), &line);
    }

    /// Whether a promise was broken.
    pub fn has_failures(&self) -> bool {
        self.broken > 0
    }

    /// The whole report: its name, whether every promise held, and its lines; `holds` of a figure is null.
    pub fn to_json(&self) -> Value {
        json!({"scenario": self.scenario, "holds": !self.has_failures(), "lines": self.lines})
    }

    fn add(&mut self, holds: Option<bool>, line: &dyn fmt::Display) {
        if self.format == Format::Text {
            let verdict = holds.map_or("", |holds| if holds { "ok" } else { "BROKEN" });
            print(&format!("{verdict:6}  {:15} {line}", self.scenario));
        }
        self.lines.push(json!({"holds": holds, "text": line.to_string()}));
    }
}

/// Prints a line. Whoever reads it may have left, as `head` does; that ends no scenario.
pub fn print(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A number with thousands separated by spaces.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).expect("digits are ASCII")).collect();
    groups.join(" ")
}

/// Bytes in megabytes.
pub fn megabytes(bytes: f64) -> String {
    format!("{:.0} MB", bytes / 1e6)
}

//! The report of a scenario, printed line by line.

use std::fmt;

/// The report of one scenario.
pub struct ScenarioReport {
    scenario: &'static str,
    broken: usize,
}

impl ScenarioReport {
    /// An empty report of the scenario with this name.
    pub fn of(scenario: &'static str) -> Self {
        Self { scenario, broken: 0 }
    }

    /// Reports a figure without a verdict.
    pub fn note(&self, line: impl fmt::Display) {
        println!("        {:15} {line}", self.scenario);
    }

    /// Reports a promise with its figures and whether it held.
    pub fn check(&mut self, holds: bool, line: impl fmt::Display) {
        self.broken += usize::from(!holds);
        let verdict = if holds { "ok    " } else { "BROKEN" };
        println!("{verdict}  {:15} {line}", self.scenario);
    }

    /// Whether a promise was broken.
    pub fn has_failures(&self) -> bool {
        self.broken > 0
    }
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

//! What a trial found, line by line.

use std::fmt;

/// The findings of one trial.
pub struct Findings {
    trial: &'static str,
    broken: usize,
}

impl Findings {
    /// Those of the trial of this name, none so far.
    pub fn of(trial: &'static str) -> Self {
        Self { trial, broken: 0 }
    }

    /// A figure that is told and not judged.
    pub fn tell(&self, line: impl fmt::Display) {
        println!("        {:15} {line}", self.trial);
    }

    /// A promise with its figures, and whether it held.
    pub fn judge(&mut self, holds: bool, line: impl fmt::Display) {
        self.broken += usize::from(!holds);
        let verdict = if holds { "ok    " } else { "BROKEN" };
        println!("{verdict}  {:15} {line}", self.trial);
    }

    /// Whether a promise was broken.
    pub fn are_broken(&self) -> bool {
        self.broken > 0
    }
}

/// A number with its thousands set apart, as people read it.
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

//! Medians, ratios of rounds, and lines of the table.

use std::fmt;

/// The head of the table.
pub const HEAD: &str = "\
| row | question | took | against | took | ratio | spread | goal | |
|---|---|---|---|---|---|---|---|---|";

/// A line of the table.
pub struct Line {
    /// The row of the goals that it belongs to.
    pub row: u32,
    text: String,
}

impl Line {
    /// Parses a line of the table; `None` for other lines.
    pub fn read(text: &str) -> Option<Self> {
        let row = text.strip_prefix("| ")?.split(' ').next()?.parse().ok()?;
        Some(Line { row, text: text.to_owned() })
    }

    /// The cells; bars within a cell are escaped.
    pub fn cells(&self) -> Vec<&str> {
        let inside = self.text.trim_start_matches("| ").trim_end_matches(" |");
        inside.split(" | ").collect()
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The goal for a ratio.
#[derive(Clone, Copy)]
pub enum Goal {
    /// At least this fraction of the floor's rate.
    AtLeast(f64),
    /// At most this multiple of the floor's cost.
    AtMost(f64),
    /// No goal: the line explains another one.
    Unset,
}

impl Goal {
    fn verdict(self, ratio: f64) -> &'static str {
        match self {
            Goal::AtLeast(least) if ratio >= least => "met",
            Goal::AtMost(most) if ratio <= most => "met",
            Goal::Unset => "",
            Goal::AtLeast(_) | Goal::AtMost(_) => "**missed**",
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Goal::AtLeast(least) => write!(f, "≥ {least}"),
            Goal::AtMost(most) => write!(f, "≤ {most}"),
            Goal::Unset => Ok(()),
        }
    }
}

/// A comparison: one pair of figures per round, ours first.
pub struct Comparison {
    /// The row of the goals.
    pub row: u32,
    /// The subject of the measurement.
    pub subject: String,
    /// What it is compared with.
    pub floor: String,
    /// The figures.
    pub pairs: Vec<(f64, f64)>,
    /// Formats a figure.
    pub shown: fn(f64) -> String,
    /// The goal for their ratio.
    pub goal: Goal,
}

impl Comparison {
    /// The line of the table.
    pub fn line(&self) -> Line {
        let ratios = sorted(self.pairs.iter().map(|(ours, floor)| ours / floor));
        let ratio = median(&ratios);
        let (ours, floor) =
            (sorted(self.pairs.iter().map(|pair| pair.0)), sorted(self.pairs.iter().map(|pair| pair.1)));
        let (ours, bare) = ((self.shown)(median(&ours)), (self.shown)(median(&floor)));
        let spread = format!("{:.2} – {:.2}", ratios[0], ratios[ratios.len() - 1]);
        let Comparison { row, subject, floor, goal, .. } = self;
        let verdict = goal.verdict(ratio);
        let text =
            format!("| {row} | {subject} | {ours} | {floor} | {bare} | {ratio:.2} | {spread} | {goal} | {verdict} |");
        eprintln!("{text}");
        Line { row: self.row, text }
    }
}

fn sorted(figures: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures
}

fn median(sorted: &[f64]) -> f64 {
    sorted[sorted.len() / 2]
}

/// Calls per second.
pub fn calls(per_second: f64) -> String {
    format!("{per_second:.0} calls/s")
}

/// Bytes per second.
pub fn rate(bytes_per_second: f64) -> String {
    format!("{:.0} MB/s", bytes_per_second / 1e6)
}

/// Seconds.
pub fn time(seconds: f64) -> String {
    if seconds < 0.01 { format!("{:.1} µs", seconds * 1e6) } else { format!("{seconds:.3} s") }
}

/// Seconds on an axis, where one digit is enough.
pub fn short_time(seconds: f64) -> String {
    match seconds {
        1.0.. => format!("{seconds:.0} s"),
        1e-3.. => format!("{:.0} ms", seconds * 1e3),
        1e-6.. => format!("{:.0} µs", seconds * 1e6),
        _ => format!("{:.0} ns", seconds * 1e9),
    }
}

/// Reads a time of the table back: a number and its unit.
pub fn seconds(text: &str) -> Option<f64> {
    let (number, unit) = text.split_once(' ')?;
    let scale = match unit {
        "ns" => 1e-9,
        "µs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * scale)
}

/// Bytes of something small.
pub fn kilobytes(bytes: f64) -> String {
    format!("{:.1} KB", bytes / 1e3)
}

/// Bytes.
pub fn size(bytes: f64) -> String {
    format!("{:.1} MB", bytes / 1e6)
}

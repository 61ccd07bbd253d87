//! The text of a metrics page, in the Prometheus text format.

use std::fmt::{Display, Write};

use super::tally::Reading;

const NANOS_PER_SECOND: f64 = 1e9;
const MICROS_PER_SECOND: f64 = 1e6;

/// A page while it is written: families of samples, one after another.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) text: String,
}

impl Page {
    pub(super) fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    /// `labels` are in braces, or empty.
    pub(super) fn sample(&mut self, name: &str, labels: &str, value: impl Display) {
        self.line(format_args!("{name}{labels} {value}"));
    }

    /// A family of one sample.
    pub(super) fn single(&mut self, name: &str, kind: &str, help: &str, value: u64) {
        self.family(name, kind, help);
        self.sample(name, "", value);
    }

    /// The samples of a histogram of durations, filed in microseconds and summed in nanoseconds. `label` is without
    /// braces, or empty.
    pub(super) fn durations(&mut self, name: &str, label: &str, reading: &Reading) {
        self.histogram(name, label, reading, |bound| bound as f64 / MICROS_PER_SECOND);
        self.sample(&format!("{name}_sum"), &braced(label), reading.sum as f64 / NANOS_PER_SECOND);
    }

    /// The samples of a histogram of sizes.
    pub(super) fn sizes(&mut self, name: &str, label: &str, reading: &Reading) {
        self.histogram(name, label, reading, |bound| bound as f64);
        self.sample(&format!("{name}_sum"), &braced(label), reading.sum);
    }

    /// The buckets and the count; the sum is the caller's, who knows its unit.
    pub(super) fn histogram(&mut self, name: &str, label: &str, reading: &Reading, unit: fn(u64) -> f64) {
        let comma = if label.is_empty() { "" } else { "," };
        for &(bound, values) in &reading.cumulated {
            let le = bound.map_or("+Inf".to_owned(), |bound| unit(bound).to_string());
            let labels = format!("{{{label}{comma}le=\"{le}\"}}");
            self.sample(&format!("{name}_bucket"), &labels, values);
        }
        self.sample(&format!("{name}_count"), &braced(label), reading.values());
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.text, "{line}").expect("writing into a string does not fail");
    }
}

fn braced(label: &str) -> String {
    if label.is_empty() { String::new() } else { format!("{{{label}}}") }
}

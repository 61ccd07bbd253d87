//! The model of many servers in `docs/performance.md`, computed from the measured costs of calls and changes.
//!
//! It includes processor time, commits and memory, but no networks, no skewed load and no waiting; so it gives limits, not
//! predictions.

use std::fmt::Write as _;

use crate::figures::{Line, seconds};
use crate::nodes;

/// Numbers of servers in the table.
const SERVERS: [f64; 5] = [1.0, 2.0, 4.0, 8.0, 16.0];
/// One call in this many is a change.
const CALLS_PER_CHANGE: f64 = 10.0;
/// Memory of a machine, and the part of it that books may take.
const MEMORY_BYTES: f64 = 16e9;
const MEMORY_OF_BOOKS: f64 = 0.7;

/// The measured costs, in seconds of processor time unless stated otherwise.
struct Costs {
    /// Processors of a machine.
    processors: f64,
    /// A read, on the server and in the database.
    read: (f64, f64),
    /// A change, on the server and in the database.
    change: (f64, f64),
    /// A change made by another server.
    followed: f64,
    /// Commits per second of the database.
    commits: f64,
    /// Changes per second of one book.
    of_one_book: f64,
    /// Bytes of a contact in memory.
    contact: f64,
}

/// The table, if every figure that it needs is among the lines.
pub fn table(lines: &[Line]) -> Option<String> {
    Some(Costs::read(lines)?.table())
}

impl Costs {
    fn read(lines: &[Line]) -> Option<Self> {
        let (ours, theirs) = (2, 4);
        let cell = |subject: &str, against: &str, at: usize| {
            let cells = lines.iter().map(Line::cells);
            let mut found = cells.filter(|cells| cells.len() > theirs && cells[1].starts_with(subject));
            found.find(|cells| cells[3].starts_with(against)).map(|cells| cells[at].to_owned())
        };
        let time = |subject, against, at| seconds(&cell(subject, against, at)?);
        let count = |subject| cell(subject, "", ours)?.split(' ').next()?.parse::<f64>().ok();
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Some(Costs {
            processors: processors as f64,
            read: (time(nodes::OF_LOOK_UP, "", ours)?, time(nodes::OF_LOOK_UP, "", theirs)?),
            change: (time(nodes::OF_CHANGE, nodes::DATABASE, ours)?, time(nodes::OF_CHANGE, nodes::DATABASE, theirs)?),
            followed: time(nodes::OF_CHANGE, nodes::FOLLOWER, theirs)?,
            commits: count(nodes::COMMITS)?,
            of_one_book: count(nodes::CHANGES)?,
            contact: count("memory of the book")?,
        })
    }

    /// Calls per second of this number of servers, and what limits them.
    fn calls(&self, servers: f64) -> (f64, &'static str) {
        let changes = 1.0 / CALLS_PER_CHANGE;
        let of = |read: f64, change: f64| (1.0 - changes) * read + changes * change;
        let on_servers = servers * self.processors / of(self.read.0, self.change.0 + (servers - 1.0) * self.followed);
        let in_database = self.processors / of(self.read.1, self.change.1);
        if on_servers < in_database { (on_servers, "the servers") } else { (in_database, "the database") }
    }

    fn table(&self) -> String {
        let Costs { processors: p, read: (r, q), change: (w, v), followed: f, commits, of_one_book, contact } = self;
        let us = |seconds: &f64| format!("{:.1} µs", seconds * 1e6);
        let mut table = "| what | arithmetic | result |\n|---|---|---|".to_owned();
        let mut row = |what: &str, arithmetic: String, result: String| {
            let _ = write!(table, "\n| {what} | {arithmetic} | {result} |");
        };
        row("reads of one server", format!("{p} / {}", us(r)), per_second(p / r));
        row("reads that one database can vouch for", format!("{p} / {}", us(q)), per_second(p / q));
        row("changes of one server", format!("{p} / {}", us(w)), per_second(p / w));
        row("changes that the database has processors for", format!("{p} / {}", us(v)), per_second(p / v));
        row("commits that its disk carries", "measured".to_owned(), per_second(*commits));
        row("changes of one book, several in a commit", "measured".to_owned(), per_second(*of_one_book));
        row("changes that a server can follow", format!("{p} / {}", us(f)), per_second(p / f));
        row(
            "part of a server that following takes when the database is full of changes",
            format!("{} / {}", us(f), us(v)),
            format!("{:.0} %", f / v * 100.0),
        );
        for servers in SERVERS {
            let (calls, bound) = self.calls(servers);
            let what = format!(
                "calls of {servers} server{}, one in {CALLS_PER_CHANGE} a change",
                if servers > 1.0 { "s" } else { "" }
            );
            let arithmetic = format!(
                "the less of {servers} × {p} / (0.9 × {} + 0.1 × ({} + {} × {})) and {p} / (0.9 × {} + 0.1 × {})",
                us(r),
                us(w),
                servers - 1.0,
                us(f),
                us(q),
                us(v)
            );
            row(&what, arithmetic, format!("{}, bound by {bound}", per_second(calls)));
        }
        let contacts = MEMORY_BYTES * MEMORY_OF_BOOKS / contact;
        row(
            "contacts in the memory of one server of 16 GB",
            format!("16 GB × {MEMORY_OF_BOOKS} / {contact} B"),
            format!("{:.0} million", contacts / 1e6),
        );
        table
    }
}

fn per_second(count: f64) -> String {
    let thousands = (count / 1e3).round();
    if thousands >= 10.0 { format!("{thousands} 000 /s") } else { format!("{:.0} /s", count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COSTS: Costs = Costs {
        processors: 2.0,
        read: (20e-6, 2e-6),
        change: (60e-6, 40e-6),
        followed: 4e-6,
        commits: 5e3,
        of_one_book: 4e3,
        contact: 196.0,
    };

    #[test]
    fn servers_add_up_until_the_database_is_full() {
        let (one, bound) = COSTS.calls(1.0);
        assert!((one - 2.0 / 24e-6).abs() < 1.0 && bound == "the servers");
        let (many, bound) = COSTS.calls(16.0);
        assert!((many - 2.0 / 5.8e-6).abs() < 1.0 && bound == "the database");
    }

    #[test]
    fn nothing_is_said_while_a_figure_is_missing() {
        assert_eq!(table(&[]), None);
    }
}

//! The machine and programs that the figures were measured with.

use std::fs;
use std::process::Command;

use ringbook_testbed::output;

/// Lines of a Markdown list: processor, memory, system, versions, what else the machine was doing.
pub fn describe() -> Vec<String> {
    let first = |program: &str, argument: &str| {
        let done = Command::new(program).arg(argument).output().ok()?;
        // nginx and wrk tell their version on stderr, and wrk fails while it does.
        let printed = [done.stdout, done.stderr].concat();
        Some(String::from_utf8_lossy(&printed).lines().next()?.trim().to_owned())
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let mut lines = vec![
        format!("{processors} × {}", entry("/proc/cpuinfo", "model name")),
        format!("{} of memory", entry("/proc/meminfo", "MemTotal")),
    ];
    lines.extend(first("uname", "-sr"));
    lines.extend(first("rustc", "--version"));
    lines.extend(first("wrk", "--version").and_then(|line| Some(line.split(" Copyright").next()?.to_owned())));
    lines.extend(first("nginx", "-v"));
    lines.extend(first("psql", "--version"));
    lines.extend(moment());
    lines
}

/// The commit, the day, and what else the machine was doing.
pub fn moment() -> Vec<String> {
    let hash = output(Command::new("git").args(["rev-parse", "--short", "HEAD"])).map(|hash| format!("commit {hash}"));
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split(' ').take(3).collect();
    let day = output(Command::new("date").args(["-u", "+%Y-%m-%d"]))
        .map(|day| format!("{day}; load average at the beginning {}", load.join(" ")));
    hash.into_iter().chain(day).collect()
}

/// The value of a name in a file under /proc.
fn entry(file: &str, name: &str) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.split(':').nth(1));
    value.map_or_else(|| "unknown".to_owned(), |value| value.trim().to_owned())
}

/// Bytes of available memory.
pub fn memory_available() -> u64 {
    let kibibytes = entry("/proc/meminfo", "MemAvailable");
    kibibytes.split(' ').next().and_then(|number| number.parse::<u64>().ok()).unwrap_or(0) * 1024
}

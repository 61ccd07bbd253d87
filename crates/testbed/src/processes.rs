//! Processes that belong to another one, and their sudden end.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::running::output;

/// A killed process is gone after this, unless something is very wrong.
const GONE_WITHIN: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Ends a process and all of its children at once; none of them gets to do anything more.
///
/// # Errors
/// They are still there after some time.
pub(crate) fn kill_with_children(parent: u32) -> Result<(), String> {
    // Stopped first, so that it has no further children while they are counted.
    signal("STOP", &[parent]);
    let mut doomed = children(parent);
    doomed.push(parent);
    signal("KILL", &doomed);
    let begin = Instant::now();
    while doomed.iter().any(|process| runs(*process)) {
        if begin.elapsed() > GONE_WITHIN {
            return Err(format!("the processes {doomed:?} do not end"));
        }
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(())
}

/// Who is gone already needs no signal.
fn signal(name: &str, processes: &[u32]) {
    let numbers = processes.iter().map(u32::to_string);
    let mut kill = Command::new("kill");
    let _ = kill.args(["-s", name]).args(numbers).stderr(Stdio::null()).status();
}

fn children(parent: u32) -> Vec<u32> {
    let listed = output(Command::new("ps").args(["-A", "-o", "pid=,ppid="])).unwrap_or_default();
    let pairs = listed.lines().filter_map(|line| line.trim().split_once(char::is_whitespace));
    let mine = pairs.filter(|(_, of)| of.trim().parse() == Ok(parent));
    mine.filter_map(|(process, _)| process.parse().ok()).collect()
}

/// Whether it does anything: one that nobody has buried yet does not.
fn runs(process: u32) -> bool {
    let state = output(Command::new("ps").args(["-o", "state=", "-p", &process.to_string()]));
    state.is_some_and(|state| !state.is_empty() && !state.starts_with('Z'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_go_with_their_parent() {
        let mut shell = Command::new("sh");
        let mut parent = shell.args(["-c", "sleep 60 & sleep 60 & wait"]).spawn().unwrap();
        let begin = Instant::now();
        while children(parent.id()).len() < 2 && begin.elapsed() < GONE_WITHIN {
            std::thread::sleep(LOOK_EVERY);
        }
        let mine = children(parent.id());
        assert_eq!(mine.len(), 2);
        kill_with_children(parent.id()).unwrap();
        assert!(mine.iter().all(|child| !runs(*child)) && !parent.wait().unwrap().success());
    }
}

//! The children of a process, and killing a process together with them.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::running::output;
use crate::wait::wait_until;

/// Longest time from SIGKILL to the end of the processes.
const KILL_TIME_MAX: Duration = Duration::from_secs(20);

/// Kills a process and all of its children with SIGKILL, and waits until they have ended.
///
/// # Errors
/// One of them does not end.
pub(crate) fn kill_with_children(parent: u32) -> Result<(), String> {
    // Stopped first, so that it cannot start further children meanwhile.
    signal("STOP", &[parent]);
    let mut processes = children(parent);
    processes.push(parent);
    signal("KILL", &processes);
    let have_ended = wait_until(KILL_TIME_MAX, || !processes.iter().any(|process| runs(*process)));
    if have_ended { Ok(()) } else { Err(format!("the processes {processes:?} do not end")) }
}

/// Sends a signal to processes that may have ended already.
pub(crate) fn signal(name: &str, processes: &[u32]) {
    let numbers = processes.iter().map(u32::to_string);
    let mut kill = Command::new("kill");
    let _ = kill.args(["-s", name]).args(numbers).stderr(Stdio::null()).status();
}

/// The running children of a process.
#[must_use]
pub fn children(parent: u32) -> Vec<u32> {
    let listed = output(Command::new("ps").args(["-A", "-o", "pid=,ppid="])).unwrap_or_default();
    let pairs = listed.lines().filter_map(|line| line.trim().split_once(char::is_whitespace));
    let mine = pairs.filter(|(_, of)| of.trim().parse() == Ok(parent));
    mine.filter_map(|(process, _)| process.parse().ok()).collect()
}

/// Whether a process runs; a zombie does not.
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
        assert!(wait_until(KILL_TIME_MAX, || children(parent.id()).len() == 2));
        let mine = children(parent.id());
        assert_eq!(mine.len(), 2);
        kill_with_children(parent.id()).unwrap();
        assert!(mine.iter().all(|child| !runs(*child)) && !parent.wait().unwrap().success());
    }
}

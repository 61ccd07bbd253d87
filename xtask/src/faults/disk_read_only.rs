//! The disk refuses every write under a running server, and takes them again; and a start where nothing can be written.
//!
//! Linux makes no disk read-only on which a file is open for writing, except by itself after a failure of the hardware;
//! then every write is refused. The same is had here by a limit on the size of files: at 0 bytes the system refuses
//! every write of the server to a file, until the limit is lifted. The start is tried on a disk that is truly read-only.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use ringbook_testbed::quietly;

use super::disk::Disk;
use super::findings::Findings;
use super::ground::{Ground, Home, client, eventually, panics};
use super::ledger::{Ledger, Refusal};
use super::work::Work;

const DISK_MEBIBYTES: u32 = 256;
/// How often the disk refuses to be written to.
const TIMES: u64 = 10;
/// Changes between, and refusals meanwhile.
const CHANGES: u64 = 200;
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs the trial.
///
/// # Errors
/// No disk can be mounted, or the server does not start.
pub fn run(ground: &Ground, findings: &mut Findings) -> Result<(), String> {
    let place = ground.fresh("disk-read-only")?;
    let log = ground.scratch.join("disk-read-only.log");
    let _ = std::fs::remove_file(&log);
    let disk = Disk::mount(&place, DISK_MEBIBYTES)?;
    let home = ground.directory(&disk.place.join("data")).behind(disk.entry());
    let token = home.account()?;
    under_writers(&home, &token, &log, findings)?;
    let checked = home.check();
    findings.judge(checked.is_ok(), format!("ringbook check: {}", checked.err().unwrap_or("ok".to_owned())));
    disk.run("mount -o remount,bind,ro .")?;
    start(&home, findings)?;
    disk.run("mount -o remount,bind,rw .")?;
    let server = home.serve(&[], &log)?;
    client(&server, &token)?.contacts(r#","limit":1"#)?;
    findings.judge(server.stop()?.success(), "it starts where it can be written again");
    Ok(())
}

fn under_writers(home: &Home, token: &str, log: &Path, findings: &mut Findings) -> Result<(), String> {
    let ledger = Ledger::new(Refusal::Undone);
    // The limit is reported by a signal that would end a program that does not expect it.
    let server = home.through(&["sh", "-c", r#"trap "" XFSZ; exec "$@""#, "sh"]).serve(&[], log)?;
    let work = Work { address: &server.address, token, ledger: &ledger };
    let (mut outcome, mut longest) = (Ok(true), Duration::ZERO);
    work.go_on(|| {
        for _ in 0..TIMES {
            outcome = once(&ledger, server.id(), &mut longest);
            if outcome != Ok(true) {
                return;
            }
        }
    });
    let is_well = outcome?;
    let told = format!(
        "the disk refuses every write {TIMES} times under writers: takes a change again after {:.2} s at most",
        longest.as_secs_f64()
    );
    findings.judge(is_well, told);
    let balance = ledger.compare(&mut client(&server, token)?)?;
    ledger.judge(&balance, "the same server", findings);
    ledger.judge_answers("all the while", findings);
    findings.tell(format!("slowest answer {:.2} s", ledger.slowest().as_secs_f64()));
    let status = server.stop()?;
    findings.judge(status.success(), format!("stopped in good order: {status}"));
    let server = home.serve(&[], log)?;
    let balance = ledger.compare(&mut client(&server, token)?)?;
    ledger.judge(&balance, "after a restart", findings);
    findings.judge(panics(log) == 0, format!("{} panics in the log", panics(log)));
    Ok(())
}

/// Lets the disk refuse, then take; whether the server followed.
fn once(ledger: &Ledger, process: u32, longest: &mut Duration) -> Result<bool, String> {
    let refused = ledger.refused();
    limit(process, "0")?;
    let mut follows = eventually(PATIENCE, || ledger.refused() > refused + CHANGES);
    limit(process, "unlimited")?;
    let (begin, acknowledged) = (Instant::now(), ledger.acknowledged());
    follows &= eventually(PATIENCE, || ledger.acknowledged() > acknowledged);
    *longest = begin.elapsed().max(*longest);
    Ok(follows && eventually(PATIENCE, || ledger.acknowledged() > acknowledged + CHANGES))
}

/// Sets the largest size that files may be written to.
fn limit(process: u32, size: &str) -> Result<(), String> {
    quietly(Command::new("prlimit").args(["--pid", &process.to_string(), &format!("--fsize={size}:unlimited")]))
}

/// A start on a disk that is read-only: refused at once, with words that help.
fn start(home: &Home, findings: &mut Findings) -> Result<(), String> {
    let done = home.command(&["serve", "--listen", "127.0.0.1:0"]).output();
    let done = done.map_err(|why| format!("the program cannot be run: {why}"))?;
    let told = String::from_utf8_lossy(&done.stderr);
    let (code, words) = (done.status.code(), told.trim().replace('\n', " / "));
    let holds = code == Some(1) && words.contains("read-only") && !words.contains("panicked");
    findings.judge(holds, format!("a start on a read-only directory exits with {}: {words}", code.unwrap_or(-1)));
    Ok(())
}

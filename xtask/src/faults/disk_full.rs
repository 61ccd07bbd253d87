//! The disk fills up under writers, is full when the server is killed and started again, and gets room again.

use std::time::{Duration, Instant};

use super::disk::Disk;
use super::findings::{Findings, grouped};
use super::ground::{Ground, Home, client, eventually, panics};
use super::ledger::{Ledger, Refusal};
use super::work::Work;
use crate::server::process::Running;

const DISK_MEBIBYTES: u32 = 24;
/// Two files of this size make room when they go.
const BALLAST_MEBIBYTES: u32 = 4;
/// Refusals after which the disk counts as full.
const REFUSALS: u64 = 5_000;
/// Changes after which the server counts as well again: most of the room goes to SQLite's log.
const CHANGES: u64 = 50;
/// Filling the disk takes no longer, unless something hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs the trial.
///
/// # Errors
/// No disk can be mounted, or a server does not start.
pub fn run(ground: &Ground, findings: &mut Findings) -> Result<(), String> {
    let place = ground.fresh("disk-full")?;
    let log = ground.scratch.join("disk-full.log");
    let _ = std::fs::remove_file(&log);
    let disk = Disk::mount(&place, DISK_MEBIBYTES)?;
    for name in ["ballast-1", "ballast-2"] {
        disk.run(&format!("head -c {BALLAST_MEBIBYTES}M /dev/zero >{name}"))?;
    }
    let home = ground.directory(&disk.place.join("data")).behind(disk.entry());
    let token = home.account()?;
    let ledger = Ledger::new(Refusal::Undone);
    let mut trial = Trial { disk, home, token, ledger, findings };

    let server = trial.home.serve(&[], &log)?;
    trial.fill(&server, "the disk is full")?;
    trial.make_room(&server, "ballast-1")?;
    trial.fill(&server, "full once more")?;
    let (address, token) = (server.address.clone(), trial.token.clone());
    let killed = Work { address: &address, token: &token, ledger: &trial.ledger }.go_on(|| {
        let before = trial.ledger.refused();
        eventually(PATIENCE, || trial.ledger.refused() > before + CHANGES);
        server.kill()
    });
    killed?;
    let server = match trial.home.serve(&[], &log) {
        Ok(server) => server,
        Err(why) => {
            trial.findings.tell(format!("after SIGKILL it does not start on the full disk: {why}"));
            trial.disk.run("rm ballast-2")?;
            trial.home.serve(&[], &log)?
        }
    };
    trial.compare(&server, "killed and started on the full disk")?;
    trial.make_room(&server, "ballast-2")?;
    trial.ledger.judge_answers("all the while", trial.findings);
    let status = server.stop()?;
    trial.findings.judge(status.success(), format!("stopped in good order: {status}"));
    let checked = trial.home.check();
    trial.findings.judge(checked.is_ok(), format!("ringbook check: {}", checked.err().unwrap_or("ok".to_owned())));
    trial.findings.judge(panics(&log) == 0, format!("{} panics in the log", panics(&log)));
    Ok(())
}

struct Trial<'a> {
    disk: Disk,
    home: Home,
    token: String,
    ledger: Ledger,
    findings: &'a mut Findings,
}

impl Trial<'_> {
    fn work<'a>(&'a self, server: &'a Running) -> Work<'a> {
        Work { address: &server.address, token: &self.token, ledger: &self.ledger }
    }

    /// Writes until changes are refused, and some time longer.
    fn fill(&mut self, server: &Running, moment: &str) -> Result<(), String> {
        let before = self.ledger.refused();
        self.ledger.slowest();
        let is_full = || eventually(PATIENCE, || self.ledger.refused() >= before + REFUSALS);
        if !self.work(server).go_on(is_full) {
            return Err("the disk does not get full".to_owned());
        }
        self.compare(server, moment)
    }

    fn compare(&mut self, server: &Running, moment: &str) -> Result<(), String> {
        let balance = self.ledger.compare(&mut client(server, &self.token)?)?;
        self.ledger.judge(&balance, moment, self.findings);
        let slowest = self.ledger.slowest().as_secs_f64();
        if slowest > 0.0 {
            self.findings.tell(format!("{moment}: slowest answer {slowest:.2} s"));
        }
        Ok(())
    }

    /// Makes room under writers, and sees whether the same server takes changes again.
    fn make_room(&mut self, server: &Running, ballast: &str) -> Result<(), String> {
        let (before, begin) = (self.ledger.acknowledged(), Instant::now());
        let mut first = Duration::MAX;
        let mut removed = Ok(());
        let is_well = self.work(server).go_on(|| {
            removed = self.disk.run(&format!("rm -f {ballast}"));
            let taken = |changes| eventually(PATIENCE, || self.ledger.acknowledged() >= before + changes);
            let is_taken = taken(1);
            first = begin.elapsed();
            is_taken && taken(CHANGES)
        });
        removed?;
        let taken = grouped(self.ledger.acknowledged() - before);
        let told = format!(
            "room is made under writers: the same server takes a change after {:.2} s, {taken} so far",
            first.as_secs_f64()
        );
        self.findings.judge(is_well, told);
        self.compare(server, "with room again")
    }
}

//! The disk fills up under writers, the server is killed and restarted on it, and space is freed.

use std::time::{Duration, Instant};

use ringbook_testbed::server::RunningServer;
use ringbook_testbed::wait::wait_until;

use crate::disk::Disk;
use crate::expected::{ExpectedState, Refusal};
use crate::fixture::{Fixture, Instance, client, panics};
use crate::scenario_report::{ScenarioReport, grouped};
use crate::workload::Workload;

const DISK_MEBIBYTES: u32 = 24;
/// Two files of this size are removed to free space.
const BALLAST_MEBIBYTES: u32 = 4;
/// Refused changes after which the disk counts as full.
const REFUSALS: u64 = 5_000;
/// Acknowledged changes after which the server has recovered; most of the space is used by SQLite's write-ahead log.
const CHANGES: u64 = 50;
/// Filling the disk takes less, unless something hangs.
const WAIT_TIME_MAX: Duration = Duration::from_secs(120);

/// Runs the scenario.
///
/// # Errors
/// No disk can be mounted, or a server does not start.
pub fn run(fixture: &Fixture, report: &mut ScenarioReport) -> Result<(), String> {
    let place = fixture.fresh("disk-full")?;
    let log = fixture.scratch.join("disk-full.log");
    let _ = std::fs::remove_file(&log);
    let disk = Disk::mount(&place, DISK_MEBIBYTES)?;
    for name in ["ballast-1", "ballast-2"] {
        disk.run(&format!("head -c {BALLAST_MEBIBYTES}M /dev/zero >{name}"))?;
    }
    let instance = fixture.directory(&disk.place.join("data")).with_prefix(disk.entry());
    let token = instance.account("acme")?;
    let expected = ExpectedState::new(Refusal::Undone);
    let mut scenario = DiskFull { disk, instance, token, expected, report };

    let server = scenario.instance.serve(&[], &log)?;
    scenario.fill(&server, "the disk is full")?;
    scenario.free_space(&server, "ballast-1")?;
    scenario.fill(&server, "full once more")?;
    let (address, token) = (server.address.clone(), scenario.token.clone());
    let killed = Workload { address: &address, token: &token, expected: &scenario.expected }.run_while(|| {
        let before = scenario.expected.refused();
        // The kill follows in either case.
        let _ = wait_until(WAIT_TIME_MAX, || scenario.expected.refused() > before + CHANGES);
        server.kill()
    });
    killed?;
    let server = match scenario.instance.serve(&[], &log) {
        Ok(server) => server,
        Err(why) => {
            scenario.report.note(format!("after SIGKILL it does not start on the full disk: {why}"));
            scenario.disk.run("rm ballast-2")?;
            scenario.instance.serve(&[], &log)?
        }
    };
    scenario.compare(&server, "killed and started on the full disk")?;
    scenario.free_space(&server, "ballast-2")?;
    scenario.expected.check_reads("throughout", scenario.report);
    let status = server.stop()?;
    scenario.report.check(status.success(), format!("clean stop: {status}"));
    let checked = scenario.instance.check();
    scenario.report.check(checked.is_ok(), format!("ringbook check: {}", checked.err().unwrap_or("ok".to_owned())));
    scenario.report.check(panics(&log) == 0, format!("{} panics in the log", panics(&log)));
    Ok(())
}

struct DiskFull<'a> {
    disk: Disk,
    instance: Instance,
    token: String,
    expected: ExpectedState,
    report: &'a mut ScenarioReport,
}

impl DiskFull<'_> {
    fn work<'a>(&'a self, server: &'a RunningServer) -> Workload<'a> {
        Workload { address: &server.address, token: &self.token, expected: &self.expected }
    }

    /// Writes until many changes were refused.
    fn fill(&mut self, server: &RunningServer, when: &str) -> Result<(), String> {
        let before = self.expected.refused();
        self.expected.slowest();
        let is_full = || wait_until(WAIT_TIME_MAX, || self.expected.refused() >= before + REFUSALS);
        if !self.work(server).run_while(is_full) {
            return Err("the disk did not fill up".to_owned());
        }
        self.compare(server, when)
    }

    fn compare(&mut self, server: &RunningServer, when: &str) -> Result<(), String> {
        let comparison = self.expected.compare(&mut client(server, &self.token)?)?;
        self.expected.check(&comparison, when, self.report);
        let slowest = self.expected.slowest().as_secs_f64();
        if slowest > 0.0 {
            self.report.note(format!("{when}: slowest answer {slowest:.2} s"));
        }
        Ok(())
    }

    /// Frees space under writers, and checks that the same server accepts changes again.
    fn free_space(&mut self, server: &RunningServer, ballast: &str) -> Result<(), String> {
        let (before, begin) = (self.expected.acknowledged(), Instant::now());
        let mut first = Duration::MAX;
        let mut removed = Ok(());
        let recovered = self.work(server).run_while(|| {
            removed = self.disk.run(&format!("rm -f {ballast}"));
            let taken = |changes| wait_until(WAIT_TIME_MAX, || self.expected.acknowledged() >= before + changes);
            let is_taken = taken(1);
            first = begin.elapsed();
            is_taken && taken(CHANGES)
        });
        removed?;
        let taken = grouped(self.expected.acknowledged() - before);
        let message = format!(
            "space is freed under writers: the same server acknowledges a change after {:.2} s, {taken} so far",
            first.as_secs_f64()
        );
        self.report.check(recovered, message);
        self.compare(server, "with free space again")
    }
}

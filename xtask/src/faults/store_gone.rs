//! PostgreSQL goes and comes back under readers and writers.

use std::time::{Duration, Instant};

use ringbook_testbed::{Cluster, Stop};

use super::findings::{Findings, grouped};
use super::ground::{Ground, client, eventually, panics};
use super::ledger::{Ledger, Refusal};
use super::work::Work;

/// How often it goes: in good order, at once, and killed, in turn.
const TIMES: u64 = 9;
/// Changes between.
const CHANGES: u64 = 200;
/// Refusals meanwhile; a server that cannot reach its database waits a while before it says so.
const REFUSALS: u64 = 32;
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs the trial.
///
/// # Errors
/// There is no PostgreSQL, or the server does not start.
pub fn run(ground: &Ground, findings: &mut Findings) -> Result<(), String> {
    let log = ground.scratch.join("store-gone.log");
    let _ = std::fs::remove_file(&log);
    let cluster = Cluster::start()?;
    let home = ground.database(format!("postgres://postgres@127.0.0.1:{}/postgres", cluster.port()));
    let token = home.account()?;
    let server = home.serve(&[], &log)?;
    let ledger = Ledger::new(Refusal::InDoubt);
    let work = Work { address: &server.address, token: &token, ledger: &ledger };
    let (mut outcome, mut longest) = (Ok(true), Duration::ZERO);
    work.go_on(|| {
        for time in 0..TIMES {
            outcome = once(&cluster, &ledger, time, &mut longest);
            if outcome != Ok(true) {
                return;
            }
        }
    });
    let is_well = outcome?;
    let told = format!(
        "PostgreSQL goes {TIMES} times under readers and writers: a change is taken {:.2} s after its return at most",
        longest.as_secs_f64()
    );
    findings.judge(is_well, told);
    let slowest = ledger.slowest().as_secs_f64();
    findings.tell(format!("slowest answer {slowest:.2} s"));
    let balance = ledger.compare(&mut client(&server, &token)?)?;
    ledger.judge(&balance, "the same server", findings);
    findings.tell("a refused change is there where PostgreSQL went after its commit and before its answer");
    ledger.judge_answers("all the while", findings);
    let status = server.stop()?;
    findings.judge(status.success(), format!("stopped in good order: {status}"));
    let checked = home.check();
    findings.judge(checked.is_ok(), format!("ringbook check: {}", checked.err().unwrap_or("ok".to_owned())));
    findings.judge(panics(&log) == 0, format!("{} panics in the log", panics(&log)));
    findings.tell(format!("{} changes tried in all", grouped(ledger.acknowledged() + ledger.refused())));
    Ok(())
}

/// The database goes and comes back; whether the server followed.
fn once(cluster: &Cluster, ledger: &Ledger, time: u64, longest: &mut Duration) -> Result<bool, String> {
    let taken = |changes| {
        let before = ledger.acknowledged();
        eventually(PATIENCE, || ledger.acknowledged() >= before + changes)
    };
    let mut follows = taken(CHANGES);
    let refused = ledger.refused();
    match time % 3 {
        0 => cluster.stop(Stop::Fast)?,
        1 => cluster.stop(Stop::Immediate)?,
        _ => cluster.kill()?,
    }
    follows &= eventually(PATIENCE, || ledger.refused() >= refused + REFUSALS);
    cluster.start_again()?;
    let begin = Instant::now();
    follows &= taken(1);
    *longest = begin.elapsed().max(*longest);
    Ok(follows)
}

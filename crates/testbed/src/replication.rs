//! Streaming replication: a standby of a cluster, commits that wait for it, and its promotion.

use std::process::Command;
use std::time::Duration;

use crate::cluster::Cluster;
use crate::running::{output, quietly};
use crate::wait::wait_for;

/// How long a standby may take until the primary lists it as synchronous.
const SYNCHRONOUS_WITHIN: Duration = Duration::from_secs(30);

impl Cluster {
    /// Makes a standby that streams from this server, under this name, and starts it. The name is an identifier: the
    /// primary has a replication slot of the same name.
    ///
    /// # Errors
    /// The copy fails, or the standby does not start.
    pub fn standby(&self, name: &str) -> Result<Cluster, String> {
        let standby = self.empty(Vec::new())?;
        standby.copy_and_follow(self, name)?;
        Ok(standby)
    }

    /// Makes this server, which was killed, a standby of `primary` under this name, with a new copy of its files. It
    /// listens where it did before.
    ///
    /// # Errors
    /// The old files cannot be removed, the copy fails, or the standby does not start.
    pub fn rejoin(&self, primary: &Cluster, name: &str) -> Result<(), String> {
        let data = self.data();
        std::fs::remove_dir_all(&data).map_err(|why| format!("{}: {why}", data.display()))?;
        self.copy_and_follow(primary, name)
    }

    fn copy_and_follow(&self, primary: &Cluster, name: &str) -> Result<(), String> {
        // The copy would have this setting as well, and wait for itself once it is promoted.
        primary.set("synchronous_standby_names", "")?;
        let source = format!("{} application_name={name}", primary.connection());
        let copy = &mut self.command("pg_basebackup");
        copy.args(["-d", &source, "-R", "-X", "stream", "-c", "fast", "--no-sync", "-C", "-S", name]).arg("-D");
        quietly(copy.arg(self.data()))?;
        self.start_again()
    }

    /// Makes every commit wait until the standby of this name has it on disk, and waits until that is in force.
    ///
    /// # Errors
    /// The server does not run, or the standby does not stream from it.
    pub fn commit_on(&self, standby: &str) -> Result<(), String> {
        self.set("synchronous_standby_names", standby)?;
        let state = format!("SELECT sync_state FROM pg_stat_replication WHERE application_name = '{standby}'");
        let state = wait_for(SYNCHRONOUS_WITHIN, || match self.query(&state) {
            Ok(state) if state != "sync" => None,
            outcome => Some(outcome.map(drop)),
        });
        state.unwrap_or_else(|| Err(format!("the standby {standby} does not become synchronous")))
    }

    /// Makes a standby the primary, and waits until it takes changes.
    ///
    /// # Errors
    /// It is no standby, or does not run.
    pub fn promote(&self) -> Result<(), String> {
        quietly(self.pg_ctl().args(["-w", "promote"]))
    }

    /// Changes a setting of the server that runs.
    ///
    /// # Errors
    /// The server does not run, or does not know the setting.
    pub fn set(&self, setting: &str, value: &str) -> Result<(), String> {
        self.query(&format!("ALTER SYSTEM SET {setting} = '{value}'"))?;
        self.query("SELECT pg_reload_conf()").map(drop)
    }

    /// What a query answers in the database `postgres`: one line per row, columns separated by `|`.
    ///
    /// # Errors
    /// The server does not run, or refuses the query.
    pub fn query(&self, sql: &str) -> Result<String, String> {
        let mut psql = Command::new(self.program("psql"));
        let answer =
            output(psql.args(["-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", &self.connection(), "-c", sql]));
        answer.ok_or_else(|| format!("psql failed: {sql}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promoted_synchronous_standby_has_every_commit() {
        let primary = Cluster::start().expect("a primary");
        let standby = primary.standby("second").expect("a standby");
        primary.commit_on("second").expect("it streams");
        primary.query("CREATE TABLE t AS SELECT 7 AS a").expect("a commit");
        primary.kill().expect("it runs");
        standby.promote().expect("it is a standby");
        assert_eq!(standby.query("SELECT a, pg_is_in_recovery() FROM t").as_deref(), Ok("7|f"));
        standby.query("INSERT INTO t VALUES (8)").expect("it takes changes");
        primary.rejoin(&standby, "other").expect("a new standby");
        standby.commit_on("other").expect("it streams");
        standby.query("INSERT INTO t VALUES (9)").expect("a commit");
        assert_eq!(primary.query("SELECT SUM(a), pg_is_in_recovery() FROM t").as_deref(), Ok("24|t"));
    }
}

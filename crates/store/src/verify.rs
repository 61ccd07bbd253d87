//! What `ringbook check` asks of the engine: sound pages, rows that refer to rows that are there, a directory that
//! reads back, a report that does. The books are read back by those who know what is in them.

use super::{Directory, Store, StoreError, audit};

/// How many findings are told.
pub const FINDINGS_MAX: usize = 100;

impl Store {
    /// What is wrong with the data, in words, and the directory as far as it reads back. Takes as long as reading
    /// everything once; servers may run meanwhile.
    pub async fn verify(&self) -> Result<(Vec<String>, Directory), StoreError> {
        let mut findings = self.read_snapshot(|session| session.integrity(FINDINGS_MAX)).await?;
        let directory = self.directory().await?;
        findings.extend(directory.unreadable.iter().map(ToString::to_string));
        let left = FINDINGS_MAX.saturating_sub(findings.len());
        let report = self.read(move |session| audit::unreadable(session, left)).await?;
        findings.extend(report.iter().map(ToString::to_string));
        Ok((findings, directory))
    }
}

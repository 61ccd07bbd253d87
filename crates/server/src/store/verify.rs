//! What `ringbook check` asks of the engine: sound pages, rows that refer to rows that are there, a directory that
//! reads back, a report that does. The books are read back by those who know what is in them.

use super::{Directory, Store, StoreFault, directory, report, sqlite};

/// How many findings are told.
pub const FINDINGS_MAX: usize = 100;

impl Store {
    /// What is wrong with the data, in words, and the directory as far as it reads back. Takes as long as reading
    /// everything once; servers may run meanwhile.
    pub async fn verify(&self) -> Result<(Vec<String>, Directory), StoreFault> {
        self.read(|connection| {
            let mut findings = sqlite::integrity(connection, FINDINGS_MAX)?;
            let directory = directory::load(connection)?;
            findings.extend(directory.unreadable.iter().map(ToString::to_string));
            let left = FINDINGS_MAX.saturating_sub(findings.len());
            findings.extend(report::unreadable(connection, left)?.iter().map(ToString::to_string));
            Ok((findings, directory))
        })
        .await
    }
}

//! Why a command did not do what it was told, in one line that names the next step.

use std::fmt;

use clap::ArgMatches;

use super::Exit;
use crate::config::WrongSetting;
use ringbook_app::access::{PasswordError, RngUnavailable};
use ringbook_store::StoreError;

/// Why a command did not do what it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It was told nonsense.
    Usage(String),
    /// It could not.
    Failed(String),
}

impl Failure {
    /// It was told nonsense, for this reason.
    pub fn usage(reason: impl fmt::Display) -> Self {
        Self::Usage(reason.to_string())
    }

    /// It could not, for this reason.
    pub fn failed(reason: impl fmt::Display) -> Self {
        Self::Failed(reason.to_string())
    }

    pub(super) const fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::WrongUsage,
            Self::Failed(_) => Exit::Failed,
        }
    }

    /// What is shown of it. Wrong usage points to the help of the command that these arguments are of.
    pub(super) fn message(&self, matches: &ArgMatches) -> String {
        match self {
            Self::Failed(reason) => format!("error: {reason}"),
            Self::Usage(reason) => format!("error: {reason}\nsee `{} --help`", path(matches)),
        }
    }
}

/// The command as it was typed, without its arguments.
fn path(mut matches: &ArgMatches) -> String {
    let mut path = "ringbook".to_owned();
    while let Some((name, inner)) = matches.subcommand() {
        path = format!("{path} {name}");
        matches = inner;
    }
    path
}

impl From<WrongSetting> for Failure {
    fn from(wrong: WrongSetting) -> Self {
        Self::usage(wrong)
    }
}

impl From<StoreError> for Failure {
    fn from(fault: StoreError) -> Self {
        Self::failed(fault)
    }
}

impl From<PasswordError> for Failure {
    fn from(refused: PasswordError) -> Self {
        Self::failed(refused)
    }
}

impl From<RngUnavailable> for Failure {
    fn from(none: RngUnavailable) -> Self {
        Self::failed(none)
    }
}

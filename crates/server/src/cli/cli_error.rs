//! The error of a command: one line that names the next step.

use std::fmt;

use clap::ArgMatches;

use super::console::Exit;
use super::plain_text::plain;
use crate::config::WrongSetting;
use ringbook_app::access::{PasswordError, RngUnavailable};
use ringbook_store::StoreError;

/// Why a command failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CliError {
    /// Usage error: the arguments or settings are wrong.
    Usage(String),
    /// The command could not be carried out.
    Failed(String),
}

impl CliError {
    /// A usage error with this reason.
    pub fn usage(reason: impl fmt::Display) -> Self {
        Self::Usage(reason.to_string())
    }

    /// A failure with this reason.
    pub fn failed(reason: impl fmt::Display) -> Self {
        Self::Failed(reason.to_string())
    }

    pub(super) const fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::WrongUsage,
            Self::Failed(_) => Exit::Failed,
        }
    }

    /// The message for stderr, without what could change the state of a terminal. A usage error points to the help of
    /// the command.
    pub(super) fn message(&self, matches: &ArgMatches) -> String {
        let plain = |reason: &str| reason.lines().map(plain).collect::<Vec<_>>().join("\n");
        match self {
            Self::Failed(reason) => format!("error: {}", plain(reason)),
            Self::Usage(reason) => format!("error: {}\nsee `{} --help`", plain(reason), path(matches)),
        }
    }
}

/// The command and its subcommands, without arguments.
fn path(mut matches: &ArgMatches) -> String {
    let mut path = "ringbook".to_owned();
    while let Some((name, inner)) = matches.subcommand() {
        path = format!("{path} {name}");
        matches = inner;
    }
    path
}

impl From<WrongSetting> for CliError {
    fn from(wrong: WrongSetting) -> Self {
        Self::usage(wrong)
    }
}

impl From<StoreError> for CliError {
    fn from(fault: StoreError) -> Self {
        Self::failed(fault)
    }
}

impl From<PasswordError> for CliError {
    fn from(refused: PasswordError) -> Self {
        Self::failed(refused)
    }
}

impl From<RngUnavailable> for CliError {
    fn from(none: RngUnavailable) -> Self {
        Self::failed(none)
    }
}

//! What a command is connected to, and how it ended.

use std::io::{BufRead, Write};

use indicatif::{ProgressBar, ProgressStyle};

use crate::config::Environment;

/// The streams and variables of a command. Nothing in [`cli`](super) but [`run`](super::run) uses those of the process.
pub struct Console<'a> {
    /// Where a password is read from.
    pub stdin: &'a mut dyn BufRead,
    /// For results.
    pub stdout: &'a mut dyn Write,
    /// For messages.
    pub stderr: &'a mut dyn Write,
    /// Environment variables.
    pub environment: Environment<'a>,
    /// Whether progress bars are drawn.
    pub progress: Progress,
    /// Whether somebody can be asked: stdin and stderr are a terminal.
    pub is_interactive: bool,
}

/// Whether progress bars are drawn on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// stderr is a terminal.
    Drawn,
    /// It is not.
    Hidden,
}

impl Progress {
    /// A bar of this length with a template, which is one of those that a test parses.
    pub(super) fn bar(self, template: &str, length: u64) -> ProgressBar {
        match (self, ProgressStyle::with_template(template)) {
            (Self::Hidden, _) => ProgressBar::hidden(),
            (Self::Drawn, Ok(style)) => ProgressBar::new(length).with_style(style),
            (Self::Drawn, Err(_)) => ProgressBar::new(length),
        }
    }
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Success (exit code 0).
    Done,
    /// Failure (exit code 1).
    Failed,
    /// Usage error (exit code 2).
    WrongUsage,
}

impl Exit {
    /// The exit code of the process.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::WrongUsage => 2,
        }
    }
}

//! What `ringbook import` and `ringbook export` have in common: the server, the token, and progress.

use std::io::Write;

use clap::Arg;
use indicatif::ProgressBar;

use super::args;
use super::cli_error::CliError;
use super::console::Progress;
use super::plain_text::plain;
use crate::config::{Layers, value};
use crate::transfer::{Access, Address, Token, TransferError, Watch};

/// The arguments of both commands.
pub(super) fn connection() -> [Arg; 4] {
    [
        args::option("url", "URL", "URL of the server, http or https, with or without /v2.0")
            .default_value("http://127.0.0.1:8080"),
        args::option("token", "TOKEN", "Access token; use RINGBOOK_TOKEN to keep it out of the process list"),
        args::option("user-id", "ID", "User to act for, if the token belongs to an agent"),
        args::json(),
    ]
}

/// The server and the token. The token is parsed here, so that no message repeats it.
pub(super) fn access(layers: &Layers<'_>) -> Result<Access, CliError> {
    let token: String =
        layers.required("token", "is an access token; `ringbook key add` creates one", |text| Ok(text.to_owned()))?;
    Ok(Access {
        address: layers.required("url", "names the server", Address::parse)?,
        token: Token::new(&token).map_err(CliError::usage)?,
        user_id: layers.value("user-id", value::id)?,
    })
}

/// Runs an operation on the network.
pub(super) fn wait<T>(work: impl Future<Output = Result<T, TransferError>>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::failed)?;
    runtime.block_on(work).map_err(CliError::failed)
}

/// A progress bar on the terminal, and lines on stderr.
pub(super) struct ProgressView<'a> {
    bar: ProgressBar,
    stderr: &'a mut dyn Write,
}

impl<'a> ProgressView<'a> {
    pub(super) fn new(template: &str, progress: Progress, stderr: &'a mut dyn Write) -> Self {
        Self { bar: progress.bar(template, 0), stderr }
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for ProgressView<'_> {
    fn length(&mut self, length: u64) {
        self.bar.set_length(length);
    }

    fn at(&mut self, position: u64) {
        self.bar.set_position(position);
    }

    fn note(&mut self, text: &str) {
        let stderr = &mut self.stderr;
        // Notes are dropped if stderr is closed.
        self.bar.suspend(|| drop(writeln!(stderr, "{}", plain(text))));
    }
}

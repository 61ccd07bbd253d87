//! What `ringbook import` and `ringbook export` have in common: which server, who asks, and how progress is drawn.

use std::io::Write;

use clap::{Arg, ArgAction};
use indicatif::{ProgressBar, ProgressStyle};

use super::output::plain;
use super::{Failure, Progress, args};
use crate::config::{Layers, value};
use crate::transfer::{Access, Address, Token, TransferError, Watch};

/// What both commands take.
pub(super) fn connection() -> [Arg; 4] {
    [
        args::option("url", "URL", "The server, http or https, with or without /v2.0")
            .default_value("http://127.0.0.1:8080"),
        args::option("token", "TOKEN", "An access token; RINGBOOK_TOKEN keeps it out of the list of processes"),
        args::option("user-id", "ID", "The user to act for, when the token is an agent's"),
        Arg::new("json")
            .long("json")
            .action(ArgAction::SetTrue)
            .help("Print one JSON value on stdout, and nothing else"),
    ]
}

/// Which server, and who asks. The token is read here, so that no message repeats it.
pub(super) fn access(layers: &Layers<'_>) -> Result<Access, Failure> {
    let token: String =
        layers.required("token", "says who asks; `ringbook key add` makes one", |text| Ok(text.to_owned()))?;
    Ok(Access {
        address: layers.required("url", "names the server", Address::parse)?,
        token: Token::new(&token).map_err(Failure::usage)?,
        user_id: layers.value("user-id", value::id)?,
    })
}

/// Runs what waits for a network.
pub(super) fn wait<T>(work: impl Future<Output = Result<T, TransferError>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::failed)?;
    runtime.block_on(work).map_err(Failure::failed)
}

/// A bar on the terminal, and lines on stderr.
pub(super) struct Sight<'a> {
    bar: ProgressBar,
    stderr: &'a mut dyn Write,
}

impl<'a> Sight<'a> {
    pub(super) fn new(template: &str, progress: Progress, stderr: &'a mut dyn Write) -> Self {
        let bar = match progress {
            Progress::Drawn => ProgressBar::new(0),
            Progress::Hidden => ProgressBar::hidden(),
        };
        // The templates are those of this crate, and a test reads them.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar, stderr }
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for Sight<'_> {
    fn length(&mut self, length: u64) {
        self.bar.set_length(length);
    }

    fn at(&mut self, position: u64) {
        self.bar.set_position(position);
    }

    fn note(&mut self, text: &str) {
        let stderr = &mut self.stderr;
        // A note that nobody can read changes nothing.
        self.bar.suspend(|| drop(writeln!(stderr, "{}", plain(text))));
    }
}

#[cfg(test)]
mod tests {
    use indicatif::ProgressStyle;

    use super::super::{export, import};

    #[test]
    fn the_bars_are_drawn_by_templates_that_can_be_read() {
        for template in [import::PROGRESS, export::PROGRESS] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}

//! `ringbook man`: manual pages, generated from the same tree of commands as the help.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command};
use serde_json::Value;

use super::cli_error::CliError;
use super::operator::text_argument;
use super::output::CommandOutput;

pub(super) fn command() -> Command {
    Command::new("man")
        .about("Write the manual pages of all commands into a directory")
        .after_help("Example:\n  ringbook man /usr/local/share/man/man1")
        .arg(Arg::new("DIR").required(true).help("Existing directory; pages of the same name are replaced"))
}

/// Writes `ringbook.1`, and `ringbook-COMMAND.1` for every command.
pub(super) fn run(leaf: &ArgMatches, program: Command) -> Result<CommandOutput, CliError> {
    let directory = PathBuf::from(text_argument(leaf, "DIR")?);
    let error =
        |cause| CliError::failed(format_args!("cannot write manual pages into {}: {cause}", directory.display()));
    clap_mangen::generate_to(program, &directory).map_err(error)?;
    Ok(CommandOutput::text(Value::Null, format!("manual pages written into {}\n", directory.display())))
}
